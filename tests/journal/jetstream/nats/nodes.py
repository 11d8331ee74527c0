"""Nodes of a cluster at real brokers, driven by tests that do not wait: L{Journals.settle} runs the loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from tests.journal.jetstream.nats.brokers import Broker
from tests.journal.jetstream.nats.loops import LoopClock, settingsFor
from tests.journal.jetstream.test_log import NoChat
from twistchat.interfaces import IStream, IStreamReading, StreamMessage, StreamStatus
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.jetstream.leases import WATCHER
from twistchat.journal.jetstream.log import ReplicatedLog
from twistchat.journal.jetstream.participation import Node
from twistchat.journal.sqlite.copy import SqliteCopy
from twistchat.testing.workers import InlineWorker

T = TypeVar("T")

WAIT = 60.0
"""Seconds after which nodes that are not idle are stuck."""

PATIENCE = 10.0
"""The factor by which the logs wait longer than in a server, so that a machine that is busy makes none give up."""

POLL = 0.001
"""Seconds between two looks at nodes that are not idle."""


class Shared:
    """
    What the nodes of one journal share.

    @ivar last: the highest number of a message that any of them knows.
    @ivar times: the time at which each message was published, in milliseconds, by its bytes.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """
        @param now: returns the seconds since the epoch.
        """
        self.now = now
        self.last = 0
        self.times: dict[bytes, int] = {}


@implementer(IStream)
class PacedStream:
    """
    A stream at real brokers, in the hands of a test.

    Its messages have the test's time: that of the clock of the test when a node of the test published them.  Brokers
    stamp messages with the time of the day, which no test can choose.  Everything else is the brokers' work.

    It can be called while the loop does not run, and knows what is still on its way.

    @ivar limit: returns the number of the message after which nothing is delivered yet.
    """

    def __init__(self, stream: Any, shared: Shared, clock: LoopClock) -> None:
        """
        @param stream: the real stream.
        """
        self.limit: Callable[[], float] = lambda: float("inf")
        self._stream = stream
        self._shared = shared
        self._clock = clock
        self._asked = 0
        self._readings: list[_PacedReading] = []

    @property
    def status(self) -> StreamStatus:
        """See L{IStream.status}."""
        status: StreamStatus = self._stream.status
        return status

    @property
    def isIdle(self) -> bool:
        """Whether nothing is on its way to the brokers or back, except the renewals of leases."""
        self._readings = [reading for reading in self._readings if not reading.isStopped]
        end = min(self.limit(), self._shared.last)
        return not self._asked and all(reading.delivered >= end for reading in self._readings)

    def deliver(self) -> None:
        """Deliver the messages that waited for L{limit}."""
        for reading in self._readings:
            reading.deliver()

    def open(self) -> Deferred[StreamStatus]:
        """See L{IStream.open}."""

        def opened(status: StreamStatus) -> StreamStatus:
            self._know(status.last)
            return status

        return self._ask(self._stream.open).addCallback(opened)

    def publish(self, data: bytes, id: str, last: int | None = None) -> Deferred[int]:
        """See L{IStream.publish}."""
        self._shared.times.setdefault(data, int(self._shared.now() * 1000))

        def published(number: int) -> int:
            self._know(number)
            return number

        return self._ask(partial(self._stream.publish, data, id, last)).addCallback(published)

    def read(
        self, after: int, receive: Callable[[StreamMessage], None], broken: Callable[[str], None]
    ) -> IStreamReading:
        """See L{IStream.read}."""
        reading = _PacedReading(self, after, receive)
        reading.real = self._stream.read(after, reading.received, broken)
        self._readings.append(reading)
        return reading

    def renew(self, node: str) -> Deferred[Mapping[str, int]]:
        """See L{IStream.renew}.  Only the look at other processes with the node's name is waited for."""
        if node == WATCHER:
            return self._ask(partial(self._stream.renew, node))
        renewed: Deferred[Mapping[str, int]] = self._stream.renew(node)
        return renewed

    def release(self, node: str) -> Deferred[None]:
        """See L{IStream.release}."""
        return self._ask(partial(self._stream.release, node))

    def replaceStream(self) -> Deferred[StreamStatus]:
        """See L{IStream.replaceStream}."""
        return self._ask(self._stream.replaceStream)

    def close(self) -> Deferred[None]:
        """See L{IStream.close}."""
        for reading in self._readings:
            reading.stop()
        return self._ask(self._stream.close)

    def stamped(self, message: StreamMessage) -> StreamMessage:
        """A message with the time of the test."""
        self._know(message.sequence)
        return StreamMessage(message.sequence, self._shared.times[message.data], message.data)

    def _know(self, number: int) -> None:
        self._shared.last = max(self._shared.last, number)

    def _ask(self, work: Callable[[], Deferred[T]]) -> Deferred[T]:
        """Ask the real stream on the loop, and count what is not answered."""
        answered: Deferred[T] = Deferred()
        self._asked += 1

        def over(outcome: Any) -> None:
            self._asked -= 1
            answered.callback(outcome)

        self._clock.callLater(0, lambda: work().addBoth(over))
        return answered


