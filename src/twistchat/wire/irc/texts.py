"""
Write texts as PRIVMSG or NOTICE: one line for most, several lines or a batch for long and multiline texts
(draft/multiline).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from twistchat.chat.model.events import Cuts, Kind, Source
from twistchat.chat.model.modes.room import RANK_BY_LETTER
from twistchat.wire.irc.cleaning import cleanName, cleanText, mask
from twistchat.wire.irc.message import MAX_LINE
from twistchat.wire.irc.wrapping import wrap

COMMANDS: Final[dict[Kind, str]] = {"message": "PRIVMSG", "action": "PRIVMSG", "notice": "NOTICE"}
"""The command of each kind of text."""

_ACTION: Final = "\x01ACTION "
_ACTION_END: Final = "\x01"

_MIN_TEXT: Final = 32
"""The minimum space for the text in a line, in bytes.  If less is left, the source is shortened to the nick."""


@lru_cache(4096)
def _head(nick: str, username: str, host: str, target: str, kind: Kind) -> bytes:
    """
    Build the part of a line before the text.

    The results are cached, because most senders have just spoken in the same place.

    @return: empty if a name contains a character that must be replaced.
    """
    names = (nick, username, host, target)
    if any(name != cleanName(name) for name in names):
        return b""
    return f":{nick}!{username}@{host} {COMMANDS[kind]} {target} :{_ACTION if kind == 'action' else ''}".encode()


def writeText(tags: bytes, source: Source, target: str, text: str, kind: Kind) -> bytes:
    """
    Write a text that fits into one line and needs no cleaning.

    This is the fast path, called for each text and dialect: it checks values and replaces nothing.

    @param tags: the tags with their C{@} and space, or empty.
    @return: the line; empty if the text needs several lines or cleaning.  Then use L{split}.
    """
    head = _head(source.nick, source.username, source.host, target, kind)
    if not head or not text or "\n" in text or "\r" in text or "\0" in text:
        return b""
    end = b"\r\n"
    if kind == "action":
        if _ACTION_END in text:
            return b""
        end = b"\x01\r\n"
    try:
        said = text.encode()
    except UnicodeEncodeError:
        return b""
    if len(head) + len(said) + len(end) > MAX_LINE:
        return b""
    return b"".join((tags, head, said, end))


@dataclass(frozen=True, slots=True)
class Pieces:
    """
    A text split into protocol lines, which have no tags yet.

    @ivar source: the source of the lines.
    @ivar target: the target of the lines.
    @ivar lines: for each line of the text, its protocol lines; none if the line is empty.
    @ivar blank: a protocol line with an empty text.
    """

    source: str
    target: str
    lines: list[list[bytes]]
    blank: bytes


class _Frame(NamedTuple):
    """
    A protocol line without its text.

    @ivar source: the source of the line.
    @ivar head: the bytes before the text.
    @ivar tail: the bytes after the text.
    @ivar size: how many bytes are left for the text.
    """

    source: str
    head: bytes
    tail: bytes
    size: int


def _frame(source: Source, target: str, kind: Kind) -> _Frame | None:
    """
    Build the line that carries a text.

    If the full source leaves too little space for the text, the source is the nick alone.

    @param target: the target, already clean.
    @return: C{None} if there is still too little space.
    """
    before, after = (_ACTION, _ACTION_END) if kind == "action" else ("", "")
    tail = f"{after}\r\n".encode()
    for shown in (mask(source), cleanName(source.nick)):
        head = f":{shown} {COMMANDS[kind]} {target} :{before}".encode()
        size = MAX_LINE - len(head) - len(tail)
        if size >= _MIN_TEXT:
            return _Frame(shown, head, tail, size)
    return None


def capacity(source: Source, target: str, kind: Kind) -> int:
    """
    The maximum size in bytes of a line that L{split} does not split.

    @param target: the target, as L{statusTarget} writes it, in upper or lower case.
    """
    frame = _frame(source, cleanName(target), kind)
    return 0 if frame is None else frame.size


def statusTarget(rank: str, room: str) -> str:
    """
    The target of a text to the members of at least a rank (modern.ircdocs.horse, "STATUSMSG").

    @param rank: the letter of the rank, or C{""} for all members.
    """
    return f"{RANK_BY_LETTER[rank].prefix}{room}" if rank in RANK_BY_LETTER else room


def split(source: Source, target: str, text: str, kind: Kind, cuts: Cuts = ()) -> Pieces | None:
    """
    Write any text.

    A long line is split where its sender split it (draft/multiline, "Fallback").  A part that is still too long is
    split between words.

    @param cuts: the event's cuts.  Offsets at the start or end of a line are ignored.
    @return: C{None} if the names leave no space for a text.
    """
    target = cleanName(target)
    frame = _frame(source, target, kind)
    if frame is None:
        return None
    lines = []
    for parts in _cut(text, cuts):
        pieces: list[bytes] = []
        for part in parts:
            part = cleanText(part)
            if kind == "action":
                part = part.replace(_ACTION_END, "")
            if part:
                pieces += [frame.head + piece.encode() + frame.tail for piece in wrap(part, frame.size)]
        lines.append(pieces)
    return Pieces(frame.source, target, lines, frame.head + frame.tail)


def _cut(text: str, cuts: Cuts) -> Iterator[list[str]]:
    """Split each line of a text into parts, at the offsets within the line."""
    offsets = deque(sorted(cuts))
    start = 0
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        end, following = start + len(line), text.find("\n", start) + 1
        parts = []
        while offsets and offsets[0] < end:
            offset = offsets.popleft()
            if offset > start:
                parts.append(text[start:offset])
                start = offset
        parts.append(text[start:end])
        yield parts
        start = following
