"""The figures of the log on disk: what it counts, and once for each batch."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Any
from unittest.mock import patch

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.journal.disk import connectionOf, writerOf
from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Joined, PrivateMessage, Quit, TopicSet
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.writing.threads import PROBE
from twistchat.testing.contract import ANN, BOB, said
from twistchat.testing.workers import HeldWorker


class MeasuringTests(SynchronousTestCase):
    """A log whose writing thread works when the test says so."""

    def setUp(self) -> None:
        """Open a journal."""
        self.clock = Clock()
        self.workers = {"twistchat journal writer": HeldWorker(), "twistchat journal reader": HeldWorker()}
        self.writer = self.workers["twistchat journal writer"]
        journal = sqliteJournal(
            self.mktemp(),
            lambda: 1000.0,
            lambda: "test",
            lambda: bytes(32),
            self.workers.__getitem__,
            clock=self.clock,
        )
        self.log: Any = journal.log
        self.figures = self.log.figures
        self.log.open(lambda entry, origin: None)
        self.addCleanup(self.close)

    def close(self) -> None:
        """Close the journal."""
        self.log.close()
        for _ in range(3):
            for worker in self.workers.values():
                worker.run()

    def test_batches(self) -> None:
        """There is one observation for each batch, of the time that its oldest event waited for the batch before it."""
        self.log.append(said("a"))
        self.clock.advance(1)
        for text in "bcd":
            self.log.append(said(text))
            self.clock.advance(2)
        self.assertEqual((self.figures.queued.count, self.figures.waiting()), (1, 4))
        self.writer.run()
        self.assertEqual((self.figures.queued.count, self.figures.queued.sum), (2, 6.0))
        self.assertEqual((self.figures.commits.count, self.figures.waiting()), (2, 0))
        self.assertEqual(self.figures.events, {"RoomMessage": 4})

    def test_commit(self) -> None:
        """The time of a commit is that of the writing thread."""
        writer = writerOf(self.log)  # it stands for a slow disk
        self.patch(writer, "write", lambda rows, effects: self.clock.advance(0.25))
        self.log.append(said("a"))
        self.writer.run()
        self.assertEqual((self.figures.commits.count, self.figures.commits.sum), (1, 0.25))

    def test_passing(self) -> None:
        """Passing events count, whether they pass the disk or wait in a batch.  Marks are no events."""
        self.log.append(Joined(BOB, "#room"))
        self.log.append(said("a"))
        self.log.append(said("b"))
        self.log.append(Quit(BOB, "bye"))
        self.log.settled(lambda: None)
        self.log.append(said("c"))
        self.writer.run()
        self.assertEqual(self.figures.events, {"Joined": 1, "RoomMessage": 3, "Quit": 1})

    def test_passingWaits(self) -> None:
        """A passing event that waited for a batch, and needed no other, makes no later batch look slow."""
        self.log.append(said("a"))
        self.log.append(Joined(BOB, "#room"))
        self.writer.run()
        self.clock.advance(5)
        self.log.append(said("b"))
        self.writer.run()
        self.assertEqual((self.figures.queued.count, self.figures.queued.sum), (2, 0.0))

    def test_kinds(self) -> None:
        """Stored events of other classes than messages in rooms count as what they are; a failed write counts none."""
        for event in (said("a"), TopicSet(ANN, "#room", "t"), said("b"), PrivateMessage(ANN, "s1", BOB, "psst")):
            self.log.append(event)
        self.writer.run()
        self.assertEqual(self.figures.events, {"RoomMessage": 2, "TopicSet": 1, "PrivateMessage": 1})

    def test_bytes(self) -> None:
        """The bytes of stored entries count, and the journal has a size on disk."""
        self.log.append(said("a" * 1000))
        self.writer.run()
        self.assertGreater(self.figures.bytes, 1000)
        self.assertLess(self.figures.bytes, 1500)
        self.assertGreater(self.figures.size(), 4096)

    def test_fault(self) -> None:
        """While the disk fails, the log says why, and events that were refused do not count."""
        path = Path(self.log.committer.threads.writer.path)  # another connection locks the file
        other = sqlite3.connect(path, isolation_level=None, timeout=0)
        connectionOf(writerOf(self.log)).execute("PRAGMA busy_timeout = 0")  # the test does not wait
        other.execute("BEGIN IMMEDIATE")
        receipt = self.log.append(said("lost"))
        self.writer.run()
        self.failureResultOf(receipt, NotStored)
        self.assertEqual(self.log.trouble, "another process has the journal locked")
        self.assertEqual((self.figures.failures, self.figures.commits.count, self.figures.events), (1, 0, {}))
        self.clock.advance(PROBE)
        self.writer.run()
        self.assertEqual(self.log.trouble, "another process has the journal locked")
        other.close()
        self.log.append(said("kept", source=ANN))
        self.writer.run()
        self.assertIsNone(self.log.trouble)
        self.assertEqual(self.figures.events, {"RoomMessage": 1})

    def test_faultEnds(self) -> None:
        """The log notices that a fault is over, also if nobody says anything."""
        writer = writerOf(self.log)  # it stands for a disk that fails
        with patch.object(writer, "write", side_effect=Fault("the disk is full", "test")):
            self.failureResultOf(self.say("lost"), NotStored)
        self.assertEqual(self.log.trouble, "the disk is full")
        self.clock.advance(PROBE)
        self.writer.run()
        self.assertIsNone(self.log.trouble)

    def test_littleRoom(self) -> None:
        """On a full disk some writes succeed.  The fault goes on until there is room, and the log has two lines."""
        lines: list[str] = []

        @implementer(ILogObserver)
        def observe(event: LogEvent) -> None:
            lines.append(formatEvent(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        writer = writerOf(self.log)  # it stands for a disk that is full
        full = patch("twistchat.journal.sqlite.writing.writer.TemporaryFile", side_effect=OSError(errno.ENOSPC, "full"))
        with full:
            for _ in range(3):
                with patch.object(writer, "write", side_effect=Fault("the disk is full", "test")):
                    self.failureResultOf(self.say("long"), NotStored)
                self.successResultOf(self.say("short"))
                self.clock.advance(PROBE)
                self.writer.run()
                self.assertEqual(self.log.trouble, "the disk is full")
        self.successResultOf(self.say("short"))
        self.assertIsNone(self.log.trouble)
        self.assertEqual(
            [line.partition(":")[0] for line in lines],
            [
                "The journal cannot be written, and takes no messages until it can",
                "The journal can be written again.  Not taken meanwhile",
            ],
        )
        self.assertEqual(list(Path(writer.path).parent.glob("tmp*")), [])

    def test_closedInFault(self) -> None:
        """A log that is closed in a fault tries no further write."""
        writer = writerOf(self.log)  # it stands for a disk that fails
        with patch.object(writer, "write", side_effect=Fault("the disk is full", "test")):
            self.failureResultOf(self.say("lost"), NotStored)
        self.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def say(self, text: str) -> Deferred[Any]:
        """Propose a text, and let the writing thread work."""
        receipt: Deferred[Any] = self.log.append(said(text))
        self.writer.run()
        return receipt

    def test_tasks(self) -> None:
        """The parts of background tasks count."""
        self.assertEqual(self.figures.tasks(), {"index": 0, "retention": 0, "checkpoint": 0})
        self.clock.advance(60)
        self.writer.run()
        self.assertEqual(self.figures.tasks()["index"], 1)
