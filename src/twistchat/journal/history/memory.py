"""The history of a journal in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from twistchat.chat.model.events import (
    Entry,
    Event,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
)
from twistchat.chat.model.modes import RANKS
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Around, At, Kept, Point, Span, conversation
from twistchat.interfaces import IHistory
from twistchat.journal.history.words import matches, phrases

if TYPE_CHECKING:
    from twistchat.journal.memory import MemoryLog

PREFIXES = ("", *[rank.prefix for rank in RANKS])
"""What stands before a room's name in the name of a conversation: nothing, or the prefix of a rank."""

T = TypeVar("T")


@implementer(IHistory)
class MemoryHistory:
    """
    Follows a log, and keeps its newest durable entries by conversation.

    It keeps up to a number of entries of all conversations together, and drops the oldest first.
    """

    def __init__(self, log: MemoryLog, keep: int = 10_000) -> None:
        """
        @param log: the log that it follows, which need not be open.
        @param keep: how many entries it keeps.
        """
        self._keep = keep
        self._log = log
        self._conversations: dict[str, deque[Entry]] = {}
        self._places: OrderedDict[int, str] = OrderedDict()
        log.follow(0, self._receive)

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.read}."""
        entries = list(self._conversations.get(span.conversation, ()))
        return succeed(select(entries, span))

    def search(
        self,
        conversations: Sequence[str],
        words: str,
        limit: int,
        before: int | None = None,
        account: str | None = None,
    ) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.search}.  It looks at every entry, from the newest on, until it has found enough."""
        wanted = phrases(words)
        names = set(conversations)
        if account is not None:
            names.update(name for name in self._conversations if fold(account) in name.split(" "))
        entries = [entry for name in names for entry in self._conversations.get(name, ())]
        entries.sort(key=attrgetter("sequence"), reverse=True)
        found = (
            entry
            for entry in entries
            if (before is None or entry.sequence < before)
            and isinstance(entry.event, (RoomMessage, PrivateMessage))
            and matches(entry.event.text, wanted)
        )
        return succeed(list(islice(found, limit))[::-1] if wanted else [])

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}."""
        return self._log.locate(msgid)

    def _receive(self, entry: Entry) -> None:
        """Keep an entry, if it is durable and belongs to a conversation."""
        event = entry.event
        if not event.durable:
            return
        name = conversation(event)
        if name is None:
            return
        if not isinstance(event, RoomMessage):
            self._rearrange(event, name)
        entries = self._conversations.get(name)
        if entries is None:
            entries = self._conversations[name] = deque()
        entries.append(entry)
        self._places[entry.sequence] = name
        if len(self._places) > self._keep:
            self._forget(next(iter(self._places)))

    def _rearrange(self, event: Event, name: str) -> None:
        """Do what an event does to what was there before."""
        if isinstance(event, (RoomMessageRedacted, PrivateMessageRedacted)):
            self._takeBack(event, name)
        elif isinstance(event, RoomRenamed) and fold(event.room) != name:
            for prefix in PREFIXES:
                self._move(prefix + fold(event.room), prefix + name)

    def _takeBack(self, event: RoomMessageRedacted | PrivateMessageRedacted, name: str) -> None:
        """Forget a text, if it is one of this conversation."""
        place = self._places.get(event.sequence)
        if place is None:
            return
        if place == name or (
            isinstance(event, RoomMessageRedacted) and place in [prefix + name for prefix in PREFIXES]
        ):
            taken = next(entry for entry in self._conversations[place] if entry.sequence == event.sequence)
            if isinstance(taken.event, RoomMessage if isinstance(event, RoomMessageRedacted) else PrivateMessage):
                self._forget(event.sequence)
                self._log.forget(event.sequence)

    def _move(self, origin: str, target: str) -> None:
        """Let all of a conversation be part of another."""
        moved = self._conversations.pop(origin, None)
        if moved is None:
            return
        both = [*self._conversations.get(target, ()), *moved]
        both.sort(key=lambda entry: entry.sequence)
        self._conversations[target] = deque(both)
        for entry in moved:
            self._places[entry.sequence] = target

    def _forget(self, sequence: int) -> None:
        name = self._places.pop(sequence)
        entries = self._conversations[name]
        if entries[0].sequence == sequence:
            entries.popleft()
        else:
            entries.remove(next(entry for entry in entries if entry.sequence == sequence))
        if not entries:
            del self._conversations[name]


def select(entries: Sequence[Entry], span: Span | Around) -> Sequence[Entry]:
    """
    Find a stretch in the entries of its conversation.

    @param entries: all entries of the conversation, oldest first.
    """
    if isinstance(span, Around):
        return nearest(entries, _position(entries, span.point, bisect_left), span.limit)
    start = 0 if span.after is None else _position(entries, span.after, bisect_right)
    end = len(entries) if span.before is None else _position(entries, span.before, bisect_left)
    if span.oldest:
        return entries[start : min(end, start + span.limit)]
    return entries[max(start, end - span.limit) : max(start, end)]


def nearest(entries: Sequence[T], place: int, limit: int) -> Sequence[T]:
    """
    What L{Around} asks for.

    @param entries: in order; as many as the limit on either side of the place, where there are.
    @param place: the index of the first of them that is not before the point.
    """
    start = max(0, place - limit // 2)
    return entries[max(0, min(start, len(entries) - limit)) : start + limit]


def _position(entries: Sequence[Entry], point: Point, bisect: Callable[..., int]) -> int:
    """Where a point falls among entries: before those equal to it, or after them, as C{bisect} has it."""
    if isinstance(point, At):
        return bisect(entries, point.time, key=lambda entry: entry.time)
    return bisect(entries, point, key=lambda entry: entry.sequence)
