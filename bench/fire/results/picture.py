"""Draw what the canary noticed of each scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten

from bench.fire.play import Outcome
from bench.fire.scenario import P99
from bench.picture import GREY, RED, canvas

GREEN = "#2e7d4f"
"""The colour of a scenario in which nothing was missed."""

TEXT, NOTE = 7, 60
"""The size of notes in points, and their maximum length in characters."""

PLAIN, NOTED = 0.24, 1.1
"""The height of one scenario, and that of the title and the axis together, in inches."""


def draw(outcomes: Mapping[str, Outcome], path: Path) -> None:
    """
    Draw one row for each scenario: a bar from the median to the 99th percentile of the canary's delays, and a line to
    the longest.  The scale is logarithmic.  Rows are green if nothing was missed, and red with a note otherwise.

    @param outcomes: the outcomes by the names of their scenarios; at least one.
    @param path: the image file.
    """
    figure, (axis,) = canvas(1, 1, (10, NOTED + PLAIN * len(outcomes)))
    for position, outcome in enumerate(outcomes.values()):
        colour = RED if outcome.missed else GREEN
        figures = outcome.figures
        note = shorten(f"missed: {'; '.join(outcome.missed)}", NOTE, placeholder="…") if outcome.missed else ""
        at = 1000 * P99
        if math.isfinite(figures.worst):
            p50, p99, worst = (1000 * each for each in (figures.p50, figures.p99, figures.worst))
            axis.barh(position, p99 - p50, left=p50, height=0.6, color=colour)
            axis.plot([p99, worst], [position, position], color=colour, linewidth=2)
            note, at = f"{worst:,.0f}  {note}", worst
        style = {"fontsize": TEXT, "va": "center", "color": colour}
        # A note that counted for the layout would leave no space for the chart.
        axis.annotate(note, (at, position), (5, 0), textcoords="offset points", **style).set_in_layout(False)
    axis.set_yticks(range(len(outcomes)), list(outcomes), fontsize=8)
    axis.set_ylim(len(outcomes) - 0.4, -0.6)
    axis.set_xscale("log")
    axis.set_xlim(0.5, 20_000)
    axis.xaxis.set_major_formatter("{x:,g}")
    axis.tick_params(axis="x", which="minor", labelbottom=False)
    axis.axvline(1000 * P99, color=GREY, linestyle="--", linewidth=1)
    axis.set_title(
        f"The canary's delays: from the median to the 99th percentile, and a line to the longest.  Dashed: the mark of "
        f"the 99th percentile, {1000 * P99:g} ms",
        fontsize=8,
    )
    axis.set_xlabel("ms", fontsize=8)
    axis.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=110)
