"""The journal in memory: it keeps nothing over a restart, and applies an event within the call that proposes it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.events import Entry, Event
from twistchat.chat.history import Around, At, Point, Span, conversation
from twistchat.interfaces import IJournal
from twistchat.journal.stamp import Stamp


@implementer(IJournal)
class MemoryJournal:
    """
    A journal for tests, for benchmarks, and for a chat that is to leave no trace.

    It remembers the newest durable entries for history, up to a number of them in all, and forgets the oldest first.
    """

    promise = "The journal is in memory: nothing that is said outlives this process."

    def __init__(self, stamp: Stamp, keep: int = 10_000) -> None:
        """
        @param stamp: what stamps the events.
        @param keep: how many entries are remembered, of all conversations together.
        """
        self._stamp = stamp
        self._keep = keep
        self._apply: Callable[[Entry], None] | None = None
        self._applying = False
        self._proposed: deque[tuple[Event, Deferred[Entry]]] = deque()
        self._conversations: dict[str, deque[Entry]] = {}
        self._order: deque[str] = deque()

    def open(self, apply: Callable[[Entry], None]) -> Deferred[None]:
        """See L{IJournal.open}.  There is nothing to bring back."""
        self._apply = apply
        return succeed(None)

    def append(self, event: Event) -> Deferred[Entry]:
        """See L{IJournal.append}.  What is proposed while an entry is being applied comes after it."""
        if self._apply is None:
            return fail(NotStored("the journal is closed"))
        if self._applying:
            receipt: Deferred[Entry] = Deferred()
            self._proposed.append((event, receipt))
            return receipt
        outcome = self._take(event)
        while self._proposed:
            event, receipt = self._proposed.popleft()
            self._take(event).chainDeferred(receipt)
        return outcome

    def read(self, span: Span | Around) -> Deferred[Sequence[Entry]]:
        """See L{IJournal.read}."""
        entries = list(self._conversations.get(span.conversation, ()))
        return succeed(select(entries, span))

    def close(self) -> Deferred[None]:
        """See L{IJournal.close}."""
        self._apply = None
        return succeed(None)

    def _take(self, event: Event) -> Deferred[Entry]:
        assert self._apply is not None
        entry = self._stamp(event)
        if event.durable:
            self._remember(entry)
        self._applying = True
        try:
            self._apply(entry)
        except Exception:
            return fail()
        finally:
            self._applying = False
        return succeed(entry)

    def _remember(self, entry: Entry) -> None:
        name = conversation(entry.event)
        if name is None:
            return
        self._conversations.setdefault(name, deque()).append(entry)
        self._order.append(name)
        if len(self._order) > self._keep:
            oldest = self._order.popleft()
            entries = self._conversations[oldest]
            entries.popleft()
            if not entries:
                del self._conversations[oldest]


def select(entries: Sequence[Entry], span: Span | Around) -> Sequence[Entry]:
    """
    Find a stretch in the entries of its conversation.

    @param entries: all entries of the conversation, oldest first.
    """
    if isinstance(span, Around):
        start = max(0, _position(entries, span.point, bisect_left) - span.limit // 2)
        return entries[max(0, min(start, len(entries) - span.limit)) : start + span.limit]
    start = 0 if span.after is None else _position(entries, span.after, bisect_right)
    end = len(entries) if span.before is None else _position(entries, span.before, bisect_left)
    if span.oldest:
        return entries[start : min(end, start + span.limit)]
    return entries[max(start, end - span.limit) : max(start, end)]


def _position(entries: Sequence[Entry], point: Point, bisect: Callable[..., int]) -> int:
    """Where a point falls among entries: before those equal to it, or after them, as C{bisect} has it."""
    if isinstance(point, At):
        return bisect(entries, point.time, key=lambda entry: entry.time)
    return bisect(entries, point, key=lambda entry: entry.sequence)
