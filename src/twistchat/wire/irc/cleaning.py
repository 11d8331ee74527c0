"""
Write lines from untrusted values: replace every character that an IRC line cannot contain.

The chat already refuses such names and texts.  This is the second check: an exception here would break a fan-out, and a
delimiter that passed would let a user forge a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from twistchat.chat.model.events import Source, Tags
from twistchat.wire.irc.message import Unwritable, escapeTag, isTagKey, room, serialize
from twistchat.wire.irc.wrapping import fit

MAX_CLIENT_TAGS: Final = 4094
"""The maximum size of the client-only tags of one message, in bytes (message-tags, "Size limit")."""

MAX_PARAMETERS: Final = 13
"""
The maximum number of mode parameters in one MODE.

With the room and the letters, the line has 15 parameters (modern.ircdocs.horse, "Parameters").
"""

_MILLISECONDS: Final = tuple(f".{millisecond:03}Z" for millisecond in range(1000))
_LINE_ENDS: Final = str.maketrans("\0\r\n", "   ")
_DELIMITERS: Final = str.maketrans("\0\r\n ", "____")


def cleanText(text: str) -> str:
    """Clean a last parameter: NUL, CR and LF become spaces, and lone surrogates become U+FFFD."""
    if "\n" in text or "\r" in text or "\0" in text:
        text = text.translate(_LINE_ENDS)
    return text if text.isascii() else _encodable(text)


def cleanName(name: str) -> str:
    """
    Clean a parameter before the last, or a part of a source.

    NUL, CR, LF, spaces and a leading C{:} become C{_}.  An empty name becomes C{*}.
    """
    if " " in name or "\n" in name or "\r" in name or "\0" in name:
        name = name.translate(_DELIMITERS)
    if name[:1] == ":":
        name = f"_{name[1:]}"
    return (name if name.isascii() else _encodable(name)) or "*"


def mask(source: Source) -> str:
    """The C{nick!user@host} of a source."""
    return joinMask(source.nick, source.username, source.host)


@lru_cache(4096)
def joinMask(nick: str, username: str, host: str) -> str:
    """Build C{nick!user@host} from its parts.  The results are cached: a few users cause most events."""
    return f"{cleanName(nick)}!{cleanName(username)}@{cleanName(host)}"


def write(source: str, command: str, names: Sequence[str], text: str | None = None) -> bytes:
    """
    Write a line without tags.

    @param source: the source, already clean.
    @param names: the parameters before the last; this function cleans them.
    @param text: the last parameter, always written with a C{:}; this function cleans it, and truncates it to fit.
    @return: the line; empty if the names alone exceed 512 bytes, since IRC cannot express that.
    """
    params = [cleanName(name) for name in names]
    if text is not None:
        params.append(fit(cleanText(text), room(command, params, source)))
    try:
        return serialize(command, params, source, colon=text is not None)
    except Unwritable:
        return b""


def writeList(source: str, command: str, names: Sequence[str], words: Iterable[tuple[str, str | None]]) -> list[bytes]:
    """
    Write mode changes in as many lines as they need.

    @param source: the source, already clean.
    @param names: the parameters before the changes; this function cleans them.
    @param words: for each change, its sign and letter, and its parameter.  This function cleans the parameter, and
        truncates one that does not fit into a line.
    """
    lines: list[bytes] = []
    size = room(command, [*map(cleanName, names), "+o"], source)
    letters, sign, params = "", "", list[str]()
    for change, parameter in words:
        own = [] if parameter is None else [fit(cleanName(parameter), size)]
        longer = letters + (change[1:] if change[:1] == sign else change)
        trial = write(source, command, (*names, longer, *params, *own)) if len(params) < MAX_PARAMETERS else b""
        if not trial and letters:
            lines.append(write(source, command, (*names, letters, *params)))
            longer, params = change, []
        letters, sign, params = longer, change[:1], [*params, *own]
    if letters:
        lines.append(write(source, command, (*names, letters, *params)))
    return lines


def clientTags(tags: Tags) -> str:
    """
    Write client-only tags, each with a C{;} before it, to follow the server's tags.

    Tags with an invalid key are omitted, and so is everything beyond the size limit.
    """
    written = ""
    size = 0
    for name, value in tags:
        name = _encodable(name)
        if isTagKey(name):
            tag = tagValue(f";+{name}", value)
            size += len(tag.encode())
            if size > MAX_CLIENT_TAGS + 1:
                break
            written += tag
    return written


def tagValue(key: str, value: str) -> str:
    """Write a tag with its value, which may be empty; NUL becomes a space."""
    if value.replace("-", "").isalnum():
        return f"{key}={value}"
    return f"{key}={escapeTag(_encodable(value).replace(chr(0), ' '))}" if value else key


class Stampclock:
    """Formats times for the C{time} tag (server-time).  It formats each second once and reuses the result."""

    __slots__ = ("_second", "_shown")

    def __init__(self) -> None:
        self._second = -1
        self._shown = ""

    def show(self, time: int) -> str:
        """
        Format a time, as in C{2011-10-19T16:40:51.620Z}.

        @param time: milliseconds since the epoch.
        """
        second, millisecond = divmod(time, 1000)
        if second != self._second:
            self._second = second
            self._shown = datetime.fromtimestamp(second, UTC).isoformat()[:19]
        return self._shown + _MILLISECONDS[millisecond]


def _encodable(text: str) -> str:
    """Replace lone surrogates with U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
