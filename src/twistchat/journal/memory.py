"""The journal in memory: it keeps nothing over a restart, and applies an event within the call that proposes it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotStored
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
from twistchat.chat.model.origin import Origin
from twistchat.chat.model.spans import Around, At, Kept, Point, Span, conversation
from twistchat.interfaces import IHistory, ILog
from twistchat.journal.following import Followers, Following
from twistchat.journal.history.words import matches, phrases
from twistchat.journal.proposals import Mark, Proposal
from twistchat.journal.stamp import Stamp

if TYPE_CHECKING:
    from twistchat.interfaces import Apply, Refused

PREFIXES = ("", *[rank.prefix for rank in RANKS])
"""What stands before a room's name where those of a rank heard what others did not, and where all heard it."""


T = TypeVar("T")


@implementer(ILog, IHistory)
class MemoryJournal:
    """
    A journal for tests, for benchmarks, and for a chat that is to leave no trace.

    It remembers the newest durable entries for history, up to a number of them in all, and forgets the oldest first.
    """

    promise = "The journal is in memory: nothing that is said outlives this process."

    def __init__(self, stamp: Stamp, keep: int = 10_000, key: bytes | None = None) -> None:
        """
        @param stamp: what stamps the events.
        @param keep: how many entries are remembered, of all conversations together.
        @param key: the key of the cloaks; C{None} if nobody asks for it.
        """
        self._stamp = stamp
        self._keep = keep
        self._key = key
        self._open = False
        self._applying = False
        self._proposed: deque[Proposal | Mark] = deque()
        self._closing: list[Deferred[None]] = []
        self._conversations: dict[str, deque[Entry]] = {}
        self._places: OrderedDict[int, str] = OrderedDict()
        self._followers = Followers()

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}.  There is nothing to bring back."""
        self._apply, self._open = apply, True
        for following in self._followers.active:
            following.join()
        return succeed(None)

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}.  What is proposed while an entry is being applied comes after it."""
        if not self._open:
            return fail(NotStored("the journal is closed"))
        entry = self._stamp(event)
        if self._applying:
            receipt: Deferred[Entry] = Deferred()
            self._proposed.append(Proposal(entry, origin, receipt, None))
            return receipt
        failure = self._take(entry, origin)
        return succeed(entry) if failure is None else fail(failure)

    def post(self, event: Event, refused: Refused) -> None:
        """See L{ILog.post}."""
        if not self._open:
            refused(event, Failure(NotStored("the journal is closed")))
            return
        entry = self._stamp(event)
        if self._applying:
            self._proposed.append(Proposal(entry, None, None, refused))
            return
        failure = self._take(entry, None)
        if failure is not None:
            refused(event, failure)

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}."""
        if self._applying:
            self._proposed.append(Mark(reached))
        else:
            reached()

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
        return self._stamp.locate(msgid)

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> Following:
        """See L{ILog.follow}."""
        following = self._followers.add(sequence, receive)
        if self._open:
            kept = [entry for entries in self._conversations.values() for entry in entries]
            following.replay(sorted(kept, key=attrgetter("sequence")))
            following.join()
        return following

    def cloakKey(self) -> bytes:
        """See L{ILog.cloakKey}."""
        if self._key is None:
            raise ValueError("this journal was made without a key of the cloaks")
        return self._key

    def close(self) -> Deferred[None]:
        """See L{ILog.close}."""
        closed: Deferred[None] = Deferred()
        self._open = False
        self._closing.append(closed)
        if not self._applying:
            self._closeIfAsked()
        return closed

    def _closeIfAsked(self) -> None:
        closing, self._closing = self._closing, []
        for closed in closing:
            closed.callback(None)

    def _take(self, entry: Entry, origin: Origin | None) -> Failure | None:
        """
        Apply an entry, and what is proposed meanwhile.

        @return: why the entry itself could not be applied, or C{None}.
        """
        self._applying = True
        try:
            failure = self._happen(entry, origin)
            while self._proposed:
                next = self._proposed.popleft()
                if isinstance(next, Mark):
                    next.reached()
                    continue
                refusal = self._happen(next.entry, next.origin)
                if refusal is None:
                    next.taken()
                else:
                    next.refuse(refusal)
        finally:
            self._applying = False
        if self._closing:
            self._closeIfAsked()
        return failure

    def _happen(self, entry: Entry, origin: Origin | None) -> Failure | None:
        """Apply an entry; one that cannot be is not remembered, and why is returned."""
        try:
            self._apply(entry, origin)
        except Exception:
            return Failure()
        if entry.event.durable:
            self._remember(entry)
        for following in self._followers.active:
            try:
                following.receive(entry)
            except Exception:
                following.fail()
        return None

    def _remember(self, entry: Entry) -> None:
        event = entry.event
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
