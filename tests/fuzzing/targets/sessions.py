"""Whole connections to a server in memory, which reach the parsers of every command."""

from __future__ import annotations

from typing import Final

from tests.conversations.script import readScript, scripts
from tests.fuzzing.target import UNSAFE, Target, nothingLogged, pieces, words
from tests.protocols.irc.test_anything import EVERYTHING
from tests.protocols.line.test_terminals import TELNET
from twistchat.protocols.irc.commands import COMMANDS
from twistchat.testing import Client, MemoryServer
from twistchat.wire.irc.message import MAX_LINE, MAX_TAGS, parse

PATIENCE: Final = 40.0
"""The seconds in which the server executes all input.  Twice this time is less than the time to a ping."""


def talk(irc: bool, parts: list[bytes]) -> tuple[bytes, ...]:
    """
    Send the same bytes to a server as a registered client, and as one that has not registered.

    The server stays up for two others, and what they get is sound.

    @param irc: whether both clients are at the IRC door, or at the line door.
    @return: what each of the four clients received, without the answers to telnet's requests, which need not wait for
        the lines before them.
    """
    server = MemoryServer()
    watcher, lena = server.person("watcher"), server.irc("lena", *EVERYTHING)
    lena.join("#lobby")
    known: Client = server.irc("mallory", *EVERYTHING) if irc else server.person("mallory")
    if irc:
        known.send("JOIN #lobby", "JOIN #tea")
    new: Client = server.connectIrc() if irc else server.connect()
    for client in (known, new):
        for part in parts:
            client.sendBytes(part)
        client.sendBytes(b"\r\n")
        server.advance(PATIENCE)
    lena.send("PRIVMSG #lobby :still here")
    assert b"still here" in watcher.raw or lena.gone or b" :Cannot send" in lena.raw, lena.raw
    for client in (lena, *((known, new) if irc else ())):
        checkIrc(client.raw)
    for client in (watcher, *(() if irc else (known, new))):
        client.raw = TELNET.sub(b"", client.raw)
        text = client.raw.decode()
        assert UNSAFE.search(text) is None, text
    return lena.raw, watcher.raw, known.raw, new.raw


def checkIrc(data: bytes) -> None:
    """What an IRC client gets is whole lines of bounded size."""
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"), data
    for line in data.split(b"\r\n")[:-1]:
        parse(line)
        tags, _, rest = line.partition(b" ") if line[:1] == b"@" else (b"", b"", line)
        assert len(rest) <= MAX_LINE - 2 and len(tags) < MAX_TAGS, line


def checkPieces(irc: bool, data: bytes) -> None:
    """
    Assert that everyone gets the same lines for any pieces.  Nothing fails in the server.

    In one turn, a client gets the events of one room after those of another.  So the order of lines may differ.
    """
    with nothingLogged():
        whole, divided = talk(irc, [data]), talk(irc, list(pieces(data)))
    for one, other in zip(whole, divided, strict=True):
        assert sorted(one.split(b"\n")) == sorted(other.split(b"\n")), (one, other)


def checkIrcSession(data: bytes) -> None:
    """Whatever a client of the IRC door sends, everyone gets the same lines for any pieces."""
    checkPieces(True, data)


def checkLineSession(data: bytes) -> None:
    """Whatever a client of the line door sends, everyone gets the same lines for any pieces."""
    checkPieces(False, data)


def sentIn(door: str, most: int) -> tuple[bytes, ...]:
    """Return what each client of a door sends in the recorded conversations, up to a size."""
    found = []
    for path in scripts():
        script = readScript(path)
        for name, speaker in script.speakers.items():
            if speaker.door == door:
                data = b"".join([step.data for step in script.steps if step.name == name])
                found.append(data[:most])
    return tuple(sorted({data for data in found if data}))


IRC: Final = Target(
    "irc-session",
    checkIrcSession,
    sentIn("irc", 1500),
    (
        *[f"\r\n{name} ".encode() for name in COMMANDS],
        *words(
            "#tea #lobby lena watcher mallory * 0 +b -o +k +l +o-v LS REQ 302 sasl draft/multiline test-1 ~a:x a!b@c"
        ),
        *words(
            "timestamp=2026-01-01T12:00:00.000Z msgid=test-1 text=tea;in=#lobby LATEST BEFORE +q %tnuh,1 >1 !* @label=1"
        ),
        *words("PLAIN EXTERNAL SCRAM-SHA-256 + AHRpbQB0YW4= ~ @batch=1 +1 -1 set url sync sub GET SET LIST CLEAR"),
        *(b" :", b"\r\n", b"\0", b"\xff", b"\x1b[2J", b"\xe2\x80\xae", b"\x01ACTION ", b"\x01"),
    ),
    most=1500,
    cost=20,
)
"""A client of the IRC door, before and after its registration."""

COMMANDS_OF_LINES: Final = """
    join msg me topic mode who rooms history search nick away ignore help register login logout account setpass kick ban
    invite leave oper
"""
"""Commands of the line protocol."""

LINE: Final = Target(
    "line-session",
    checkLineSession,
    sentIn("line", 1500),
    (
        *[f"\n/{name} ".encode() for name in COMMANDS_OF_LINES.split()],
        *words("#tea #lobby lena watcher +b +o -n 10 2026-01-01 12:00 // ? *"),
        *(b"\r\n", b"\n", b"\0", b"\xff\xfd\x01", b"\xff\xfa", b"\xff", b"\x1b[2J", b"\xe2\x80\xae", b"\t"),
    ),
    most=1500,
    cost=20,
)
"""A client of the line door, before and after its registration."""

TARGETS: Final = (IRC, LINE)
"""The targets of this module."""
