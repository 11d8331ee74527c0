"""Runs simulations: one from a seed, or a list of steps."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.broken import Broken
from tests.simulation.choosing.choice import Choice
from tests.simulation.steps import Step
from tests.simulation.world import World

EPISODE: Final = 2000
"""
The steps of an episode.  Each episode begins with an empty journal and has a seed of its own, so that a failure can be
repeated without the episodes before it.
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """
    A promise was broken.

    @ivar broken: the promise.
    @ivar steps: the steps up to the one that broke it.
    """

    broken: Broken
    steps: Sequence[Step]


def runSeed(seed: str, steps: int, seen: Callable[[World], None] = lambda world: None) -> Failure | None:
    """
    Run an episode.

    @param seed: decides about everything that happens.
    @param steps: how many steps to run.  At the end everything comes to rest.
    @param seen: called with the world when the episode is over.
    @return: how it failed; C{None} if all promises hold.
    """
    taken: list[Step] = []
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        world = World(Path(folder))
        try:
            choice = Choice(seed, world)
            for number in range(steps):
                taken.append(choice.next() if number < steps - 1 else Step("settle"))
                world.do(taken[-1])
        except Broken as broken:
            return Failure(broken, taken)
        except Exception as error:
            return Failure(_unexpected(error), taken)
        finally:
            seen(world)
            world.close()
    return None


def runSteps(steps: Sequence[Step]) -> Failure | None:
    """
    Run a list of steps.

    @return: how it failed; C{None} if all promises hold.
    """
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        world = World(Path(folder))
        try:
            for number, step in enumerate(steps):
                try:
                    world.do(step)
                except Broken as broken:
                    return Failure(broken, steps[: number + 1])
                except Exception as error:
                    return Failure(_unexpected(error), steps[: number + 1])
        finally:
            world.close()
    return None


def _unexpected(error: Exception) -> Broken:
    broken = Broken("no exception", f"{type(error).__name__}: {error}")
    broken.__cause__ = error
    return broken


def _memory() -> str | None:
    """The folder of a file system in memory, if there is one: a sync takes no time there."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
