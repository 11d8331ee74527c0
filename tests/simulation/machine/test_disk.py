"""Tests for L{tests.simulation.machine.disk}."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.simulation.machine.disk import Disk, FaultyConnection, SimulatedWorker, copyJournal


class WorkerTests(SynchronousTestCase):
    """Threads."""

    def test_steps(self) -> None:
        """Each step runs or reports one item, in order, also one that fails."""
        worker, seen = SimulatedWorker("writer"), list[object]()

        def work() -> str:
            seen.append("works")
            return "outcome"

        worker.submit(work, seen.append)
        worker.submit(lambda: 1 / 0, lambda outcome: seen.append(type(outcome)))
        worker.report()
        self.assertEqual([], seen)
        worker.work()
        worker.work()
        worker.work()
        self.assertEqual((["works"], False), (seen, worker.isIdle))
        worker.report()
        worker.report()
        worker.report()
        self.assertEqual((["works", "outcome", Failure], True), (seen, worker.isIdle))


class FaultTests(SynchronousTestCase):
    """Faults of the disk."""

    def setUp(self) -> None:
        """Make a database on the disk."""
        self.disk = Disk()
        connection = sqlite3.connect(":memory:", isolation_level=None)
        self.addCleanup(connection.close)
        self.connection = FaultyConnection(connection, self.disk)
        self.connection.execute("CREATE TABLE entry (sequence)")
        self.disk._reader = connection  # private: to watch a log, the disk needs a whole one

    def write(self) -> None:
        """Write an entry in a transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.connection.execute("INSERT INTO entry VALUES (1)")
            self.connection.execute("COMMIT")
        except sqlite3.OperationalError:
            self.connection.execute("ROLLBACK")
            raise

    def count(self) -> int:
        """Count the entries.  Reading goes on while there is a fault."""
        return int(self.connection.execute("SELECT count(*) FROM entry").fetchone()[0])

    def test_faults(self) -> None:
        """With each fault nothing is stored, and the error has its code.  It ends with the fault."""
        for fault, code in (
            ("full", sqlite3.SQLITE_FULL),
            ("locked", sqlite3.SQLITE_BUSY),
            ("failing", sqlite3.SQLITE_IOERR_WRITE),
            ("unsynced", sqlite3.SQLITE_IOERR_FSYNC),
        ):
            self.disk.fault = fault
            error = self.assertRaises(sqlite3.OperationalError, self.write)
            self.assertEqual((code, 0), (error.sqlite_errorcode, self.count()))
            self.assertEqual(fault == "unsynced", self.disk.broken)
        self.disk.fault = ""
        self.write()
        self.assertEqual(1, self.count())


class CopyTests(SynchronousTestCase):
    """The files that a killed process leaves."""

    def test_copy(self) -> None:
        """The database and its WAL are copied as they are, and nothing else."""
        old, new = Path(self.mktemp()), Path(self.mktemp())
        old.mkdir()
        for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "lock"):
            (old / name).write_bytes(name.encode())
        copyJournal(old, new)
        self.assertEqual(["journal.sqlite", "journal.sqlite-wal"], sorted(path.name for path in new.iterdir()))
        self.assertEqual(b"journal.sqlite-wal", (new / "journal.sqlite-wal").read_bytes())
