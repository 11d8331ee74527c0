"""A broker in memory: the stream of a cluster for tests, which can be cut off, delayed and made to forget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from twistchat.interfaces import IStream, IStreamReading, NotPublished, StreamMessage, StreamStatus, StreamUnusable

TIMEOUT = 2.0
"""Seconds after which a request that is not answered has failed."""


class MemoryBroker:
    """
    A stream that several nodes share, in one process.

    Everything that travels between a node and the broker takes a time that the test chooses, on the test's clock.

    @ivar messages: the messages of the stream.  A test may change them.
    @ivar first: the number of the first message that it still has.
    @ivar isUp: whether it answers.
    @ivar delay: returns the seconds that the next message to or from a node takes.
    """

    def __init__(self, clock: IReactorTime, now: Callable[[], float], delay: Callable[[], float] = lambda: 0.0) -> None:
        """
        @param now: returns the seconds since the epoch.
        """
        self.clock = clock
        self.now = now
        self.delay = delay
        self.messages: list[StreamMessage] = []
        self.first = 1
        self.isUp = True
        self.leases: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self._renewals = 0
        self._links: list[MemoryStream] = []

    def connect(self, name: str = "") -> MemoryStream:
        """
        Make the stream as another node sees it.

        @param name: the name of the node.
        """
        link = MemoryStream(self, name)
        self._links.append(link)
        return link

    def trim(self, first: int) -> None:
        """Delete the messages before a number."""
        self.first = first

    def replace(self) -> None:
        """Begin an empty stream."""
        self.messages, self._ids, self.first = [], {}, 1

    def forget(self) -> None:
        """Forget the ids of messages, as a broker does after some minutes."""
        self._ids = {}

    def store(self, data: bytes, id: str, last: int | None) -> int | None:
        """
        Append a message, as L{IStream.publish} does.

        @return: its number; C{None} if the stream has another last message.
        """
        if id in self._ids:
            return self._ids[id]
        if last is not None and last != len(self.messages):
            return None
        sequence = len(self.messages) + 1
        self.messages.append(StreamMessage(sequence, int(self.now() * 1000), data))
        self._ids[id] = sequence
        self.wake()
        return sequence

    def renew(self, node: str) -> Mapping[str, int]:
        """Renew a lease."""
        self._renewals += 1
        self.leases[node] = self._renewals
        return dict(self.leases)

    def wake(self) -> None:
        """Deliver messages to all nodes that can be reached."""
        for link in self._links:
            link.wake()


@implementer(IStream)
class MemoryStream:
    """
    The stream as one node sees it.

    @ivar isCut: whether nothing gets from the node to the broker or back.  Call L{heal} to end it.
    @ivar losesAnswers: whether requests get to the broker, and its answers are lost.
    @ivar isDeaf: whether the messages of the stream do not get to the node, though requests and answers do.
    """

    def __init__(self, broker: MemoryBroker, name: str) -> None:
        self.name = name
        self.isCut = self.losesAnswers = self.isDeaf = False
        self._broker = broker
        self._isOpen = False
        self._readings: list[_Reading] = []

    @property
    def status(self) -> StreamStatus:
        """See L{IStream.status}."""
        broker = self._broker
        return StreamStatus(
            self._isOpen and self._isReachable(), "memory", "memory", 0, 0, {}, broker.first, len(broker.messages)
        )

    def open(self) -> Deferred[StreamStatus]:
        """See L{IStream.open}."""
        if not self._isReachable():
            return fail(StreamUnusable("the broker in memory does not answer"))
        self._isOpen = True
        return succeed(self.status)

    def publish(self, data: bytes, id: str, last: int | None = None) -> Deferred[int]:
        """See L{IStream.publish}."""
        return self._ask(partial(self._broker.store, data, id, last))

    def read(
        self, after: int, receive: Callable[[StreamMessage], None], broken: Callable[[str], None]
    ) -> IStreamReading:
        """See L{IStream.read}."""
        reading = _Reading(self._broker, self._delivers, after, receive, broken)
        self._readings.append(reading)
        reading.wake()
        return reading

    def renew(self, node: str) -> Deferred[Mapping[str, int]]:
        """See L{IStream.renew}."""
        return self._ask(partial(self._broker.renew, node))

    def release(self, node: str) -> Deferred[None]:
        """See L{IStream.release}."""
        if self._isReachable():
            self._broker.leases.pop(node, None)
        return succeed(None)

    def replaceStream(self) -> Deferred[StreamStatus]:
        """See L{IStream.replaceStream}."""
        self._broker.replace()
        return succeed(self.status)

    def close(self) -> Deferred[None]:
        """See L{IStream.close}."""
        self._isOpen = False
        for reading in self._readings:
            reading.stop()
        return succeed(None)

    def heal(self) -> None:
        """Let everything through again."""
        self.isCut = self.losesAnswers = self.isDeaf = False
        self.wake()

    def die(self) -> None:
        """End as the node is killed: what it has sent gets to the broker, and nothing comes back."""
        self.losesAnswers = self.isDeaf = True
        for reading in self._readings:
            reading.stop()

    def wake(self) -> None:
        """Deliver what is new."""
        for reading in self._readings:
            reading.wake()

    def _isReachable(self) -> bool:
        return self._broker.isUp and not self.isCut

    def _delivers(self) -> bool:
        return self._isReachable() and not self.isDeaf

    def _ask(self, work: Callable[[], Any]) -> Deferred[Any]:
        """Send a request to the broker, and its answer back."""
        answered: Deferred[Any] = Deferred()
        clock, delay = self._broker.clock, self._broker.delay

        def refuse(why: str) -> None:
            if not answered.called:
                answered.errback(NotPublished(why))

        def answer(outcome: Any) -> None:
            if answered.called or not self._isReachable() or self.losesAnswers:
                return
            timeout.cancel()
            if outcome is None:
                refuse("the stream has another last message")
            else:
                answered.callback(outcome)

        def arrive() -> None:
            if self._isReachable():
                clock.callLater(delay(), answer, work())

        timeout = clock.callLater(TIMEOUT, refuse, "the broker did not answer in time")
        clock.callLater(delay(), arrive)
        return answered


@implementer(IStreamReading)
class _Reading:
    """See L{IStreamReading}."""

    def __init__(
        self,
        broker: MemoryBroker,
        isReachable: Callable[[], bool],
        after: int,
        receive: Callable[[StreamMessage], None],
        broken: Callable[[str], None],
    ) -> None:
        self._broker = broker
        self._isReachable = isReachable
        self._position = after
        self._receive = receive
        self._broken = broken
        self._isPaused = self._isStopped = self._isWoken = False

    def pause(self) -> None:
        """See L{IStreamReading.pause}."""
        self._isPaused = True

    def resume(self) -> None:
        """See L{IStreamReading.resume}."""
        self._isPaused = False
        self.wake()

    def stop(self) -> None:
        """See L{IStreamReading.stop}."""
        self._isStopped = True

    def wake(self) -> None:
        """Deliver the next message soon, if there is one."""
        if self._isWoken or self._isPaused or self._isStopped or not self._isReachable():
            return
        if self._position < len(self._broker.messages) or self._position + 1 < self._broker.first:
            self._isWoken = True
            self._broker.clock.callLater(self._broker.delay(), self._deliver)

    def _deliver(self) -> None:
        self._isWoken = False
        if self._isPaused or self._isStopped or not self._isReachable():
            return
        if self._position + 1 < self._broker.first:
            self._isStopped = True
            self._broken(f"the stream no longer has message {self._position + 1}")
            return
        message = self._broker.messages[self._position]
        self._position = message.sequence
        self._receive(message)
        self.wake()
