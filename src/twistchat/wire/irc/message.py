"""
The grammar of IRC messages (modern.ircdocs.horse, "Message Format"; IRCv3 message-tags).  One line is one message.

L{parse} is lenient: it accepts repeated spaces and any number of parameters.  L{serialize} is strict: it writes a line
that L{parse} reads back as the same message, or raises L{Unwritable}.  It does not rely on earlier checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from twistchat.wire.irc.wrapping import fit

__all__ = [
    "LINE_END",
    "MAX_LINE",
    "MAX_TAGS",
    "NO_TAGS",
    "BadMessage",
    "EmptyMessage",
    "LineEnd",
    "Message",
    "NoCommand",
    "NotUtf8",
    "NulByte",
    "Unwritable",
    "escapeTag",
    "fit",
    "isTagKey",
    "measure",
    "parse",
    "parseTags",
    "room",
    "serialize",
    "unescapeTag",
    "writeTags",
]

LINE_END: Final = b"\r\n"
"""What ends a line."""

MAX_LINE: Final = 512
"""The maximum size of a message in bytes, without its tags but with its CR LF."""

MAX_TAGS: Final = 8191
"""The maximum size of a server message's tags in bytes, with the C{@} and the space (message-tags, "Size limit")."""

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})
"""An empty set of tags."""


class Message(NamedTuple):
    """
    One message.

    @ivar tags: the unescaped values of the tags, by key.  The value of a tag without one is empty.  The key of a
        client-only tag begins with C{+}.
    @ivar source: the source, without the C{:}; empty if there is none.
    @ivar command: a command or a numeric, in upper case if it is ASCII.
    @ivar params: all parameters.  The last is the same with or without its C{:}.
    """

    tags: Mapping[str, str]
    source: str
    command: str
    params: tuple[str, ...]


# Parse errors


@dataclass
class BadMessage(Exception):
    """
    A line is not a valid message.

    @ivar why: the mistake; completes the sentence "the message …".
    @ivar command: the command, if the line has a valid one; otherwise empty.
    @ivar label: the request's label (IRCv3 labeled-response), which the answer needs.
    """

    why: str
    command: str = ""
    label: str | None = None


@dataclass
class EmptyMessage(BadMessage):
    """The line is empty.  The caller should ignore it."""


@dataclass
class NoCommand(BadMessage):
    """The line has tags, a source or a parameter, but no command."""


@dataclass
class NotUtf8(BadMessage):
    """The line is not UTF-8; C{offset} is the index of the first invalid byte."""

    offset: int = 0


@dataclass
class NulByte(BadMessage):
    """The line contains a NUL."""


@dataclass
class LineEnd(BadMessage):
    """
    The line contains a CR or an LF.

    Some servers end a line at a lone CR.  This server refuses such lines, because one reader would see one line and
    another would see two.
    """


