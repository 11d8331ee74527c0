"""Tests of L{twistchat.journal.sqlite.maintenance.copying}."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.shim.disk import Cut, Disk
from bench.fire.shim.record import Kind, records
from tests.bench.fire.shim.preloaded import PreloadedTestCase
from twistchat.journal.sqlite.maintenance.copying import PAGES, copyTo

BLOB = 4000
"""The size of a row, which fills a page."""

COPY = f"""
import sqlite3
from pathlib import Path
from twistchat.directories import makeDirectory
from twistchat.journal.sqlite.maintenance.copying import copyTo
source = sqlite3.connect("source", isolation_level=None)
source.execute("CREATE TABLE row (body)")
source.executemany("INSERT INTO row VALUES (?)", [("x" * {BLOB},)] * 600)
makeDirectory(Path("disk/new"))
copyTo(source, Path("disk/new/copy"))
"""
"""Code that copies a database of three steps to a new folder."""


class CopyTests(SynchronousTestCase):
    """Copies of a database of several steps that is in use."""

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.source, self.target = self.folder / "source", self.folder / "target"
        self.writer = self.connect(self.source)
        self.writer.execute("PRAGMA journal_mode = WAL")
        self.writer.execute("PRAGMA synchronous = OFF")
        self.writer.execute("CREATE TABLE row (body)")
        self.write(3 * PAGES)
        self.reader = self.connect(self.source)

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open a database."""
        connection = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(connection.close)
        return connection

    def write(self, count: int = 1) -> None:
        """Add rows to the source."""
        self.writer.execute("BEGIN")
        self.writer.executemany("INSERT INTO row VALUES (zeroblob(?))", [(BLOB,)] * count)
        self.writer.execute("COMMIT")

    def copied(self) -> int:
        """The number of rows of the copy."""
        with closing(sqlite3.connect(self.target)) as copy:
            ((count,),) = copy.execute("SELECT count(*) FROM row")
        return int(count)

    def test_progress(self) -> None:
        """The function is called after each step, with the part that was copied."""
        parts: list[float] = []
        copyTo(self.reader, self.target, parts.append)
        self.assertEqual((4, 1.0), (len(parts), parts[-1]))
        self.assertEqual(sorted(set(parts)), parts)

    def test_written(self) -> None:
        """Writes during a copy neither wait, nor restart it, nor are in it.  A copy that restarts fails the test."""
        parts: list[float] = []

        def progress(part: float) -> None:
            parts.append(part)
            if len(parts) > 10:
                self.fail("the copy began again")
            self.write()

        copyTo(self.reader, self.target, progress)
        self.assertEqual((4, 3 * PAGES), (len(parts), self.copied()))
        self.assertFalse(self.reader.in_transaction)
        copyTo(self.reader, self.target)
        self.assertEqual(3 * PAGES + 4, self.copied())

    def test_private(self) -> None:
        """Only the owner can read the copy, or any file that is there while it is made, whatever the umask is."""
        earlier = os.umask(0)
        self.addCleanup(os.umask, earlier)
        modes: dict[str, int] = {}

        def note(_: object) -> None:
            modes.update({path.name: stat.S_IMODE(path.stat().st_mode) for path in self.folder.glob("target*")})

        copyTo(self.reader, self.target, note, note)
        note(None)
        self.assertIn("target.part", modes)
        self.assertIn("target", modes)
        self.assertEqual(modes, dict.fromkeys(modes, 0o600))

    def test_inTransaction(self) -> None:
        """A transaction that the connection is in continues, and the copy has what it sees."""
        self.reader.execute("BEGIN")
        self.reader.execute("SELECT count(*) FROM row").fetchone()
        self.write()
        copyTo(self.reader, self.target)
        self.assertTrue(self.reader.in_transaction)
        self.assertEqual(3 * PAGES, self.copied())

    def test_interrupted(self) -> None:
        """An interrupted copy leaves no file."""
        for error in (KeyboardInterrupt, SystemExit, ValueError):

            def progress(part: float, error: type[BaseException] = error) -> None:
                raise error

            self.assertRaises(error, copyTo, self.reader, self.target, progress)
            self.assertFalse(self.reader.in_transaction)
            self.assertEqual([], list(self.folder.glob("target*")))

    def test_fullDisk(self) -> None:
        """If the disk is full, the files that SQLite leaves are removed, too."""

        def progress(part: float) -> None:
            for end in ("-journal", "-wal", "-shm"):
                (self.folder / f"target.part{end}").write_text("left")
            raise OSError(28, "No space left on device")

        self.assertRaises(OSError, copyTo, self.reader, self.target, progress)
        self.assertEqual([], list(self.folder.glob("target*")))


class PowerCutTests(PreloadedTestCase):
    """A power cut while a copy is made."""

    def test_cuts(self) -> None:
        """At every moment of a copy, after a power cut there is either the whole copy or none."""
        self.execute(COPY)
        disk, found = Disk(), set[bytes | None]()
        for place, record in enumerate(records(self.record)):
            disk.apply(record)
            if record.kind is not Kind.WRITTEN:
                found.update(copyAfter(disk, Cut(kept, place)) for kept in (0.0, 0.3, 0.7, 1.0))
        whole = (self.disk / "new" / "copy").read_bytes()
        self.assertEqual(found, {None, whole})
        self.assertEqual(copyAfter(disk, Cut(0.0)), whole)
        with closing(sqlite3.connect(self.disk / "new" / "copy")) as copy:
            self.assertEqual(copy.execute("SELECT count(*) FROM row").fetchone(), (600,))


def copyAfter(disk: Disk, cut: Cut) -> bytes | None:
    """The copy after a power cut; C{None} if there is none."""
    return dict(disk.after(cut)).get("new/copy")
