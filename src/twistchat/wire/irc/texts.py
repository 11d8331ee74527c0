"""
What people say, in as many lines as it takes: one PRIVMSG or NOTICE for most, a batch or several for long texts and
those of several lines (draft/multiline).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from twistchat.chat.model.events import Cuts, Kind, Source
from twistchat.chat.model.modes import RANK_BY_LETTER
from twistchat.wire.irc.cleaning import cleanName, cleanText, mask
from twistchat.wire.irc.message import MAX_LINE
from twistchat.wire.irc.wrapping import wrap

COMMANDS: Final[dict[Kind, str]] = {"message": "PRIVMSG", "action": "PRIVMSG", "notice": "NOTICE"}
"""The command for each kind of text."""

_ACTION: Final = "\x01ACTION "
_ACTION_END: Final = "\x01"

_LEAST: Final = 32
"""Bytes that a line has to have left for its text; otherwise it is given less of the source."""


@lru_cache(4096)
def _head(nick: str, username: str, host: str, target: str, kind: Kind) -> bytes:
    """
    What stands before a text.  It is remembered: most texts are from people who have just said something there.

    @return: empty where something in it has to be replaced.
    """
    names = (nick, username, host, target)
    if any(name != cleanName(name) for name in names):
        return b""
    return f":{nick}!{username}@{host} {COMMANDS[kind]} {target} :{_ACTION if kind == 'action' else ''}".encode()


def writeText(tags: bytes, source: Source, target: str, text: str, kind: Kind) -> bytes:
    """
    Write a text in one line, where it needs nothing but that.

    This is done for each text and dialect: it looks for what must not be, and replaces nothing.

    @param tags: with their C{@} and space, or empty.
    @return: empty where it needs more than one line, or something in it has to be replaced: L{split} does that.
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
    A text cut into lines, which have no tags yet.

    @ivar source: where they come from.
    @ivar target: where they go.
    @ivar lines: for each line of the text, the lines that it takes here: none for one that is empty.
    @ivar blank: a line with an empty text.
    """

    source: str
    target: str
    lines: list[list[bytes]]
    blank: bytes


class _Frame(NamedTuple):
    """
    A line without its text.

    @ivar source: where it comes from.
    @ivar head: what stands before the text.
    @ivar tail: what stands behind it.
    @ivar size: how many bytes are left for the text.
    """

    source: str
    head: bytes
    tail: bytes
    size: int


def _frame(source: Source, target: str, kind: Kind) -> _Frame | None:
    """
    The line in which a text goes.

    Where names leave it too little room, the source is the nick alone.

    @param target: clean.
    @return: C{None} where not even that leaves room for a text.
    """
    before, after = (_ACTION, _ACTION_END) if kind == "action" else ("", "")
    tail = f"{after}\r\n".encode()
    for shown in (mask(source), cleanName(source.nick)):
        head = f":{shown} {COMMANDS[kind]} {target} :{before}".encode()
        size = MAX_LINE - len(head) - len(tail)
        if size >= _LEAST:
            return _Frame(shown, head, tail, size)
    return None


def capacity(source: Source, target: str, kind: Kind) -> int:
    """
    How many bytes a text of one line may have so that L{split} leaves it whole.

    @param target: where it goes, as L{statusTarget} has it; in any case of its letters.
    """
    frame = _frame(source, cleanName(target), kind)
    return 0 if frame is None else frame.size


def statusTarget(rank: str, room: str) -> str:
    """
    The target of a text for those of a rank and above (modern.ircdocs.horse, "STATUSMSG").

    @param rank: the letter of the rank, or C{""} where all in the room hear it.
    """
    return f"{RANK_BY_LETTER[rank].prefix}{room}" if rank in RANK_BY_LETTER else room


def split(source: Source, target: str, text: str, kind: Kind, cuts: Cuts = ()) -> Pieces | None:
    """
    Write any text.

    A long line is cut where its sender cut it (draft/multiline, "Fallback"), and a part that is still too long is cut
    between words.

    @param cuts: those of the event.  An offset at which there is nothing to cut is passed over.
    @return: C{None} where names leave no room for a text.
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
    """For each line of a text, its parts: several where an offset is within the line."""
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
