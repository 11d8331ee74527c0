"""Play one scenario: start a server, let the canary talk, and measure both."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.fire.canary import NEWCOMER, newcomer
from bench.fire.results.figures import TRACEBACK, Figures, missed, percentiles
from bench.fire.scenario import NEWCOMER as PATIENCE
from bench.fire.scenario import Marks, Scenario, Seen
from bench.fire.stage import Stage

WARM_UP = 0.8
"""How long the canary talks before a scenario begins, in seconds."""

REST = 0.2
"""How long the canary talks after a scenario has ended, in seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The outcome of one scenario.

    @ivar seen: what the scenario saw.
    @ivar figures: what was measured.
    @ivar missed: all that was required and did not happen, each in a few words.
    """

    seen: Seen
    figures: Figures
    missed: tuple[str, ...]


def play(scenario: Scenario, seconds: float, place: Path, cores: Iterable[int] | None = None) -> Outcome:
    """
    Play a scenario.

    @param seconds: for how long.  The scenario takes longer if it cannot be so short.
    @param place: the folder for the server's temporary folder.
    @param cores: the processors on which the server runs; C{None} for any.
    @raise NotStarted: the server does not start.
    @raise Refused: the canary could not log in.
    @raise OSError: the scenario could not be played to its end.
    """
    with tempfile.TemporaryDirectory(prefix="fire", dir=place, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with closing(Stage(folder, scenario.prepare(folder), cores)) as stage:
            stage.start()
            stage.admit()
            time.sleep(WARM_UP)
            stage.measure()
            begin = time.monotonic()
            seen = scenario.run(stage, max(seconds, scenario.shortest))
            figures = _finish(stage, begin, scenario.marks)
    return Outcome(seen, figures, (*seen.missed, *missed(figures, scenario.marks)))


def _finish(stage: Stage, begin: float, marks: Marks) -> Figures:
    """Let newcomers in, let the canary finish, and return all figures."""
    stage.measured()
    cpu = sum(life.cpu for life in stage.lives) / max(0.001, sum(life.seconds for life in stage.lives))
    arrived: list[float | None] = []
    if stage.alive:
        with ThreadPoolExecutor(len(NEWCOMER)) as threads:
            coming = [threads.submit(newcomer, door, stage.ports[door], PATIENCE) for door in NEWCOMER]
            arrived = [one.result() for one in coming]
        time.sleep(REST)
    report = stage.canary.report()
    stage.measured()
    heard = [taken for said, taken in report.heard if said >= begin]
    p50, p99, worst = percentiles(heard)
    log = stage.log()
    came = [each for each in arrived if each is not None]
    return Figures(
        said=report.said,
        lost=report.missing,
        doubled=report.doubled,
        refused=report.refused,
        contradicted=report.contradicted,
        cutOff=report.cutOff,
        p50=p50,
        p99=p99,
        worst=worst,
        late=report.late,
        cpu=cpu,
        before=stage.lives[0].before,
        grew=max(0.0, *(life.peak - life.before for life in stage.lives)),
        after=stage.server.memory() if stage.alive else 0.0,
        newcomer=max(came) if came and len(came) == len(arrived) else None,
        left=max(0, stage.left(marks.left)) if stage.alive else 0,
        alive=stage.alive,
        stopped=stage.stopped,
        tracebacks=log.count(TRACEBACK),
        logged=log.count("\n"),
        outages=report.outages,
        downtimes=tuple(stage.downtimes),
    )
