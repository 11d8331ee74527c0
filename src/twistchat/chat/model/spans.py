"""
Reading back: which entries of the journal to read, as values.

A I{span} names one conversation and a stretch of it, in the terms of IRCv3 chathistory (BEFORE, AFTER, LATEST, AROUND,
BETWEEN), by sequence number or by time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from twistchat.chat.model.events import (
    Entry,
    Event,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomEvent,
    RoomMessage,
    RoomRenamed,
    RoomTagMessage,
)
from twistchat.chat.model.modes import RANK_BY_LETTER
from twistchat.chat.model.names import fold


@dataclass(frozen=True, slots=True)
class At:
    """A moment, C{time} milliseconds after the epoch, as one end of a stretch."""

    time: int


Point = int | At
"""One end of a stretch: a sequence number, or a moment."""


@dataclass(frozen=True, slots=True)
class Span:
    """
    A stretch of one conversation, oldest entry first whatever was asked.

    With no C{after} and no C{before}: the last C{limit} entries.  Both ends are left out of what is read.  Where the
    stretch holds more than C{limit} entries, those nearest its end are read, or with C{oldest} those nearest its start.

    @ivar conversation: as L{conversation} names it.
    @ivar limit: how many entries at the most; at least 1.
    @ivar after: only what came later than this.
    @ivar before: only what came earlier than this.
    @ivar oldest: which end to read when there is more than C{limit}.
    """

    conversation: str
    limit: int
    after: Point | None = None
    before: Point | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """
    The C{limit} entries nearest to a point: it, where it is an entry of this conversation; half before, half after.

    @ivar conversation: as L{conversation} names it.
    @ivar limit: how many entries at the most; at least 1.
    @ivar point: their middle.
    """

    conversation: str
    limit: int
    point: Point


@dataclass(frozen=True, slots=True)
class Damaged:
    """
    Stands, among the entries that were read, for one whose bytes changed on disk.  Nothing of it is shown.

    @ivar sequence: its sequence number, as far as the journal can tell.
    """

    sequence: int


Kept: TypeAlias = Entry | Damaged
"""What a journal gives for each entry that is read back."""


def conversation(event: Event) -> str | None:
    """
    The conversation an event belongs to, and under which it is read back.

    @return: for what happened in a room, the room's folded name, or with the rank's prefix before it where only those
        of a rank heard it; for a room's new name, that; for a private text between two accounts, a name for the pair;
        C{None} for anything else, which nobody reads back: a guest's nick is free for the next, who must not find what
        was written to the last.
    """
    if isinstance(event, RoomMessage):
        room = fold(event.room)
        return RANK_BY_LETTER[event.rank].prefix + room if event.rank else room
    if isinstance(event, RoomRenamed):
        return fold(event.name)
    if isinstance(event, RoomEvent):
        return None if isinstance(event, RoomTagMessage) else fold(event.room)
    if (
        isinstance(event, (PrivateMessage, PrivateMessageRedacted))
        and event.source.account is not None
        and event.recipient.account is not None
    ):
        return pair(event.source.account, event.recipient.account)
    return None


def pair(one: str, other: str) -> str:
    """The name of the conversation between two accounts, the same from either side."""
    first, second = sorted((fold(one), fold(other)))
    return f"{first} {second}"
