"""A journal on disk whose threads do their work when the test says so."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Event
from twistchat.chat.model.spans import Around, Kept, Span
from twistchat.journal.history.removal.retention import Retention
from twistchat.journal.history.renames import MovePace
from twistchat.journal.history.search.indexing import IndexPace
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.filelog import FileLog
from twistchat.journal.sqlite.log import SqliteLog
from twistchat.journal.sqlite.reading import RowReader
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.testing.workers import HeldWorker


def sqliteParts(*arguments: Any) -> tuple[SqliteLog, SqliteHistory]:
    """Make a journal on disk with the arguments of L{sqliteJournal}.  Return its log and its history."""
    log, history = sqliteJournal(*arguments)
    assert isinstance(log, SqliteLog)
    assert isinstance(history, SqliteHistory)
    return log, history


def writerOf(log: FileLog) -> Writer:
    """The connection that writes a log's file, for faults that only it can have."""
    return log.committer.threads.writer


def readerOf(log: FileLog) -> RowReader:
    """The connection that reads a log's file."""
    return log.committer.threads.reader


def connectionOf(file: Writer | RowReader) -> sqlite3.Connection:
    """SQLite's connection of a writer or a reader, for SQL that the journal never runs."""
    return file._connection  # private: the journal lets nobody else run SQL


def useConnection(file: Writer | RowReader, connection: Any) -> None:
    """Give a writer or a reader another connection, or a wrapper of its own."""
    file._connection = connection  # private: only the connection shows the statements, and makes some fail


def kill(log: FileLog) -> None:
    """Close a log's files as they are, like a process that was killed."""
    writerOf(log).abandon()
    readerOf(log).close()
    log.committer.closed = True


MEMORY = Path("/dev/shm")
"""A folder in memory, where the system has one."""


def temporary(case: SynchronousTestCase) -> str:
    """Make a directory that is removed after the test."""
    directory = mkdtemp()
    case.addCleanup(rmtree, directory)
    return directory


def memoryFolder() -> str | None:
    """A folder in memory, as C{dir} of L{mkdtemp}; C{None} if the system has none.  Its files never wait for a disk."""
    return str(MEMORY) if os.access(MEMORY, os.W_OK) else None


def inMemory(case: SynchronousTestCase) -> str:
    """Make a directory that is removed after the test, in memory if possible: for tests that are not about the disk."""
    directory = mkdtemp(dir=memoryFolder())
    case.addCleanup(rmtree, directory)
    return directory


def sound(kept: Sequence[Kept]) -> list[Entry]:
    """
    The entries of a result.

    @raise AssertionError: the result contains damage.
    """
    entries = []
    for entry in kept:
        assert isinstance(entry, Entry), entry
        entries.append(entry)
    return entries


class DiskTestCase(SynchronousTestCase):
    """
    A journal in a directory of its own.

    @ivar directory: the path of the directory.
    @ivar now: the time, in seconds since the epoch.
    @ivar applied: the entries that were applied since it was opened.
    @ivar limits: the limits of journals that are opened from now on.
    @ivar indexPace: the pace of their indexing.
    @ivar movePace: the pace of their moving.
    """

    limits = LogLimits()
    indexPace = IndexPace()
    movePace = MovePace()

    def setUp(self) -> None:
        """Open a journal."""
        self.directory = temporary(self)
        self.now = 1000.0
        self.openJournal()

    def openJournal(
        self,
        apply: Callable[[Entry], None] | None = None,
        keepPassing: bool = False,
        retention: Retention | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Open the journal of this directory."""
        self.applied: list[Entry] = []
        self.workers: dict[str, HeldWorker] = {}
        self.journal = SqliteLog(
            self.directory,
            lambda: self.now,
            lambda: "name",
            lambda: bytes(32),
            self.makeWorker,
            keepPassing=keepPassing,
            limits=self.limits,
            clock=clock,
        )
        self.history = SqliteHistory(self.journal, retention, clock, self.indexPace, self.movePace)
        receive = apply or self.applied.append
        self.successResultOf(self.journal.open(lambda entry, origin: receive(entry)))
        self.writer, self.reader = self.workers.values()
        self.addCleanup(self.closeJournal)

    def makeWorker(self, name: str) -> HeldWorker:
        """Make a worker without a thread."""
        worker = self.workers[name] = HeldWorker()
        return worker

    def settle(self) -> None:
        """Run all pending work."""
        while self.writer or self.reader:
            self.writer.run()
            self.reader.run()

    def closeJournal(self) -> None:
        """Close the journal cleanly."""
        closed = self.journal.close()
        self.settle()
        self.successResultOf(closed)

    def die(self) -> None:
        """Close the files as they are, like a process that was killed."""
        self.writer.run()
        kill(self.journal)

    @property
    def store(self) -> Writer:
        """The connection that writes."""
        return writerOf(self.journal)

    @property
    def connection(self) -> sqlite3.Connection:
        """SQLite's connection of the writer."""
        return connectionOf(self.store)

    @property
    def path(self) -> Path:
        """The path of the file."""
        return Path(self.directory, "journal.sqlite")

    def append(self, *events: Event) -> list[Entry]:
        """Append events in one batch, and run all pending work."""
        receipts = [self.journal.append(event) for event in events]
        self.settle()
        return [self.successResultOf(receipt) for receipt in receipts]

    def index(self) -> None:
        """Index all applied entries now."""
        while self.history.writer.index(self.journal.applied, 1000)[1]:
            pass

    def checkWords(self) -> None:
        """Check that the word index contains the words of all texts up to C{indexed}, and no others."""
        self.connection.execute("INSERT INTO word (word, rank) VALUES ('integrity-check', 1)")

    def refused(self, receipt: Deferred[Entry]) -> str:
        """The reason why an event was not stored."""
        error = self.failureResultOf(receipt, NotStored).value
        assert isinstance(error, NotStored)
        return error.why

    def readAll(self, span: Span | Around) -> Sequence[Kept]:
        """Read a range that may contain damage."""
        reading = self.history.read(span)
        self.settle()
        return self.successResultOf(reading)

    def read(self, span: Span | Around) -> list[Entry]:
        """Read a range without damage."""
        return sound(self.readAll(span))

    def onDisk(self, query: str = "SELECT sequence FROM entry ORDER BY sequence") -> list[Any]:
        """Run a query as another process does.  Return the first column."""
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            return [row[0] for row in connection.execute(query)]
        finally:
            connection.close()
