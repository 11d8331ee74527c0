"""Tests of L{twistchat.services.process}."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from tests.commandlines import CommandLineTestCase
from twistchat.services.process import makeDataDirectory


class GiveDirectoryTests(CommandLineTestCase):
    """The data directory of a server that changes its user."""

    def setUp(self) -> None:
        super().setUp()
        self.root = True
        self.owners: list[tuple[Path, int, int]] = []
        self.patch(os, "geteuid", lambda: 0 if self.root else 1000)
        self.patch(os, "chown", lambda path, uid, gid: self.owners.append((path, uid, gid)))
        self.path = self.directory / "data"

    def test_made(self) -> None:
        """Root makes it for the user, with the user's group or another, and readable by nobody else."""
        own = pwd.getpwnam("nobody")
        makeDataDirectory(self.path, own.pw_uid, None)
        self.assertEqual([(self.path, own.pw_uid, own.pw_gid)], self.owners)
        self.assertEqual(0o700, self.path.stat().st_mode & 0o777)
        below = self.path / "one" / "two"
        makeDataDirectory(below, own.pw_uid, 77)
        self.assertEqual((below, own.pw_uid, 77), self.owners[-1])

    def test_left(self) -> None:
        """Nothing happens if it exists, or if the process keeps its user."""
        makeDataDirectory(self.path, None, None)
        self.root = False
        makeDataDirectory(self.path, 99, None)
        self.assertFalse(self.path.exists())
        self.root = True
        self.path.mkdir()
        makeDataDirectory(self.path, 99, None)
        self.assertEqual([], self.owners)

    def test_refused(self) -> None:
        """If it cannot be made, one line says why."""
        (self.directory / "file").touch()
        stop = self.assertRaises(SystemExit, makeDataDirectory, self.directory / "file" / "data", 99, 99)
        self.assertEqual(
            f"twistchat: the data directory {self.directory}/file/data cannot be made: Not a directory", str(stop)
        )
