"""The configuration: files, single keys, and endpoints."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from twisted.internet.testing import MemoryReactorClock

from tests.config.test_builder import DOORS
from tests.fuzzing.target import Target, assertPrintable, words
from twistchat.config import ConfigError, Settings, SettingsBuilder
from twistchat.config.toml import NotToml, TomlFile, readValue, show, write
from twistchat.config.writing import HIDDEN, asObject, writeSettings
from twistchat.net.listening.endpoints import BadEndpoint, endpointOf, placeOf, portOf

NAME: Final = "twistchat.toml"

REFERENCE: Final = Path(__file__).parent.parent.parent.parent / "docs" / NAME
"""The file with all keys, each commented out."""

PLACE: Final = re.compile(rf"{re.escape(NAME)}:(\d+)")
"""The place of a mistake."""


def settingsIn(data: bytes) -> Settings:
    """
    Read a whole file.

    @raise ConfigError: it has a mistake.
    """
    builder = SettingsBuilder(DOORS)
    builder.readFile(data, NAME)
    return builder.finish()


def checkFile(data: bytes) -> None:
    """
    A file gives settings, or an error of one line that names a line of the file.

    The standard library accepts every file that is accepted, with a line end at its end.  Settings that are written
    give the same when they are read, unless they hide a secret.
    """
    try:
        settings = settingsIn(data)
    except ConfigError as bad:
        assertPrintable(str(bad))
        place = PLACE.match(bad.where)
        assert place is not None, bad.where
        assert 1 <= int(place[1]) <= data.count(b"\n") + 1, (bad.where, data)
    else:
        tomllib.loads(data.decode().removeprefix("\ufeff") + "\n")
        asObject(settings)
        text = writeSettings(settings)
        if HIDDEN not in text:
            assert settingsIn(text.encode()) == settings, text
    _checkToml(data)


def _checkToml(data: bytes) -> None:
    """Each key of a file has a line, and values that are written are read as the same values."""
    try:
        file = TomlFile(data)
    except NotToml as bad:
        assert bad.why
        return
    for name, value in file.values.items():
        assert 1 <= file.line(name) <= data.count(b"\n") + 1
        assertPrintable(show(value))
        _checkValue(value)


def _checkValue(value: Any) -> None:
    text = write(value)
    assertPrintable(text)
    assert value != value or readValue(text) == value or "nan" in text, (value, text)


def checkAssignment(data: bytes) -> None:
    """A text of C{--set} gives settings, or an error of one line."""
    builder = SettingsBuilder(DOORS)
    try:
        builder.set(data.decode(errors="surrogateescape"))
        builder.finish()
    except ConfigError as bad:
        assertPrintable(str(bad))


def checkEndpoint(data: bytes) -> None:
    """A description gives an endpoint, or an error that names the mistake.  The files that it names are not touched."""
    if b"/" in data or b".." in data:
        return
    text = data.decode(errors="surrogateescape")
    portOf(text)
    try:
        endpointOf(MemoryReactorClock(), text)
    except BadEndpoint as bad:
        assert str(bad)
    else:
        placeOf(text)


def _uncommented() -> tuple[bytes, ...]:
    """Return each section of the reference with its keys, as a file."""
    sections = REFERENCE.read_bytes().split(b"\n\n\n")
    return tuple([re.sub(rb"(?m)^#(?=[a-z])", b"", section) for section in sections if b"\n[" in section])


VALUES: Final = words(
    '"30s" "10KiB" "1.5h" true 1 -1 0 1e3 1e999 nan 0x10 1979-05-27 07:32:00 [] {} "#den" "" "retention" \'x\' """'
    ' \'\'\' 9999999999999 "tcp:2323:interface=127.0.0.1" "192.0.2.0/24" "Europe/Paris"'
)
"""Values, and what is wrong in some place."""

CONFIGURATION: Final = Target(
    "configuration",
    checkFile,
    (
        *_uncommented(),
        b'[limits]\nnick = 20\n[chat]\nlobby = "#den"\nmotd = """\n]\nx"""\n[listen]\nline = ["tcp:2323"]\n',
        b'[operators.alice]\nclass = "all"\naccount = "alice"\n[classes.all]\nprivileges = ["kill", "rooms"]\n',
        b'\xef\xbb\xbf[server]\r\nname = "a"\r\n[journal.sqlite]\n[journal]\nretention = "90d"\nkind = "memory"\n',
        b'[webirc.kiwi]\npassword = "x"\nhosts = "192.0.2.0/24"\n[oidc.x]\nissuer = "https://a"\nclientId = "b"\n',
        b'limits.nick = {"\\u001b[31m" = [1, {a.b = 2}]}\n"\\u202e" = 1\n',
        b"[limits]\nping = 1e999\nping = 2\n",
        b"a = " + b"[" * 40 + b"]" * 40,
    ),
    (
        *VALUES,
        *words("[limits] [chat] [server] [listen] [journal] [web] [operators.a] [classes.b] [oidc.c] [webirc.d]"),
        *words("[mail] [log] nick room sendq message ping pingTimeout exempt lobby name kind retention line irc"),
        *words('privileges class . # [ ] { } \\u001b \\ "', b" = ", b"\n", b"\r\n", b"\0", b"\xff", b"]\n" * 50),
    ),
    most=4096,
    cost=4,
)
"""A configuration file."""

ASSIGNMENT: Final = Target(
    "assignment",
    checkAssignment,
    (
        b"limits.nick=20",
        b'chat.lobby = "#den"',
        b"listen.line=tcp:2323",
        b'mail.password="x\\u001b',
        b"limits.exempt=['192.0.2.0/24', '::/0']",
        b"limits.ping=1.5h",
    ),
    (
        *VALUES,
        *words("limits.nick chat.lobby listen.line mail.password journal.kind web.origins = . [ ] ' \" \\u001b"),
        *(b"\n", b"\x1b", b"\xff"),
    ),
    cost=2,
)
"""A key and its value, as given with C{--set}."""

ENDPOINT: Final = Target(
    "endpoint",
    checkEndpoint,
    (
        b"tcp:2323:interface=127.0.0.1",
        b"tcp6:port=6667:interface=\\:\\:1:backlog=5",
        b"haproxy:unix:chat.socket:mode=660:lockfile=0",
        b"ssl:6697:privateKey=a.pem:certKey=b.pem",
        b"systemd:domain=INET:index=0",
        b"tls:certificates:port=6697",
    ),
    (
        *words(
            "tcp: tcp6: ssl: tls: unix: systemd: haproxy: fd: stdio: interface= port= mode= lockfile= backlog= name="
        ),
        *words("domain= index= 6667 65536 -1 0 127.0.0.1 \\:\\:1 ::1%lo INET 660 privateKey= : = \\ \\\\"),
        *(b"\0", b"\x1b", b"\n", b"\xff"),
    ),
    most=512,
)
"""The description of an endpoint."""

TARGETS: Final = (CONFIGURATION, ASSIGNMENT, ENDPOINT)
"""The targets of this module."""
