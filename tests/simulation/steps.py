"""A step of the simulation, and its form in a file of steps that can be run again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any, Final

ACTIONS: Final[Mapping[str, str]] = {
    "connect": "{who} connects: {text}",
    "send": "{who} sends {text!r}",
    "raw": "{who} sends the bytes {text!r}",
    "ping": "{who} asks for a sign of life",
    "login": "{who} logs in as {text!r}",
    "page": "{who} reads {text} page by page, {number} texts on a page",
    "input": "the server gets {size} from {who}",
    "output": "{who} reads {size}",
    "stall": "{who} stops reading, or starts again",
    "greed": "{who} asks for something {number:,} times, and reads nothing",
    "cut": "the connection of {who} is reset",
    "finish": "{who} closes the sending side",
    "turn": "a turn passes",
    "sleep": "{number:,} ms pass",
    "jump": "the clock is set, by {number:+,} s",
    "work": "the {text} thread works",
    "report": "the {text} thread reports",
    "fault": "the disk is {text}",
    "reload": "the administrator reloads the configuration {text!r}",
    "carry": "all threads and connections work once",
    "crash": "the server is killed, and starts again",
    "stop": "the server stops in order, and starts again",
    "desert": "all clients leave, and hours pass",
    "settle": "everybody reads everything, until nothing moves",
    "kill": "node {text} is killed",
    "leave": "node {text} stops in order",
    "boot": "node {text} starts",
    "part": "node {text} is cut off from the broker",
    "mute": "the answers of the broker to node {text} are lost",
    "deafen": "node {text} gets no messages of the stream",
    "outage": "the broker does not answer",
    "heal": "the network and the broker are well",
    "forget": "the broker forgets which messages it has had",
    "latency": "the network takes up to {number:,} ms from now on",
}
"""
What can happen, and a sentence that tells it.  An action whose sentence has C{{who}} happens to a client.  L{World
<tests.simulation.world.World>} has a method for each action of a single server, and L{ClusterWorld
<tests.simulation.cluster.world.ClusterWorld>} for each of a cluster.
"""

ALL: Final = 65_536
"""The size of a step that moves all bytes."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing that happens.

    @ivar action: the name of the action, from L{ACTIONS}.
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

    @property
    def isOfClient(self) -> bool:
        """Whether it happens to a client."""
        return "{who}" in ACTIONS.get(self.action, "")


def readSteps(lines: Iterable[str]) -> list[Step]:
    """
    Read steps.

    @param lines: the steps as lines of JSON.  Empty lines, and those that begin with C{#}, are skipped.
    @raise ValueError: a line is no step.  The message has its number.
    """
    steps = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                steps.append(_readStep(json.loads(line)))
            except ValueError as e:
                raise ValueError(f"line {number} is no step: {e}") from e
    return steps


def _readStep(values: Any) -> Step:
    if not isinstance(values, list) or not 1 <= len(values) <= len(fields(Step)):
        raise ValueError(f"a step looks like {Step('turn')}")
    for field, value in zip(fields(Step), values, strict=False):
        if type(value).__name__ != field.type:
            raise ValueError(f"{field.name} must be {field.type}, and is {value!r}")
    if values[0] not in ACTIONS:
        raise ValueError(f"there is no action {values[0]!r}; the actions are {', '.join(ACTIONS)}")
    return Step(*values)
