"""Tests of L{twistchat.services.monitoring.endpoint}.  L{tests.services.test_service} has the start and the stop."""

from __future__ import annotations

from typing import Any

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.services.test_service import Reactor
from twistchat.services.failure import StartFailure
from twistchat.services.monitoring.endpoint import MetricsEndpoint
from twistchat.testing import MemoryServer


class EndpointTests(SynchronousTestCase):
    """Listening, on a reactor in memory."""

    def setUp(self) -> None:
        """Make the reactor."""
        self.reactor: Any = Reactor()

    def endpoint(self, *descriptions: str) -> MetricsEndpoint:
        """Make an endpoint."""
        return MetricsEndpoint(self.reactor, descriptions, lambda accept: (b"", ""), MemoryServer().context.figures)

    def announced(self, *descriptions: str) -> list[str]:
        """Return the lines of the log about an endpoint."""
        endpoint = self.endpoint(*descriptions)
        endpoint.bind()
        with capturedLogs() as events:
            endpoint.announce()
        return [str(formatEvent(event)) for event in events]

    def test_loopback(self) -> None:
        """The log names the URL."""
        self.assertEqual(
            self.announced("tcp:1:interface=127.0.0.1", r"tcp6:2:interface=\:\:1"),
            ["Metrics are at http://127.0.0.1:1/metrics", "Metrics are at http://[::1]:2/metrics"],
        )

    def test_reachable(self) -> None:
        """If other machines can read the metrics, there is a warning."""
        where, warning = self.announced("tcp:1")
        self.assertEqual(where, "Metrics are at http://0.0.0.0:1/metrics")
        self.assertIn("Other machines can read the metrics", warning)

    def test_none(self) -> None:
        """If one endpoint cannot listen, none does."""
        self.reactor.taken.add(2)
        endpoint = self.endpoint("tcp:1", "tcp:2")
        self.assertIn("at tcp:2: ", str(self.assertRaises(StartFailure, endpoint.bind)))
        self.assertEqual((endpoint.ports, self.reactor.stopped), ([], [1]))

    def test_check(self) -> None:
        """A bad endpoint is found before the start; the error is one line."""
        self.endpoint("tcp:1").check()
        for description in ("tcp:x\x1b", "haproxy:tcp:1", "nope"):
            why = str(self.assertRaises(StartFailure, self.endpoint("tcp:1", description).check))
            self.assertNotIn("\x1b", why)
            self.assertNotIn("\n", why)
        self.assertEqual(self.reactor.tcpServers, [])
