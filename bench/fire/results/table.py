"""The table of outcomes, and the lines below it."""

from __future__ import annotations

import math

from bench.fire.play import Outcome
from bench.fire.results.figures import common
from bench.fire.scenario import GROWTH, LEFT, NEWCOMER, P99, Scenario

COLUMNS = ("scenario", "tried", "required", "seen", "canary p99 ms", "longest ms", "verdict")

ALWAYS = (
    "Required of every scenario, unless it says otherwise: "
    f"99 of 100 lines of the canary arrive within {1000 * P99:g} ms; none is lost, doubled or refused; the server does "
    f"not disconnect it; afterwards a newcomer has an answer at every door within {NEWCOMER:g} s; the server's memory "
    f"grows by at most {GROWTH:g} MiB; at most {LEFT} descriptors are left when all clients have gone; its log "
    "has no traceback, and the server runs."
)
"""The marks that hold for every scenario, in words."""


def header() -> str:
    """Return the head of the table."""
    return f"| {' | '.join(COLUMNS)} |\n" + "| --- " * len(COLUMNS) + "|"


def row(scenario: Scenario, outcome: Outcome) -> str:
    """Return the row of one scenario."""
    figures = outcome.figures
    verdict = f"MISSED: {'; '.join(outcome.missed)}" if outcome.missed else "good"
    delays = [f"{1000 * delay:,.1f}" if math.isfinite(delay) else "none" for delay in (figures.p99, figures.worst)]
    return _line(scenario.name, scenario.tried, scenario.required or "as always", outcome.seen.text, *delays, verdict)


def failed(scenario: Scenario, reason: str) -> str:
    """Return the row of a scenario that could not be played to its end."""
    return _line(scenario.name, scenario.tried, scenario.required or "as always", "", "", "", f"ERROR: {reason}")


def remarks(scenario: Scenario, outcome: Outcome) -> list[str]:
    """Return the lines about a scenario that go below the table."""
    figures = ", ".join(f"{key} {value}" for key, value in common(outcome.figures).items())
    return [f"{scenario.name}: {figures}"] + [f"{scenario.name}: {remark}" for remark in outcome.seen.remarks]


def longest(outcomes: dict[str, Outcome]) -> str:
    """Return the sentence about the canary's longest wait in all scenarios."""
    heard = {name: outcome for name, outcome in outcomes.items() if math.isfinite(outcome.figures.worst)}
    if not heard:
        return "No scenario was played to its end, or the canary received nothing."
    name, outcome = max(heard.items(), key=lambda item: item[1].figures.worst)
    said = sum(outcome.figures.said for outcome in outcomes.values())
    return (
        f"The canary's longest wait across all of it: {1000 * outcome.figures.worst:,.1f} ms, in {name} "
        f"({len(outcomes)} scenarios, {said:,} lines of the canary)."
    )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"
