"""The measurement of the disk, and the delay of its syncs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import skipIf

from twisted.trial.unittest import SynchronousTestCase

from bench.disk import slowed
from bench.fire.shim.faults import unavailable

ROOT = Path(__file__).parents[2]


class SlowedTests(SynchronousTestCase):
    """The delay of syncs."""

    def test_none(self) -> None:
        """Without a delay, a command runs as it is."""
        with slowed(Path(), 0) as prefix:
            self.assertEqual(prefix, [])

    @skipIf(unavailable() is not None, str(unavailable()))
    def test_delay(self) -> None:
        """Each sync takes longer."""
        with tempfile.TemporaryDirectory() as folder, slowed(Path(folder), 20) as prefix:
            command = [*prefix, sys.executable, "-m", "bench.disk", folder, "0.1", "100"]
            measured = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
        self.assertGreaterEqual(min(measured["syncs"]), 0.02)