@implementer(IStreamReading)
class _PacedReading:
    """
    See L{PacedStream}.

    @ivar real: the reading of the real stream.
    @ivar delivered: the number of the last message that was delivered.
    """

    real: IStreamReading

    def __init__(self, stream: PacedStream, after: int, receive: Callable[[StreamMessage], None]) -> None:
        self._stream = stream
        self._receive = receive
        self._waiting: deque[StreamMessage] = deque()
        self.delivered = after
        self.isStopped = False

    def received(self, message: StreamMessage) -> None:
        """Take a message of the real stream."""
        self._waiting.append(self._stream.stamped(message))
        self.deliver()

    def deliver(self) -> None:
        """Deliver what may be delivered now."""
        while self._waiting and self._waiting[0].sequence <= self._stream.limit() and not self.isStopped:
            message = self._waiting.popleft()
            self._receive(message)
            self.delivered = message.sequence

    def pause(self) -> None:
        """See L{IStreamReading.pause}."""
        self.real.pause()

    def resume(self) -> None:
        """See L{IStreamReading.resume}."""
        self.real.resume()

    def stop(self) -> None:
        """See L{IStreamReading.stop}."""
        self.isStopped = True
        self.real.stop()


class LoopNode:
    """
    The journal of a node.

    @ivar stopped: why the node stopped, if it could not follow the stream any more.
    """

    def __init__(self, name: str, stream: PacedStream, shared: Shared, directory: Path, clock: LoopClock) -> None:
        self.stopped: list[str] = []
        self.stream = stream
        self.clock = Clock()
        self.copy = SqliteCopy(
            str(directory),
            shared.now,
            lambda name: InlineWorker(),
            failed=lambda why: self.log.fail(why),
            damaged=lambda why: self.log.fail(why),
        )
        self.log = ReplicatedLog(
            stream,
            self.copy,
            clock,
            NoChat,
            Node(name, lambda: "1"),
            lambda: "test",
            lambda: bytes(32),
            self.stopped.append,
            "The journal is a test's.",
        )
        self.history = SqliteHistory(self.copy, None, self.clock)

    @property
    def isIdle(self) -> bool:
        """Whether everything that was proposed and published has been applied."""
        found = self.log.overview()
        return self.stream.isIdle and not found["inFlight"] and not found["behind"]


class Journals:
    """
    The journals of the nodes of a cluster, on a loop that L{settle} runs while they have something to do.

    The other nodes follow the first: they get a message after it has applied it.  So a test can let them refuse what
    the first one refused.

    @ivar nodes: the nodes, by name; those that L{add} made.
    @ivar leader: the node that the others follow, while there is one.
    """

    _numbers = count(1)

    def __init__(
        self, loop: asyncio.AbstractEventLoop, brokers: list[Broker], directory: str, now: Callable[[], float]
    ) -> None:
        """
        @param directory: the copies are in directories below it.
        """
        number = next(self._numbers)
        self.settings = settingsFor(*brokers, stream=f"contract-{number}", prefix=f"contract-{number}")
        self.shared = Shared(now)
        self.nodes: dict[str, LoopNode] = {}
        self.leader: LoopNode | None = None
        self._loop = loop
        self._clock, self._patient = LoopClock(loop), LoopClock(loop, PATIENCE)
        self._directory = Path(directory, str(number))

    def add(self, name: str) -> LoopNode:
        """Make a node.  Do not open it."""
        from twistchat.journal.jetstream.nats import NatsStream

        directory = self._directory / name
        stream = NatsStream(replace(self.settings, node=name), self._clock)
        node = LoopNode(name, PacedStream(stream, self.shared, self._clock), self.shared, directory, self._patient)
        node.stream.limit = partial(self._limit, node)
        self.nodes[name] = node
        return node

    def settle(self) -> None:
        """
        Run the loop until all nodes are idle.

        @raise AssertionError: they are not, for L{WAIT} seconds.
        """
        self._run(self._idle())
        for node in self.nodes.values():
            for _ in range(20):
                node.clock.advance(0.01)
        self._run(self._idle())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._loop.run_until_complete(work)

    def _limit(self, node: LoopNode) -> float:
        leader = self.leader
        return float("inf") if leader is None or leader is node else float(leader.log.overview()["position"])

    async def _idle(self) -> None:
        deadline = self._loop.time() + WAIT
        while True:
            for node in self.nodes.values():
                node.stream.deliver()
            now = self._loop.time()
            calls = [*self._clock.getDelayedCalls(), *self._patient.getDelayedCalls()]
            isDue = any(call.getTime() <= now for call in calls)
            if not isDue and all(node.isIdle for node in self.nodes.values()):
                return
            if now > deadline:
                found = {name: dict(node.log.overview()) for name, node in self.nodes.items()}
                raise AssertionError(f"the nodes do not become idle: {found}")
            await asyncio.sleep(0 if isDue else POLL)
