"""
The grammar of IRC: one line is one message (modern.ircdocs.horse, "Message Format"; IRCv3 message-tags).

L{parse} is generous: it takes several spaces for one, and any number of parameters.  L{serialize} is strict: it
writes a line that L{parse} reads back as the same message, or raises L{Unwritable}.  It trusts nobody to have looked
before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from twistchat.wire.irc.wrapping import fit

__all__ = [
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

MAX_LINE: Final = 512
"""Bytes of a message without its tags, CR LF included."""

MAX_TAGS: Final = 8191
"""Bytes of the tags of a message from a server, the C{@} and the space included (message-tags, "Size limit")."""

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})
"""The tags of a message that has none."""


class Message(NamedTuple):
    """
    One message.

    @ivar tags: their values, unescaped; empty for a tag without one.  A client-only tag's key begins with C{+}.
    @ivar source: who it comes from, without the C{:}; empty where it does not say.
    @ivar command: a command or a numeric, its ASCII letters in upper case.
    @ivar params: all parameters alike, whether the last had its C{:} or not.
    """

    tags: Mapping[str, str]
    source: str
    command: str
    params: tuple[str, ...]


# What cannot be read


@dataclass
class BadMessage(Exception):
    """
    A line is no message.

    @ivar why: what is wrong with it, to end the sentence "the message …".
    @ivar command: the command, as far as the answer can name it; otherwise empty.
    @ivar label: the request's label (IRCv3 labeled-response), which the answer has to bear.
    """

    why: str
    command: str = ""
    label: str | None = None


@dataclass
class EmptyMessage(BadMessage):
    """There is nothing in the line.  It is to be ignored."""


@dataclass
class NoCommand(BadMessage):
    """There are tags, a source or a parameter, and no command."""


@dataclass
class NotUtf8(BadMessage):
    """The line is not UTF-8, from byte C{offset} on."""

    offset: int = 0


@dataclass
class NulByte(BadMessage):
    """There is a NUL in the line."""


@dataclass
class LineEnd(BadMessage):
    """
    There is a CR or an LF within the line.

    Some servers end a line at a CR alone.  Here it has no meaning: what would be one line to one reader and two to the
    next is not passed on.
    """


def parse(line: bytes) -> Message:
    """
    Read a message.

    @param line: without its CR LF.
    @raise BadMessage: it is none.
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
    # Past the constructor that NamedTuple writes: it takes three times as long, and this is done for every line.
    return tuple.__new__(Message, (tags, source, command, params))


def measure(line: bytes) -> tuple[int, int]:
    """
    Measure a line that a client sent (message-tags, "Size limit").

    @param line: without its CR LF.
    @return: the bytes of its tags, without the C{@} and the space: at most 4094; and the bytes of all that is behind
        them, with a CR LF: at most 512.
    """
    if line[:1] != b"@":
        return 0, len(line) + 2
    tags, _, rest = line.partition(b" ")
    return len(tags) - 1, len(rest) + 2


_SALVAGED: Final = str.maketrans("\0\r\n", "\ufffd" * 3)


def _salvage(line: bytes) -> tuple[str, str | None]:
    """The command and the label of a line that is refused, each as far as it is sound."""
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
    Read tags.

    Keys are opaque: none is refused for its letters.  Of a key that stands there twice, the last counts.

    @param data: what lies between the C{@} and the space.
    """
    tags = {}
    for tag in data.split(";"):
        key, _, value = tag.partition("=")
        if key:
            tags[key] = unescapeTag(value) if "\\" in value else value
    return tags


def unescapeTag(value: str) -> str:
    """
    The value of a tag as it was meant.

    A backslash at the end means nothing, and one before a character that needs none means that character.
    """
    return _ESCAPED.sub(lambda match: _UNESCAPE.get(match[1], match[1]), value)


def escapeTag(value: str) -> str:
    """The value of a tag as it is written."""
    return value.translate(_ESCAPE) if _ESCAPABLE.search(value) else value


def isTagKey(key: str) -> bool:
    """Whether this can be written as the key of a tag."""
    return _KEY.fullmatch(key) is not None


def writeTags(tags: Mapping[str, str]) -> str:
    """
    Write tags, in their order: what goes between the C{@} and the space.

    @raise Unwritable: a key cannot be one, or a value has a NUL in it.
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
    """These values make no message that would be read back as such; the text says which, and why."""


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
    @param params: all but the last without spaces, not empty, and not beginning with C{:}.
    @param source: without the C{:}; empty for none.
    @param tags: written in their order.
    @param colon: whether to mark the last parameter with a C{:} that it does not need, as old clients expect of some.
    @return: the line, with its CR LF.
    @raise Unwritable: something in it would end the line, or the part that it is in; or it is longer than 512 bytes
        without its tags, or 8191 with what belongs to the tags.
    """
    if not _isCommand(command):
        raise Unwritable(f"{command!r} is no command: a command is letters, or three digits")
    line = command
    if source:
        _checkMiddle("the source", source)
        line = f":{source} {command}"
    if params:
        *middles, last = params
        for middle in middles:
            _checkMiddle("a parameter before the last", middle)
            line = f"{line} {middle}"
        marked = colon or not last or last[0] == ":" or " " in last
        line = f"{line} :{last}" if marked else f"{line} {last}"
    if "\0" in line or "\r" in line or "\n" in line:
        raise Unwritable(f"{line!r} has a NUL, a CR or an LF in it")
    data = _encode(line)
    if len(data) + 2 > MAX_LINE:
        raise Unwritable(f"{command} takes {len(data) + 2} bytes, and a line has {MAX_LINE}")
    if not tags:
        return data + b"\r\n"
    tagData = _encode(writeTags(tags))
    if len(tagData) + 2 > MAX_TAGS:
        raise Unwritable(f"the tags of {command} take {len(tagData) + 2} bytes, and may take {MAX_TAGS}")
    return b"@%b %b\r\n" % (tagData, data)


def room(command: str, params: Sequence[str] = (), source: str = "") -> int:
    """
    How many bytes a line has left for one more parameter, the last; less than none where what is there is too much.

    L{fit} cuts a text to that.

    @param params: those before it.
    """
    head = " ".join((f":{source} {command}" if source else command, *params))
    return MAX_LINE - len(" :\r\n") - len(_encode(head))


def _isCommand(command: str) -> bool:
    return command.isascii() and (command.isalpha() or (len(command) == 3 and command.isdigit()))


def _checkMiddle(what: str, value: str) -> None:
    if not value or value[0] == ":" or " " in value:
        raise Unwritable(f"{what} is {value!r}: it must not be empty, begin with ':' or have a space in it")


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unwritable(f"{text!r} has half of a surrogate pair in it, which UTF-8 cannot write") from None
