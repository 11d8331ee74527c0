"""Reports a failure of a simulation: the promise, its seed, and a shorter list of steps in a file."""

from __future__ import annotations

import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.invocation import invocation
from tests.simulation.runs.running import CLUSTER, SINGLE, runSteps
from tests.simulation.runs.shrinking import shrink
from tests.simulation.runs.story import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.simulation.broken import Broken
    from tests.simulation.runs.running import Failure, Kind
    from tests.simulation.steps import Step

LINES: Final = 30
"""How many lines of a story are printed, from its end."""

TRACE: Final = 15
"""How many lines of a traceback are printed, from its end."""

MODULE: Final = "tests.simulation"


def report(
    failure: Failure, seed: str, plant: str | None, effort: int, folder: Path, kind: Kind = SINGLE
) -> Iterator[str]:
    """
    Tell how a promise was broken, and write a shorter list of steps to a file.

    @param seed: the seed of the episode.
    @param plant: the planted fault.
    @param effort: see L{shrink}.
    @param folder: where the file is written.
    @param kind: what is simulated.
    @return: the lines.  Most of the time passes before the third.
    """
    planted = [*(["--cluster"] if kind is CLUSTER else []), *(["--plant", plant] if plant else [])]
    yield f"  BROKEN after {len(failure.steps):,} steps: {_told(failure.broken)}"
    yield f"  To run it again: {invocation(MODULE, '--seed', seed, *planted)}"
    shorter = shrink(failure, effort, partial(runSteps, kind=kind))
    yield f"  These {len(shorter.steps):,} steps are enough:"
    for line in tellEnd(shorter.steps):
        yield f"    {line}"
    yield f"  BROKEN: {_told(shorter.broken)}"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{''.join([letter if letter.isalnum() else '-' for letter in seed])}.steps"
    again = invocation(MODULE, "--run", file, *planted)
    file.write_text("\n".join(_lines(shorter, again)), encoding="utf-8")
    yield f"  To run only these: {again}"


def tellEnd(steps: Sequence[Step]) -> list[str]:
    """Tell the last steps of a list, each with its number."""
    told = [f"{number:4}. {sentence}" for number, sentence in enumerate(tell(steps), 1)]
    return told if len(told) <= LINES else [f"      ({len(told) - LINES:,} steps before)", *told[-LINES:]]


def _told(broken: Broken) -> str:
    """Tell how a promise was broken.  Of an exception, give the end of its traceback."""
    cause = broken.__cause__
    if cause is None:
        lines = str(broken).strip().splitlines()
    else:
        lines = [str(broken), *"".join(traceback.format_exception(cause)).strip().splitlines()]
    return "\n    ".join([lines[0], *lines[1:][-TRACE:]])


def _lines(failure: Failure, again: str) -> list[str]:
    """The lines of the file: the steps, each with its sentence."""
    lines = [f"# {again}", *[f"# {line}" for line in str(failure.broken).splitlines()], ""]
    for number, (step, sentence) in enumerate(zip(failure.steps, tell(failure.steps), strict=True), 1):
        lines += [f"# {number}. {sentence}", str(step)]
    return [*lines, ""]
