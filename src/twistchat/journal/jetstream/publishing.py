"""
Publishes what the users of this node propose: everything that waits in a turn as one message.

One batch is on its way at a time.  If it does not come back in time, its texts are refused, because nobody knows
whether the stream has it.  Then the rest of the batch (the ends of sessions) is sent again with the same number.  All
nodes count the first message with a number and drop others, so whichever gets into the stream first decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotStored, OutcomeUnknown
from twistchat.chat.model.events import Entry, Event, NodeJoined, NodeLost, Quit, SessionEnded
from twistchat.journal.jetstream.batches import (
    MOST_BYTES,
    MOST_EVENTS,
    Batch,
    Known,
    encodeEvent,
    encodeMessage,
)
from twistchat.journal.proposals import Mark

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import IStream, Refused

PATIENCE: Final = 4.0
"""Seconds after which the senders of a batch that did not come back are told that its outcome is not known."""

RETRY: Final = 0.25
"""Seconds until a message that was not acknowledged is sent again."""

MOST_WAITING: Final = 8192
"""The maximum number of durable events that wait for the stream.  With others, four times as many wait."""

UNREACHABLE: Final = "the cluster is not reachable"

TOO_MUCH: Final = "too much waits for the cluster"

FORGED: Final = "somebody else publishes in the name of this node"

ENDINGS: Final = (SessionEnded, Quit, NodeJoined, NodeLost)
"""The events that wait however long it takes: what has ended cannot be refused."""


class Request:
    """
    A proposed event that is not in the stream yet.

    @ivar event: the event.
    @ivar encoded: the encoded event.
    @ivar origin: the request that leads to it, or C{None}.
    @ivar receipt: fires with the outcome; C{None} if nobody waits for it, or if it has fired.
    @ivar refused: called if the event is refused, or C{None}.
    """

    __slots__ = ("encoded", "event", "origin", "receipt", "refused")

    def __init__(
        self,
        event: Event,
        encoded: bytes,
        origin: Origin | None,
        receipt: Deferred[Entry] | None,
        refused: Refused | None,
    ) -> None:
        self.event = event
        self.encoded = encoded
        self.origin = origin
        self.receipt = receipt
        self.refused = refused

    def refuse(self, failure: Failure) -> None:
        """Report that the event is refused, or that its outcome is not known.  Nothing is reported after that."""
        receipt, refused = self.receipt, self.refused
        self.receipt = self.refused = None
        if receipt is not None:
            receipt.errback(failure)
        elif refused is not None:
            refused(self.event, failure)


Item: TypeAlias = "Request | Mark"

log = Logger()


class Flight:
    """
    The batch that is on its way.

    @ivar number: its number.
    @ivar attempts: what each message with this number contains.
    """

    __slots__ = ("attempts", "number")

    def __init__(self, number: int, items: Sequence[Item]) -> None:
        self.number = number
        self.attempts = [list(items)]


class Publisher:
    """
    The proposals of this node.

    @ivar trouble: why nothing is accepted now, for the administrator; C{None} if all is well.
    """

    def __init__(
        self,
        stream: IStream,
        clock: IReactorTime,
        known: Callable[[], Known],
        format: Callable[[], int],
        acknowledged: Callable[[int, bytes], None],
    ) -> None:
        """
        @param known: returns what this node has read last.
        @param format: returns the format in which to write.
        @param acknowledged: called with the number and the bytes of each message that the broker acknowledged.
        """
        self._stream = stream
        self._clock = clock
        self._known = known
        self._format = format
        self._acknowledged = acknowledged
        self._waiting: deque[Item] = deque()
        self._durable = 0
        self._flight: Flight | None = None
        self._flush: IDelayedCall | None = None
        self._retry: IDelayedCall | None = None
        self._patience: IDelayedCall | None = None
        self._node = ""
        self._number = 0
        self.trouble: str | None = "this node has not joined the cluster yet"

    @property
    def isIdle(self) -> bool:
        """Whether nothing waits, and nothing is on its way."""
        return self._flight is None and not self._waiting

    @property
    def waiting(self) -> int:
        """The number of events that wait or are on their way."""
        flying = 0 if self._flight is None else len(self._flight.attempts[-1])
        return len(self._waiting) + flying

    def begin(self, node: str) -> None:
        """Publish as the node with this id from now on.  The first batch has the number 1."""
        self._node, self._number = node, 0
        self.trouble = None

    def propose(
        self, event: Event, origin: Origin | None, receipt: Deferred[Entry] | None, refused: Refused | None
    ) -> str | None:
        """
        Accept an event.

        @return: why it is refused; C{None} if it was accepted.
        """
        if self.trouble is not None and not isinstance(event, ENDINGS):
            return self.trouble
        if event.durable:
            if self._durable >= MOST_WAITING:
                return TOO_MUCH
            self._durable += 1
        elif len(self._waiting) >= 4 * MOST_WAITING and not isinstance(event, ENDINGS):
            return TOO_MUCH
        self._waiting.append(Request(event, encodeEvent(event), origin, receipt, refused))
        self._flushSoon()
        return None

    def settled(self, reached: Callable[[], None]) -> bool:
        """
        Put a mark behind everything that was proposed.

        @return: whether there is something to wait for.  If not, C{reached} is not called.  While nothing is accepted,
            nobody waits for the events that cannot be refused.
        """
        if self.trouble is not None or self.isIdle:
            return False
        if self._waiting:
            self._waiting.append(Mark(reached))
        else:
            assert self._flight is not None
            self._flight.attempts[-1].append(Mark(reached))
        return True

    def returned(self, batch: Batch) -> list[Item] | None:
        """
        A batch of this node has come back from the stream.

        If it contains something else, somebody else has used this node's name and number.  Then nobody counts what
        this node sent, which is refused.

        @return: the events of its attempt and the marks between them, in order; C{None} if it is not the batch that is
            on its way.
        """
        flight = self._flight
        if flight is None or flight.number != batch.number:
            return None
        self._land()
        if self.trouble is not None:
            log.info("The cluster answers again")
        self.trouble = None
        self._flushSoon()
        if 0 <= batch.attempt < len(flight.attempts):
            items = flight.attempts[batch.attempt]
            if [item.encoded for item in items if isinstance(item, Request)] == batch.events:
                return items
        for item in flight.attempts[-1]:
            refuse(item, NotStored(FORGED))
        return None

    def stop(self, why: str) -> None:
        """
        Refuse everything, because this node does not take part any more.  The outcome of the batch that is on its way
        is not known.

        @param why: as C{trouble} has it from now on.
        """
        self.trouble = why
        flight, waiting = self._flight, self._waiting
        self._waiting = deque()
        if flight is not None:
            self._land()
            for item in flight.attempts[-1]:
                refuse(item, OutcomeUnknown())
        for item in waiting:
            refuse(item, NotStored(why))
        self._durable = 0
        self._number = 0

    def _flushSoon(self) -> None:
        """Publish what waits, at the end of this turn."""
        if self._flight is None and self._waiting and self._flush is None:
            self._flush = self._clock.callLater(0, self._flushNow)

    def _flushNow(self) -> None:
        self._flush = None
        if self._flight is not None or not self._waiting:
            return
        items: list[Item] = []
        size = events = 0
        while self._waiting and size < MOST_BYTES and events < MOST_EVENTS:
            item = self._waiting.popleft()
            items.append(item)
            if isinstance(item, Request):
                self._durable -= item.event.durable
                size += len(item.encoded)
                events += 1
        self._number += 1
        self._flight = Flight(self._number, items)
        self._patience = self._clock.callLater(PATIENCE, self._giveUp)
        self._publish(self._flight)

    def _publish(self, flight: Flight) -> None:
        attempt = len(flight.attempts) - 1
        events = [item.encoded for item in flight.attempts[-1] if isinstance(item, Request)]
        data = encodeMessage(Batch(self._node, flight.number, attempt, self._known(), events, self._format()))

        def again() -> None:
            self._retry = None
            send()

        def failed(_: Failure) -> None:
            if flight is self._flight and attempt == len(flight.attempts) - 1:
                self._retry = self._clock.callLater(RETRY, again)

        def send() -> None:
            sending = self._stream.publish(data, f"{self._node}:{flight.number}:{attempt}")
            sending.addCallbacks(lambda sequence: self._acknowledged(sequence, data), failed)

        send()

    def _giveUp(self) -> None:
        """Tell who waits, and keep only what has to get into the stream."""
        self._patience = None
        flight = self._flight
        assert flight is not None
        if self.trouble is None:
            log.warn("The cluster does not answer.  What users of this node send is refused until it does")
        self.trouble = UNREACHABLE
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        waiting, self._waiting = self._waiting, deque()
        flight.attempts.append(_keep(flight.attempts[-1], OutcomeUnknown()))
        self._waiting.extend(_keep(waiting, NotStored(UNREACHABLE)))
        self._durable = sum(item.event.durable for item in self._waiting if isinstance(item, Request))
        if flight is self._flight:
            self._publish(flight)

    def _land(self) -> None:
        self._flight = None
        for call in (self._retry, self._patience):
            if call is not None and call.active():
                call.cancel()
        self._retry = self._patience = None


def _keep(items: Sequence[Item] | deque[Item], error: Exception) -> list[Item]:
    """
    Refuse the events that can be refused, and reach the marks.

    @return: the other events, in order.
    """
    kept: list[Item] = []
    for item in items:
        if isinstance(item, Request) and isinstance(item.event, ENDINGS):
            kept.append(item)
        else:
            refuse(item, error)
    return kept


def refuse(item: Item, error: Exception) -> None:
    """Refuse an event, or reach a mark.  An error of a callback is logged, so that it affects nobody else."""
    try:
        if isinstance(item, Request):
            item.refuse(Failure(error))
        else:
            item.reached, reached = _nothing, item.reached
            reached()
    except Exception:
        log.failure("The outcome of a proposal could not be reported")


def _nothing() -> None:
    """The mark has been reached: if its batch is in the stream after all, it is not reached again."""
