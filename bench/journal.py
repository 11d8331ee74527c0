"""
Measure what durability costs: the whole server, with each journal, under a flood and under a steady load.

Run it as C{python -m bench.journal}; C{bench/README.md} explains the output.
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
"""The options of each measured server, by the name of its journal."""

SENDERS = 50
SIZE = 64


@dataclass(frozen=True, slots=True)
class Round:
    """
    The results of one server in one round.

    @ivar rate: texts per second in the flood: C{SENDERS} connections send as fast as the server reads.
    @ivar cpu: CPU seconds of the server for 1,000 texts of the flood.
    @ivar p50: the median time until a text of the steady load comes back to its sender, in seconds.
    @ivar p99: the 99th percentile of that time.
    """

    rate: float
    cpu: float
    p50: float
    p99: float


def measure(
    folder: Path, options: Sequence[str], before: Sequence[str], each: int, rate: float, seconds: float
) -> Round:
    """
    Measure a server once, with a new data folder.

    @param folder: the folder in which the data folder is created.
    @param options: the options of the server.
    @param before: a command that runs the server's command.
    @param each: how many texts each connection sends in the flood.
    @param rate: texts per second in the steady load.
    @param seconds: the duration of the steady load.
    """
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
    """Measure all journals in turn, in several rounds, and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m bench.journal", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path.cwd(), help="a folder on the disk to measure")
    parser.add_argument("--rounds", type=int, default=3, help="the number of rounds")
    parser.add_argument("--texts", type=int, default=2000, help="texts that each of 50 connections sends")
    parser.add_argument("--rate", type=float, default=200, help="texts per second in the steady load")
    parser.add_argument("--seconds", type=float, default=10, help="the duration of the steady load")
    parser.add_argument("--sync-delay", type=float, default=0, help="milliseconds to add to each fdatasync")
    parser.add_argument("--json", type=Path, help="a file for all measurements")
    chosen = parser.parse_args(arguments)

    single: list[float] = []
    fsyncs: list[float] = []
    rounds: dict[str, list[Round]] = {name: [] for name in JOURNALS}
    with slowed(chosen.dir, chosen.sync_delay) as before:
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
    print(f"SQLite alone, one commit per message: {commit:,.0f} per second")
    print()
    print(
        "| journal | texts/s | ratio to memory | ratio to single commits | CPU ms for 1,000 "
        "| p50 ms | p99 ms | p99 in syncs |"
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
