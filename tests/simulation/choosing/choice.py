"""Chooses the next step of a simulation."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from random import Random
from typing import Final

from tests.simulation.choosing.machine import Machine
from tests.simulation.choosing.people import People
from tests.simulation.choosing.picks import Picks
from tests.simulation.choosing.templates import EARLY, LINES
from tests.simulation.steps import Step
from tests.simulation.world import World

WEIGHTS: Final = {
    "input": 230,
    "output": 180,
    "talk": 160,
    "carry": 60,
    "work": 130,
    "report": 130,
    "turn": 30,
    "sleep": 60,
    "act": 70,
    "login": 6,
    "page": 6,
    "ping": 12,
    "connect": 22,
    "raw": 2,
    "stall": 3,
    "greed": 0.5,
    "shout": 6,
    "cut": 2,
    "finish": 1,
    "fault": 1.5,
    "reload": 1,
    "jump": 1,
    "settle": 1,
    "crash": 0.5,
    "stop": 0.3,
    "desert": 0.2,
}
"""How often each kind of step is chosen."""

RARE: Final = ("raw", "stall", "cut", "finish", "fault", "reload", "jump", "settle", "crash", "ping")
"""The kinds of steps that some episodes do not have, and others have more often."""

CROWDS: Final = (3, 8, 14, 14)
"""The most clients at a time: in each episode one of these."""


class Swarm:
    """
    Chooses steps by their weights.

    Some kinds of steps hide what others cause: after a crash, no connection is stalled.  So each seed leaves out some
    kinds, and has more of others (Groce et al., "Swarm Testing", 2012).
    """

    def __init__(self, random: Random, weights: Mapping[str, float], rare: Container[str], *makers: object) -> None:
        """
        @param random: chooses.
        @param weights: how often each kind of step is chosen, by the name of the method that makes one.
        @param rare: the kinds that a seed may leave out.
        @param makers: have these methods.  The first that has one makes the step.
        """
        self._random = random
        self._names = [*weights]
        self._weights = [
            weight * (random.choice((0, 1, 1, 1, 3)) if name in rare else 1) for name, weight in weights.items()
        ]
        self._choose: dict[str, Callable[[], Step | None]] = {
            name: next(getattr(maker, name) for maker in makers if hasattr(maker, name)) for name in weights
        }

    def next(self) -> Step:
        """Choose a step."""
        step = None
        while step is None:
            (name,) = self._random.choices(self._names, self._weights)
            step = self._choose[name]()
        return step


class Choice(Swarm):
    """Chooses steps.  The same seed and the same world give the same steps."""

    def __init__(self, seed: str, world: World) -> None:
        """
        @param seed: any text.
        @param world: what the steps will happen to.
        """
        random = Random(seed)
        picks = Picks(random, world)
        machine = Machine(picks, world)
        people = People(picks, world, LINES, EARLY, random.choice(CROWDS))
        super().__init__(random, WEIGHTS, RARE, people, machine)
