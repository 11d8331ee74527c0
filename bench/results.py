"""Summarize the measurements: medians, ratios, the table, the JSON document, and the targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from bench.contestants import Contestant
from bench.scenarios import Figures, Scenario


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of the table.

    @ivar scenario: the name of its scenario.
    @ivar figure: the name of its attribute of L{Figures}.
    @ivar title: its heading.
    @ivar format: the format of its values.
    @ivar lowerIsBetter: whether lower values are better.
    """

    scenario: str
    figure: str
    title: str
    format: str
    lowerIsBetter: bool = False


COLUMNS = (
    Column("burst", "rate", "burst", "{:,.0f}"),
    Column("burst100", "rate", "short burst", "{:,.0f}"),
    Column("steady", "rate", "steady", "{:,.0f}"),
    Column("small", "rate", "small rooms", "{:,.0f}"),
    Column("burst", "peak", "peak MiB in the burst", "{:,.1f}", lowerIsBetter=True),
    Column("idle", "perClient", "KiB an idle client", "{:,.2f}", lowerIsBetter=True),
    Column("idle", "logins", "clients let in", "{:,.0f}"),
)
"""The columns of the table.  Columns whose title has no unit are per CPU second of the server."""


@dataclass(slots=True)
class Series:
    """
    The rounds of one server in one scenario.

    @ivar rounds: the figures of each round; C{None} for a failed round.
    @ivar errors: the errors of the failed rounds.
    @ivar reason: why the server does not take part; C{None} if it does.
    """

    rounds: list[Figures | None] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reason: str | None = None

    def fail(self, why: str) -> None:
        """Record a failed round."""
        self.rounds.append(None)
        self.errors.append(why)

    def values(self, figure: str) -> list[float | None]:
        """Return one figure of all rounds."""
        return [None if figures is None else float(getattr(figures, figure)) for figures in self.rounds]

    def median(self, figure: str) -> float | None:
        """Return the median of a figure; C{None} if there is no round, or if a round failed."""
        if self.errors or not self.rounds:
            return None
        return median([value for value in self.values(figure) if value is not None])


