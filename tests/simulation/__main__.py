"""
C{python -m tests.simulation}: run a simulation.

The order of sets must not depend on the process.  So this starts Python again with a fixed C{PYTHONHASHSEED}.
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
from typing import Final

from twisted.logger import globalLogBeginner

from tests.simulation.cluster.planted import CLUSTER_FAULTS
from tests.simulation.planted import FAULTS
from tests.simulation.runs.report import report, tellEnd
from tests.simulation.runs.running import CLUSTER, SINGLE, Kind, Totals, runSeed, runSteps
from tests.simulation.runs.shrinking import EFFORT
from tests.simulation.steps import Step, readSteps

ALL_FAULTS: Final = {**FAULTS, **CLUSTER_FAULTS}
"""The faults that can be planted: into a server, and into the nodes of a cluster."""

FOLDER: Final = Path(".simulation")
"""Where the steps of failures are written."""


def main(arguments: Sequence[str]) -> int:
    """
    Run a simulation.

    @return: the exit status: 1 if a promise was broken.
    """
    chosen = _parse(arguments)
    kind = CLUSTER if chosen.cluster else SINGLE
    with ALL_FAULTS[chosen.plant].plant() if chosen.plant else nullcontext():
        if chosen.run is not None:
            failure = runSteps(chosen.run, kind)
            print("\n".join(tellEnd(chosen.run if failure is None else failure.steps)))
            print("Every promise held." if failure is None else f"BROKEN: {failure.broken}")
            return 0 if failure is None else 1
        seeds = [chosen.seed] if chosen.seed else [secrets.token_hex(4) for _ in range(chosen.seeds)]
        # All seeds run, so that one failure does not hide another.
        return max([_runSeed(seed, chosen, kind) for seed in seeds])


def _runSeed(seed: str, chosen: argparse.Namespace, kind: Kind) -> int:
    """
    Run the episodes of a seed, or the one that it names.

    @return: the exit status.
    """
    began = time.monotonic()
    totals = Totals()
    isEpisode = "/" in seed
    print(f"seed {seed}", flush=True)
    while totals.steps < chosen.steps and (totals.episodes == 0 or not isEpisode):
        episode = seed if isEpisode else f"{seed}/{totals.episodes}"
        failure = runSeed(episode, totals, kind=kind)
        if failure is not None:
            for line in report(failure, episode, chosen.plant, chosen.shrink, FOLDER, kind):
                print(line, flush=True)
            return 1
    print(f"  {totals}\n  Every promise held; {time.monotonic() - began:.0f} s.", flush=True)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments.  A mistake ends the process with a message."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation",
        description="Drive a whole server in memory, and check every promise after each step.",
    )
    parser.add_argument("--cluster", action="store_true", help="simulate three nodes that follow one stream")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--seed", help="decides about everything that happens; SEED/NUMBER is one episode [a new one]")
    which.add_argument("--seeds", type=_count, default=1, metavar="N", help="run this many new seeds [1]")
    which.add_argument("--run", type=_steps, metavar="FILE", help="run the steps of this file")
    parser.add_argument(
        "--steps", type=_count, default=100_000, metavar="N", help="run at least this many for each seed [100,000]"
    )
    parser.add_argument("--plant", choices=ALL_FAULTS, help="plant this fault into the server")
    parser.add_argument(
        "--shrink",
        type=_count,
        default=EFFORT,
        metavar="N",
        help=f"run at most this many steps to shorten those of a failure [{EFFORT:,}]",
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    """
    Read a number.

    @raise argparse.ArgumentTypeError: it is none, or not positive.
    """
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _steps(name: str) -> list[Step]:
    """
    Read a file of steps.

    @raise argparse.ArgumentTypeError: it cannot be read, or is no such file.
    """
    try:
        steps = readSteps(Path(name).read_text(encoding="utf-8").splitlines())
    except OSError as e:
        raise argparse.ArgumentTypeError(f"cannot read {name}: {e.strerror}") from e
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"{name}: {e}") from e
    if not steps:
        raise argparse.ArgumentTypeError(f"{name} has no steps")
    return steps


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        command = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)
    sys.exit(main(sys.argv[1:]))
