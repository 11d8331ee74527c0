"""Tests of L{twistchat.journal.jetstream.batches}."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from tests.wire.irc.samples import EVENTS
from twistchat.journal.codec import Unreadable
from twistchat.journal.jetstream.batches import (
    FORMAT,
    Batch,
    Genesis,
    NoMessage,
    decodeEvents,
    decodeMessage,
    encodeEvent,
    encodeMessage,
    splitEvent,
)
from twistchat.journal.jetstream.chain import BEGINNING
from twistchat.testing.contract.opened import said


class MessageTests(SynchronousTestCase):
    """Messages of the stream are bytes, and the same again."""

    def test_batch(self) -> None:
        """Every event survives the stream."""
        events = [*EVENTS, said("\ud800 lone"), said("\N{TEACUP WITHOUT HANDLE}\n2")]
        batch = Batch("a-1", 3, 1, (7, BEGINNING), [encodeEvent(event) for event in events])
        read = decodeMessage(encodeMessage(batch))
        assert isinstance(read, Batch)
        self.assertEqual((read.node, read.number, read.attempt, read.known), ("a-1", 3, 1, (7, BEGINNING)))
        again = Batch(
            "a-1", 3, 1, (7, BEGINNING), [encodeEvent(event) for event in decodeEvents(map(splitEvent, read.events))]
        )
        self.assertEqual(encodeMessage(again), encodeMessage(batch))

    def test_genesis(self) -> None:
        """The first message survives the stream."""
        genesis = Genesis("name", bytes(range(32)), 5, "d", 6, 7, "i")
        self.assertEqual(decodeMessage(encodeMessage(genesis)), genesis)

    def test_noMessage(self) -> None:
        """Bytes that no node has written are told from messages."""
        for data in (b"", b"hello", b"\xff", b"[" * 100_000, b'{"type": "batch"}', b'{"type": "wave"}', b"[1]"):
            with self.assertRaises(NoMessage):
                decodeMessage(data)

    def test_newer(self) -> None:
        """A message of a format that this version does not know is refused, with the reason."""
        batch = {"type": "batch", "node": "a", "number": 1, "attempt": 0, "known": [0, ""]}
        for fields in ({"type": "wave"}, batch):
            data = json.dumps({**fields, "format": FORMAT + 1}).encode()
            why = f"it has the format {FORMAT + 1}, and this version of twistchat reads the formats up to {FORMAT}"
            with self.assertRaisesRegex(Unreadable, why):
                decodeMessage(data)

    def test_unknownEvent(self) -> None:
        """An event that this version does not know is refused."""
        for line, why in (
            (b"flown {}", "there is no event of the kind 'flown'"),
            (b"", "no event"),
            (b"said [", "body"),
        ):
            batch = decodeMessage(encodeMessage(Batch("a", 1, 0, (0, ""), [line])))
            assert isinstance(batch, Batch)
            with self.assertRaisesRegex(Unreadable, why):
                decodeEvents(map(splitEvent, batch.events))
