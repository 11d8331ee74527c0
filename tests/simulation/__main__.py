"""
C{python -m tests.simulation}: run a simulation.

Text hashes must not depend on the process, or sets would have another order in each run.  So this starts Python again
with a fixed C{PYTHONHASHSEED}.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from tests.simulation.planted import FAULTS
from tests.simulation.running import EPISODE, Failure, runSeed, runSteps
from tests.simulation.shrinking import shrink
from tests.simulation.steps import readSteps
from tests.simulation.world import World


class Totals:
    """What was done so far."""

    def __init__(self) -> None:
        self.steps = self.entries = self.texts = self.heard = 0
        self.slowest = 0.0

    def add(self, world: World) -> None:
        """Add an episode."""
        self.steps += world.steps
        self.entries += world.ledger.applied
        self.texts += len(world.ledger.texts)
        self.heard += world.heard
        self.slowest = max(self.slowest, world.slowest)

    def __str__(self) -> str:
        """One line with all numbers."""
        return (
            f"{self.steps:,} steps, {self.entries:,} entries, {self.texts:,} texts, heard {self.heard:,} times;"
            f" the longest wait for an answer: {self.slowest:.1f} s"
        )


def main(arguments: Sequence[str]) -> int:
    """
    Run a simulation.

    @return: the exit status: 1 if a promise was broken.
    """
    chosen = _parse(arguments)
    plant = FAULTS[chosen.plant]() if chosen.plant else nullcontext()
    began = time.monotonic()
    with plant:
        if chosen.steps_of is not None:
            failure = runSteps(readSteps(chosen.steps_of.read_text().splitlines()))
            return 0 if failure is None else _report(failure, "", chosen)
        totals = Totals()
        only, _, episode = chosen.seed.partition("/")
        number = 0
        while totals.steps < chosen.steps:
            seed = chosen.seed if episode else f"{only}/{number}"
            failure = runSeed(seed, EPISODE, totals.add)
            if failure is not None:
                return _report(failure, seed, chosen)
            if episode:
                break
            number += 1
    print(f"seed {chosen.seed}: {totals}; {time.monotonic() - began:.0f} s.  Every promise held.")
    return 0


def _report(failure: Failure, seed: str, chosen: argparse.Namespace) -> int:
    """Print how a promise was broken, and the shortest steps that were found."""
    print(f"After {len(failure.steps):,} steps: {failure.broken}")
    if seed:
        plant = f" --plant {chosen.plant}" if chosen.plant else ""
        print(f"Run it again: python -m tests.simulation --seed {seed}{plant}")
    shorter = shrink(failure, time.monotonic, chosen.shrink)
    print(f"These {len(shorter.steps)} steps are enough ({shorter.broken}):")
    for step in shorter.steps:
        print(step)
    return 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments.  A mistake ends the process with a message."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation",
        description="Drive a whole server in memory, and check every promise after each step.",
    )
    parser.add_argument("--seed", help="decides about everything that happens [a new one]")
    parser.add_argument("--steps", type=int, default=100_000, help="how many steps to run [100,000]")
    parser.add_argument("--plant", choices=FAULTS, help="plant this fault into the server")
    parser.add_argument("--run", dest="steps_of", type=Path, help="run the steps of this file instead")
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds for finding a shorter list of steps [60]")
    chosen = parser.parse_args(arguments)
    chosen.seed = chosen.seed or secrets.token_hex(4)
    return chosen


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    sys.exit(main(sys.argv[1:]))
