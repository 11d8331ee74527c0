"""C{python -m bench.cluster}: play the scenarios of a cluster, and print what was seen; or measure its figures."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench import machine
from bench.catalogue import INTERRUPTED, finite, terminated
from bench.cluster import table
from bench.cluster.figures import measuring
from bench.cluster.play import Outcome, play
from bench.cluster.scenario import ALWAYS, Scenario
from bench.cluster.scenarios import ALL
from bench.cluster.scenarios.failing import rounds
from bench.protocols import Refused
from bench.servers import NotStarted

SECONDS = 5.0
"""How long clients talk before and after a fault."""


def main(arguments: Sequence[str]) -> int:
    """
    Play, print the table, and write the results.

    @return: the exit status: 1 if a mark was missed or a scenario could not be played to its end.
    """
    machine.requireLinux()
    if arguments[:1] == ["figures"]:
        return measuring.main(arguments[1:])
    options = _parse(arguments)
    if options.list:
        ALL.list()
        return 0
    machine.raiseDescriptors()
    described = machine.describe()
    print(", ".join(f"{key} {value}" for key, value in described.items()))
    print(f"{len(options.scenarios)} scenarios\n\n{ALWAYS}\n\n{table.header()}", flush=True)
    outcomes: dict[str, Outcome] = {}
    errors: dict[str, str] = {}
    signal.signal(signal.SIGTERM, terminated)
    interrupted = False
    try:
        for scenario in options.scenarios:
            outcome = _play(scenario, options)
            if isinstance(outcome, Outcome):
                outcomes[scenario.name] = outcome
                print(table.row(scenario, outcome), flush=True)
            else:
                errors[scenario.name] = outcome
                print(table.failed(scenario, outcome), flush=True)
    except KeyboardInterrupt:
        interrupted = True
    print()
    for scenario in options.scenarios:
        if scenario.name in outcomes:
            print("\n".join(table.remarks(scenario, outcomes[scenario.name])))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        document = {
            "machine": described,
            "scenarios": {name: asdict(outcome) for name, outcome in outcomes.items()},
            "errors": errors,
        }
        (options.out / "cluster.json").write_text(json.dumps(finite(document), indent=1))
    if interrupted:
        return INTERRUPTED
    return 1 if errors or any(outcome.missed for outcome in outcomes.values()) else 0


def _play(scenario: Scenario, options: argparse.Namespace) -> Outcome | str:
    """Play a scenario.  Return its outcome, or why it could not be played."""
    try:
        return asyncio.run(play(scenario, options.seconds, options.dir, keep=options.keep))
    except (NotStarted, Refused, OSError, sqlite3.Error) as e:
        return f"{type(e).__name__}: {e}"


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments.  A mistake ends the process with a message."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.cluster",
        description="Break a cluster of three nodes and three brokers in many ways while clients talk, and check what "
        "they saw.  With the word figures, measure what a cluster costs: see its --help.",
    )
    parser.add_argument("--scenarios", nargs="+", metavar="NAME", help="which scenarios, or groups of them [all]")
    parser.add_argument("--rounds", type=int, metavar="N", help="play N rounds of mixed faults on one cluster instead")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help=f"how long clients talk around each fault [{SECONDS:g}]"
    )
    parser.add_argument("--quick", action="store_true", help="play a part of the catalogue")
    parser.add_argument("--out", type=Path, help="a folder for cluster.json")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="the folder for all data")
    parser.add_argument("--keep", action="store_true", help="keep the data of a scenario that misses a mark")
    parser.add_argument("--list", action="store_true", help="list the scenarios, and play none")
    options = parser.parse_args(arguments)
    try:
        scenarios = ALL.chosen(options.scenarios or ALL.groups)
    except KeyError as e:
        parser.error(f"--scenarios: there is no scenario or group {e.args[0]}; --list shows all")
    options.scenarios = [one for one in scenarios if one.quick or options.scenarios or not options.quick]
    if options.rounds is not None:
        if options.rounds < 1:
            parser.error(f"--rounds: {options.rounds} is less than 1")
        options.scenarios = [rounds(options.rounds)]
    if not options.dir.is_dir():
        parser.error(f"--dir: {options.dir} is not a folder")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
