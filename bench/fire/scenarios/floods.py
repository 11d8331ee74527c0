"""Floods: sixteen connections, or more, do one thing as fast as they can."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial

from bench.fire.floods.attack import Attack
from bench.fire.floods.kinds import KINDS, QUICK, Kind
from bench.fire.scenario import Marks, Scenario, Seen
from bench.fire.stage import Stage

STARTING = 0.5
"""How long the attackers' process has to start, in seconds."""

EXIT_TIMEOUT = 10.0
"""How long the attackers' process may take to end after a flood, in seconds."""

MOST = 3
"""How many different last lines of dropped connections are reported."""


MARKS = Marks(left=None)
"""
A server that reads a flooding client slowly notices the end of its connection only behind the rest of its input, so
descriptors are left.  The number is in the figures.
"""


@contextmanager
def attacking(plan: Attack) -> Iterator[subprocess.Popen[str]]:
    """Run the attackers as a process in this context."""
    command = [sys.executable, "-m", "bench.fire.floods.attack", json.dumps(asdict(plan))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def flood(kind: Kind, stage: Stage, seconds: float) -> Seen:
    """
    Flood a server once.

    @raise OSError: the attackers' process does not end, or fails.
    """
    begin = time.monotonic() + STARTING
    with attacking(Attack(kind.name, stage.ports[kind.door], begin, seconds)) as attackers:
        try:
            output, _ = attackers.communicate(timeout=STARTING + seconds + EXIT_TIMEOUT)
            report = json.loads(output)
        except (subprocess.TimeoutExpired, ValueError) as e:
            raise OSError(f"the attackers have no report: {e}") from e
    sent = report["sent"] / (1 << 20)
    text = f"{sent:,.1f} MiB sent over {report['connections']:,} connections, {report['dropped']:,} of them dropped"
    missed = [] if report["connections"] or not kind.connections else ["no attacker could connect"]
    last = Counter(report["last"]).most_common(MOST)
    return Seen(text, missed, report, [f"{count:,} of the dropped heard last: {words}" for words, count in last])


def scenario(kind: Kind) -> Scenario:
    """Make the scenario of a kind of flood."""
    return Scenario(kind.name, kind.title, "", partial(flood, kind), quick=kind.name in QUICK, marks=MARKS)


SCENARIOS = tuple(scenario(kind) for kind in KINDS.values())
