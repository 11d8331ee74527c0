"""The end of the server: kill -9 and a restart, and SIGTERM while clients talk."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from bench.fire.ledger import SAID, Line
from bench.fire.scenario import Scenario, Seen
from bench.fire.stage import Stage
from bench.servers import STOPPING

GOODBYE = "The server is shutting down"
"""What every client reads before a server that was told to stop closes its connection."""

PAUSE = 0.3
"""How long the canary talks between a restart and the next kill, in seconds."""


def stored(stage: Stage) -> Counter[Line]:
    """
    Return how often the journal has each line of the canary.  The server must not run.

    @raise OSError: the journal cannot be read.
    """
    found: Counter[Line] = Counter()
    for line in stage.command("export", "--room=#b0").splitlines():
        if said := SAID.fullmatch(json.loads(line).get("text", "").encode()):
            found[int(said[1]), int(said[2])] += 1
    return found


def compared(acknowledged: Sequence[Line], found: Mapping[Line, int]) -> tuple[str, list[str]]:
    """
    Compare the canary's lines with the journal.

    @param acknowledged: the lines that somebody has received.
    @param found: how often the journal has each line.
    @return: what was seen in words, and what was missed.
    """
    gone = sum(not found.get(line) for line in acknowledged)
    twice = sum(count > 1 for count in found.values())
    missed = [f"{gone} acknowledged lines are not in the journal"] if gone else []
    missed += [f"{twice} lines are twice in the journal"] if twice else []
    return f"{len(acknowledged):,} lines acknowledged, {gone} of them not in the journal, {twice} twice", missed


def killed(stage: Stage, seconds: float) -> Seen:
    """Kill the server and start it again, until the time is over.  Then look for the canary's lines in its journal."""
    until, kills, slowest = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < until or not kills:
        time.sleep(PAUSE)
        stage.end(signal.SIGKILL)
        kills += 1
        began = time.monotonic()
        stage.start()
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(PAUSE)
    report = stage.canary.report()
    stage.end(signal.SIGKILL)
    text, missed = compared(report.acknowledged, stored(stage))
    words = f"{kills} kills; {text}; {report.cutOff} lines on their way; up again within {slowest:.1f} s"
    return Seen(words, missed, {"kills": kills, "slowest": slowest})


def terminated(stage: Stage, seconds: float) -> Seen:
    """Stop the server with SIGTERM while the canary talks."""
    time.sleep(seconds)
    began = time.monotonic()
    status = stage.end(signal.SIGTERM)
    taken = time.monotonic() - began
    report = stage.canary.report()
    last = [line for outage in report.outages for line in outage.words]
    told = sum(GOODBYE in line for line in last)
    missed = [] if told == 2 else [f"only {told} of 2 clients were told: {last}"]
    if status != 0:
        missed.append(f"the exit status is {status}" if status is not None else f"it ran {STOPPING:g} s after SIGTERM")
    text, gone = compared(report.acknowledged, stored(stage))
    words = f"{told} of 2 clients told; exit status {status} after {taken:.2f} s; {text}"
    return Seen(words, [*missed, *gone], {"told": told, "status": status, "seconds": taken})


SCENARIOS = (
    Scenario(
        "kill",
        "kill -9 while clients talk, and a restart, again and again",
        "every acknowledged line is in the journal once; clients are back 1 s after the server listens",
        killed,
        shortest=1.5,
    ),
    Scenario(
        "sigterm",
        "SIGTERM while clients talk",
        f"every client is told; exit status 0 within {STOPPING:g} s; every acknowledged line is in the journal",
        terminated,
    ),
)
