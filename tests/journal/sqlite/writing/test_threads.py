"""Tests of L{twistchat.journal.sqlite.writing.threads}, with real threads and the reactor."""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from functools import partial
from shutil import rmtree
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.journal.disk import sqliteParts
from twistchat.chat.errors import NotStored, Overloaded
from twistchat.chat.model.events import Entry, Quit
from twistchat.chat.model.spans import Span
from twistchat.interfaces import JournalFigures
from twistchat.journal.sqlite.writing.measuring import Measuring
from twistchat.journal.sqlite.writing.threads import MOST_READS, FileThreads
from twistchat.testing.contract import ANN, said
from twistchat.testing.workers import HeldWorker
from twistchat.worker import ThreadWorker

reactor: Any = installed


class ThreadTests(TestCase):
    """One thread writes, one reads, and the reactor waits for neither."""

    timeout = 60

    def setUp(self) -> Deferred[None]:  # type: ignore[override]  # trial waits for it
        """Open a journal."""
        self.directory = mkdtemp()
        self.addCleanup(rmtree, self.directory)
        self.applied: list[Entry] = []
        self.journal, self.history = sqliteParts(
            self.directory,
            time.time,
            lambda: "threads",
            lambda: bytes(32),
            lambda name: ThreadWorker(name, reactor.callFromThread),
        )
        self.addCleanup(self.journal.close)
        return self.journal.open(lambda entry, origin: self.applied.append(entry))

    async def concurrent(self) -> None:
        """Append and read concurrently.  The journal is in order, and each read is complete."""
        readings = []
        receipts = []
        for number in range(2000):
            receipts.append(self.journal.append(said(str(number))))
            if number % 50 == 0:
                await receipts[-1]
                readings.append(self.history.read(Span("#room", 100)))
        await gatherResults(receipts)
        self.assertEqual([entry.event for entry in self.applied], [said(str(number)) for number in range(2000)])
        for reading in await gatherResults(readings):
            end = reading[-1].sequence
            self.assertEqual(list(reading), self.applied[max(0, end - 100) : end])
        await self.journal.close()
        with self.assertRaises(NotStored):
            await self.journal.append(Quit(ANN, ""))

    def test_concurrent(self) -> Deferred[None]:
        """Append and read concurrently, then close."""
        return Deferred.fromCoroutine(self.concurrent())

    async def locked(self) -> None:
        """While another process has locked the file, the reactor runs, and passing events and reads work."""
        before = await self.journal.append(said("before"))
        other = sqlite3.connect(f"{self.directory}/journal.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        turns: list[float] = []
        turning = LoopingCall(lambda: turns.append(time.monotonic()))
        turning.start(0.01)
        try:
            receipt: Deferred[Any] = self.journal.append(said("lost"))
            self.assertEqual(await self.history.read(Span("#room", 9)), [before])
            with self.assertRaises(NotStored) as caught:
                await receipt
        finally:
            turning.stop()
            other.close()
        self.assertEqual(caught.exception.why, "another process has the journal locked")
        self.assertGreater(len(turns), 50)
        after = await self.journal.append(said("after"))
        self.assertEqual(await self.history.read(Span("#room", 9)), [before, after])

    def test_locked(self) -> Deferred[None]:
        """Another process locks the file for longer than the journal waits."""
        return Deferred.fromCoroutine(self.locked())


class ReadTests(SynchronousTestCase):
    """Reads that are requested while others run."""

    def setUp(self) -> None:
        """Make the threads, whose work the test runs."""
        self.workers = {"twistchat journal writer": HeldWorker(), "twistchat journal reader": HeldWorker()}
        self.reader = self.workers["twistchat journal reader"]
        file: Any = SimpleNamespace(remarks=deque(), close=lambda: self.done.append("close"))
        self.threads = FileThreads(
            file, file, self.workers.__getitem__, lambda: None, Measuring(JournalFigures(), float)
        )
        self.done: list[object] = []

    def read(self, name: object) -> None:
        """Request a read, which notes its name."""
        self.threads.read(lambda _: self.done.append(name)).addErrback(lambda failure: self.done.append(failure.value))

    def test_together(self) -> None:
        """The first runs alone.  Those that came meanwhile run together, in order, but not too many."""
        for number in range(MOST_READS + 2):
            self.read(number)
        for expected in (1, MOST_READS + 1, MOST_READS + 2):
            self.assertEqual(len(self.reader), 1)
            self.reader.step()
            self.assertEqual(self.done, list(range(expected)))
        self.assertEqual(len(self.reader), 0)

    def test_failure(self) -> None:
        """A read that fails fails alone."""
        error = Overloaded("searches")
        self.read(1)
        self.threads.read(partial(_raise, error)).addErrback(lambda failure: self.done.append(failure.value))
        self.read(2)
        self.reader.run()
        self.assertEqual(self.done, [1, 2, error])

    def test_close(self) -> None:
        """The file is closed after all reads."""
        for number in range(MOST_READS + 9):
            self.read(number)
        self.threads.close(0, 0, lambda: None)
        self.reader.run()
        self.assertEqual(self.done, [*range(MOST_READS + 9), "close"])


def _raise(error: Exception, reader: object) -> None:
    raise error
