"""A journal on disk whose thread is the test."""

from __future__ import annotations

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
from twistchat.journal.history.retention import Retention
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.log import SqliteLog
from twistchat.journal.sqlite.reading import RowReader
from twistchat.journal.sqlite.writer import Writer
from twistchat.testing.workers import HeldWorker


def sqliteParts(*arguments: Any) -> tuple[SqliteLog, SqliteHistory]:
    """A journal on disk, made with the arguments of L{sqliteJournal}: its log and its history."""
    log, history = sqliteJournal(*arguments)
    assert isinstance(log, SqliteLog)
    assert isinstance(history, SqliteHistory)
    return log, history


def writerOf(log: SqliteLog) -> Writer:
    """What writes a log's file, for faults that only it can have."""
    return log._threads.writer  # private: the writer is the log's own, for its thread


def readerOf(log: SqliteLog) -> RowReader:
    """What reads a log's file."""
    return log._threads.reader  # private: the reader is the log's own, for its thread


def connectionOf(file: Writer | RowReader) -> sqlite3.Connection:
    """The connection of a writer or a reader with the file, for SQL that the journal never runs."""
    return file._connection  # private: the journal lets nobody else run SQL


def useConnection(file: Writer | RowReader, connection: Any) -> None:
    """Let a writer or a reader use another connection, or one that stands before its own."""
    file._connection = connection  # private: only the connection shows the statements, and makes some fail


def position(log: SqliteLog) -> int:
    """The number of the last entry that was applied."""
    return log._applied  # private: nobody else needs it


def kill(log: SqliteLog) -> None:
    """Let go of a log's files as they are, like a process that was killed."""
    writerOf(log).abandon()
    readerOf(log).close()
    log._closed = True  # private: a killed process closes nothing


def temporary(case: SynchronousTestCase) -> str:
    """A directory that is gone when the test is over."""
    directory = mkdtemp()
    case.addCleanup(rmtree, directory)
    return directory


def sound(kept: Sequence[Kept]) -> list[Entry]:
    """
    The entries of a reading, which has no damage in it.

    @raise AssertionError: it has.
    """
    entries = []
    for entry in kept:
        assert isinstance(entry, Entry), entry
        entries.append(entry)
    return entries


class DiskTestCase(SynchronousTestCase):
    """
    A journal in a directory of its own.

    @ivar directory: where it is.
    @ivar now: what its clock shows, in seconds since the epoch.
    @ivar applied: what was applied since it was opened.
    """

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
        self.journal, self.history = sqliteParts(
            self.directory,
            lambda: self.now,
            lambda: "name",
            lambda: bytes(32),
            self.makeWorker,
            "full",
            keepPassing,
            retention,
            clock,
        )
        receive = apply or self.applied.append
        self.successResultOf(self.journal.open(lambda entry, origin: receive(entry)))
        self.writer, self.reader = self.workers.values()
        self.addCleanup(self.closeJournal)

    def makeWorker(self, name: str) -> HeldWorker:
        """A thread that is none."""
        worker = self.workers[name] = HeldWorker()
        return worker

    def settle(self) -> None:
        """Let the journal finish what it is about."""
        while self.writer or self.reader:
            self.writer.run()
            self.reader.run()

    def closeJournal(self) -> None:
        """Close it in good order."""
        closed = self.journal.close()
        self.settle()
        self.successResultOf(closed)

    def die(self) -> None:
        """Let go of the files as they are, like a process that was killed."""
        self.writer.run()
        kill(self.journal)

    @property
    def store(self) -> Writer:
        """The journal's file."""
        return writerOf(self.journal)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of what writes."""
        return connectionOf(self.store)

    @property
    def path(self) -> Path:
        """Where that is."""
        return Path(self.directory, "journal.sqlite")

    def append(self, *events: Event) -> list[Entry]:
        """Append events together, and let them be stored."""
        receipts = [self.journal.append(event) for event in events]
        self.settle()
        return [self.successResultOf(receipt) for receipt in receipts]

    def index(self) -> None:
        """Let the word index have all that was applied, without waiting for its time."""
        while self.history.writer.index(position(self.journal), 1000)[1]:
            pass

    def checkWords(self) -> None:
        """Hold that the word index has the words of all texts that it is to have by now, and no others."""
        self.connection.execute("INSERT INTO word (word, rank) VALUES ('integrity-check', 1)")

    def refused(self, receipt: Deferred[Entry]) -> str:
        """Why an event was not stored."""
        error = self.failureResultOf(receipt, NotStored).value
        assert isinstance(error, NotStored)
        return error.why

    def readAll(self, span: Span | Around) -> Sequence[Kept]:
        """Read a stretch, in which there may be damage."""
        reading = self.history.read(span)
        self.settle()
        return self.successResultOf(reading)

    def read(self, span: Span | Around) -> list[Entry]:
        """Read a stretch that is sound."""
        return sound(self.readAll(span))

    def onDisk(self, query: str = "SELECT sequence FROM entry ORDER BY sequence") -> list[Any]:
        """What another process finds in the file: the first column of a query's rows."""
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            return [row[0] for row in connection.execute(query)]
        finally:
            connection.close()
