"""The model of a disk."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.shim.disk import Cut, Disk
from bench.fire.shim.record import Kind, Record

LOST, KEPT = Cut(0.0), Cut(1.0)

FOLDER, DIRECTORY, FILE, OTHER = 1, 2, 3, 4
"""The inodes."""


class DiskTests(SynchronousTestCase):
    """What is on the disk after a power cut."""

    def setUp(self) -> None:
        """Begin with an empty folder."""
        self.disk = Disk()
        self.syncs = 0
        self.add(Kind.STARTED, FOLDER)

    def add(self, kind: Kind, file: int = 0, offset: int = 0, data: bytes = b"") -> None:
        """Add a record."""
        self.disk.apply(Record(kind, 0, file, offset, data))

    def create(self, file: int = FILE, name: bytes = b"a") -> None:
        """Create a file, whose name is on the disk."""
        self.add(Kind.CREATED, file, data=name)
        self.sync(FOLDER)

    def write(self, data: bytes, offset: int = 0, file: int = FILE) -> None:
        """Write to a file."""
        self.add(Kind.WRITTEN, file, offset, data)

    def begin(self, file: int = FILE) -> int:
        """Begin a sync, and return its number."""
        self.syncs += 1
        self.add(Kind.SYNCING, file, self.syncs)
        return self.syncs

    def sync(self, file: int = FILE, well: bool = True) -> None:
        """Sync a file or a directory."""
        self.add(Kind.SYNCED if well else Kind.NOT_SYNCED, file, self.begin(file))

    def after(self, cut: Cut) -> dict[str, bytes | None]:
        """What is there after a cut."""
        return dict(self.disk.after(cut))

    def test_content(self) -> None:
        """Synced bytes are there.  Later ones may be lost or kept."""
        self.create()
        self.write(b"abc")
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({"a": b""}, {"a": b"abc"}))
        self.sync()
        self.write(b"X", 1)
        self.write(b"Y", 5)
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({"a": b"abc"}, {"a": b"aXc\0\0Y"}))

    def test_during(self) -> None:
        """A sync stores what was written before it began, when it has ended."""
        self.create()
        self.write(b"abc")
        number = self.begin()
        self.write(b"def", 3)
        self.assertEqual(self.after(LOST), {"a": b""})
        self.add(Kind.SYNCED, FILE, number)
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({"a": b"abc"}, {"a": b"abcdef"}))

    def test_other(self) -> None:
        """The sync of one file stores nothing of another."""
        self.create()
        self.create(OTHER, b"b")
        self.write(b"abc", file=OTHER)
        self.sync(FILE)
        self.assertEqual(self.after(LOST), {"a": b"", "b": b""})

    def test_truncated(self) -> None:
        """A new size is a change like others: a synced one is certain."""
        self.create()
        self.write(b"abcdef")
        self.sync()
        self.add(Kind.TRUNCATED, FILE, 2)
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({"a": b"abcdef"}, {"a": b"ab"}))
        self.add(Kind.TRUNCATED, FILE, 4)
        self.sync()
        self.assertEqual(self.after(LOST), {"a": b"ab\0\0"})

    def test_failed(self) -> None:
        """What was written before a failed sync may be lost even after a successful one, unless it is written again."""
        self.create()
        self.write(b"abc")
        self.sync(well=False)
        self.write(b"def", 3)
        self.sync()
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({"a": b"\0\0\0def"}, {"a": b"abcdef"}))
        self.write(b"abc")
        self.sync()
        self.assertEqual(self.after(LOST), {"a": b"abcdef"})

    def test_names(self) -> None:
        """A name is certain when its directory was synced, and not when the file was."""
        self.add(Kind.CREATED, FILE, data=b"a")
        self.write(b"abc")
        self.sync()
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({}, {"a": b"abc"}))
        self.sync(FOLDER)
        self.add(Kind.RENAMED, data=b"a\0b")
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({"a": b"abc"}, {"b": b"abc"}))
        self.sync(FOLDER)
        self.add(Kind.REMOVED, data=b"b")
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({"b": b"abc"}, {}))
        self.sync(FOLDER)
        self.assertEqual(self.after(LOST), {})

    def test_directory(self) -> None:
        """A directory takes its files with it if its own name is lost."""
        self.add(Kind.MADE, DIRECTORY, data=b"d")
        self.add(Kind.CREATED, FILE, data=b"d/a")
        self.write(b"abc")
        self.sync()
        self.sync(DIRECTORY)
        self.assertEqual((self.after(LOST), self.after(KEPT)), ({}, {"d": None, "d/a": b"abc"}))
        self.sync(FOLDER)
        self.assertEqual(self.after(LOST), {"d": None, "d/a": b"abc"})

    def test_reused(self) -> None:
        """A new file may have the inode of one that was removed, which still has its name on the disk."""
        self.create()
        self.write(b"old")
        self.sync()
        self.add(Kind.REMOVED, data=b"a")
        self.add(Kind.CREATED, FILE, data=b"")
        self.write(b"new")
        self.sync()
        self.assertEqual(self.after(LOST), {"a": b"old"})

    def test_torn(self) -> None:
        """Of a write, some sectors may be there and others not, and never a part of a sector."""
        self.create()
        self.write(bytes(10_000))
        self.sync()
        self.write(b"x" * 8000, 1000)
        found = {self.after(Cut(0.5, seed))["a"] for seed in range(200)}
        self.assertIn(bytes(10_000), found)
        self.assertIn(bytes(1000) + b"x" * 8000 + bytes(1000), found)
        self.assertGreater(len(found), 20)
        for content in found:
            assert content is not None
            sectors = [content[max(1000, start) : min(9000, start + 512)] for start in range(512, 9000, 512)]
            self.assertEqual([], [sector for sector in sectors if len(set(sector)) > 1])
            self.assertEqual(set(content[:1000] + content[9000:]), {0})

    def test_extended(self) -> None:
        """The new size may be there without the bytes."""
        self.create()
        self.write(b"x" * 100)
        found = {self.after(Cut(0.5, seed))["a"] for seed in range(200)}
        self.assertEqual(found, {b"", b"x" * 100, bytes(100)})

    def test_repeats(self) -> None:
        """The same seed gives the same content."""
        self.create()
        for number in range(20):
            self.write(b"x" * 700, number * 900)
        self.assertEqual(self.after(Cut(0.5, 1)), self.after(Cut(0.5, 1)))
        self.assertNotEqual(self.after(Cut(0.5, 1)), self.after(Cut(0.5, 2)))

    def test_write(self) -> None:
        """The files are written to a folder."""
        self.add(Kind.MADE, DIRECTORY, data=b"d")
        self.add(Kind.CREATED, FILE, data=b"d/a")
        self.write(b"abc")
        folder = Path(mkdtemp())
        self.addCleanup(rmtree, folder)
        self.disk.write(folder, KEPT)
        self.assertEqual((folder / "d" / "a").read_bytes(), b"abc")

    def test_unknown(self) -> None:
        """The model refuses what it does not know: a file from elsewhere, a renamed directory."""
        self.assertRaises(ValueError, self.add, Kind.RENAMED, data=b"\0a")
        self.add(Kind.MADE, DIRECTORY, data=b"d")
        self.assertRaises(ValueError, self.add, Kind.RENAMED, data=b"d\0e")
