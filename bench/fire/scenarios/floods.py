"""Floods: sixteen connections, or more, do one thing as fast as they can."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial

from bench.fire.floods.attack import Attack, Report
from bench.fire.floods.commands import commandKinds
from bench.fire.floods.kinds import KINDS, QUICK, SPAM, Kind
from bench.fire.scenario import GROWTH, Marks, Scenario, Seen, Setup, always
from bench.fire.stage import Stage
from twistchat.config.limits import Limits

STARTING = 0.5
"""How long the attackers' process has to start before a flood, in seconds."""

EXIT_TIMEOUT = 30.0
"""How much longer the attackers' process may take, in seconds."""

MOST = 3
"""How many different last lines of dropped connections are reported."""


LIMITS = Limits()
"""The limits, which are the default ones."""

SLICE = 0.07
"""The shortest time for one command, in seconds."""

MARKS = Marks(left=None)
"""
A server that reads a flooding client slowly notices the end of its connection only behind the rest of its input, so
descriptors are left.  The number is in the figures.
"""

REQUIRED = "as always, but for the descriptors"
"""What is required of a flood, in words: what L{MARKS} say."""

PASSWORD = 19.0
"""The memory that a password takes while it is hashed, in MiB: one is at a time, and the allocator keeps it."""


def attackAll(plans: Sequence[Attack], seconds: float) -> list[Report]:
    """
    Do attacks one after the other, in a process of their own.

    @param seconds: how long they take together.
    @raise OSError: the process does not end, or fails.
    """
    command = [sys.executable, "-m", "bench.fire.floods.attack", *(json.dumps(asdict(plan)) for plan in plans)]
    timeout = STARTING + seconds + EXIT_TIMEOUT
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=timeout, check=True, process_group=0)
        return [Report(**report) for report in json.loads(done.stdout)]
    except (subprocess.SubprocessError, ValueError) as e:
        raise OSError(f"the attackers have no report: {e}") from e


def flood(kind: Kind, stage: Stage, seconds: float) -> Seen:
    """
    Flood a server once.

    @raise OSError: the attackers' process does not end, or fails.
    """
    begin = time.monotonic() + STARTING
    (report,) = attackAll([Attack(kind.name, stage.ports[kind.door], begin, seconds)], seconds)
    sent = report.sent / (1 << 20)
    text = f"{sent:,.1f} MiB sent over {report.connections:,} connections, {report.dropped:,} of them dropped"
    fast = tooFast(report, kind.connections, *_texts(stage, report)) if kind.name == "room" else []
    last = Counter(report.last).most_common(MOST)
    return Seen(
        text,
        [*missedBy(kind, report), *fast],
        asdict(report),
        [f"{count:,} of the dropped heard last: {words}" for words, count in last],
    )


def _texts(stage: Stage, report: Report) -> tuple[int, float]:
    """Return how many texts of attackers the canary's room has got, and the time since they began, in seconds."""
    count = sum(json.loads(line).get("text") == SPAM for line in stage.command("export", "--room=#b0").splitlines())
    return count, time.monotonic() - report.began


def tooFast(report: Report, attackers: int, texts: int, seconds: float) -> list[str]:
    """
    Say whether a room has got more texts of attackers than the limits on rates allow.

    @param attackers: how many connections there were at a time.
    @param texts: the number of texts.
    @param seconds: the time since the attackers began.
    """
    most = report.connections * LIMITS.floodBurst + int(attackers * seconds * LIMITS.floodRate)
    return [f"{texts:,} texts of attackers in {seconds:.1f} s, more than {most:,}"] if texts > most else []


def missedBy(kind: Kind, report: Report) -> list[str]:
    """Say what was required of the attackers' connections and did not happen."""
    if kind.connections and report.connections <= report.failed:
        return ["no attacker could connect"]
    return ["the server dropped no connection"] if kind.isDropped and not report.dropped else []


def commands(door: str, stage: Stage, seconds: float) -> Seen:
    """
    Flood a server with every command of a door, one after the other, each for the same time.

    @raise OSError: the attackers' process does not end, or fails.
    """
    kinds = [kind for kind in commandKinds().values() if kind.door == door]
    each, now = seconds / len(kinds), time.monotonic()
    reports = attackAll([Attack(kind.name, stage.ports[door], now, each) for kind in kinds], seconds)
    answered = sum(bool(report.received) for report in reports)
    began = [report.began for report in reports]
    heard = stage.canary.report().heard
    worst, name = max(
        ((taken, kinds[bisect(began, said) - 1].name) for said, taken in heard if said >= began[0]),
        default=(0.0, "none"),
    )
    text = (
        f"{answered} of {len(kinds)} commands answered, each sent for {each:.2f} s; "
        f"{sum(report.sent for report in reports) / (1 << 20):,.1f} MiB sent; the longest wait was {1000 * worst:.0f} "
        f"ms, beside {name}"
    )
    missed = [] if 2 * answered > len(kinds) else ["the server answered less than half of the commands"]
    return Seen(text, missed, {"worst": name, "commands": len(kinds), "answered": answered, "each": each})


def scenario(kind: Kind) -> Scenario:
    """Make the scenario of a kind of flood."""
    required = f"{REQUIRED}; the server drops connections" if kind.isDropped else REQUIRED
    if kind.name == "room":
        required += "; no more texts than the limits on rates allow"
    return Scenario(kind.name, kind.title, required, partial(flood, kind), quick=kind.name in QUICK, marks=MARKS)


def ofCommands(door: str, title: str, exempt: bool) -> Scenario:
    """
    Make the scenario of all commands of a door.

    @param title: the name of the door in words.
    @param exempt: whether the attackers are exempt from the limits on rates.
    """
    count = sum(kind.door == door for kind in commandKinds().values())
    made = Scenario(
        f"{door}-commands",
        f"floods of each of the {count} commands of the {title}, one after the other",
        f"the server answers most of them, however short each flood is; a hash may take {PASSWORD:g} MiB more; any "
        "number of descriptors",
        partial(commands, door),
        shortest=count * SLICE,
        marks=replace(MARKS, growth=GROWTH + PASSWORD),
    )
    if not exempt:
        return made
    setup = Setup({"limits.exempt": ["127.0.0.0/8"]})
    tried = f"{made.tried}, from addresses that are exempt from the limits on rates"
    return replace(made, name=f"{made.name}-exempt", tried=tried, quick=False, prepare=always(setup))


SCENARIOS = (
    *(scenario(kind) for kind in KINDS.values()),
    *(
        ofCommands(door, title, exempt)
        for exempt in (False, True)
        for door, title in (("irc", "IRC door, with those of services"), ("line", "line door"))
    ),
)
