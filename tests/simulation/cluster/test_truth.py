"""Tests for L{tests.simulation.cluster.truth}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation.broken import Broken
from tests.simulation.cluster.truth import Truth
from twistchat.chat.errors import NotInRoom
from twistchat.chat.model.events import SERVER, Entry, Event, NodeJoined, NodeLost, Quit
from twistchat.interfaces import StreamMessage
from twistchat.journal.jetstream.batches import Batch, Genesis, encodeEvent, encodeMessage

JOINED = NodeJoined(SERVER, node="a-1", name="a", speaks=(1, 1), unicode="15")


class TruthTests(SynchronousTestCase):
    """What the stream says."""

    def setUp(self) -> None:
        """A stream in which a node has joined."""
        self.messages: list[StreamMessage] = []
        self.truth = Truth(self.messages)
        self.add(encodeMessage(Genesis("j", b"key")))
        self.publish("a-1", 1, JOINED)

    def add(self, data: bytes) -> None:
        """Add a message."""
        self.messages.append(StreamMessage(len(self.messages) + 1, 1000 - len(self.messages), data))

    def publish(self, node: str, number: int, *events: Event) -> None:
        """Add a batch."""
        self.add(encodeMessage(Batch(node, number, 0, (0, ""), [encodeEvent(event) for event in events])))

    def test_counts(self) -> None:
        """Batches count that are the next ones of members."""
        quit_ = Quit(SERVER, "bye")
        for node, number, count in (("a-1", 2, 2), ("a-1", 2, 2), ("a-1", 4, 2), ("b-1", 1, 2), ("a-1", 3, 3)):
            self.publish(node, number, quit_)
            self.assertEqual(self.truth.sequence, count, (node, number))

    def test_lost(self) -> None:
        """Nothing counts of a node that was lost, until it joins under another id."""
        self.publish("a-1", 2, NodeLost(SERVER, node="a-1", reason=""))
        self.publish("a-1", 3, Quit(SERVER, ""))
        self.assertEqual((self.truth.sequence, self.truth.members), (2, {}))
        self.publish("a-2", 1, NodeJoined(SERVER, node="a-2", name="a", speaks=(1, 1), unicode="15"))
        self.assertEqual((self.truth.sequence, self.truth.members), (3, {"a-2": 1}))

    def test_applied(self) -> None:
        """What a node applies must be in the stream, with its time, and with the outcome of other nodes."""
        entry = Entry(1, "j-1", 999, JOINED)
        self.truth.applied("a", entry, None)
        self.truth.applied("b", entry, None)
        for wrong, why in (
            (Entry(2, "j-2", 999, JOINED), "durable before visible"),
            (Entry(1, "j-1", 999, Quit(SERVER, "")), "one order"),
            (Entry(1, "j-1", 998, JOINED), "one order"),
            (Entry(1, "j-2", 999, JOINED), "the same on every node"),
        ):
            self.assertEqual(self.assertRaises(Broken, self.truth.applied, "c", wrong, None).promise, why)
        self.assertRaises(Broken, self.truth.applied, "c", entry, NotInRoom("#r"))
