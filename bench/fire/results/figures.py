"""The figures of one scenario, and the marks that they miss.  Sans-I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.fire.canary import Outage
from bench.fire.scenario import NEWCOMER, Marks
from bench.load import percentile

TRACEBACK = "Traceback (most recent call last)"
"""What the log contains if an error was not expected."""


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What was measured while a scenario ran.

    @ivar said: how many lines the canary sent.
    @ivar lost: how many of these were neither received nor refused.
    @ivar doubled: how many were received twice, or never sent.
    @ivar refused: how many the server refused.
    @ivar contradicted: how many the server refused although they were received.
    @ivar cutOff: how many were on their way when the server ended a connection.
    @ivar p50: the median delay of lines sent during the scenario, in seconds; infinite if none was received.
    @ivar p99: the 99th percentile of these delays.
    @ivar worst: the largest of these delays.
    @ivar late: the largest delay of the canary itself, in seconds.  More than a few ms show that the machine is busy.
    @ivar outages: when the server ended a connection of the canary.
    @ivar downtimes: when the scenario stopped the server, and when it listened again.
    @ivar cpu: the server's CPU time, as a share of one processor.
    @ivar before: the server's memory before the scenario, in MiB.
    @ivar grew: its growth during the scenario, in MiB: that of the process that grew most, if it was restarted.
    @ivar after: its memory after the scenario; 0 if it has ended.
    @ivar newcomer: the time until a new client had an answer at every door, in seconds; C{None} if that took too long,
        or if the server had ended.
    @ivar left: how many more descriptors than before the server has open when all clients are gone; 0 if it has fewer.
    @ivar alive: whether the server runs at the end.
    @ivar stopped: whether the scenario ended it.
    @ivar tracebacks: how many tracebacks its log has.
    @ivar logged: how many lines its log has.
    """

    said: int
    lost: int
    doubled: int
    refused: int
    contradicted: int
    cutOff: int
    p50: float
    p99: float
    worst: float
    late: float
    cpu: float
    before: float
    grew: float
    after: float
    newcomer: float | None
    left: int
    alive: bool
    stopped: bool
    tracebacks: int
    logged: int
    outages: Sequence[Outage] = field(default=())
    downtimes: Sequence[tuple[float, float | None]] = field(default=())


def percentiles(latencies: list[float]) -> tuple[float, float, float]:
    """Return the median, the 99th percentile and the maximum; all are infinite if there are no values."""
    if not latencies:
        return (float("inf"),) * 3
    return percentile(latencies, 0.5), percentile(latencies, 0.99), max(latencies)


def missed(figures: Figures, marks: Marks) -> list[str]:
    """Return the missed marks, each in a few words."""
    found = []
    unheard = bool(figures.downtimes) and math.isinf(figures.p99)  # the server ran too shortly for the canary
    if marks.p99 is not None and figures.p99 > marks.p99 and not unheard:
        found.append(f"p99 over {1000 * marks.p99:g} ms")
    if figures.lost:
        found.append(f"{figures.lost} lines lost")
    if figures.doubled:
        found.append(f"{figures.doubled} lines doubled")
    if figures.contradicted:
        found.append(f"{figures.contradicted} refused lines received")
    if figures.refused and not marks.refused:
        found.append(f"{figures.refused} lines refused")
    found += _gone(figures)
    if not figures.alive and not figures.stopped:
        found.append("the server has ended")
    if marks.newcomer is not None and figures.alive:
        if figures.newcomer is None or figures.newcomer > marks.newcomer:
            found.append(f"newcomer over {marks.newcomer:g} s")
    if marks.growth is not None and figures.grew > marks.growth:
        found.append(f"grew by {figures.grew:.0f} MiB")
    if marks.left is not None and figures.left > marks.left:
        found.append(f"{figures.left} descriptors left")
    if marks.cpu is not None and figures.cpu > marks.cpu:
        found.append(f"CPU over {100 * marks.cpu:.0f} %")
    if figures.tracebacks:
        found.append(f"{figures.tracebacks} tracebacks in the log")
    return found


def _gone(figures: Figures) -> list[str]:
    """Name the outages of the canary that the scenario did not cause, and those that lasted too long."""
    found = []
    for outage in figures.outages:
        cause = [
            (down, up) for down, up in figures.downtimes if down <= outage.begin and (up is None or outage.begin <= up)
        ]
        if not cause:
            found.append(f"the canary was disconnected: {', '.join(outage.words)}")
            continue
        _, up = cause[0]
        if up is not None and (outage.end is None or outage.end - up > NEWCOMER):
            found.append(f"the canary was not back {NEWCOMER:g} s after the restart")
    if figures.cutOff and not figures.outages:
        found.append(f"{figures.cutOff} lines cut off")
    return found


def common(figures: Figures) -> Mapping[str, str]:
    """Return the figures of the server in words, for the lines below the table."""
    newcomer = "kept out" if figures.newcomer is None else f"{1000 * figures.newcomer:.0f} ms"
    return {
        "CPU": f"{100 * figures.cpu:.0f} %",
        "memory": f"{figures.before:.0f} MiB {figures.grew:+.1f}, then {figures.after:.0f}",
        "newcomer": "not tried" if figures.stopped else newcomer,
        "descriptors left": str(figures.left),
        "canary itself late by": f"{1000 * figures.late:.0f} ms",
        "log": f"{figures.logged} lines",
    }
