"""Tests of L{twistchat.services.checking}."""

from __future__ import annotations

from unittest.mock import patch

from twisted.internet.testing import MemoryReactor
from twisted.trial.unittest import SynchronousTestCase

from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.services.checking import checkEndpoints
from twistchat.services.failure import StartFailure
from twistchat.testing import settingsOf

DOORS = (LineDoor(), IrcDoor())


class CheckEndpointsTests(SynchronousTestCase):
    """The check of endpoints."""

    def check(self, text: str) -> list[str]:
        """Return the warnings about a configuration."""
        reactor = MemoryReactor()
        found = list(checkEndpoints(DOORS, settingsOf(text), reactor))
        self.assertEqual([], reactor.tcpServers)
        return found

    def refused(self, text: str) -> str:
        """Return why a server cannot start with a configuration."""
        return str(self.assertRaises(StartFailure, self.check, text))

    def test_good(self) -> None:
        """The defaults are good.  Nothing is bound."""
        self.assertEqual([], self.check(""))

    def test_bad(self) -> None:
        """The error names the door, the endpoint, and what is wrong."""
        self.assertIn(
            "the irc door's endpoint tcp:port cannot be used: port is 'port'", self.refused('listen.irc = "tcp:port"')
        )
        why = self.refused('listen.irc = "ssl:6697:privateKey=/no/key.pem"')
        self.assertIn("/no/key.pem", why)

    def test_nowhere(self) -> None:
        """At least one door must listen."""
        self.assertIn("no door listens anywhere", self.refused("listen.irc = []"))

    def test_warnings(self) -> None:
        """Endpoints that no client can use, and those that only systemd makes, are reported."""
        proxied, activated = self.check('[listen]\nirc = ["haproxy:tcp:6668", "systemd:domain=INET:name=irc"]')[::-1]
        self.assertIn("Nobody comes in at haproxy:tcp:6668", proxied)
        self.assertIn("systemd:domain=INET:name=irc was not checked", activated)

    def test_metrics(self) -> None:
        """The endpoints of metrics are checked as at the start, and so is whether their package is installed."""
        self.assertEqual([], self.check('metrics.endpoint = "tcp:9667:interface=127.0.0.1"'))
        self.assertIn("for metrics cannot be used: port is 'port'", self.refused('metrics.endpoint = "tcp:port"'))
        self.assertIn("leave out haproxy:", self.refused('metrics.endpoint = "haproxy:tcp:9667"'))
        with patch("twistchat.services.checking.find_spec", lambda name: None):
            self.assertIn("prometheus_client is not installed", self.refused('metrics.endpoint = "tcp:9667"'))
            self.assertEqual([], self.check(""))
