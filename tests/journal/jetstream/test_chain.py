"""Tests of L{twistchat.journal.jetstream.chain}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.interfaces import StreamMessage
from twistchat.journal.jetstream.chain import BEGINNING, KEPT, Chain, ChainBroken


def message(sequence: int, data: bytes = b"text") -> StreamMessage:
    """A message of the stream."""
    return StreamMessage(sequence, 1000, data)


class ChainTests(SynchronousTestCase):
    """Tests of L{Chain}."""

    def setUp(self) -> None:
        """Read three messages."""
        self.chain = Chain()
        self.known = [self.chain.known]
        for sequence in (1, 2, 3):
            self.chain.advance(message(sequence, b"%d" % sequence))
            self.known.append(self.chain.known)

    def test_same(self) -> None:
        """The same messages give the same hashes, also after a restart in between."""
        other = Chain(*self.known[1])
        for sequence in (2, 3):
            other.advance(message(sequence, b"%d" % sequence))
        self.assertEqual(other.known, self.chain.known)
        self.assertEqual(self.known[0], (0, BEGINNING))

    def test_gap(self) -> None:
        """A message that is not the next one breaks the chain."""
        for sequence in (3, 5):
            with self.assertRaisesRegex(ChainBroken, f"message {sequence} of the stream came after message 3"):
                self.chain.advance(message(sequence))

    def test_compare(self) -> None:
        """What other nodes have read is compared with what this one has read."""
        self.chain.advance(message(4))
        for known in self.known:
            self.assertIsNone(self.chain.contradiction(known, "b-1"))
        for sequence, _ in self.known[1:]:
            found = self.chain.contradiction((sequence, BEGINNING), "b-1")
            self.assertIn(f"the node b-1 has read another message {sequence}", str(found))

    def test_future(self) -> None:
        """A node cannot have read its own message, or a later one, before it sent it."""
        found = self.chain.contradiction(self.chain.known, "b-1")
        self.assertIn("had read message 3 before it was in the stream", str(found))

    def test_forgotten(self) -> None:
        """Hashes that are no longer kept are not compared."""
        for sequence in range(4, KEPT + 4):
            self.chain.advance(message(sequence))
        self.assertIsNone(self.chain.contradiction((2, BEGINNING), "b-1"))
        self.assertIsNotNone(self.chain.contradiction((10, BEGINNING), "b-1"))

    def test_last(self) -> None:
        """The last message is recognized, also after a restart."""
        for chain in (self.chain, Chain(*self.chain.known, self.chain.before)):
            self.assertTrue(chain.isLast(message(3, b"3")))
            self.assertFalse(chain.isLast(message(3, b"4")))
            self.assertFalse(chain.isLast(message(4, b"3")))

    def test_acknowledged(self) -> None:
        """A message that the broker had acknowledged must be the one that comes back."""
        self.chain.expect(4, b"mine")
        self.chain.expect(5, b"mine, too")
        self.chain.advance(message(4, b"mine"))
        with self.assertRaisesRegex(ChainBroken, "has lost message 5, which the broker had acknowledged"):
            self.chain.advance(message(5, b"another"))
