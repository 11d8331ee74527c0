"""Tests of L{twistchat.directories}."""

from __future__ import annotations

import stat
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from twistchat import directories
from twistchat.directories import makeDirectory, syncDirectory


class MakeDirectoryTests(SynchronousTestCase):
    """L{makeDirectory} and L{syncDirectory}."""

    def setUp(self) -> None:
        """Make a folder."""
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.synced: list[Path] = []
        self.patch(directories, "syncDirectory", self.synced.append)

    def test_synced(self) -> None:
        """The names of the new directories are synced, and of no others: those that existed may not be readable."""
        data = self.folder / "new" / "data"
        makeDirectory(data)
        self.assertEqual(sorted(self.synced), [self.folder, self.folder / "new"])
        self.assertEqual(stat.S_IMODE(data.stat().st_mode), 0o700)
        makeDirectory(data)
        self.assertEqual(len(self.synced), 2)

    def test_file(self) -> None:
        """A file is no directory."""
        (self.folder / "file").touch()
        self.assertRaises(FileExistsError, makeDirectory, self.folder / "file")
        self.assertRaises(NotADirectoryError, syncDirectory, self.folder / "file")
        self.assertEqual(self.synced, [])
