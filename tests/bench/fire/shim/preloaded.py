"""Run Python code with the preloaded library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.fire.shim.faults import Faults, install, unavailable

TIMEOUT = 30.0
"""How long some code may run, in seconds."""


def requireLibrary() -> None:
    """
    Check that the library can be built here.

    @raise SkipTest: it cannot.
    """
    why = unavailable() if sys.platform == "linux" else "the library is for Linux"
    if why is not None:
        raise SkipTest(why)


class PreloadedTestCase(SynchronousTestCase):
    """
    A test that runs code with the library.

    @ivar folder: an empty folder.
    @ivar disk: the folder in it whose files are affected.
    @ivar record: the file of the record.
    @ivar environment: the variables with which a process has the library.
    @ivar faults: the faults.
    """

    def setUp(self) -> None:
        """Make the folders and the control file."""
        requireLibrary()
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.record = self.folder / "record"
        self.environment = install(self.folder, self.disk, self.record)
        self.faults = Faults(self.folder)
        self.addCleanup(self.faults.close)

    def execute(self, code: str) -> str:
        """Run code in the folder with the library, and return its output."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout
