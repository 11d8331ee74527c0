"""Tests of L{twistchat.journal.jetstream.log}."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from sqlite3 import connect
from unittest.mock import patch

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.journal.disk import inMemory
from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, NodeJoined, NodeLost
from twistchat.interfaces import IReplica, Journal
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.jetstream.log import ReplicatedLog
from twistchat.journal.jetstream.participation import Node
from twistchat.journal.sqlite.copy import SqliteCopy
from twistchat.testing.contract import JournalContract, said
from twistchat.testing.streams import MemoryBroker
from twistchat.testing.workers import InlineWorker

NODES = (NodeJoined, NodeLost)
"""The events that a node proposes of itself."""


@implementer(IReplica)
class NoChat:
    """A chat without a state."""

    def take(self) -> bytes:
        """See L{IReplica.take}."""
        return b"{}"

    def restore(self, data: bytes) -> None:
        """See L{IReplica.restore}."""

    def become(self, node: str) -> None:
        """See L{IReplica.become}."""


class ContractTests(JournalContract, SynchronousTestCase):
    """The contract of all journals, on one node whose broker takes no time."""

    delay = 0.0

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{JournalContract.makeJournal}."""
        self.clock: Clock = getattr(self, "clock", Clock())
        self.directory = inMemory(self)
        self.stopped: list[str] = []
        broker = MemoryBroker(self.clock, now, lambda: self.delay)
        copy = SqliteCopy(
            self.directory,
            now,
            lambda name: InlineWorker(),
            failed=lambda why: log.fail(why),
            damaged=lambda why: log.fail(why),
        )
        log = ReplicatedLog(
            broker.connect(),
            copy,
            self.clock,
            NoChat,
            Node("a", lambda: "1"),
            lambda: "test",
            lambda: bytes(32),
            self.stopped.append,
            "The journal is a test's.",
        )
        return Journal(log, SqliteHistory(copy, None, self.clock))

    def settle(self) -> None:
        """See L{JournalContract.settle}."""
        for _ in range(20):
            self.clock.advance(0.01)

    def openJournal(self, apply: Callable[[Entry], None]) -> None:
        """Leave out what the node proposes of itself, and let it be older than all other entries."""
        time, self.time = self.time, 0.0
        super().openJournal(lambda entry: None if isinstance(entry.event, NODES) else apply(entry))
        self.origins.clear()
        self.time = time

    def test_followedBeforeOpen(self) -> None:
        """A follower of a log that is not open gets entries after the log is opened: first those of the nodes."""
        self.closeJournal()
        self.log, self.history = self.makeJournal(lambda: self.time)
        found: list[Entry] = []
        self.log.follow(0, found.append)
        self.settle()
        self.assertEqual(found, [])
        self.openJournal(self.applied.append)
        entries = self.append(said("a"), said("b"))
        self.assertEqual({NodeJoined}, {type(entry.event) for entry in found[:-2]})
        self.assertEqual(found[-2:], entries)

    def damage(self, entry: Entry) -> bool:
        """See L{JournalContract.damage}."""
        with closing(connect(f"{self.directory}/journal.sqlite", isolation_level=None)) as connection:
            change = "UPDATE entry SET body = replace(body, 'word', 'ward') WHERE sequence = ?"
            return connection.execute(change, (entry.sequence,)).rowcount == 1


class FollowTests(SynchronousTestCase):
    """What stops a node."""

    def test_unexpected(self) -> None:
        """An error that nobody expects stops the node, because it may have taken a part of a message."""
        contract = ContractTests("test_order")
        contract.setUp()
        self.addCleanup(contract.doCleanups)
        with patch.object(SqliteCopy, "take", side_effect=ZeroDivisionError):
            receipt = contract.log.append(said("x"))
            contract.settle()
        self.assertEqual(contract.stopped, ["message 3 of the stream cannot be followed (ZeroDivisionError)"])
        self.assertNoResult(receipt)
        self.failureResultOf(contract.log.append(said("y")), NotStored)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class DelayTests(ContractTests):
    """The contract of all journals, on one node whose broker takes its time."""

    delay = 0.01
