"""Draw charts of results with matplotlib."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.contestants import Ours
from bench.results import Results

RED, GREY = "#b3261e", "#5f6b7a"


def possible() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def canvas(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, list[Any]]:
    """Create a figure without a display.  Return it with its axes, in reading order."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(rows, columns, figsize=size, squeeze=False, constrained_layout=True)
    return figure, [axis for row in axes for axis in row]


def bars(results: Results, path: Path) -> None:
    """
    Draw a chart for each column of the table, with a bar for each server.  The bars of twistchat are red.

    The scales are logarithmic, so columns without figures are left out.

    @param results: the results, with at least one figure.
    @param path: the image file.
    """
    columns = results.columns()
    rows = (len(columns) + 1) // 2
    figure, axes = canvas(rows, 2, (13, 0.9 + rows * (0.6 + 0.24 * len(results.contestants))))
    for axis in axes[len(columns) :]:
        axis.remove()
    for axis, column in zip(axes, columns, strict=False):
        names = [name for name in results.contestants if results.series(column.scenario, name).median(column.figure)]
        values = [results.series(column.scenario, name).median(column.figure) or 0.0 for name in names]
        titles = [results.contestants[name].title for name in names]
        colours = [RED if isinstance(results.contestants[name], Ours) else GREY for name in names]
        drawn = axis.barh(titles, values, color=colours)
        axis.bar_label(drawn, labels=[column.format.format(value) for value in values], padding=3, fontsize=8)
        axis.invert_yaxis()
        axis.set_xscale("log")
        axis.tick_params(axis="x", which="minor", labelbottom=False)
        axis.set_xlim(min(values) / 3, max(values) * 5)
        unit = "" if column.figure in {"peak", "perClient"} else " a CPU second"
        better = "less is better" if column.lowerIsBetter else "more is better"
        axis.set_title(f"{column.title}{unit} ({better})", fontsize=9)
    figure.savefig(path, dpi=110)


def curves(titles: Mapping[str, str], series: Mapping[str, Sequence[tuple[int, float]]], path: Path) -> None:
    """
    Draw curves side by side.  From each point to the next, the number on the x axis doubles.

    @param titles: the title of each curve: what the x axis counts.
    @param series: the points of each curve: the number, and the cost of a delivery in nanoseconds.
    @param path: the image file.
    """
    figure, axes = canvas(1, len(series), (4.6 * len(series), 3.8))
    for axis, (name, points) in zip(axes, series.items(), strict=True):
        costs = [cost for _, cost in points]
        axis.plot(costs, marker="o", color=RED)
        axis.set_xticks(range(len(points)), [f"{count:,}" for count, _ in points], fontsize=8)
        axis.set_ylim(0, 1.1 * max(costs))
        axis.set_xlabel(titles[name], fontsize=8)
        axis.set_ylabel("CPU ns of the server for a delivery", fontsize=8)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def returns(
    title: str, served: Mapping[str, Sequence[float]], canary: Mapping[str, Sequence[tuple[float, float]]], path: Path
) -> None:
    """
    Draw how many clients have been served at each time since they came back, and below it the delays of the canary.

    @param title: what each client did.
    @param served: for each case, the seconds until each client was served, sorted.
    @param canary: for each case, when each line of the canary was sent, in seconds since the clients came back, and its
        delay in seconds.
    @param path: the image file.
    """
    figure, (above, below) = canvas(2, 1, (8, 6.4))
    for (name, seconds), colour in zip(served.items(), (RED, GREY), strict=False):
        above.step([0.0, *seconds], range(len(seconds) + 1), where="post", color=colour, label=name)
        below.plot(*zip(*[(at, 1000 * delay) for at, delay in canary[name]], strict=True), ".", color=colour, ms=4)
    above.set_title(title, fontsize=9)
    above.set_ylabel("clients that have all they asked for", fontsize=8)
    above.legend(fontsize=8)
    below.set_ylabel("delay of the canary's lines in ms", fontsize=8)
    below.set_xlabel("seconds", fontsize=8)
    for axis in (above, below):
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
