"""The journal's threads, which work when a step says so, and the faults of its disk."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any, Final

from twisted.python.failure import Failure

from tests.journal.disk import connectionOf, readerOf, useConnection, writerOf
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.filelog import FileLog
from twistchat.journal.sqlite.files import FILE

FAULTS: Final = {
    "full": (sqlite3.SQLITE_FULL, "SQLITE_FULL"),
    "locked": (sqlite3.SQLITE_BUSY, "SQLITE_BUSY"),
    "failing": (sqlite3.SQLITE_IOERR_WRITE, "SQLITE_IOERR_WRITE"),
    "unsynced": (sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC"),
    "unlockable": (sqlite3.SQLITE_IOERR_LOCK, "SQLITE_IOERR_LOCK"),
    "unreadable": (sqlite3.SQLITE_IOERR_READ, "SQLITE_IOERR_READ"),
}
"""
The faults: a full disk, a locked database, a write that fails, a sync that fails, a lock that cannot be taken, and a
file that cannot be read.
"""

AT_BEGIN: Final = ("locked", "unlockable")
"""The faults that let the beginning of a transaction fail."""


class SimulatedWorker:
    """
    A worker thread.  One step runs an item, and a later one reports its outcome, as a reactor learns of it later.

    @ivar name: the name of the thread.
    @ivar waiting: the items that wait to be run, each with the function that learns of its outcome.
    @ivar done: these functions and outcomes, which wait to be reported.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self.done: deque[tuple[Callable[[Any], None], Any]] = deque()

    @property
    def isIdle(self) -> bool:
        """Whether nothing waits to be run or reported."""
        return not self.waiting and not self.done

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """See L{Worker.submit <twistchat.worker.Worker.submit>}."""
        self.waiting.append((work, done))

    def stop(self) -> None:
        """See L{Worker.stop <twistchat.worker.Worker.stop>}."""

    def work(self) -> None:
        """Run the first item that waits."""
        if self.waiting:
            work, done = self.waiting.popleft()
            try:
                outcome: Any = work()
            except Exception:
                outcome = Failure()
            self.done.append((done, outcome))

    def report(self) -> None:
        """Report the first outcome that waits."""
        if self.done:
            done, outcome = self.done.popleft()
            done(outcome)


class Disk:
    """
    The disk of a journal.

    @ivar fault: the name of its fault, from L{FAULTS}; C{""} for none.
    @ivar broken: whether a sync has failed since the server started.
    @ivar last: the sequence number of the last entry in the file when that happened.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.broken = False
        self.last = 0
        self._reader: sqlite3.Connection | None = None

    def watch(self, log: FileLog, path: Path) -> None:
        """
        Let an open log write through this disk.

        @param path: its file.
        """
        self.release()
        self.broken = False
        writer = writerOf(log)
        useConnection(writer, FaultyConnection(connectionOf(writer), self))
        reader = readerOf(log)
        useConnection(reader, FaultyReader(connectionOf(reader), self))
        writer.checkRoom = self._checkRoom  # type: ignore[method-assign]  # it would look at the real disk
        self._reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def release(self) -> None:
        """Close the connection that looks at what is stored."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def has(self, sequence: int) -> bool:
        """Whether the file has an entry with this sequence number, for another process that reads it."""
        assert self._reader is not None
        return self._reader.execute("SELECT 1 FROM entry WHERE sequence = ?", (sequence,)).fetchone() is not None

    def fail(self) -> None:
        """
        Fail as the fault says.

        @raise sqlite3.OperationalError: there is a fault.
        """
        if self.fault:
            code, name = FAULTS[self.fault]
            if self.fault == "unsynced" and not self.broken:
                assert self._reader is not None
                self.broken = True
                (self.last,) = self._reader.execute("SELECT coalesce(max(sequence), 0) FROM entry").fetchone()
            error = sqlite3.OperationalError(f"the simulated disk is {self.fault}")
            error.sqlite_errorcode, error.sqlite_errorname = code, name
            raise error

    def _checkRoom(self) -> None:
        if self.fault == "full":
            raise Fault("the disk is full", "the simulated disk is full")


class FaultyConnection:
    """SQLite's connection for writing.  A fault lets the statements fail that begin or end a transaction."""

    def __init__(self, connection: sqlite3.Connection, disk: Disk) -> None:
        self._connection = connection
        self._disk = disk

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        """Run a statement."""
        if self._disk.fault and self._concerns(statement.lstrip()):
            self._disk.fail()
        return self._connection.execute(statement, parameters)

    def _concerns(self, statement: str) -> bool:
        """Whether the fault lets this statement fail: it takes the lock, or it is the one that reaches the disk."""
        if self._disk.fault == "unreadable" or statement.startswith(("SELECT", "PRAGMA busy_timeout")):
            return False
        if statement.startswith("BEGIN"):
            return self._disk.fault in AT_BEGIN
        return statement.startswith("COMMIT") or not self._connection.in_transaction

    def __getattr__(self, name: str) -> Any:
        """Everything else is the real connection's."""
        return getattr(self._connection, name)


class FaultyReader(FaultyConnection):
    """SQLite's connection for reading."""

    def _concerns(self, statement: str) -> bool:
        """Whether the fault lets this statement fail."""
        return self._disk.fault == "unreadable" and not statement.startswith("BEGIN")


@contextmanager
def spoil(folder: Path) -> Iterator[None]:
    """Replace the files of a journal by one that is none, for a while."""
    aside = folder.rename(folder.with_name(f"{folder.name}-aside"))
    folder.mkdir()
    (folder / FILE).write_bytes(b"This is no journal. " * 1000)
    try:
        yield
    finally:
        rmtree(folder)
        aside.rename(folder)


def copyJournal(old: Path, new: Path) -> None:
    """Copy the files of a journal as they are, as a killed process leaves them."""
    new.mkdir()
    for name in (FILE, f"{FILE}-wal"):
        if (old / name).exists():
            copyfile(old / name, new / name)
