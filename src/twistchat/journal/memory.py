"""The log in memory: it applies an event within the call that proposes it, and loses everything at a restart."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import AccountEvent, Entry, Event, RoomMessage, TextsForgotten
from twistchat.chat.model.forgetting import withoutTexts
from twistchat.chat.model.holding import Holding
from twistchat.chat.model.names import fold
from twistchat.chat.model.sessions import Origin
from twistchat.interfaces import ILog, JournalFigures
from twistchat.journal.following import Followers, Following
from twistchat.journal.proposals import Mark, Proposal
from twistchat.journal.stamp import Stamp

if TYPE_CHECKING:
    from twistchat.interfaces import Apply, Refused


@implementer(ILog)
class MemoryLog:
    """
    A log for tests, for benchmarks, and for a chat that must leave no trace.

    It keeps the newest durable entries, for followers that start later.  Like a log on disk, it deletes the events of
    accounts that hold nothing any more.
    """

    promise = "The journal is in memory: nothing that is said outlives this process."

    def __init__(self, stamp: Stamp, keep: int = 10_000, key: bytes | None = None) -> None:
        """
        @param stamp: stamps the events.
        @param keep: the maximum number of entries to keep.
        @param key: the key of the cloaks; C{None} if it is not needed.
        """
        self._figures, self._messages = JournalFigures(), 0
        self._stamp = stamp
        self._key = key
        self._open = False
        self._applying = False
        self._proposed: deque[Proposal | Mark] = deque()
        self._closing: list[Deferred[None]] = []
        self._kept: deque[Entry] = deque(maxlen=keep)
        self._holding = Holding()
        self._followers = Followers()

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}.  There is nothing to restore."""
        self._apply, self._open = apply, True
        for following in self._followers.active:
            following.join()
        return succeed(None)

    @property
    def figures(self) -> JournalFigures:
        """See L{ILog.figures}."""
        self._figures.events[RoomMessage.__name__] = self._messages
        return self._figures

    @property
    def trouble(self) -> str | None:
        """See L{ILog.trouble}."""
        return None if self._open else "the journal is not open"

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}.  An event that is proposed while another is applied comes after it."""
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

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> Following:
        """See L{ILog.follow}."""
        following = self._followers.add(sequence, receive)
        if self._open:
            following.replay(list(self._kept))
            following.join()
        return following

    def forget(self, sequence: int) -> None:
        """Delete an entry.  The history calls this for a text that was redacted."""
        place = bisect_left(self._kept, sequence, key=attrgetter("sequence"))
        if place < len(self._kept) and self._kept[place].sequence == sequence:
            del self._kept[place]

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}.  The history calls this."""
        return self._stamp.locate(msgid)

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
        Apply an entry, then the entries that are proposed meanwhile.

        @return: the failure of the first entry; C{None} if it was applied.
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
                    next.applied()
                else:
                    next.refuse(refusal)
        finally:
            self._applying = False
        if self._closing:
            self._closeIfAsked()
        return failure

    def _happen(self, entry: Entry, origin: Origin | None) -> Failure | None:
        """Apply an entry, and keep it.  Return the failure if that is not possible."""
        try:
            self._apply(entry, origin)
        except Exception:
            return Failure()
        if type(entry.event) is RoomMessage:
            self._messages += 1  # a Counter would take as long as a twentieth of a message
        else:
            self._figures.events[type(entry.event).__name__] += 1
        if entry.event.durable:
            if isinstance(entry.event, TextsForgotten):
                kept = withoutTexts(self._kept, fold(entry.event.account))
                self._kept = deque(kept, self._kept.maxlen)
            self._kept.append(entry)
            if isinstance(entry.event, AccountEvent):
                for erased in self._holding.note(entry):
                    self.forget(erased)
        for following in self._followers.active:
            try:
                following.receive(entry)
            except Exception:
                following.fail()
        return None
