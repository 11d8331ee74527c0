"""C{python -m bench}: measure servers in several scenarios and rounds.  See C{bench/README.md}."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import machine, picture
from bench.contestants import Contestant, Ours, contestants
from bench.protocols import Refused
from bench.results import Results, verdicts
from bench.scenarios import SCENARIOS, Scenario, measure, shorter
from bench.servers import NotStarted
from bench.traffic import Lost

SPARE = 100
"""How many descriptors a server and its load need in addition to connections."""


def main(arguments: Sequence[str]) -> int:
    """
    Measure, print the table, and write the results.

    @return: the exit status: 1 if there is no figure, or if C{--check} was given and a target was missed; otherwise 0.
    """
    machine.requireLinux()
    chosen, servers, scenarios, against = _parse(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    described = machine.describe()
    descriptors = machine.raiseDescriptors()
    shared = machine.share()
    if shared is not None:
        os.sched_setaffinity(0, shared[1])
    print(", ".join(f"{key} {value}" for key, value in described.items()))
    if shared is None:
        print("There is only one processor.  Server and load share it, which makes the figures less exact.")
    versions = {server.name: server.version() for server in servers if not server.unavailable()}
    for server in servers:
        if server.name in versions:
            print(f"{server.title}: {versions[server.name] or 'installed'}")

    results = Results(scenarios, servers)
    for scenario in scenarios:
        needed = scenario.members * scenario.rooms + SPARE
        few = f"it needs {needed:,} descriptors, and ulimit -n is {descriptors:,}" if needed > descriptors else None
        for server in servers:
            results.series(scenario.name, server.name).reason = server.unavailable() or scenario.excludes(server) or few
    try:
        _run(results, chosen.rounds, chosen.dir, shared and shared[0])
    except KeyboardInterrupt:
        print("Interrupted.  These are the results so far.", file=sys.stderr)

    print("\n" + results.table(against) + "\n")
    document = {"machine": described, "versions": versions, "quick": chosen.quick, "rounds": chosen.rounds}
    (chosen.out / "bench.json").write_text(json.dumps(document | {"scenarios": results.document()}, indent=1))
    if not results.columns():
        print("No picture: no server has a figure in any scenario.")
        return 1
    if picture.possible():
        picture.bars(results, chosen.out / "bench.png")
    else:
        print("No picture: matplotlib is not installed.")
    if chosen.quick or chosen.checkout:
        return 0
    lines, good = verdicts(results)
    print("\n".join(lines))
    return 1 if chosen.check and not good else 0


def _run(results: Results, rounds: int, place: Path, cores: set[int] | None) -> None:
    """Run each scenario with each of its servers, once per round."""
    for number in range(rounds):
        for scenario in results.scenarios.values():
            for server in results.contestants.values():
                series = results.series(scenario.name, server.name)
                if series.reason:
                    continue
                print(f"round {number + 1} of {rounds}, {scenario.name}, {server.name}: ", end="", file=sys.stderr)
                try:
                    series.rounds.append(measure(scenario, server, place, cores))
                except (NotStarted, Refused, Lost, OSError) as e:
                    series.fail(f"{type(e).__name__}: {e}")
                print("done" if series.rounds[-1] else "FAILED", file=sys.stderr, flush=True)


def _parse(
    arguments: Sequence[str],
) -> tuple[argparse.Namespace, list[Contestant], list[Scenario], Mapping[str, str]]:
    """
    Parse the arguments.  A mistake ends the process with a message.

    @return: the options, the servers, the scenarios, and for each server, by name, the one that it is compared with.
    """
    names = contestants()
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure chat servers: deliveries for each CPU second of the server, and its memory.",
    )
    parser.add_argument("--rounds", type=int, default=5, help="the number of rounds [5]")
    parser.add_argument("--servers", help=f"the servers, with commas between them [all: {','.join(names)}]")
    parser.add_argument("--scenarios", help=f"the scenarios, with commas between them [all: {','.join(SCENARIOS)}]")
    parser.add_argument("--against", choices=names, help="the server that ratios compare with [ngircd]")
    parser.add_argument(
        "--checkout",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="another checkout of twistchat; give two or more.  The servers [irc] of all checkouts run in turn, each"
        " with its own .venv/bin/python, and ratios compare with the first checkout",
    )
    parser.add_argument("--quick", action="store_true", help="run everything once, in a short version, as a test")
    parser.add_argument("--check", action="store_true", help="exit with status 1 if a target is missed")
    parser.add_argument("--out", type=Path, default=Path("bench-results"), help="a folder for bench.json and bench.png")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="the folder for servers' data")
    parser.add_argument("--ergo", default="ergo", help="the program of Ergo [ergo]")
    chosen = parser.parse_args(arguments)
    if chosen.rounds < 1:
        parser.error(f"--rounds: {chosen.rounds} is too few; the minimum is 1")
    if chosen.check and (chosen.quick or chosen.checkout):
        parser.error("--check: the targets do not apply with --quick or --checkout")
    if chosen.against and chosen.checkout:
        parser.error("--against: with --checkout, ratios compare with the first checkout")
    if not chosen.dir.is_dir():
        parser.error(f"--dir: {chosen.dir} is not a folder")

    everyone = contestants(chosen.ergo)
    wanted = chosen.servers or ("irc" if chosen.checkout else ",".join(names))
    servers = [everyone[name] for name in _names(parser, "--servers", wanted, everyone)]
    against = dict.fromkeys(names, chosen.against or "ngircd")
    if chosen.checkout:
        servers, against = _checkouts(parser, chosen.checkout, servers)
    wanted = chosen.scenarios or ",".join(name for name in SCENARIOS if not (chosen.quick and SCENARIOS[name].skipSlow))
    scenarios = [SCENARIOS[name] for name in _names(parser, "--scenarios", wanted, SCENARIOS)]
    if chosen.quick:
        chosen.rounds, scenarios = 1, [shorter(scenario) for scenario in scenarios]
    return chosen, servers, scenarios, against


def _checkouts(
    parser: argparse.ArgumentParser, given: Sequence[str], servers: Sequence[Contestant]
) -> tuple[list[Contestant], dict[str, str]]:
    """
    Take servers from several checkouts.

    @param given: each checkout, as C{NAME=FOLDER}.
    @param servers: the servers to take from each.
    @return: the servers, and for each, by name, the one of the first checkout.
    """
    found: list[Contestant] = []
    against: dict[str, str] = {}
    first = given[0].partition("=")[0]
    for server in servers:
        if not isinstance(server, Ours):
            parser.error(f"--checkout: {server.name} is not a server of twistchat")
        for name, _, folder in (one.partition("=") for one in given):
            if f"{name}:{server.name}" in against or not (name and folder):
                parser.error(f"--checkout: {name}={folder} is not NAME=FOLDER with a name of its own")
            try:
                found.append(server.of(name, Path(folder)))
            except ValueError as e:
                parser.error(f"--checkout: {e}")
            against[found[-1].name] = f"{first}:{server.name}"
    return found, against


def _names(parser: argparse.ArgumentParser, option: str, given: str, known: Mapping[str, object]) -> list[str]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in known:
            parser.error(f"{option}: {name} is unknown; known are {', '.join(known)}")
    return names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
