"""Run Python code with the preloaded library."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.fire.shim.faults import Faults, build, unavailable

TIMEOUT = 30.0
"""How long some code may run, in seconds."""


@cache
def library() -> Path:
    """
    Build the library once, and remove it at the end of the process.

    @raise SkipTest: it cannot be built here.
    """
    why = unavailable() if sys.platform == "linux" else "the library is for Linux"
    if why is not None:
        raise SkipTest(why)
    folder = Path(mkdtemp())
    atexit.register(rmtree, folder)
    return build(folder)


class PreloadedTestCase(SynchronousTestCase):
    """
    A test that runs code with the library.

    @ivar folder: an empty folder.
    @ivar disk: the folder in it whose files are affected.
    @ivar faults: the faults, with a record.
    """

    def setUp(self) -> None:
        """Make the folders and the control file."""
        built = library()
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.faults = Faults(built, self.folder, self.disk, self.folder / "record")
        self.addCleanup(self.faults.close)

    def execute(self, code: str) -> str:
        """Run code in the folder with the library, and return its output."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env=os.environ | self.faults.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout
