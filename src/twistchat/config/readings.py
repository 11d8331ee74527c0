"""
The conversion of values to the types of configuration keys, and back to TOML.

The types are in L{keytypes <twistchat.config.keytypes>} and L{twistchat.chat.limits}.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias, get_args, get_origin

from twistchat.chat.limits import Bytes, Networks, Seconds
from twistchat.chat.model.users import PRIVILEGES
from twistchat.chat.phrasing import counted
from twistchat.config import toml
from twistchat.config.keytypes import (
    Age,
    Brokers,
    ClientTags,
    Directory,
    Endpoints,
    File,
    Fingerprint,
    Greeting,
    Host,
    Lines,
    LongestAge,
    MailAddress,
    MailHost,
    NetworkName,
    Nicks,
    NodeName,
    Number,
    Origins,
    PasswordHash,
    Port,
    Privileges,
    Secret,
    ServerName,
    Span,
    StreamName,
    SubjectPrefix,
    Text,
    Url,
    WebAddresses,
    Zone,
)
from twistchat.config.patterns import (
    BROKER,
    CLIENT_TAG,
    DURATION,
    DURATION_UNITS,
    FINGERPRINT,
    HOST,
    HOST_NAME,
    MAIL_ADDRESS,
    NETWORK_NAME,
    NODE_NAME,
    ORIGIN,
    PASSWORD_HASH,
    SERVER_NAME,
    SIZE,
    SIZE_UNITS,
    STREAM_NAME,
    SUBJECT_PREFIX,
    URL,
)

Reading: TypeAlias = Callable[[object], object]
"""Converts a value from TOML, or from Python code, to the type of its field, or raises L{BadValue}."""

LAST_PORT = 65535
"""The highest TCP port."""

EXAMPLE_PORT = 2323
"""The port in examples of endpoints."""

_SAME = "retention"
"""The value of a L{LongestAge} that stands for C{journal.retention}."""

_TEXT = "a text is wanted"
_COUNT = "a whole number of at least 1 is wanted"
_NUMBER = "a whole number of at least 0 is wanted"
_SWITCH = "true or false is wanted"
_RATE = "a number greater than 0 is wanted"
_TIME = 'a time greater than 0 is wanted: a number of seconds, or a text such as "30s", "10m", "24h" or "90d"'
_SPAN = 'a time is wanted: a number of seconds, or a text such as "12h" or "90d"; or 0 for none'
_AGE = 'a time is wanted: a number of seconds, or a text such as "12h" or "90d"; or 0 for no end'
_LONGEST_AGE = (
    'a time is wanted: a number of seconds, or a text such as "12h" or "90d"; or 0 for no end; or "retention"'
)
_BYTES = 'a size of at least 1 byte is wanted: a number of bytes, or a text such as "10KiB" or "1MiB"'
_NETWORK = 'a network such as "192.0.2.0/24" or "2001:db8::/32" is wanted'
_ENDPOINT = f'an endpoint such as "tcp:{EXAMPLE_PORT}:interface=127.0.0.1" is wanted'


class BadValue(Exception):
    """
    A value is not valid for its key.

    @ivar found: the value, or its invalid part.
    @ivar shown: how messages show it.
    @ivar why: what would be right; follows "found …; ".
    """

    def __init__(self, found: object, why: str, shown: str | None = None) -> None:
        super().__init__(found, why)
        self.found = found
        self.shown = toml.show(found) if shown is None else shown
        self.why = why


def readingOf(annotation: object) -> Reading:
    """
    Find the conversion for a field.

    @param annotation: the field's type.
    @raise KeyError: the type has no conversion.
    """
    if get_origin(annotation) is Literal:
        return lambda value: _choice(value, get_args(annotation))
    return _READINGS[annotation]


def writtenAs(annotation: object, value: object) -> str:
    """Write a field's value as TOML: a time or a size with the largest unit that divides it."""
    if annotation == LongestAge and value is None:
        return toml.write(_SAME)
    if annotation in (Seconds, Age, LongestAge, Span):
        if value == 0:
            return toml.write("0s")
        return _withUnit(value, DURATION_UNITS)
    if annotation == Bytes:
        return _withUnit(value, SIZE_UNITS)
    return toml.write(value)


def closest(word: str, words: Iterable[str], cutoff: float) -> str | None:
    """Find the word most similar to a misspelt one, if any.  Case, underscores and hyphens are ignored."""
    plain = {_plain(candidate): candidate for candidate in words}
    matches = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=cutoff)
    return plain[matches[0]] if matches else None


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")


def _withUnit(value: object, units: dict[str, int]) -> str:
    if isinstance(value, int | float):
        for unit, factor in units.items():
            if value % factor == 0:
                return toml.write(f"{int(value // factor)}{unit}")
    return toml.write(value)


def _text(value: object) -> str:
    """Convert a text.  One from a command line may contain lone surrogates, which UTF-8 cannot encode."""
    if not isinstance(value, str):
        raise BadValue(value, _TEXT)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadValue(value, "a text in UTF-8 is wanted")
    return value