def parse(line: bytes) -> Message:
    """
    Parse a message.

    @param line: the line, without its CR LF.
    @raise BadMessage: the line is not a valid message.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(f"is not UTF-8 at byte {error.start}", *_salvage(line), error.start) from None
    if "\0" in text:
        raise NulByte("has a NUL in it", *_salvage(line))
    if "\r" in text or "\n" in text:
        raise LineEnd("has the end of a line in it", *_salvage(line))
    tags = NO_TAGS
    first = text[:1]
    if first == "@":
        data, _, text = text.partition(" ")
        tags = parseTags(data[1:])
        first = text[:1]
    if first == " ":
        text = text.lstrip(" ")
        first = text[:1]
    head, colon, trailing = text.partition(" :")
    words = head.split(" ")
    if "" in words:
        words = [word for word in words if word]
    source = words.pop(0)[1:] if first == ":" else ""
    if not words:
        if line.strip(b" "):
            raise NoCommand("has no command", "", tags.get("label"))
        raise EmptyMessage("is empty")
    command = words[0]
    if command.isascii():
        command = command.upper()
    params = (*words[1:], trailing) if colon else tuple(words[1:])
    # NamedTuple's own constructor takes three times as long, and every line needs this call.
    return tuple.__new__(Message, (tags, source, command, params))


def measure(line: bytes) -> tuple[int, int]:
    """
    Measure a client's line (message-tags, "Size limit").

    @param line: the line, without its CR LF.
    @return: the size of the tags in bytes, without the C{@} and the space, for a limit of 4094; and the size of the
        rest, with its CR LF, for a limit of 512.
    """
    if line[:1] != b"@":
        return 0, len(line) + 2
    tags, _, rest = line.partition(b" ")
    return len(tags) - 1, len(rest) + 2


_SALVAGED: Final = str.maketrans("\0\r\n", "\ufffd" * 3)


def _salvage(line: bytes) -> tuple[str, str | None]:
    """Find the command and the label of an invalid line; each is left out if it is itself invalid."""
    text = line.decode(errors="replace").translate(_SALVAGED)
    try:
        message = parse(text.encode())
    except BadMessage as error:
        return "", error.label
    label = message.tags.get("label")
    return (
        message.command if _isCommand(message.command) else "",
        None if label is None or "\ufffd" in label else label,
    )


# Tags

_ESCAPES: Final = {";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"}
_ESCAPE: Final = str.maketrans(_ESCAPES)
_ESCAPABLE: Final = re.compile(r"[; \\\r\n]")
_UNESCAPE: Final = {escaped[1]: character for character, escaped in _ESCAPES.items()}
_ESCAPED: Final = re.compile(r"\\(.?)", re.DOTALL)
_KEY: Final = re.compile(r"[^\0\r\n ;=]+")


def parseTags(data: str) -> dict[str, str]:
    """
    Parse tags.

    Keys are opaque, so any characters are accepted.  If a key occurs twice, the last value counts.

    @param data: the text between the C{@} and the space.
    """
    tags = {}
    for tag in data.split(";"):
        key, _, value = tag.partition("=")
        if key:
            tags[key] = unescapeTag(value) if "\\" in value else value
    return tags


def unescapeTag(value: str) -> str:
    """
    Unescape the value of a tag.

    A backslash at the end is dropped, and so is one before a character that needs no escape.
    """
    return _ESCAPED.sub(lambda match: _UNESCAPE.get(match[1], match[1]), value)


def escapeTag(value: str) -> str:
    """Escape the value of a tag."""
    return value.translate(_ESCAPE) if _ESCAPABLE.search(value) else value


def isTagKey(key: str) -> bool:
    """Whether a text is a valid key of a tag."""
    return _KEY.fullmatch(key) is not None


def writeTags(tags: Mapping[str, str]) -> str:
    """
    Write tags in their order, without the C{@} and the space.

    @raise Unwritable: a key is not valid, or a value contains a NUL.
    """
    written = []
    for key, value in tags.items():
        if not isTagKey(key):
            raise Unwritable(f"{key!r} cannot be the key of a tag: NUL, CR, LF, space, ';' and '=' end one")
        if "\0" in value:
            raise Unwritable(f"the value of the tag {key!r} has a NUL in it")
        written.append(f"{key}={escapeTag(value)}" if value else key)
    return ";".join(written)


# Writing


class Unwritable(ValueError):
    """L{parse} could not read back a message with these values.  The error's text says which, and why."""


def serialize(
    command: str,
    params: Sequence[str] = (),
    source: str = "",
    tags: Mapping[str, str] = NO_TAGS,
    *,
    colon: bool = False,
) -> bytes:
    """
    Write a message.

    @param command: letters, or three digits.
    @param params: the parameters.  All but the last must not be empty, contain a space or begin with C{:}.
    @param source: the source, without the C{:}; empty for none.
    @param tags: the tags, written in their order.
    @param colon: whether to write the C{:} before the last parameter also if it is not needed; old clients expect it in
        some messages.
    @return: the line, with its CR LF.
    @raise Unwritable: a value contains a delimiter, the line is longer than 512 bytes without its tags, or the tags are
        longer than 8191 bytes.
    """
    if not _isCommand(command):
        raise Unwritable(f"{command!r} is no command: a command is letters, or three digits")
    line = command
    if source:
        if source[0] == ":" or " " in source:
            raise Unwritable(f"the source is {source!r}: it must not begin with ':' or have a space in it")
        line = f":{source} {command}"
    if params:
        *middles, last = params
        for middle in middles:
            if not middle or middle[0] == ":" or " " in middle:
                what = f"a parameter before the last is {middle!r}"
                raise Unwritable(f"{what}: it must not be empty, begin with ':' or have a space in it")
            line = f"{line} {middle}"
        marked = colon or not last or last[0] == ":" or " " in last
        line = f"{line} :{last}" if marked else f"{line} {last}"
    if "\0" in line or "\r" in line or "\n" in line:
        raise Unwritable(f"{line!r} has a NUL, a CR or an LF in it")
    data = _encode(line)
    if len(data) + 2 > MAX_LINE:
        raise Unwritable(f"{command} takes {len(data) + 2} bytes, and a line has {MAX_LINE}")
    if not tags:
        return data + LINE_END
    tagData = _encode(writeTags(tags))
    if len(tagData) + 2 > MAX_TAGS:
        raise Unwritable(f"the tags of {command} take {len(tagData) + 2} bytes, and may take {MAX_TAGS}")
    return b"@%b %b%b" % (tagData, data, LINE_END)


def room(command: str, params: Sequence[str] = (), source: str = "") -> int:
    """
    Compute how many bytes a line has left for its last parameter.  The result is negative if the line is too long.

    L{fit} truncates a text to this size.

    @param params: the parameters before the last.
    """
    head = " ".join((f":{source} {command}" if source else command, *params))
    return MAX_LINE - len(" :\r\n") - len(_encode(head))


def _isCommand(command: str) -> bool:
    return command.isascii() and (command.isalpha() or (len(command) == 3 and command.isdigit()))


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unwritable(f"{text!r} has half of a surrogate pair in it, which UTF-8 cannot write") from None