class Results:
    """All series, by scenario and server."""

    def __init__(self, scenarios: Sequence[Scenario], contestants: Sequence[Contestant]) -> None:
        self.scenarios = {scenario.name: scenario for scenario in scenarios}
        self.contestants = {contestant.name: contestant for contestant in contestants}
        self._series: dict[tuple[str, str], Series] = {
            (scenario, contestant): Series() for scenario in self.scenarios for contestant in self.contestants
        }

    def series(self, scenario: str, contestant: str) -> Series:
        """Return the series of a server in a scenario.  It is empty if the server was not measured."""
        return self._series.get((scenario, contestant), Series())

    def ratio(self, scenario: str, figure: str, ours: str, theirs: str) -> float | None:
        """
        Return the ratio of two servers' figures: the median of the ratios of each round.

        The servers of one round run one after the other, so a temporary slowdown of the machine affects both.

        @param scenario: the name of the scenario.
        @param figure: the name of the figure.
        @param ours: the server whose figure is divided.
        @param theirs: the server whose figure divides it.
        @return: the ratio; C{None} if a server was not measured or a round failed.
        """
        mine, other = self.series(scenario, ours), self.series(scenario, theirs)
        if mine.errors or other.errors:
            return None
        both = zip(mine.values(figure), other.values(figure), strict=False)
        ratios = [a / b for a, b in both if a is not None and b]
        return median(ratios) if ratios else None

    def columns(self) -> list[Column]:
        """Return the columns in which at least one server has a figure."""
        return [
            column
            for column in COLUMNS
            if any(self.series(column.scenario, name).median(column.figure) for name in self.contestants)
        ]

    def table(self, against: Mapping[str, str]) -> str:
        """
        Return all medians as a Markdown table.  Below the table are the reasons for missing figures.

        @param against: for each server, by name, the server that its ratios compare it with.
        """
        columns = [column for column in COLUMNS if column.scenario in self.scenarios]
        lines = ["| server | " + " | ".join(column.title for column in columns) + " |"]
        lines.append("| --- " * (len(columns) + 1) + "|")
        notes: dict[str, dict[str, None]] = {}
        for name, contestant in self.contestants.items():
            cells = []
            for column in columns:
                series = self.series(column.scenario, name)
                value = series.median(column.figure)
                cells.append(self._cell(column, name, against[name], value))
                for reason in [*series.errors, *filter(None, [series.reason])]:
                    where = f"{contestant.title}, {column.scenario}" if series.errors else contestant.title
                    notes.setdefault(reason, {})[where] = None
            lines.append(f"| {contestant.title} | " + " | ".join(cells) + " |")
        reasons = [f"- {', '.join(those)}: {reason}" for reason, those in notes.items()]
        return "\n".join([*lines, "", *reasons]).rstrip()

    def _cell(self, column: Column, name: str, against: str, value: float | None) -> str:
        series = self.series(column.scenario, name)
        if value is None:
            return "error" if series.errors else "not here" if self.contestants[name].unavailable() else "—"
        text = column.format.format(value)
        ratio = self.ratio(column.scenario, column.figure, name, against)
        return text if ratio is None or name == against else f"{text} ({ratio:.2f})"

    def document(self) -> dict[str, Any]:
        """Return all results, as values for JSON."""
        return {
            scenario: {
                "title": described.title,
                "servers": {name: self._described(self.series(scenario, name)) for name in self.contestants},
            }
            for scenario, described in self.scenarios.items()
        }

    def _described(self, series: Series) -> dict[str, Any]:
        if series.reason:
            return {"reason": series.reason}
        figures = ("rate", "logins", "perClient", "peak")
        return {
            "medians": {figure: series.median(figure) for figure in figures},
            "rounds": [
                figures
                and asdict(figures) | {"rate": figures.rate, "logins": figures.logins, "perClient": figures.perClient}
                for figures in series.rounds
            ],
            "errors": series.errors,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """
    A target for one server.

    @ivar scenario: the name of the scenario.
    @ivar figure: the name of the figure.
    @ivar ours: the server that has the target.
    @ivar bound: the required ratio to the other server's figure, or the required figure.
    @ivar theirs: the server to compare with; C{None} to compare the figure itself.
    @ivar lowerIsBetter: whether the bound is a maximum.  Otherwise it is a minimum.
    """

    scenario: str
    figure: str
    ours: str
    bound: float
    theirs: str | None = None
    lowerIsBetter: bool = False

    def __str__(self) -> str:
        words = {
            "rate": "deliveries",
            "peak": "peak memory",
            "perClient": "KiB an idle client",
            "logins": "clients let in",
        }
        than = "at most" if self.lowerIsBetter else "at least"
        bound = f"{self.bound:g}" if self.theirs is None else f"{self.bound:g} × {self.theirs}"
        return f"{self.scenario}: {words[self.figure]} of {self.ours} {than} {bound}"

    def value(self, results: Results) -> float | None:
        """Return the value to compare with the bound; C{None} if it was not measured."""
        if self.theirs is None:
            return results.series(self.scenario, self.ours).median(self.figure)
        return results.ratio(self.scenario, self.figure, self.ours, self.theirs)

    def met(self, results: Results) -> bool | None:
        """Whether the target is met; C{None} if it was not measured.  After a failed run it is missed."""
        if results.series(self.scenario, self.ours).errors:
            return False
        value = self.value(results)
        if value is None:
            return None
        return value <= self.bound if self.lowerIsBetter else value >= self.bound


SMALL_CHATS = ("select", "eventlet", "gevent")
"""The small chats that are compared with the line door."""

TARGETS = (
    Target("burst", "rate", "irc", 2.0, "ngircd"),
    Target("burst", "peak", "irc", 0.5, "inspircd", lowerIsBetter=True),
    Target("steady", "rate", "irc", 0.9, "ngircd"),
    Target("small", "rate", "irc", 1.0, "ergo"),
    Target("idle", "perClient", "irc", 6.0, lowerIsBetter=True),
    Target("idle", "logins", "irc", 1.5, "ergo"),
    *(Target(scenario, "rate", "line", 1.0, theirs) for scenario in ("burst100", "steady") for theirs in SMALL_CHATS),
    *(Target(scenario, "rate", "irc-sqlite", 0.5, "irc") for scenario in ("burst", "small")),
    *(Target(scenario, "rate", "irc-sqlite", 1.0, "ergo") for scenario in ("burst", "small")),
)
"""The targets, for servers that are measured on one machine in one run."""


def verdicts(results: Results, targets: Iterable[Target] = TARGETS) -> tuple[list[str], bool]:
    """
    Compare the results with the targets.

    @return: a line for each target, and whether no target was missed.
    """
    lines, good = [], True
    for target in targets:
        met, value = target.met(results), target.value(results)
        word = {True: "met", False: "MISSED", None: "not measured"}[met]
        lines.append(f"- {word}: {target}" + ("" if value is None else f": {value:.2f}"))
        good &= met is not False
    return lines, good