def visible(value: object) -> str:
    """
    Convert a name: a text of at least one character, without spaces.

    @raise BadValue: the value is not a name.
    """
    text = _text(value)
    if not text or not text.isprintable() or " " in text:
        raise BadValue(text, "a name without spaces and control characters is wanted")
    return text


def _serverName(value: object) -> str:
    """RFC 2812 limits the length in section 1.1 and the characters in section 2.3.1."""
    text = _text(value)
    if not SERVER_NAME.fullmatch(text):
        why = "1 to 63 letters (a-z), digits, dots and hyphens are wanted, with a letter or digit at either end"
        raise BadValue(text, why)
    return text


def _line(value: object) -> str:
    text = _text(value)
    if not text.isprintable():
        raise BadValue(text, "a text of one line without control characters is wanted")
    return text


def _lines(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple) or len(value) > 3:
        raise BadValue(value, "a list of up to three texts is wanted")
    return tuple(_line(item) for item in value)


def _matching(pattern: re.Pattern[str], why: str, empty: bool = True) -> Callable[[object], str]:
    """
    Make a conversion for texts that match a pattern as a whole.

    @param empty: whether an empty text is valid too.
    """

    def read(value: object) -> str:
        text = _text(value)
        if not (empty and not text) and not pattern.fullmatch(text):
            raise BadValue(text, why)
        return text

    return read


_clientTag = _matching(CLIENT_TAG, 'the name of a client-only tag such as "+draft/react" is wanted', empty=False)


_origin = _matching(ORIGIN, 'the address of a web site such as "https://chat.example.org" is wanted', empty=False)


_webAddress = _matching(ORIGIN, 'the address of a monitoring port such as "http://127.0.0.1:8222" is wanted', False)


_broker = _matching(BROKER, 'the address of a broker such as "tls://nats1.example:4222" is wanted', empty=False)


def _brokers(value: object) -> tuple[str, ...]:
    """The message does not show an address with an C{@}: it may contain a password."""
    for item in value if isinstance(value, list | tuple) else [value]:
        if isinstance(item, str) and "@" in item:
            why = "write the user and the password as cluster.user and cluster.password"
            raise BadValue(item, why, "an address with a user")
    read = _items(value, _broker)
    if not read:
        raise BadValue(value, "at least one address is wanted")
    return read


