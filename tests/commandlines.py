"""A base for tests of the command line."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.python.logfile import LogFile
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import Settings
from twistchat.options import ChatOptions
from twistchat.tap import Options


class CommandLineTestCase(SynchronousTestCase):
    """Run each test in an empty directory."""

    def setUp(self) -> None:
        self.directory = Path(mkdtemp()).resolve()
        self.addCleanup(rmtree, self.directory)
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.directory)

    def parse(self, *arguments: str) -> ChatOptions:
        """Parse a command line."""
        options = Options()
        options.parseOptions(arguments)
        return options

    def settings(self, *arguments: str) -> Settings:
        """Return the settings of a command line."""
        return self.parse(*arguments).settings

    def refused(self, *arguments: str) -> str:
        """Check that a command line stops the start with one line, and return the line."""
        text = str(self.assertRaises(SystemExit, self.parse, *arguments))
        self.assertTrue(text.startswith("twistchat: "), text)
        self.assertEqual(1, len(text.splitlines()), text)
        return text

    def closeLogs(self) -> None:
        """Close the log files that are opened from now on at the end of the test."""
        openFile = LogFile.fromFullPath

        def opened(name: str) -> Any:
            file = openFile(name)
            self.addCleanup(file.close)
            return file

        self.patch(LogFile, "fromFullPath", staticmethod(opened))

    def write(self, name: str, text: str) -> None:
        """Write a file into the directory."""
        (self.directory / name).write_text(text)
