"""The faults, as they appear to Python and to SQLite in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

from bench.fire.shim import faults
from bench.fire.shim.faults import NotBuilt, build, unavailable
from tests.bench.fire.shim.preloaded import PreloadedTestCase

TRIED = """
import os, sqlite3, tempfile, time
def tried(act, *arguments):
    try:
        return act(*arguments)
    except OSError as e:
        return e.strerror
    except sqlite3.Error as e:
        return e.sqlite_errorname
inside = os.open("disk/file", os.O_RDWR | os.O_CREAT)
outside = os.open("file", os.O_RDWR | os.O_CREAT)
os.pwrite(outside, b"abc", 0)
def both(act, *arguments):
    print(tried(act, inside, *arguments), tried(act, outside, *arguments), sep="; ")
def journal():
    connection = sqlite3.connect("disk/journal", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS line (text)")
    return connection
"""
"""Code that tries something with a file that is affected and with one that is not."""


class FaultsTests(PreloadedTestCase):
    """Each fault."""

    def test_none(self) -> None:
        """Without a fault all is as usual."""
        self.assertEqual(
            self.execute(
                TRIED + "both(os.write, b'xyz'); both(os.pread, 2, 1); both(os.fsync); print(len(os.listdir()))"
            ),
            "3; 3\nb'yz'; b'yz'\nNone; None\n4\n",
        )
        counts = self.faults.counts()
        self.assertEqual((counts.badWrites, counts.badReads, counts.badSyncs, counts.shortWrites), (0, 0, 0, 0))
        self.assertEqual(counts.syncs, 1)

    def test_full(self) -> None:
        """The disk takes so many bytes, the last write is short, and the next one fails."""
        self.faults.fill(5)
        code = "both(os.write, b'xyz'); both(os.pwrite, b'xyz', 3); both(os.writev, [b'x', b'yz'])"
        self.assertEqual(self.execute(TRIED + code), "3; 3\n2; 3\nNo space left on device; 3\n")
        self.assertEqual((self.disk / "file").read_bytes(), b"xyzxy")
        self.assertEqual((self.faults.counts().badWrites, self.faults.counts().shortWrites), (1, 1))
        self.faults.heal()
        self.assertEqual(self.execute(TRIED + "both(os.write, b'xyz')"), "3; 3\n")

    def test_nameless(self) -> None:
        """A temporary file without a name is affected too."""
        self.faults.fill()
        code = "print(tried(tempfile.TemporaryFile(dir='disk', buffering=0).write, b'x'))"
        self.assertEqual(self.execute(TRIED + code), "No space left on device\n")

    def test_writes(self) -> None:
        """Writes fail."""
        self.faults.failWrites()
        code = "both(os.write, b'xyz'); both(os.pwrite, b'', 0); both(os.pread, 3, 0)"
        self.assertEqual(self.execute(TRIED + code), "Input/output error; 3\nInput/output error; 0\nb''; b'xyz'\n")

    def test_reads(self) -> None:
        """Reads fail."""
        self.faults.failReads()
        code = "both(os.write, b'xyz'); both(os.pread, 3, 0); both(os.read, 1)"
        self.assertEqual(self.execute(TRIED + code), "3; 3\nInput/output error; b'xyz'\nInput/output error; b''\n")
        self.assertEqual(self.faults.counts().badReads, 2)

    def test_syncs(self) -> None:
        """So many syncs fail, then they succeed again; or all fail."""
        self.faults.failSyncs(2)
        code = "both(os.fsync); both(os.fdatasync); both(os.fdatasync)"
        bad = "Input/output error; None\n"
        self.assertEqual(self.execute(TRIED + code), bad + bad + "None; None\n")
        self.faults.failSyncs()
        self.assertEqual(self.execute(TRIED + code), bad * 3)
        self.assertEqual(self.faults.counts().badSyncs, 5)

    def test_slow(self) -> None:
        """Syncs take longer, only of the affected files."""
        self.faults.delaySyncs(0.3)
        code = "began = time.monotonic(); os.fsync(outside); between = time.monotonic(); os.fsync(inside);"
        code += "print(between - began < 0.3 <= time.monotonic() - between)"
        self.assertEqual(self.execute(TRIED + code), "True\n")

    def test_short(self) -> None:
        """A write takes only a part, and SQLite writes the rest."""
        self.faults.shortenWrites(100)
        code = "both(os.pwrite, bytes(150), 0); journal().execute('INSERT INTO line VALUES (?)', ('x' * 10_000,))"
        self.assertEqual(self.execute(TRIED + code), "100; 150\n")
        self.assertGreater(self.faults.counts().shortWrites, 100)
        self.assertEqual(
            self.execute(TRIED + "print(len(*journal().execute('SELECT text FROM line').fetchone()))"), "10000\n"
        )

    def test_sqlite(self) -> None:
        """SQLite meets each fault: nothing that it does with its files goes another way."""
        write = TRIED + "print(tried(lambda: journal().execute('INSERT INTO line VALUES (1)') and None))"
        self.assertEqual(self.execute(write), "None\n")
        for fault, error in (
            (self.faults.failSyncs, "SQLITE_IOERR_FSYNC"),
            (self.faults.failWrites, "SQLITE_IOERR_SHMSIZE"),
            (self.faults.failReads, "SQLITE_IOERR_CORRUPTFS"),
        ):
            fault()
            self.assertEqual(self.execute(write), f"{error}\n")
            self.faults.heal()
            self.assertEqual(self.execute(write), "None\n")

    def test_clock(self) -> None:
        """The wall clock is an hour off, for Python and for SQLite.  The monotonic clock and waiting are not."""
        code = "import threading; began = time.monotonic(); threading.Event().wait(0.01);"
        code += "seconds, = sqlite3.connect(':memory:').execute(\"SELECT strftime('%s')\").fetchone();"
        code += "print(time.time(), time.time_ns() / 1e9, seconds, time.monotonic() - began < 10)"
        now = float(self.execute(TRIED + "print(time.time())"))
        for hours in (1, -1):
            self.faults.shiftClock(3600 * hours)
            *times, soon = self.execute(TRIED + code).split()
            for each in times:
                self.assertApproximates(float(each), now + 3600 * hours, 60)
            self.assertEqual(soon, "True")


class BuildTests(PreloadedTestCase):
    """Building."""

    def test_unavailable(self) -> None:
        """Without a compiler there is a reason why nothing is built."""
        self.assertIsNone(unavailable())
        self.patch(os, "environ", {"PATH": str(self.folder)})
        self.assertEqual(unavailable(), "there is no C compiler (cc)")
        self.assertRaises(NotBuilt, build, self.folder)

    def test_broken(self) -> None:
        """The compiler's message is the error."""
        (self.folder / "broken.c").write_text("no C")
        self.patch(faults, "SOURCES", Path(self.folder))
        self.assertIn("broken.c", str(self.assertRaises(NotBuilt, build, self.folder)))
