"""Tests of L{twistchat.journal.jetstream.nats.publishing} and C{leases}: for how long they try, in simulated time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.jetstream.nats.brokers import reasonWithoutClient
from twistchat.interfaces.stream import NotPublished


class InstantLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes at once when nothing is left to do but to wait."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """The simulated time."""
        return self.now


class _Skipping(selectors.DefaultSelector):
    """A selector that lets the time of a loop pass in place of waiting."""

    def __init__(self, loop: InstantLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        """See L{selectors.BaseSelector}."""
        found = super().select(0)
        if not found and timeout is not None:
            self._loop.now += timeout
        return found


class DeadConnection:
    """
    A connection whose broker never answers.

    @ivar requests: when something was sent, in seconds.
    """

    def __init__(self) -> None:
        self.requests: list[float] = []

    async def request(self, subject: str, payload: bytes = b"", headers: object = None, timeout: float = 2.0) -> bytes:
        """See L{twistchat.journal.jetstream.nats.connection.Connection.request}."""
        from twistchat.journal.jetstream.nats.answers import Unreachable

        self.requests.append(asyncio.get_running_loop().time())
        await asyncio.sleep(timeout)
        raise Unreachable("the broker: it does not answer")


class LimitTests(SynchronousTestCase):
    """A broker that does not answer is given up in time."""

    def setUp(self) -> None:
        """Skip the tests without nats-py."""
        if (reason := reasonWithoutClient()) is not None:
            raise SkipTest(reason)
        self.connection: Any = DeadConnection()

    def fails(self, work: Coroutine[Any, Any, object]) -> float:
        """Run something that fails.  Returns how many seconds it took."""
        loop = InstantLoop()
        self.addCleanup(loop.close)
        error = self.assertRaises(NotPublished, loop.run_until_complete, work)
        self.assertEqual("the broker: it does not answer", str(error))
        return loop.now

    def test_publish(self) -> None:
        """A message is sent three times in the two seconds after which it is not published."""
        from twistchat.journal.jetstream.nats.publishing import publish

        self.assertAlmostEqual(2.0, self.fails(publish(self.connection, "s", "stream", b"x", "id", None)))
        self.assertEqual([0.0, 0.75, 1.5], [round(when, 6) for when in self.connection.requests])

    def test_renew(self) -> None:
        """A lease is written three times in the two seconds after which it is not renewed."""
        from twistchat.journal.jetstream.nats.leases import Leases

        self.assertAlmostEqual(2.0, self.fails(Leases(self.connection, "bucket").renew("north-1a")))
        self.assertEqual([0.0, 0.8, 1.6], [round(when, 6) for when in self.connection.requests])