def _file(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise BadValue(value, "the path of a file is wanted")
    return value


def _passwordHash(value: object) -> str:
    """The message does not show an invalid value: it may be a password, and messages are logged."""
    text = _text(value)
    if text and not PASSWORD_HASH.fullmatch(text):
        why = 'the hash of a password is wanted, as "twistchat hash-password" makes it'
        raise BadValue(text, why, f"a text of {counted(len(text), 'character')}")
    return text


def _secret(value: object) -> str:
    """The message does not show an invalid value."""
    if not isinstance(value, str):
        raise BadValue(None, f"{_TEXT}, in quotes", "a value that is no text")
    if not value.isprintable():
        shown = f"a text of {counted(len(value), 'character')}"
        raise BadValue(None, "a text of one line without control characters is wanted", shown)
    return value


def _mailHost(value: object) -> str:
    """RFC 1123, section 2.1, limits the names of hosts."""
    text = _text(value)
    try:
        return str(ipaddress.ip_address(text)) if text else text
    except ValueError:
        if not HOST_NAME.fullmatch(text):
            raise BadValue(text, 'the name or address of a mail server, such as "smtp.example", is wanted') from None
    return text


def _fingerprint(value: object) -> str:
    text = _text(value)
    plain = text.replace(":", "").lower()
    if plain and not FINGERPRINT.fullmatch(plain):
        raise BadValue(text, "a SHA-256 is wanted: 64 hexadecimal digits, with colons between them or without")
    return plain


def _privilege(value: object) -> str:
    text = _text(value)
    if text not in PRIVILEGES:
        guess = closest(text, PRIVILEGES, 0.6)
        hint = f"did you mean {toml.write(guess)}?" if guess else f"the privileges are {', '.join(PRIVILEGES)}"
        raise BadValue(text, f"there is no such privilege; {hint}")
    return text


def _port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LAST_PORT:
        raise BadValue(value, f"a port is wanted: a whole number of at most {LAST_PORT}, or 0 for none")
    return value


def _directory(value: object) -> str:
    """A path may contain bytes that are not UTF-8, as file names do."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise BadValue(value, "the path of a directory is wanted")
    return value


def _greeting(value: object) -> str:
    text = _text(value)
    for character in text:
        if not character.isprintable() and character not in "\n\t":
            raise BadValue(
                character, "a text without control characters, other than line ends (\\n) and tabs, is wanted"
            )
    return text


def _zone(value: object) -> str:
    text = _text(value)
    if not text:
        return text
    try:
        zoneinfo.ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        if not known:
            raise BadValue(text, "this machine has no time zone database; install tzdata") from None
        guess = closest(text, known, 0.7)
        hint = f"; did you mean {guess}?" if guess else ' such as "Europe/Paris", or "" for the machine\'s own'
        raise BadValue(text, f"a time zone of the IANA database is wanted{hint}") from None
    return text


def _choice(value: object, options: tuple[str, ...]) -> str:
    for option in options:
        if value == option:
            return option
    raise BadValue(value, f"{' or '.join(map(toml.write, options))} is wanted")


def _items(value: object, one: Callable[[object], str]) -> tuple[str, ...]:
    """
    Convert a list of texts.  A single text becomes a list of one.

    @param one: converts a single text.
    """
    if not isinstance(value, list | tuple):
        if not isinstance(value, str):
            raise BadValue(value, "a list of texts is wanted")
        value = [value]
    read = tuple(one(item) for item in value)
    for place, item in enumerate(read):
        if item in read[:place]:
            raise BadValue(item, "it is in the list twice; once is enough")
    return read


def _endpoint(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadValue(value, _ENDPOINT)
    return _text(value.strip())


def _endpoints(value: object) -> tuple[str, ...]:
    """Convert a list of endpoints.  If the value is a port alone, the message shows an endpoint with this port."""
    if not isinstance(value, str | list | tuple):
        port = value if type(value) is int and 0 < value <= LAST_PORT else EXAMPLE_PORT
        example = toml.write([f"tcp:{port}:interface=127.0.0.1"])
        raise BadValue(value, f"write a list of endpoints, such as {example}")
    return _items(value, _endpoint)


def _network(value: object) -> str:
    if not isinstance(value, str):
        raise BadValue(value, _NETWORK)
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise BadValue(value, _NETWORK) from None
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise BadValue(value, f"it has bits set beyond its prefix; did you mean {toml.write(str(network))}?") from None
    return str(network)


def _count(value: object, why: str = _COUNT) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadValue(value, why)
    if value > toml.MAX_INTEGER:
        raise BadValue(value, f"a whole number of at most {toml.MAX_INTEGER} is wanted")
    return value


def _number(value: object) -> int:
    return 0 if value == 0 and type(value) is int else _count(value, _NUMBER)


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue(value, _SWITCH)
    return value


def _age(value: object, why: str = _AGE) -> float:
    return 0.0 if value in (0, "0s") and not isinstance(value, bool) else _duration(value, why)


def _longestAge(value: object) -> float | None:
    return None if value == _SAME else _age(value, _LONGEST_AGE)


def _rate(value: object, why: str = _RATE) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= toml.MAX_INTEGER:
        raise BadValue(value, why)
    return float(value)


def _duration(value: object, why: str = _TIME) -> float:
    if not isinstance(value, str):
        return _rate(value, why)
    match = DURATION.fullmatch(value)
    if match is None or match[2] not in DURATION_UNITS or float(match[1]) == 0:
        raise BadValue(value, why)
    return float(match[1]) * DURATION_UNITS[match[2]]


def _size(value: object) -> int:
    size = value
    if isinstance(value, str):
        match = SIZE.fullmatch(value)
        if match is None or match[2] not in SIZE_UNITS:
            raise BadValue(value, _BYTES)
        size = int(match[1]) * SIZE_UNITS[match[2]]
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= toml.MAX_INTEGER:
        raise BadValue(value, _BYTES)
    return size


_READINGS: dict[object, Reading] = {
    str: _text,
    bool: _switch,
    int: _count,
    float: _rate,
    Number: _number,
    Seconds: _duration,
    Age: _age,
    LongestAge: _longestAge,
    Bytes: _size,
    ServerName: _serverName,
    Directory: _directory,
    File: _file,
    Brokers: _brokers,
    WebAddresses: lambda value: _items(value, _webAddress),
    NodeName: _matching(
        NODE_NAME, "up to 32 letters (a-z), digits and hyphens are wanted, with a letter or digit at either end"
    ),
    StreamName: _matching(
        STREAM_NAME, "1 to 32 letters (a-z), digits, hyphens and underscores are wanted", empty=False
    ),
    SubjectPrefix: _matching(
        SUBJECT_PREFIX,
        'a prefix of subjects such as "chat.one" is wanted: letters (a-z), digits, "-" and "_", with dots between',
        empty=False,
    ),
    Greeting: _greeting,
    Zone: _zone,
    Text: _line,
    Lines: _lines,
    NetworkName: _matching(
        NETWORK_NAME, "1 to 63 letters (a-z), digits, dots, hyphens and underscores are wanted", empty=False
    ),
    Host: _matching(HOST, 'a host such as "staff.example" is wanted: up to 63 letters, digits and any of . - _ / :'),
    Url: _matching(URL, 'a URL such as "https://chat.example/icon.png" is wanted'),
    Port: _port,
    Span: lambda value: _age(value, _SPAN),
    PasswordHash: _passwordHash,
    Secret: _secret,
    MailAddress: _matching(MAIL_ADDRESS, 'a mail address such as "chat@example.org" is wanted'),
    MailHost: _mailHost,
    Fingerprint: _fingerprint,
    Privileges: lambda value: _items(value, _privilege),
    Nicks: lambda value: _items(value, visible),
    Origins: lambda value: _items(value, _origin),
    ClientTags: lambda value: _items(value, _clientTag),
    Endpoints: _endpoints,
    Networks: lambda value: _items(value, _network),
}
