"""Tests of L{twistchat.journal.jetstream.members}."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import SERVER, Event, NodeJoined, NodeLost
from twistchat.journal.jetstream import members
from twistchat.journal.jetstream.batches import Batch
from twistchat.journal.jetstream.chain import BEGINNING
from twistchat.journal.jetstream.members import Members
from twistchat.testing.contract.opened import said


def joining(node: str, **fields: Any) -> NodeJoined:
    """A node joins: C{a-1} is a run of the node C{a}."""
    values = {"speaks": (1, 1), "unicode": "15.0", "agreed": {"chat.lobby": "#lobby"}, "release": "26.12"}
    return NodeJoined(SERVER, node, node.partition("-")[0], **{**values, **fields})


class MembersTests(SynchronousTestCase):
    """Tests of L{Members}."""

    def setUp(self) -> None:
        """Start with the nodes a and b."""
        self.members = Members()
        for node in ("a-1", "b-1"):
            self.assertIsNone(self.send(node, 1, joining(node)))

    def send(self, node: str, number: int, *events: Event) -> str | None:
        """Let a node send a batch."""
        return self.members.accept(Batch(node, number, 0, (0, BEGINNING)), events)

    def ids(self) -> list[str]:
        """The ids of the members."""
        return [member.joined.node for member in self.members]

    def test_numbers(self) -> None:
        """Batches of a member count once, in the order of their numbers."""
        self.assertIsNone(self.send("a-1", 2, said("a")))
        self.assertIsNone(self.send("b-1", 2, said("b")))
        self.assertEqual(self.send("a-1", 2, said("a")), "it was sent twice")
        self.assertEqual(self.send("a-1", 1, joining("a-1")), "it was sent twice")
        self.assertIsNone(self.send("a-1", 3))

    def test_stranger(self) -> None:
        """A batch of a node that has not joined does not count."""
        self.assertEqual(self.send("c-1", 1, said("a")), "its sender does not take part")
        self.assertEqual(self.send("c-1", 1, said("a"), joining("c-1")), "its sender does not take part")
        self.assertEqual(self.send("c-1", 1, joining("d-1")), "its sender does not take part")
        self.assertEqual(self.ids(), ["a-1", "b-1"])

    def test_others(self) -> None:
        """A batch that lets another node join does not count: only its sender joins with it, at its start."""
        for events in ([joining("d-1")], [said("a"), joining("d-1")], [said("a"), joining("a-1")]):
            self.assertEqual(self.send("a-1", 2, *events), "it lets another node join")
        self.assertEqual(self.send("c-1", 1, joining("c-1"), joining("d-1")), "it lets another node join")
        self.assertEqual(self.ids(), ["a-1", "b-1"])
        self.assertIsNone(self.send("a-1", 2, said("a")))

    def test_lost(self) -> None:
        """Batches of a node that was lost do not count, and it can join under another id."""
        self.assertIsNone(self.send("b-1", 2, said("before"), NodeLost(SERVER, "a-1")))
        self.assertEqual(self.send("a-1", 2, said("late")), "its sender does not take part")
        self.assertEqual(self.ids(), ["b-1"])
        self.assertIsNone(self.send("a-2", 1, joining("a-2"), said("back")))
        self.assertEqual(self.ids(), ["b-1", "a-2"])
        self.assertIsNone(self.send("b-1", 3, NodeLost(SERVER, "a-1")))
        self.assertEqual(self.ids(), ["b-1", "a-2"])

    def test_takenOver(self) -> None:
        """A node that joins takes the place of an earlier run."""
        self.assertIsNone(self.send("a-2", 1, joining("a-2")))
        self.assertEqual(self.send("a-1", 2, said("late")), "its sender does not take part")
        self.assertEqual(self.ids(), ["b-1", "a-2"])

    def test_leaves(self) -> None:
        """A node can leave by itself."""
        self.assertIsNone(self.send("a-1", 2, said("last"), NodeLost(SERVER, "a-1")))
        self.assertEqual(self.ids(), ["b-1"])

    def test_incompatible(self) -> None:
        """A node that differs in what must be equal is refused, with the reason."""
        for fields, why in (
            ({"speaks": (2, 3), "release": "27.1"}, "version 27.1 cannot take part beside version 26.12"),
            ({"unicode": "16.0"}, "tables of Unicode 16.0, and the node a has those of Unicode 15.0"),
            ({"agreed": {"chat.lobby": "#tea"}}, "chat.lobby is #tea, and #lobby on the node a"),
            ({"agreed": {}}, "chat.lobby is None, and #lobby on the node a"),
        ):
            refusal = self.send("c-1", 1, joining("c-1", **fields))
            self.assertIn(why, str(refusal))
        self.assertIsNone(self.send("c-1", 1, joining("c-1", speaks=(1, 2), release="27.1")))

    def test_format(self) -> None:
        """What is written can be read by all members."""
        self.assertEqual(self.members.format, 1)
        with patch.object(members, "SPEAKS", (1, 3)):
            self.assertEqual(self.members.format, 1)
            self.send("a-2", 1, joining("a-2", speaks=(1, 3)))
            self.assertEqual(self.members.format, 1)
            self.send("b-2", 1, joining("b-2", speaks=(1, 2)))
            self.assertEqual(self.members.format, 2)

    def test_onlyOneLeft(self) -> None:
        """A node is not compared with its own earlier run, so the last node of a cluster can change."""
        self.send("a-1", 2, NodeLost(SERVER, "b-1"))
        self.assertIsNone(self.send("a-2", 1, joining("a-2", unicode="16.0")))

    def test_restored(self) -> None:
        """Members that were restored go on as before."""
        self.send("a-1", 2, said("a"))
        self.members = Members(list(self.members))
        self.assertEqual(self.send("a-1", 2, said("a")), "it was sent twice")
        self.assertIsNone(self.send("a-1", 3, said("b")))
