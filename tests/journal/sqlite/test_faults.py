"""Faults of the disk, and files that are not a journal."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import skipIf

from twisted.logger import LogLevel, capturedLogs, formatEvent

from tests.journal.disk import DiskTestCase, useConnection
from twistchat.chat.errors import NoSuchRoom, NotRead, NotStored
from twistchat.chat.model.events import Entry, Joined, Quit
from twistchat.chat.model.spans import Span
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.testing.contract import ANN, said
from twistchat.testing.workers import HeldWorker


class FailingConnection:
    """
    A connection on which every statement but one fails, as no test can make a real disk fail.

    @ivar asked: the statements that it was given.
    """

    in_transaction = False

    def __init__(self, connection: sqlite3.Connection, code: int, name: str) -> None:
        self._connection = connection
        self._code = code
        self._name = name
        self.asked: list[str] = []

    def execute(self, statement: str, parameters: object = ()) -> Any:
        """Raise the error."""
        self.asked.append(statement)
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = self._code
        error.sqlite_errorname = self._name
        raise error

    def close(self) -> None:
        """Close the real connection."""
        self._connection.close()


class FaultTests(DiskTestCase):
    """Faults that end, and failed syncs, which do not."""

    def setUp(self) -> None:
        """Store an entry, and set a short timeout for locks."""
        super().setUp()
        self.before = self.append(said("before"))
        self.connection.execute("PRAGMA busy_timeout = 1")

    @contextmanager
    def logged(self, *levels: LogLevel) -> Iterator[list[str]]:
        """Check the levels of the log messages, and return the messages."""
        lines: list[str] = []
        with capturedLogs() as events:
            yield lines
        lines += [formatEvent(event) for event in events]
        self.assertEqual([event["log_level"].name for event in events], [level.name for level in levels], lines)

    def assertRefused(self, why: str) -> None:
        """
        Check that durable events are refused with the reason, passing events are applied in order, and earlier texts
        can be read.
        """
        self.applied.clear()
        receipts = [self.journal.append(event) for event in (said("lost"), Joined(ANN, "#room"), said("lost too"))]
        gone = self.journal.append(Quit(ANN, ""))
        self.settle()
        self.assertEqual([self.refused(receipts[0]), self.refused(receipts[2])], [why, why])
        self.assertEqual(self.applied, [self.successResultOf(receipts[1]), self.successResultOf(gone)])
        self.assertEqual(self.read(Span("#room", 9)), self.before)

    def assertWrites(self) -> None:
        """Check that the journal works again."""
        self.before += self.append(said("after"))
        self.assertEqual(self.read(Span("#room", 9)), self.before)
        self.closeJournal()
        self.openJournal()
        self.assertEqual(self.read(Span("#room", 9)), self.before)
        self.assertEqual(self.onDisk("PRAGMA integrity_check"), ["ok"])

    def test_diskFull(self) -> None:
        """The disk is full for a while.  The start and the end are logged, one line each."""
        (pages,) = self.connection.execute("PRAGMA page_count").fetchone()
        self.connection.execute(f"PRAGMA max_page_count = {pages}")
        big = "x" * 9000
        with self.logged(LogLevel.error) as lines:
            for _ in range(3):
                receipt = self.journal.append(said(big))
                self.settle()
                self.assertEqual(self.refused(receipt), "the disk is full")
        self.assertIn("the disk is full: database or disk is full (SQLITE_FULL)", lines[0])
        self.assertEqual(self.read(Span("#room", 9)), self.before)
        self.connection.execute("PRAGMA max_page_count = 1000000")
        with self.logged(LogLevel.info) as lines:
            self.before += self.append(said(big))
        self.assertEqual(lines, ["The journal can be written again.  Not taken meanwhile: 3 messages"])
        self.assertWrites()

    def test_locked(self) -> None:
        """Another process locks the file for a while."""
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        with self.logged(LogLevel.error):
            self.assertRefused("another process has the journal locked")
            self.assertRefused("another process has the journal locked")
        other.execute("ROLLBACK")
        with self.logged(LogLevel.info):
            self.before += self.append(said("again"))
        self.assertWrites()

    def test_refusedMeanwhile(self) -> None:
        """An entry that was refused, and could not be deleted because of a fault, is deleted when the fault ends."""

        def apply(entry: Entry) -> None:
            if entry.event != said("again"):
                raise NoSuchRoom("#room")

        self.closeJournal()
        self.openJournal(apply, keepPassing=True)
        receipt = self.journal.append(said("refused"))
        self.writer.step()
        with self.logged(LogLevel.error):
            failing = self.failFrom(sqlite3.SQLITE_BUSY, "SQLITE_BUSY")
            passing = self.journal.append(Joined(ANN, "#room"))
            self.settle()
        for each in (receipt, passing):
            self.failureResultOf(each, NoSuchRoom)
        refused = json.loads(self.journal.refused())
        self.assertEqual(len(refused), 1)  # the passing event is not on disk
        self.assertEqual(self.onDisk()[-1:], refused)
        self.assertTrue(failing.asked)
        useConnection(self.store, self.real)
        with self.logged(LogLevel.info):
            (again,) = self.append(said("again"))
        self.assertEqual((self.journal.refused(), self.onDisk()[1:]), ("[]", [again.sequence]))

    def test_failingWrites(self) -> None:
        """A write fails.  Its events are refused, and the next write succeeds."""
        with self.logged(LogLevel.error):
            self.failFrom(sqlite3.SQLITE_IOERR_WRITE, "SQLITE_IOERR_WRITE")
            self.assertRefused("the disk failed")
        useConnection(self.store, self.real)
        with self.logged(LogLevel.info):
            self.before += self.append(said("again"))
        self.assertWrites()

    def failFrom(self, code: int, name: str) -> FailingConnection:
        """Let every write fail from now on."""
        self.real = self.connection
        failing = FailingConnection(self.real, code, name)
        self.patch(self.store, "_connection", failing)  # private: see L{useConnection}; patch() takes it back
        return failing

    def test_failedFsync(self) -> None:
        """After a failed sync nothing is written until a restart."""
        why = "the disk failed, and the server must be restarted"
        with self.logged(LogLevel.critical) as lines:
            failing = self.failFrom(sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC")
            self.assertRefused(why)
            asked = list(failing.asked)
            self.assertRefused(why)
            self.assertEqual(failing.asked, asked)
            useConnection(self.store, self.real)
            self.assertRefused(why)
        self.assertIn("SQLITE_IOERR_FSYNC", lines[0])
        self.assertEqual(self.refused(self.journal.append(said("at once"))), why)
        self.closeJournal()
        self.openJournal()
        self.assertWrites()

    def test_failedFsyncOfCheckpoint(self) -> None:
        """After a failed sync of a checkpoint nothing is written either."""
        failing = self.failFrom(sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC")
        with self.logged(LogLevel.critical):
            self.journal.committer.threads._checkpoint()  # private: a checkpoint is due after many entries
            self.settle()
        self.assertEqual(len(failing.asked), 1)
        self.assertRefused("the disk failed, and the server must be restarted")

    def test_waitingAtFailedFsync(self) -> None:
        """Events that wait during a failed sync are refused too."""
        failing = self.failFrom(sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC")
        receipts = [self.journal.append(said(text)) for text in "ab"]
        with self.logged(LogLevel.critical):
            self.settle()
        self.assertEqual(len(failing.asked), 1)
        for receipt in receipts:
            self.failureResultOf(receipt, NotStored)

    def test_damaged(self) -> None:
        """A read of a damaged page fails with the reason."""
        self.append(*(said("x" * 3000) for _ in range(300)))
        self.closeJournal()
        data = bytearray(self.path.read_bytes())
        pages = len(data) // 4096
        for page in range(pages // 3, pages // 3 * 2):
            data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        self.path.write_bytes(data)
        self.openJournal()
        reading = self.history.read(Span("#room", 500))
        self.settle()
        self.assertEqual(self.failureResultOf(reading, NotRead).value.why, "the journal's file is damaged")

    def test_bugs(self) -> None:
        """An unexpected exception fails one batch, and is logged."""
        self.patch(self.store, "write", lambda *batch: 1 // 0)
        self.assertRefused("the journal failed")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class OpenTests(DiskTestCase):
    """Directories and files that are not a journal, and permissions of a journal's files."""

    def setUp(self) -> None:
        """Make a closed journal."""
        super().setUp()
        self.append(said("a"))
        self.closeJournal()

    def unusable(self) -> str:
        """The reason why the journal cannot be opened."""
        journal, _ = sqliteJournal(
            self.directory, lambda: 1.0, lambda: "name", lambda: bytes(32), lambda name: HeldWorker()
        )
        error = self.failureResultOf(journal.open(lambda entry, origin: None), JournalUnusable).value
        self.assertNotIn("\n", str(error))
        return str(error)

    def test_modes(self) -> None:
        """No other user can read the files."""
        self.directory += "/new/data"
        self.openJournal()
        self.append(said("a"))
        self.assertEqual(stat.S_IMODE(Path(self.directory).stat().st_mode), 0o700)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path(self.directory).iterdir()}
        names = ("journal.lock", "journal.sqlite", "journal.sqlite-shm", "journal.sqlite-wal")
        self.assertEqual(modes, dict.fromkeys(names, 0o600))

    def test_second(self) -> None:
        """A second server is refused until the first has closed the journal."""
        self.openJournal()
        why = f"another command or a server (process {os.getpid()}) uses {self.directory}"
        self.assertEqual(self.unusable(), f"{why}; stop it first, or name another directory with --data")
        self.closeJournal()
        self.openJournal()

    def test_newer(self) -> None:
        """A journal of a newer version is refused and not changed."""
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA user_version = 1000")
        connection.close()
        self.assertIn(
            "was written by a newer twistchat (its schema is version 1000, and this one knows", self.unusable()
        )

    def test_foreign(self) -> None:
        """Another program's database is refused and not changed."""
        for statement in ("PRAGMA application_id = 7", "CREATE TABLE mine (x)", "PRAGMA user_version = 3"):
            self.path.unlink()
            with sqlite3.connect(self.path) as connection:
                connection.execute(statement)
            connection.close()
            before = self.path.read_bytes()
            self.assertEqual(self.unusable(), f"{self.path} is a database, but not a journal of twistchat")
            self.assertEqual(self.path.read_bytes(), before)

    def test_noDatabase(self) -> None:
        """A file that is not a database, or is damaged, is refused."""
        self.path.write_bytes(b"hello " * 1000)
        why = self.unusable()
        data = f"--data {self.path.parent}"
        self.assertEqual(
            why,
            f"{self.path}: the journal's file is damaged: file is not a database (SQLITE_NOTADB);"
            f" twistchat check {data} says more; to restore a backup, move journal.sqlite and the files beside it away,"
            f" and use twistchat restore {data} FILE",
        )

    def test_noDirectory(self) -> None:
        """A directory that cannot be created is reported."""
        file = self.path
        self.directory = f"{file}/below"
        self.assertEqual(self.unusable(), f"{file}/below: Not a directory")
        self.directory = str(file)
        self.assertEqual(self.unusable(), f"{file} is not a directory; name one with --data")

    @skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_readOnly(self) -> None:
        """A read-only directory is reported."""
        directory = Path(self.directory)
        directory.chmod(0o500)
        self.addCleanup(directory.chmod, 0o700)
        self.assertIn("Permission denied", self.unusable())

    def test_empty(self) -> None:
        """An empty file becomes a journal, because an earlier start may have left it."""
        self.path.write_bytes(b"")
        self.openJournal()
        self.assertEqual(len(self.append(said("a"))), 1)

    def test_refusedThenUsable(self) -> None:
        """A failed start unlocks the directory."""
        kept = self.path.read_bytes()
        self.path.write_bytes(b"hello " * 1000)
        self.unusable()
        self.path.write_bytes(kept)
        self.openJournal()
        self.assertEqual(len(self.read(Span("#room", 9))), 1)
