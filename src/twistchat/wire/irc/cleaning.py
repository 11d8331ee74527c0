"""
Lines from whatever an entry holds: what IRC cannot carry is replaced, so that every entry can be written.

The rules for names and texts keep such values out long before; but an exception here would be one within a fan-out, and
a delimiter that passed would be somebody's forged line.
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
"""Bytes of client-only tags in one message (message-tags, "Size limit")."""

MAX_PARAMETERS: Final = 13
"""
Parameters of the changes in one MODE: with the room and the letters they make 15 (modern.ircdocs.horse, "Parameters").
"""

_MILLISECONDS: Final = tuple(f".{millisecond:03}Z" for millisecond in range(1000))
_LINE_ENDS: Final = str.maketrans("\0\r\n", "   ")
_DELIMITERS: Final = str.maketrans("\0\r\n ", "____")


def cleanText(text: str) -> str:
    """A last parameter, with a space for each NUL, CR and LF, and U+FFFD for what UTF-8 cannot write."""
    if "\n" in text or "\r" in text or "\0" in text:
        text = text.translate(_LINE_ENDS)
    return text if text.isascii() else _encodable(text)


def cleanName(name: str) -> str:
    """
    A parameter before the last, or a part of a source: C{_} for each NUL, CR, LF and space, and for a C{:} at its
    beginning; C{*} where there is nothing.
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
    """The C{nick!user@host} of these.  Few people do most of what happens, so it is remembered."""
    return f"{cleanName(nick)}!{cleanName(username)}@{cleanName(host)}"


def write(source: str, command: str, names: Sequence[str], text: str | None = None) -> bytes:
    """
    Write a line without tags.

    @param source: clean.
    @param names: the parameters before the last; they are cleaned.
    @param text: the last parameter, always with its C{:}; it is cleaned, and cut where it does not fit.
    @return: empty where not even the names fit into 512 bytes: then IRC cannot tell it.
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
    Write changes of modes, in as many lines as they need.

    @param source: clean.
    @param names: the parameters before the changes; they are cleaned.
    @param words: each change: its sign and letter, and its parameter, which is cleaned, and cut where it alone is more
        than fits.
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
    Client-only tags as they go behind those of the server, each with a C{;} before it.

    One that cannot be written, or is past the limit, is left out.
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
    """A tag with its value, which may be empty; a NUL in it becomes a space."""
    if value.replace("-", "").isalnum():
        return f"{key}={value}"
    return f"{key}={escapeTag(_encodable(value).replace(chr(0), ' '))}" if value else key


class Stampclock:
    """Writes times as the C{time} tag has them (server-time), and does it once for all in the same second."""

    __slots__ = ("_second", "_shown")

    def __init__(self) -> None:
        self._second = -1
        self._shown = ""

    def show(self, time: int) -> str:
        """
        A moment, as C{2011-10-19T16:40:51.620Z}.

        @param time: milliseconds since the epoch.
        """
        second, millisecond = divmod(time, 1000)
        if second != self._second:
            self._second = second
            self._shown = datetime.fromtimestamp(second, UTC).isoformat()[:19]
        return self._shown + _MILLISECONDS[millisecond]


def _encodable(text: str) -> str:
    """A text with U+FFFD for each half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
