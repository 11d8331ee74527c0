"""A step of the simulation, and its form in a list of steps that can be run again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing that happens.  L{World <tests.simulation.world.World>} has a method for each action.

    @ivar action: the name of the action.
    @ivar slot: the client to which it happens.
    @ivar size: bytes, milliseconds or seconds, as the action says.
    @ivar text: a line, a name or a configuration, as the action says.
    @ivar turn: whether the reactor's turn ends with it.
    """

    action: str
    slot: int = 0
    size: int = 0
    text: str = ""
    turn: bool = True

    def __str__(self) -> str:
        """The step as a line of JSON."""
        return json.dumps(astuple(self))


def readSteps(lines: Iterable[str]) -> list[Step]:
    """
    Read steps.

    @param lines: the steps as lines of JSON.  Empty lines, and those that begin with C{#}, are skipped.
    @raise ValueError: a line is no step.
    """
    steps = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                steps.append(Step(*json.loads(line)))
            except (ValueError, TypeError) as e:
                raise ValueError(f"line {number} is no step: {e}") from e
    return steps
