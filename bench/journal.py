"""
What durability costs: the whole server, with each journal, under a flood and under a steady load.

Run it as C{python -m bench.journal}; C{bench/README.md} says how to read what it prints.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.disk import slowed
from bench.load import Crowd, median, percentile
from bench.servers import twistchat

JOURNALS: dict[str, tuple[str, ...]] = {
    "memory": ("--journal=memory",),
    "sqlite": ("--journal=sqlite",),
    "sqlite, relaxed": ("--journal=sqlite", '--set=journal.durability="relaxed"'),
}
"""The options of each server that is measured."""

SENDERS = 50
SIZE = 64


@dataclass(frozen=True, slots=True)
class Round:
    """
    One server, measured once.

    @ivar rate: texts a second, all from C{SENDERS} connections as fast as they are taken.
    @ivar cpu: CPU seconds of the server for 1,000 texts of that flood.
    @ivar p50: half the texts of a steady load came back to their sender within this many seconds.
    @ivar p99: and 99 of 100 within this many.
    """

    rate: float
    cpu: float
    p50: float
    p99: float


def measure(
    folder: Path, options: Sequence[str], before: Sequence[str], each: int, rate: float, seconds: float
) -> Round:
    """Measure a server once, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as place, twistchat(Path(place), options, before) as server:
        crowd = Crowd(server.port, SENDERS)
        try:
            start = server.cpu()
            taken = crowd.flood(each, SIZE)
            spent = server.cpu() - start
            crowd.separate()
            crowd.latencies.clear()
            crowd.sendSteadily(rate, seconds, SIZE)
            texts = each * SENDERS
            latencies = crowd.latencies
            return Round(texts / taken, 1000 * spent / texts, percentile(latencies, 0.5), percentile(latencies, 0.99))
        finally:
            crowd.close()


def main(arguments: Sequence[str]) -> None:
    """Measure every journal in turn, several times, and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m bench.journal", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path.cwd(), help="a folder on the disk to measure")
    parser.add_argument("--rounds", type=int, default=3, help="how often each journal is measured")
    parser.add_argument("--texts", type=int, default=2000, help="how many texts each of 50 connections sends")
    parser.add_argument("--rate", type=float, default=200, help="texts a second in the steady load")
    parser.add_argument("--seconds", type=float, default=10, help="how long the steady load lasts")
    parser.add_argument("--sync-delay", type=float, default=0, help="milliseconds added to every fdatasync, by strace")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    chosen = parser.parse_args(arguments)

    single: list[float] = []
    fsyncs: list[float] = []
    rounds: dict[str, list[Round]] = {name: [] for name in JOURNALS}
    before = slowed(chosen.sync_delay)
    disk = [*before, sys.executable, "-m", "bench.disk", str(chosen.dir), "2", str(SIZE)]
    for _ in range(chosen.rounds):
        found = json.loads(subprocess.run(disk, stdout=subprocess.PIPE, check=True).stdout)
        single.append(found["commits"])
        fsyncs += found["syncs"]
        for name, options in JOURNALS.items():
            rounds[name].append(measure(chosen.dir, options, before, chosen.texts, chosen.rate, chosen.seconds))

    machine = {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    commit, fsync = median(single), median(fsyncs)
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print(f"fdatasync of 4 KiB: median {1e3 * fsync:.2f} ms, p99 {1e3 * percentile(fsyncs, 0.99):.2f} ms")
    print(f"one commit a message, SQLite alone: {commit:,.0f} a second")
    print()
    print(
        "| journal | texts a second | of memory's | of one commit each | CPU ms a 1,000 | p50 ms | p99 ms | in syncs |"
    )
    print("| --- " * 8 + "|")
    reference = median([measured.rate for measured in rounds["memory"]])
    for name, several in rounds.items():
        rate = median([measured.rate for measured in several])
        cpu = median([measured.cpu for measured in several])
        p50 = median([measured.p50 for measured in several])
        p99 = median([measured.p99 for measured in several])
        print(
            f"| {name} | {rate:,.0f} | {rate / reference:.2f} | {rate / commit:.1f} | {1e3 * cpu:.1f} "
            f"| {1e3 * p50:.2f} | {1e3 * p99:.2f} | {p99 / fsync:.1f} |"
        )
    if chosen.json is not None:
        measured = {name: [asdict(each) for each in several] for name, several in rounds.items()}
        document = {"machine": machine, "commits": single, "fdatasync": fsyncs, "journals": measured}
        chosen.json.write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
