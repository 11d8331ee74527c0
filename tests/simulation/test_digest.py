"""The same seed gives the same bytes in each process, whatever the order of sets is there."""

from __future__ import annotations

import os
import sys
from subprocess import run
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

SCRIPT: Final = """
from tests.simulation.runs.running import Totals, runSeed

class Printing(Totals):
    def add(self, world, taken):
        print(len(taken), world.digest.hexdigest())

for episode in range(2):
    assert runSeed(f"digest/{episode}", Printing(), 1000) is None
"""


class DigestTests(SynchronousTestCase):
    """Two processes with different hashes of strings."""

    def test_same(self) -> None:
        """They send the same bytes to the clients."""
        one, other = self.digests("1"), self.digests("2")
        self.assertEqual(one, other)
        self.assertEqual(["1000", "1000"], [line.split()[0] for line in one])
        self.assertNotEqual(*one)

    def digests(self, seed: str) -> list[str]:
        """Run the script in a process with this seed of the hashes of strings."""
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()
