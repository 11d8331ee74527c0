"""Tests of L{twistchat.journal.jetstream.nats.durability} without brokers; others are in C{test_provisioning}."""

from __future__ import annotations

from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.jetstream.nats.brokers import reasonWithoutClient

NANO = 1_000_000_000


class PeerTests(SynchronousTestCase):
    """Which brokers have the stream, and work."""

    def setUp(self) -> None:
        """Skip the tests without nats-py."""
        if (reason := reasonWithoutClient()) is not None:
            raise SkipTest(reason)
        from twistchat.journal.jetstream.nats.durability import peersIn

        self.peersIn = peersIn

    def test_alone(self) -> None:
        """Where there is no cluster, the connected broker has the stream."""
        self.assertEqual((["one"], []), self.peersIn({"state": {}}, "one"))

    def test_cluster(self) -> None:
        """A broker is down if its cluster says so, or has not heard of it for some seconds."""
        replicas = [
            {"name": "c", "active": NANO},
            {"name": "b", "offline": True},
            {"name": "a", "active": 6 * NANO, "current": True},
            {"name": "e", "active": 0, "current": False},
        ]
        info = {"cluster": {"leader": "d", "replicas": replicas}}
        self.assertEqual((["c", "d"], ["a", "b", "e"]), self.peersIn(info, "one"))

    def test_unknown(self) -> None:
        """Without an answer, or without a leader, nothing is known."""
        self.assertEqual(([], []), self.peersIn({}, "one"))
        self.assertEqual(([], []), self.peersIn({"cluster": {"replicas": [{"name": "c"}]}}, "one"))
