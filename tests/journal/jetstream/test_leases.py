"""Tests of L{twistchat.journal.jetstream.leases}."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.journal.jetstream.leases import EVERY, ROUNDS, Leases
from twistchat.testing.streams import MemoryBroker


class LeasesTests(SynchronousTestCase):
    """Tests of L{Leases}."""

    def setUp(self) -> None:
        """Let the nodes a and b watch each other."""
        self.clock = Clock()
        self.broker = MemoryBroker(self.clock, self.clock.seconds)
        self.streams = {name: self.broker.connect(name) for name in "ab"}
        self.members = ["a-1", "b-1"]
        self.lost: dict[str, list[str]] = {"a": [], "b": []}
        self.leases = {
            name: Leases(stream, self.clock, lambda: self.members, self.lost[name].append)
            for name, stream in self.streams.items()
        }
        for name, leases in self.leases.items():
            leases.begin(f"{name}-1")

    def rounds(self, count: float) -> None:
        """Let time pass."""
        for _ in range(int(count * EVERY * 4)):
            self.clock.advance(0.25)
            self.clock.advance(0)

    def test_alive(self) -> None:
        """Nobody is lost while all renew."""
        self.rounds(5 * ROUNDS)
        self.assertEqual(self.lost, {"a": [], "b": []})

    def test_lost(self) -> None:
        """A member that does not renew for some rounds is lost."""
        self.rounds(2)
        self.leases["b"].stop()
        self.rounds(ROUNDS - 1)
        self.assertEqual(self.lost["a"], [])
        self.rounds(3)
        self.assertEqual(set(self.lost["a"]), {"b-1"})

    def test_neverSeen(self) -> None:
        """A member that never had a lease is lost, too."""
        self.members.append("c-1")
        self.rounds(ROUNDS + 2)
        self.assertEqual(set(self.lost["a"]), {"c-1"})

    def test_brokerDown(self) -> None:
        """Nobody is lost while the broker answers nobody."""
        self.rounds(2)
        self.broker.isUp = False
        self.rounds(10 * ROUNDS)
        self.broker.isUp = True
        self.rounds(ROUNDS)
        self.assertEqual(self.lost, {"a": [], "b": []})

    def test_cut(self) -> None:
        """A node that is cut off loses nobody, and is lost."""
        self.rounds(2)
        self.streams["a"].isCut = True
        self.rounds(3 * ROUNDS)
        self.assertEqual(self.lost["a"], [])
        self.assertIn("a-1", self.lost["b"])

    def test_stop(self) -> None:
        """A node that has stopped renews nothing, and watches nobody."""
        for leases in self.leases.values():
            leases.stop()
        self.clock.advance(0)
        self.clock.advance(0)
        before = dict(self.broker.leases)
        self.rounds(3 * ROUNDS)
        self.assertEqual(self.broker.leases, before)
        self.assertEqual(self.lost, {"a": [], "b": []})
