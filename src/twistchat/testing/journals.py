"""Journals for tests: in-memory journals of any classes, and a log that commits events when the test says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Event
from twistchat.interfaces import ILog, Journal
from twistchat.journal.history.memory import MemoryHistory
from twistchat.journal.memory import MemoryLog
from twistchat.journal.stamp import Stamp

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import Apply, Refused


@dataclass(frozen=True, slots=True)
class _Queued:
    """
    An item in the queue of uncommitted events.

    @ivar event: the event; C{None} for a mark between events, made by L{ILog.settled}.
    @ivar commit: commits the event, or reports that the mark is reached.
    @ivar refuse: reports the failure of the event.
    """

    event: Event | None
    commit: Callable[[], object]
    refuse: Callable[[Failure], None]


def _never(failure: Failure) -> None:
    """Ignore the failure: a mark between events cannot fail."""


@implementer(ILog)
class ManualLog(MemoryLog):
    """Accepts events as a durable log does, and queues them until the test calls L{commit} or L{refuse}."""

    promise = "The journal is a test's: it commits events when the test says so."

    def __init__(self, stamp: Stamp, keep: int = 10_000) -> None:
        super().__init__(stamp, keep)
        self._queue: deque[_Queued] = deque()
        self._opened = False

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}."""
        self._opened = True
        return super().open(apply)

    @property
    def trouble(self) -> str | None:
        """See L{ILog.trouble}."""
        return super().trouble if self._opened else "the journal is not open"

    @property
    def waiting(self) -> list[Event]:
        """The uncommitted events, in order."""
        return [queued.event for queued in self._queue if queued.event is not None]

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}."""
        if not self._opened:
            return fail(NotStored("the journal is closed"))
        receipt: Deferred[Entry] = Deferred()
        commit = partial(MemoryLog.append, self, event, origin)
        self._queue.append(_Queued(event, lambda: commit().chainDeferred(receipt), receipt.errback))
        return receipt

    def post(self, event: Event, refused: Refused) -> None:
        """See L{ILog.post}."""
        if not self._opened:
            refused(event, Failure(NotStored("the journal is closed")))
            return
        self._queue.append(_Queued(event, partial(MemoryLog.post, self, event, refused), partial(refused, event)))

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}."""
        if self._queue:
            self._queue.append(_Queued(None, partial(MemoryLog.settled, self, reached), _never))
        else:
            super().settled(reached)

    def commit(self, count: int | None = None) -> None:
        """
        Commit events, in order.

        @param count: how many; C{None} for all uncommitted events, including those that these lead to.
        """
        while self._queue and (count != 0 or self._queue[0].event is None):
            queued = self._queue.popleft()
            queued.commit()
            if count is not None and queued.event is not None:
                count -= 1

    def refuse(self, why: str) -> None:
        """Fail all uncommitted durable events, as a full disk does.  Passing events still take effect."""
        waiting, self._queue = self._queue, deque()
        for queued in waiting:
            if queued.event is not None and queued.event.durable:
                queued.refuse(Failure(NotStored(why)))
            else:
                queued.commit()

    def close(self) -> Deferred[None]:
        """See L{ILog.close}."""
        self.commit()
        self._opened = False
        return super().close()


def inMemory(
    log: Callable[[Stamp], MemoryLog] = MemoryLog, history: Callable[[MemoryLog], MemoryHistory] = MemoryHistory
) -> Callable[[Stamp], Journal]:
    """
    Return a factory of in-memory journals, for L{MemoryServer <twistchat.testing.server.MemoryServer>}.

    @param log: the class of its log.
    @param history: the class of its history.
    """

    def make(stamp: Stamp) -> Journal:
        made = log(stamp)
        return Journal(made, history(made))

    return make
