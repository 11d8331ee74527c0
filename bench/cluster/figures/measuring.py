"""Measure all setups in several rounds, and print the tables."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import machine
from bench.cluster.figures.setups import PAIR, SINGLE, WHOLE, Flood, Setup, Steady, flood, running, steady
from bench.cluster.figures.singly import Singly, publishing
from bench.load import median

ROOMS = 3
"""The number of rooms in the load with several rooms: one for each node."""


@dataclass(frozen=True, slots=True)
class Case:
    """
    One load on one setup.

    @ivar title: its name in tables.
    @ivar setup: the setup.
    @ivar nodes: the nodes with clients.
    @ivar rooms: the number of rooms of the flood.
    """

    title: str
    setup: Setup
    nodes: Sequence[str]
    rooms: int


CASES = (
    Case("one room", SINGLE, ("a",), 1),
    Case("one room", PAIR, ("a",), 1),
    Case("one room, all clients on one node", WHOLE, ("a",), 1),
    Case("one room that spans all nodes", WHOLE, ("a", "b", "c"), 1),
    Case("three rooms", SINGLE, ("a",), ROOMS),
    Case("three rooms", PAIR, ("a",), ROOMS),
    Case("three rooms, all clients on one node", WHOLE, ("a",), ROOMS),
    Case("three rooms, one on each node", WHOLE, ("a", "b", "c"), ROOMS),
)
"""The floods.  A case whose clients are on all nodes, or on the only one, with one room also has a steady load."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster figures", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="a folder on the disk to measure")
    parser.add_argument("--rounds", type=int, default=3, help="the number of rounds [3]")
    parser.add_argument("--lines", type=int, default=400, help="lines that each client sends in a flood [400]")
    parser.add_argument("--texts", type=int, default=10_000, help="texts that are published one by one [10,000]")
    parser.add_argument("--seconds", type=float, default=10.0, help="the duration of a steady load [10]")
    parser.add_argument("--out", type=Path, help="a folder for figures.json")
    options = parser.parse_args(arguments)
    machine.raiseDescriptors()
    described = machine.describe()
    print(", ".join(f"{key} {value}" for key, value in described.items()), flush=True)
    floods: dict[str, list[Flood]] = {}
    steadies: dict[str, list[Steady]] = {}
    singly: list[Singly] = []
    for number in range(1, options.rounds + 1):
        for case in CASES:
            name = f"{case.setup.title}: {case.title}"
            # Each load has new processes: the clients of another would still have their nicks.
            if case.rooms == 1:
                with running(case.setup, options.dir) as cluster:
                    steadies.setdefault(name, []).append(steady(cluster, case.nodes, options.seconds))
            with running(case.setup, options.dir) as cluster:
                floods.setdefault(name, []).append(flood(cluster, case.nodes, case.rooms, options.lines // case.rooms))
            print(f"round {number}: {name}: {floods[name][-1].rate:,.0f} texts/s", flush=True)
        singly.append(publishing(WHOLE, options.dir, options.texts))
        print(f"round {number}: published one by one: {singly[-1].rate:,.0f} texts/s", flush=True)
    print("\n".join(tables(floods, steadies, singly)))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        document = {
            "machine": described,
            "floods": {name: [asdict(each) for each in several] for name, several in floods.items()},
            "steady": {name: [asdict(each) for each in several] for name, several in steadies.items()},
            "singly": [asdict(each) for each in singly],
        }
        (options.out / "figures.json").write_text(json.dumps(document, indent=1))
    return 0


def tables(
    floods: Mapping[str, Sequence[Flood]], steadies: Mapping[str, Sequence[Steady]], singly: Sequence[Singly]
) -> list[str]:
    """Return the lines of the tables: medians of all rounds."""
    lines = ["", "| flood | texts/s | deliveries/s | CPU µs of all nodes per text | of brokers | of the load |"]
    lines.append("| --- " * 6 + "|")
    for name, several in floods.items():
        shown = (
            _middle(several, lambda one: one.rate),
            _middle(several, lambda one: one.delivered),
            _middle(several, lambda one: 1e6 * sum(one.nodes.values()) / one.texts),
            _middle(several, lambda one: 1e6 * one.brokers / one.texts),
            _middle(several, lambda one: 1e6 * one.load / one.texts),
        )
        lines.append(f"| {name} | " + " | ".join(f"{figure:,.0f}" for figure in shown) + " |")
    rate, client, brokers = (
        median([figure(one) for one in singly])
        for figure in (lambda one: one.rate, lambda one: 1e6 * one.client, lambda one: 1e6 * one.brokers)
    )
    lines.append(
        f"| published one by one, three brokers | {rate:,.0f} | | {client:.0f} (the client) | {brokers:.0f} | |"
    )
    lines += ["", "| steady, 200 texts/s | p50 ms | p99 ms |", "| --- " * 3 + "|"]
    for name, times in steadies.items():
        p50, p99 = median([one.p50 for one in times]), median([one.p99 for one in times])
        lines.append(f"| {name} | {1000 * p50:.1f} | {1000 * p99:.1f} |")
    silent = [each for name, several in floods.items() if "all clients on one node" in name for each in several]
    if silent:
        cost = _middle(silent, lambda one: 1e6 * min(one.nodes.values()) / one.texts)
        reactor = _middle(silent, lambda one: 1e6 * min(one.reactors.values()) / one.texts)
        where = f"{reactor:.1f} µs of it in the reactor's thread"
        lines += ["", f"An entry costs a node without listeners {cost:.1f} µs of CPU time, {where}."]
    return lines


def _middle(several: Sequence[Flood], figure: Callable[[Flood], float]) -> float:
    return median([figure(one) for one in several])
