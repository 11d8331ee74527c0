"""The effects of a flood on the server and the canary, the marks, and the table.  Sans-I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import percentile

P99, GROWTH, NEWCOMER = 0.25, 32.0, 1.0
"""The marks: the maximum p99 in seconds, growth of the server in MiB, and time of a new client in seconds."""

COLUMNS = (
    "flood",
    "p50 ms",
    "p99 ms",
    "max ms",
    "lost",
    "CPU %",
    "MiB before",
    "grew",
    "after",
    "sent MiB",
    "connections",
    "dropped",
    "left",
    "new client ms",
    "late ms",
    "missed",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The measurements of one flood.

    @ivar said: how many lines the canary sent.
    @ivar lost: how many of these were not received, or received twice.
    @ivar p50: the median delay of lines sent during the flood, in seconds.
    @ivar p99: the 99th percentile of these delays.
    @ivar worst: the largest of these delays.
    @ivar late: the largest delay of the canary itself, in seconds.  More than a few ms show that the machine is busy.
    @ivar cpu: the server's CPU time during the flood, as a share of one processor.
    @ivar before: the server's memory before the flood, in MiB.
    @ivar peak: its maximum memory, in MiB.
    @ivar after: its memory after the flood, in MiB.
    @ivar newcomer: the time until a new client had an answer at both doors, in seconds; C{None} if that took too long.
    @ivar connections: how many connections the attackers made.
    @ivar dropped: how many of these the server closed.
    @ivar leaked: how many more descriptors than before the server has open when all clients are gone.
    @ivar sent: how many bytes the attackers sent.
    @ivar last: the last lines of dropped connections, and how often each occurred.
    @ivar disconnected: the last lines of canary clients that the server disconnected.
    """

    said: int
    lost: int
    p50: float
    p99: float
    worst: float
    late: float
    cpu: float
    before: float
    peak: float
    after: float
    newcomer: float | None
    connections: int
    dropped: int
    leaked: int
    sent: int
    last: Mapping[str, int]
    disconnected: Sequence[str] = ()

    @property
    def grew(self) -> float:
        """The growth of the server's memory, in MiB."""
        return max(0.0, self.peak - self.before)


def percentiles(latencies: list[float]) -> tuple[float, float, float]:
    """Return the median, the 99th percentile and the maximum; all are infinite if there are no values."""
    if not latencies:
        return (float("inf"),) * 3
    return percentile(latencies, 0.5), percentile(latencies, 0.99), max(latencies)


def combined(rounds: Sequence[Figures]) -> Figures:
    """Return the medians of several rounds, but the sum of lost lines, and C{None} if a round kept a new client out."""
    last: Counter[str] = Counter()
    for one in rounds:
        last.update(one.last)
    newcomers = [one.newcomer for one in rounds if one.newcomer is not None]
    return Figures(
        said=sum(one.said for one in rounds),
        lost=sum(one.lost for one in rounds),
        p50=median(one.p50 for one in rounds),
        p99=median(one.p99 for one in rounds),
        worst=median(one.worst for one in rounds),
        late=median(one.late for one in rounds),
        cpu=median(one.cpu for one in rounds),
        before=median(one.before for one in rounds),
        peak=median(one.peak for one in rounds),
        after=median(one.after for one in rounds),
        newcomer=median(newcomers) if len(newcomers) == len(rounds) else None,
        connections=round(median(one.connections for one in rounds)),
        dropped=round(median(one.dropped for one in rounds)),
        leaked=round(median(one.leaked for one in rounds)),
        sent=round(median(one.sent for one in rounds)),
        last=last,
        disconnected=[words for one in rounds for words in one.disconnected],
    )


def missed(figures: Figures) -> list[str]:
    """Return the names of the missed marks."""
    found = []
    if figures.p99 > P99:
        found.append("p99")
    if figures.lost:
        found.append("lost")
    if figures.grew > GROWTH:
        found.append("memory")
    if figures.newcomer is None or figures.newcomer > NEWCOMER:
        found.append("new client")
    return found


def header() -> str:
    """Return the head of the table."""
    return f"| {' | '.join(COLUMNS)} |\n" + "| --- " * len(COLUMNS) + "|"


def row(name: str, figures: Figures) -> str:
    """Return the row of one kind in the table."""
    cells = (
        name,
        f"{1e3 * figures.p50:.1f}",
        f"{1e3 * figures.p99:,.1f}",
        f"{1e3 * figures.worst:,.1f}",
        f"{figures.lost} of {figures.said}" if figures.lost else "0",
        f"{100 * figures.cpu:.0f}",
        f"{figures.before:.0f}",
        f"{figures.grew:+.1f}",
        f"{figures.after:.0f}",
        f"{figures.sent / (1 << 20):,.1f}",
        f"{figures.connections:,}",
        f"{figures.dropped:,}",
        f"{figures.leaked}",
        "none" if figures.newcomer is None else f"{1e3 * figures.newcomer:.0f}",
        f"{1e3 * figures.late:.0f}",
        ", ".join(missed(figures)) or "-",
    )
    return f"| {' | '.join(cells)} |"


def lastLines(name: str, figures: Figures, most: int = 3) -> list[str]:
    """
    Describe the last lines that connections received.

    @param name: the name of the kind of flood.
    @param figures: its measurements.
    @param most: the maximum number of lines about dropped connections.
    """
    ranked = Counter(figures.last).most_common(most)
    lines = [f"{name}: {count:,} of the dropped heard last: {words}" for words, count in ranked]
    return lines + [
        f"{name}: the server disconnected a client of the canary: {words}" for words in figures.disconnected
    ]
