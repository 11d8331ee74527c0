"""The table of outcomes, and the lines below it."""

from __future__ import annotations

import math

from bench.cluster.play import SHOWN, Outcome
from bench.cluster.scenario import Scenario

COLUMNS = (
    "scenario",
    "tried",
    "seen",
    "texts",
    "p50 / p99 ms",
    "longest pause s",
    "told within s",
    "equal after s",
    "verdict",
)


def header() -> str:
    """Return the head of the table."""
    return f"| {' | '.join(COLUMNS)} |\n" + "| --- " * len(COLUMNS) + "|"


def row(scenario: Scenario, outcome: Outcome) -> str:
    """Return the row of one scenario."""
    figures = outcome.figures
    texts = ", ".join(f"{count:,} {answer}" for answer, count in figures.texts.items())
    pauses = ", ".join(f"{node} {pause:.1f}" for node, pause in figures.pauses.items())
    verdict = f"MISSED: {len(outcome.missed)} marks, below" if outcome.missed else "good"
    return _line(
        scenario.name,
        scenario.tried,
        outcome.seen.text,
        texts,
        f"{_milliseconds(figures.p50)} / {_milliseconds(figures.p99)}",
        pauses,
        f"{figures.slowest:.1f}",
        f"{figures.equal:.1f}" if math.isfinite(figures.equal) else "never",
        verdict,
    )


def failed(scenario: Scenario, reason: str) -> str:
    """Return the row of a scenario that could not be played to its end."""
    return _line(scenario.name, scenario.tried, "", "", "", "", "", "", f"ERROR: {reason}")


def remarks(scenario: Scenario, outcome: Outcome) -> list[str]:
    """Return the lines about a scenario that go below the table."""
    figures = outcome.figures
    starts = ", ".join(f"{each:.1f}" for each in figures.starts) or "none"
    away, longest = figures.outages
    lines = [
        f"{scenario.name}: {figures.entries:,} entries; clients came back {away} times, within {longest:.1f} s",
        f"{scenario.name}: restarts took {starts} s; a writer was late by {1000 * figures.late:.0f} ms",
    ]
    lines += [f"{scenario.name}: {count} texts were denied: {words}" for words, count in figures.denied.items()]
    lines += [f"{scenario.name}: MISSED: {each}" for each in outcome.missed[:SHOWN]]
    if len(outcome.missed) > SHOWN:
        lines.append(f"{scenario.name}: and {len(outcome.missed) - SHOWN} more")
    return lines


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.1f}" if math.isfinite(seconds) else "none"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"
