"""Tests of L{twistchat.services.draining}: a node of a cluster empties before it stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.limits.departures import Ends
from twistchat.services.draining import ENDING, SETTLING, Draining


class Listening:
    """
    Ports and doors that note what is done to them.

    @ivar stopped: whether no port listens any more.
    @ivar closing: fires when all connections are closed.
    """

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls
        self.stopped = False
        self.closing: Deferred[None] = Deferred()

    def stop(self) -> Deferred[None]:
        """See L{twistchat.services.listening.Listening.stop}."""
        self._calls.append("stop")
        self.stopped = True
        return succeed(None)

    def closeDoors(self, reason: str) -> Deferred[None]:
        """See L{twistchat.services.listening.Listening.closeDoors}."""
        self._calls.append(reason)
        return self.closing


class Log:
    """
    A log whose proposals take a while.

    @ivar reached: the calls that wait for the proposals.
    """

    def __init__(self) -> None:
        self.reached: list[Callable[[], None]] = []

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled <twistchat.interfaces.ILog.settled>}."""
        self.reached.append(reached)

    def overview(self) -> Mapping[str, Any]:
        """See L{IClusterLog.overview <twistchat.interfaces.IClusterLog.overview>}."""
        return {}


class DrainingTests(SynchronousTestCase):
    """The order of what happens."""

    def setUp(self) -> None:
        self.clock, self.calls, self.log, self.ends = Clock(), list[str](), Log(), Ends()
        self.ending: Deferred[Any] = Deferred()
        self.listening = Listening(self.calls)
        self.sessions: dict[str, str] = {}
        chat = SimpleNamespace(
            state=SimpleNamespace(sessions=self.sessions), presence=SimpleNamespace(close=self.close)
        )
        anything: Any = (self.clock, self.listening, self.log, self.ends, chat)
        self.draining = Draining(*anything)

    def close(self, session: str, reason: str) -> Deferred[Any]:
        """End a session."""
        self.calls.append(f"{session}: {reason}")
        return self.ending

    def test_order(self) -> None:
        """What was said before is seen; then all sessions end; then the clients are told, and disconnected."""
        self.sessions.update({"1": "ann", "2": "bob"})
        done = self.draining.drain("Connect again")
        self.assertEqual(["stop"], self.calls)
        self.log.reached[0]()
        ended = ["stop", "ann: Connect again", "bob: Connect again"]
        self.assertEqual(ended, self.calls)
        self.ending.callback(None)
        self.assertEqual([*ended, "Connect again"], self.calls)
        end: Deferred[Any] = Deferred()
        self.ends.add(lambda: end)
        self.listening.closing.callback(None)
        self.assertNoResult(done)
        end.callback(None)
        self.successResultOf(done)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_once(self) -> None:
        """A second call waits for the first, or is done."""
        first, second = self.draining.drain("Connect again"), self.draining.drain("Another reason")
        self.log.reached[0]()
        self.listening.closing.callback(None)
        self.successResultOf(first)
        self.successResultOf(second)
        self.successResultOf(self.draining.drain("A third reason"))
        self.assertEqual(["stop", "Connect again"], self.calls)

    def test_notReachable(self) -> None:
        """A cluster that does not answer does not keep the node from stopping."""
        done = self.draining.drain("Connect again")
        self.ends.add(Deferred)
        self.clock.advance(SETTLING)
        self.clock.advance(ENDING)
        self.listening.closing.callback(None)
        self.assertNoResult(done)
        self.clock.advance(ENDING)
        self.successResultOf(done)
        self.log.reached[0]()  # too late, and harmless

    def test_fault(self) -> None:
        """An error is logged, and the node stops all the same."""
        done = self.draining.drain("Connect again")
        self.log.reached[0]()
        self.listening.closing.errback(ZeroDivisionError())
        self.successResultOf(done)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
