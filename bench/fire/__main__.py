"""C{python -m bench.fire}: play every scenario of the catalogue, print what was seen, and draw a picture."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from bench import machine, picture
from bench.catalogue import INTERRUPTED, finite, terminated
from bench.fire.play import Outcome, play
from bench.fire.results import table
from bench.fire.results.picture import draw
from bench.fire.scenario import Scenario
from bench.fire.scenarios import ALL
from bench.protocols import Refused
from bench.servers import NotStarted

SECONDS = 60.0
"""The duration of a scenario."""


def main(arguments: Sequence[str]) -> int:
    """
    Play, print the table, and write the results.

    SIGTERM ends the process after its servers, without results.

    @return: the exit status: 1 if a mark was missed or a scenario could not be played to its end; L{INTERRUPTED} after
        Ctrl-C, and then the results are of the scenarios before.
    """
    machine.requireLinux()
    options = _parse(arguments)
    if options.list:
        ALL.list()
        return 0
    machine.raiseDescriptors()
    described = machine.describe()
    shared = machine.share()
    if shared is not None:
        os.sched_setaffinity(0, shared[1])
    print(", ".join(f"{key} {value}" for key, value in described.items()))
    duration = "its shortest duration" if options.seconds is None else f"{options.seconds:g} s"
    print(f"{len(options.scenarios)} scenarios, {duration} each\n\n{table.ALWAYS}\n\n{table.header()}", flush=True)
    outcomes: dict[str, Outcome] = {}
    errors: dict[str, str] = {}
    interrupted = False
    before = signal.signal(signal.SIGTERM, terminated)
    try:
        for name, outcome in _playAll(options.scenarios, options.seconds or 0.0, options.dir, shared and shared[0]):
            if isinstance(outcome, Outcome):
                outcomes[name] = outcome
            else:
                errors[name] = outcome
    except KeyboardInterrupt:
        interrupted = True
    finally:
        signal.signal(signal.SIGTERM, before)
    print()
    for scenario in options.scenarios:
        if scenario.name in outcomes:
            print("\n".join(table.remarks(scenario, outcomes[scenario.name])))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        document = {
            "machine": described,
            "seconds": options.seconds,
            "scenarios": {name: asdict(outcome) for name, outcome in outcomes.items()},
            "errors": errors,
        }
        (options.out / "fire.json").write_text(json.dumps(finite(document), indent=1))
        if outcomes and picture.possible():
            draw(outcomes, options.out / "fire.png")
        elif outcomes:
            print("\nThere is no picture, because matplotlib is not installed.  Install it: pip install -e '.[bench]'")
    print(f"\n{table.longest(outcomes)}")
    if interrupted:
        return INTERRUPTED
    return 1 if errors or any(outcome.missed for outcome in outcomes.values()) else 0


def _playAll(
    scenarios: Iterable[Scenario], seconds: float, place: Path, cores: set[int] | None
) -> Iterator[tuple[str, Outcome | str]]:
    """Play scenarios, and print a row for each.  Yield its name, and its outcome or why it could not be played."""
    for scenario in scenarios:
        try:
            outcome = play(scenario, seconds, place, cores)
        except (NotStarted, Refused, OSError) as e:
            reason = f"{type(e).__name__}: {e}"
            print(table.failed(scenario, reason), flush=True)
            yield scenario.name, reason
        else:
            print(table.row(scenario, outcome), flush=True)
            yield scenario.name, outcome


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments.  A mistake ends the process with a message."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.fire",
        description="Try to break a server in many ways, and measure what two well-behaved clients notice.",
    )
    parser.add_argument("--scenarios", nargs="+", metavar="NAME", help="which scenarios, or groups of them [all]")
    parser.add_argument("--seconds", type=float, help=f"the duration of each scenario [{SECONDS:g}]")
    parser.add_argument("--quick", action="store_true", help="play a part of the catalogue, as short as it can be")
    parser.add_argument("--out", type=Path, help="a folder for fire.json and the picture fire.png")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="the folder for servers' data")
    parser.add_argument("--list", action="store_true", help="list the scenarios, and play none")
    options = parser.parse_args(arguments)
    try:
        scenarios = ALL.chosen(options.scenarios or ALL.groups)
    except KeyError as e:
        parser.error(f"--scenarios: there is no scenario or group {e.args[0]}; --list shows all")
    options.scenarios = [one for one in scenarios if one.quick or options.scenarios or not options.quick]
    if options.seconds is None and not options.quick:
        options.seconds = SECONDS
    if options.seconds is not None and not 0.5 <= options.seconds <= 3600:
        parser.error(f"--seconds: {options.seconds:g} is not between 0.5 and 3600")
    if not options.dir.is_dir():
        parser.error(f"--dir: {options.dir} is not a folder")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
