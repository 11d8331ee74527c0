"""Tests of L{twistchat.journal.sqlite.maintenance.comparing}."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.copies import Node, entries
from tests.journal.disk import temporary
from twistchat.chat.model.events import Event, Joined, Renamed, RoomRenamed, TopicSet
from twistchat.journal.sqlite.maintenance.comparing import differences
from twistchat.testing.contract import ANN, said


class DigestTests(SynchronousTestCase):
    """The digests of two copies."""

    def makeNode(self, events: Sequence[Event]) -> Node:
        """Make a node that has taken some events."""
        node = Node(temporary(self))
        node.open()
        self.addCleanup(node.close)
        for entry in entries(events):
            node.copy.take(entry)
        node.settle()
        return node

    def compare(self, one: Sequence[Event], other: Sequence[Event]) -> Sequence[str]:
        """The tables in which the copies of two nodes differ."""
        return differences(self.makeNode(one).digest(), self.makeNode(other).digest())

    def test_same(self) -> None:
        """The same entries have the same digest; passing ones are not in it."""
        self.assertEqual(self.compare([said("a")], [said("a"), Joined(ANN, "#room")]), [])

    def test_different(self) -> None:
        """A difference is found in each table that has it."""
        self.assertEqual(self.compare([said("a")], [said("b")]), ["entry"])
        self.assertEqual(self.compare([said("a")], [said("a"), TopicSet(ANN, "#a", "x")]), ["entry", "holding"])

    def test_moving(self) -> None:
        """It makes no difference how many entries of a renamed room have moved."""
        events = [said("a", "#a"), Renamed(ANN, "anna", ("#a",)), RoomRenamed(ANN, "#a", "#b"), said("b", "#b")]
        nodes = [self.makeNode(events) for _ in range(2)]
        moved = nodes[0]
        before = moved.digest()
        moved.history.moving.begin(moved.copy.applied)
        moved.settle()
        places = "SELECT conversation FROM entry WHERE sequence = 1"
        self.assertEqual(moved.copy.committer.threads.writer.query(places), ("#b",))
        self.assertEqual(differences(before, moved.digest()), [])
        waiting = nodes[1].copy.committer.threads.writer
        waiting.transact(
            ("UPDATE entry SET conversation = '#a' WHERE sequence = 1", ()),
            ("INSERT OR REPLACE INTO moving VALUES (3, '#a', '#b')", ()),
        )
        self.assertEqual(differences(nodes[1].digest(), moved.digest()), [])

    def test_after(self) -> None:
        """Entries that retention may have deleted are left out."""
        nodes = [self.makeNode([said(first), said("b")]) for first in "ax"]
        one, other = [node.digest(1) for node in nodes]
        self.assertEqual(differences(one, other), [])
