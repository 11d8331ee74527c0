"""
Measure how the cost of a delivery grows when members, rooms or idle connections double.

Run it as C{python -m bench.growth}; C{bench/README.md} explains the output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import machine, picture
from bench.contestants import contestants
from bench.protocols import Refused
from bench.scenarios import Scenario, measure
from bench.servers import NotStarted
from bench.traffic import Load, Lost

STEEP = 1.5
"""With C{--check}: how many times the cost at half the number a delivery may cost."""


@dataclass(frozen=True, slots=True)
class Curve:
    """
    A series of scenarios in which one number doubles.

    @ivar name: its name in results.
    @ivar title: what doubles, and the load.
    @ivar points: each number with its scenario.
    """

    name: str
    title: str
    points: tuple[tuple[int, Scenario], ...]


def members() -> Curve:
    """Double the members of one room, in a burst."""
    counts = [25 << step for step in range(7)]
    load = Load(20, 200)
    points = tuple((count, Scenario("members", "", count, load=load)) for count in counts)
    return Curve("members", "members of one room, 20 send 200 lines each", points)


def turns() -> Curve:
    """Double the members of one room.  The lines come one at a time, so they share no work."""
    counts = [25 << step for step in range(7)]
    load = Load(20, 5, rate=50)
    points = tuple((count, Scenario("turns", "", count, load=load)) for count in counts)
    return Curve("turns", "members of one room, 50 lines a second", points)


def rooms() -> Curve:
    """Double the number of rooms with four members."""
    counts = [1 << step for step in range(10)]
    points = tuple((count, Scenario("rooms", "", 4, count, Load(4, 100))) for count in counts)
    return Curve("rooms", "rooms of 4, all send 100 lines", points)


def idle() -> Curve:
    """Double the idle connections beside an active room of fifty."""
    counts = [0, *(500 << step for step in range(5))]
    load = Load(20, 5, rate=50, rooms=1)
    points = tuple((count, Scenario("idle", "", 50, 1 + count // 50, load)) for count in counts)
    return Curve("idle", "idle connections beside a room of 50, 50 lines a second", points)


def main(arguments: Sequence[str]) -> int:
    """
    Measure every curve, print it, and draw it.

    @return: the exit status: 1 if a run failed, or if C{--check} was given and a curve is too steep.
    """
    machine.requireLinux()
    curves = {curve.name: curve for curve in (members(), turns(), rooms(), idle())}
    everyone = {name: one for name, one in contestants().items() if one.protocol.rooms}
    parser = argparse.ArgumentParser(
        prog="python -m bench.growth", description="Double members, rooms and connections, and price a delivery."
    )
    parser.add_argument("--server", default="line", choices=everyone, help="the server [line]")
    parser.add_argument("--curves", nargs="+", default=list(curves), choices=curves, help="the curves [all]")
    parser.add_argument("--rounds", type=int, default=3, help="how often each point is measured [3]")
    parser.add_argument("--most", type=int, help="skip points with more connections than this")
    parser.add_argument(
        "--check",
        action="store_true",
        help=f"exit with status 1 if a doubling makes a delivery {STEEP} times as expensive",
    )
    parser.add_argument("--out", type=Path, default=Path("bench-results"), help="a folder for growth.json and .png")
    chosen = parser.parse_args(arguments)
    server = everyone[chosen.server]
    if reason := server.unavailable():
        parser.error(f"{server.name}: {reason}")
    chosen.out.mkdir(parents=True, exist_ok=True)

    described = machine.describe()
    descriptors = machine.raiseDescriptors()
    shared = machine.share()
    if shared is not None:
        os.sched_setaffinity(0, shared[1])
    most = min(chosen.most or descriptors, descriptors - 100)
    found: dict[str, dict[int, list[float]]] = {}
    for name in chosen.curves:
        fitting = {count: point for count, point in curves[name].points if point.members * point.rooms <= most}
        costs = found[name] = {count: [] for count in fitting}
        for number in range(chosen.rounds):
            for count, point in fitting.items():
                try:
                    figures = measure(point, server, Path(tempfile.gettempdir()), shared and shared[0])
                except (NotStarted, Refused, Lost) as e:
                    print(f"{server.title}, {name} {count}: {e}", file=sys.stderr)
                    return 1
                costs[count].append(1e9 / figures.rate)
            print(f"{name}: round {number + 1} of {chosen.rounds}: done", file=sys.stderr, flush=True)

    steep = False
    for name, costs in found.items():
        print(f"{server.title}: {curves[name].title}\n\n| how many | CPU ns a delivery | of that at the step before |")
        print("| --- | --- | --- |")
        previous = None
        for count, several in costs.items():
            cost = median(several)
            ratio = cost / previous if previous is not None else 1.0
            steep |= ratio > STEEP
            print(f"| {count:,} | {cost:,.0f} | {ratio:.2f} |")
            previous = cost
        print()
    document = {"machine": described, "server": server.name, "version": server.version(), "curves": found}
    (chosen.out / "growth.json").write_text(json.dumps(document, indent=1))
    if picture.possible():
        points = {name: [(count, median(several)) for count, several in costs.items()] for name, costs in found.items()}
        picture.curves({name: curves[name].title for name in points}, points, chosen.out / "growth.png")
    else:
        print("No picture: matplotlib is not installed.")
    return 1 if chosen.check and steep else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
