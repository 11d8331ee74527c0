"""Runs simulations: an episode from a seed, or a list of steps."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple, Protocol

from tests.simulation.broken import Broken
from tests.simulation.choosing.choice import Choice
from tests.simulation.cluster.choice import ClusterChoice
from tests.simulation.cluster.world import ClusterWorld
from tests.simulation.steps import Step
from tests.simulation.world import World

LENGTHS: Final = (500, 1000, 2000, 2000, 4000)
"""
The steps of an episode: one of these, as its seed decides.  Each episode begins with an empty journal and has a seed of
its own, so that a failure can be repeated without the episodes before it.
"""


class IsSimulated(Protocol):
    """What the steps of an episode happen to."""

    @property
    def applied(self) -> int:
        """How many entries were applied."""

    @property
    def texts(self) -> int:
        """How many texts these had."""

    @property
    def heard(self) -> int:
        """How many texts were heard, by all clients together."""

    @property
    def slowest(self) -> float:
        """The longest time that a client waited for the answer to a ping, in seconds."""

    def do(self, step: Step) -> None:
        """Let a step happen, and check every promise."""

    def close(self) -> None:
        """Close the files."""


class Kind(NamedTuple):
    """
    A kind of simulation.

    @ivar begin: makes a world in an empty folder.
    @ivar choose: makes what chooses the steps, from a seed and a world.
    @ivar ending: the last steps of an episode.
    """

    begin: Callable[[Path], Any]
    choose: Callable[[str, Any], Any]
    ending: Sequence[str]


SINGLE: Final = Kind(World, Choice, ("settle", "desert", "stop"))
"""A single server.  At the end everything comes to rest, everybody leaves, and the server stops."""

CLUSTER: Final = Kind(ClusterWorld, ClusterChoice, ("settle", "desert"))
"""A cluster.  At the end everything comes to rest, everybody leaves, and all nodes stop."""

NODES: Final = ("kill", "leave", "part", "mute", "deafen", "outage")
"""What happens to nodes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """
    A promise was broken.

    @ivar broken: the promise.
    @ivar steps: the steps up to the one that broke it.
    """

    broken: Broken
    steps: Sequence[Step]


@dataclass(slots=True)
class Totals:
    """
    What was done so far.

    @ivar actions: how often each action happened.
    @ivar entries: how many entries were applied.
    @ivar texts: how many texts these had.
    @ivar heard: how often a client heard a text.
    @ivar slowest: the longest time that a client waited for the answer to a ping, in seconds.
    """

    actions: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    texts: int = 0
    heard: int = 0
    episodes: int = 0
    slowest: float = 0.0

    @property
    def steps(self) -> int:
        """How many steps were run."""
        return self.actions.total()

    def add(self, world: IsSimulated, steps: Sequence[Step]) -> None:
        """Add an episode."""
        self.episodes += 1
        self.actions.update([step.action for step in steps])
        self.entries += world.applied
        self.texts += world.texts
        self.heard += world.heard
        self.slowest = max(self.slowest, world.slowest)

    def __str__(self) -> str:
        """Two lines with all numbers."""
        done = self.actions
        return (
            f"{self.steps:,} steps in {self.episodes:,} episodes: {self.entries:,} entries, {self.texts:,} texts,"
            f" heard {self.heard:,} times; the longest wait for an answer: {self.slowest:.1f} s\n"
            f"  {done['connect']:,} clients, {done['cut']:,} connections reset, {done['crash']:,} restarts,"
            f" {done['fault']:,} faults of the disk, {done['reload']:,} reloads, {done['jump']:,} jumps of the clock"
            f"{self._cluster}"
        )

    @property
    def _cluster(self) -> str:
        """What happened to nodes, if there are any."""
        done = self.actions
        if not any(done[action] for action in NODES):
            return ""
        return (
            f"\n  {done['kill']:,} nodes killed, {done['leave']:,} stopped, {done['part']:,} partitions,"
            f" {done['mute'] + done['deafen']:,} of one direction, {done['outage']:,} outages of the broker"
        )


def runSeed(seed: str, totals: Totals, steps: int | None = None, kind: Kind = SINGLE) -> Failure | None:
    """
    Run an episode.

    @param seed: decides about everything that happens.
    @param totals: to which the episode is added.
    @param steps: how many steps to run; C{None} if the seed decides.  The last ones are those of the kind.
    @param kind: what is simulated.
    @return: how it failed; C{None} if all promises hold.
    """
    length = steps or Random(f"length of {seed}").choice(LENGTHS)
    return _run(lambda world: kind.choose(seed, world).next, length, totals, kind)


def runSteps(steps: Sequence[Step], kind: Kind = SINGLE) -> Failure | None:
    """
    Run a list of steps.

    @param kind: what is simulated.

    @return: how it failed; C{None} if all promises hold.
    """
    left = iter(steps)
    return _run(lambda world: lambda: next(left), len(steps), Totals(), kind, isWhole=True)


def _run(
    choose: Callable[[Any], Callable[[], Step]], length: int, totals: Totals, kind: Kind, isWhole: bool = False
) -> Failure | None:
    """
    Run steps on a new world.

    @param choose: called with the world, returns a function that returns the next step.
    @param isWhole: whether these are all steps.  Otherwise the last ones are those of the kind.
    """
    taken: list[Step] = []
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        world: IsSimulated = kind.begin(Path(folder))
        following = choose(world)
        try:
            for number in range(length):
                ending = "" if isWhole else dict(enumerate(kind.ending, length - len(kind.ending))).get(number)
                taken.append(Step(ending) if ending else following())
                world.do(taken[-1])
        except Broken as broken:
            return Failure(broken, taken)
        except Exception as error:
            unexpected = Broken("no exception", f"{type(error).__name__}: {error}")
            unexpected.__cause__ = error
            return Failure(unexpected, taken)
        finally:
            totals.add(world, taken)
            world.close()
    return None


def _memory() -> str | None:
    """The folder of a file system in memory, if there is one: a sync takes no time there."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
