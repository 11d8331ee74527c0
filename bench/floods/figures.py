"""What one flood did to the server and to the canary, the marks to be held, and the table.  No input or output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import percentile

P99, GROWTH, NEWCOMER = 0.25, 32.0, 1.0
"""The marks: seconds that 99 of 100 lines may take, MiB that the server may grow, seconds for a new client."""

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
    One flood, measured once.

    @ivar said: lines that the canary said.
    @ivar lost: lines of it that were not heard, or heard twice.
    @ivar p50: half of the lines that were said during the flood were heard within so many seconds.
    @ivar p99: 99 of 100 of them.
    @ivar worst: all of them that were heard.
    @ivar late: by how many seconds the canary itself was late at most: more than a few ms say that the machine is busy.
    @ivar cpu: the server's CPU time during the flood, as a share of one processor.
    @ivar before: MiB of memory that the server had before.
    @ivar peak: the most that it had until all was over.
    @ivar after: what it had then.
    @ivar newcomer: seconds in which a new client was answered at both doors; C{None} where that took too long.
    @ivar connections: how many the attackers made.
    @ivar dropped: how many of these the server ended.
    @ivar leaked: how many descriptors more than before the server had when all was over: connections it had not closed.
    @ivar sent: bytes that the attackers sent.
    @ivar last: last lines of the dropped, and how many of them had each.
    @ivar disconnected: last lines of clients of the canary that the server disconnected.
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
        """By how many MiB the server's memory grew at most."""
        return max(0.0, self.peak - self.before)


def percentiles(latencies: list[float]) -> tuple[float, float, float]:
    """The middle, the 99th percentile and the greatest of these; infinite where there is none."""
    if not latencies:
        return (float("inf"),) * 3
    return percentile(latencies, 0.5), percentile(latencies, 0.99), max(latencies)


def combined(rounds: Sequence[Figures]) -> Figures:
    """The medians of several rounds; but what was lost in any of them counts, and so does a new client kept out."""
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
    """The marks that were missed, a word or two for each."""
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
    """The head of the table."""
    return f"| {' | '.join(COLUMNS)} |\n" + "| --- " * len(COLUMNS) + "|"


def row(name: str, figures: Figures) -> str:
    """One kind's row in the table."""
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
    """What a kind's connections were told last, and the canary's where it was disconnected, a line for each."""
    ranked = Counter(figures.last).most_common(most)
    lines = [f"{name}: {count:,} of the dropped heard last: {words}" for words, count in ranked]
    return lines + [
        f"{name}: the server disconnected a client of the canary: {words}" for words in figures.disconnected
    ]
