"""Tests that run on a loop of asyncio instead of Twisted's reactor, and that need brokers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar
from unittest import SkipTest

from twisted.internet.base import DelayedCall
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.journal.disk import memoryFolder
from tests.journal.jetstream.nats.brokers import Broker, reasonToSkip
from twistchat.interfaces.stream import StreamMessage

T = TypeVar("T")

BOUND = 240.0
"""Seconds after which a test fails."""

WAIT = 60.0
"""
Seconds after which something that is waited for is not coming.

It is long, because a machine with other work may not run a broker for many seconds.  A test that passes does not wait
for it.
"""


def patience() -> list[tuple[Any, str, float]]:
    """
    The limits of time that tests raise, so that nothing is given up on a machine with other work: modules, names and
    values.  A test of such a limit sets it again.
    """
    from twistchat.journal.jetstream.nats import (
        durability,
        leases,
        monitoring,
        provisioning,
        publishing,
        settings,
        stream,
    )

    return [
        (stream, "CONNECT", WAIT),
        (settings, "CONNECT", WAIT),
        (settings, "PING", 10 * WAIT),
        (provisioning, "PATIENCE", WAIT),
        (durability, "PATIENCE", int(WAIT)),
        (monitoring, "TIMEOUT", WAIT),
        (publishing, "TIMEOUT", WAIT),
        (leases, "TIMEOUT", WAIT),
    ]


@dataclass(frozen=True)
class Brokers:
    """The settings of a connection to brokers, as the section C{[cluster]} has them."""

    servers: Sequence[str]
    node: str = "north"
    user: str = ""
    password: str = ""
    nkey: str = ""
    credentials: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    replicas: int = 1
    durability: str = "full"
    stream: str = "twistchat"
    prefix: str = "twistchat"
    monitoring: Sequence[str] = ()
    keep: float = 7 * 86400.0


def settingsFor(*brokers: Broker, **changes: Any) -> Brokers:
    """The settings for brokers, all of which have the stream."""
    servers = [broker.address for broker in brokers]
    monitoring = [broker.monitoringAddress for broker in brokers]
    return replace(Brokers(servers, monitoring=monitoring, replicas=len(brokers)), **changes)


@implementer(IReactorTime)
class LoopClock:
    """The clock of a loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, patience: float = 1.0) -> None:
        """
        @param loop: the loop; C{None} for the one that runs when a method is called.
        @param patience: the factor by which delays are longer than asked for.
        """
        self._loop = loop
        self._patience = patience
        self._calls: list[IDelayedCall] = []

    def seconds(self) -> float:
        """See L{IReactorTime}."""
        return self._running.time()

    def callLater(self, delay: float, callable: Callable[..., Any], *args: object, **kw: object) -> IDelayedCall:
        """See L{IReactorTime}."""
        loop = self._running
        delay *= self._patience

        def run() -> None:
            if call.active():
                call.called = 1
                callable(*args, **kw)

        def reset(call: DelayedCall) -> None:
            timers.pop().cancel()
            timers.append(loop.call_at(call.getTime(), run))

        timers = [loop.call_later(delay, run)]
        end = loop.time() + delay
        call = DelayedCall(end, callable, args, kw, lambda call: timers[0].cancel(), reset, loop.time)
        self._calls = [*self.getDelayedCalls(), call]
        return call

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:
        """See L{IReactorTime}."""
        return [call for call in self._calls if call.active()]

    @property
    def _running(self) -> asyncio.AbstractEventLoop:
        return self._loop or asyncio.get_running_loop()


class Received(list[StreamMessage]):
    """
    What a reading delivers.

    @ivar broken: the reasons it gave for its end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []

    @property
    def numbers(self) -> list[int]:
        """The numbers of the messages."""
        return [message.sequence for message in self]

    @property
    def texts(self) -> list[str]:
        """The data of the messages."""
        return [message.data.decode() for message in self]

    async def reach(self, number: int) -> None:
        """Wait for a number of messages in all."""
        await until(lambda: len(self) >= number or bool(self.broken))


async def until(holds: Callable[[], bool]) -> None:
    """
    Wait until a condition holds.

    @raise AssertionError: it does not, for L{WAIT} seconds.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT
    while not holds():
        if loop.time() > deadline:
            raise AssertionError("what is waited for does not come")
        await asyncio.sleep(0.01)


def result(deferred: Deferred[T]) -> Awaitable[T]:
    """Wait for a Deferred on the loop."""
    return deferred.asFuture(asyncio.get_running_loop())


class LoopTestCase(SynchronousTestCase):
    """
    Tests on a loop of their own.  They are skipped without brokers.

    @ivar folder: a temporary folder, in memory if the system has such folders.
    """

    def setUp(self) -> None:
        """Make the folder, and be patient."""
        if (reason := reasonToSkip()) is not None:
            raise SkipTest(reason)
        for module, name, value in patience():
            self.patch(module, name, value)
        self.folder = Path(mkdtemp(prefix="brokers", dir=memoryFolder()))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def drive(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, on a new loop.  What it started must end by itself."""

        async def bounded() -> T:
            done = await asyncio.wait_for(work, BOUND)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others:
                _, left = await asyncio.wait(others, timeout=WAIT)
                self.assertEqual(set(), left)
            return done

        return asyncio.run(bounded())

    def started(self, broker: Broker) -> Broker:
        """Start a broker, which ends with the test."""
        self.addCleanup(broker.kill)
        broker.start()
        return broker
