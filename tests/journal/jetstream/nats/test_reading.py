"""Tests of L{twistchat.journal.jetstream.nats.reading} without brokers; others are in C{test_stream}."""

from __future__ import annotations

from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.jetstream.nats.brokers import reasonWithoutClient


class LossTests(SynchronousTestCase):
    """What a stream has lost of what a reader needs."""

    def setUp(self) -> None:
        """Skip the tests without nats-py."""
        if (reason := reasonWithoutClient()) is not None:
            raise SkipTest(reason)

    def loss(self, first: int, last: int, position: int, created: str = "then") -> str:
        """Why a stream with these messages cannot be read on."""
        from twistchat.journal.jetstream.nats.reading import lossIn

        info: dict[str, Any] = {"created": "then", "state": {"first_seq": first, "last_seq": last}}
        return lossIn(info, "s", position, created)

    def test_none(self) -> None:
        """A stream that has the next message, or will have it, has lost nothing."""
        self.assertEqual("", self.loss(0, 0, 0))
        self.assertEqual("", self.loss(1, 9, 0))
        self.assertEqual("", self.loss(1, 9, 5))
        self.assertEqual("", self.loss(1, 9, 9))
        self.assertEqual("", self.loss(6, 9, 5))
        self.assertEqual("", self.loss(10, 9, 9))  # all messages are too old
        self.assertEqual("", self.loss(1, 9, 9, created=""))

    def test_begin(self) -> None:
        """A stream that begins too late has lost messages."""
        self.assertEqual("the stream s begins at message 7, but this node needs message 6", self.loss(7, 9, 5))
        self.assertEqual("the stream s begins at message 10, but this node needs message 9", self.loss(10, 9, 8))

    def test_end(self) -> None:
        """A stream that ends too early has lost messages."""
        self.assertEqual("the stream s ends at message 4, but this node has read message 5", self.loss(1, 4, 5))
        self.assertEqual("the stream s ends at message 0, but this node has read message 5", self.loss(0, 0, 5))

    def test_another(self) -> None:
        """A stream that was made again is another one."""
        self.assertEqual("the stream s was deleted and made again", self.loss(1, 9, 5, created="before"))
