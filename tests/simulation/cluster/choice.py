"""Chooses the next step of a simulation of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final

from tests.simulation.choosing.choice import Swarm
from tests.simulation.choosing.machine import Machine
from tests.simulation.choosing.people import People
from tests.simulation.choosing.picks import Picks
from tests.simulation.choosing.templates import EARLY, LINES
from tests.simulation.cluster.world import NAMES, ClusterWorld
from tests.simulation.machine.disk import FAULTS
from tests.simulation.steps import Step

if TYPE_CHECKING:
    from tests.simulation.cluster.site import Site

WEIGHTS: Final = {
    "input": 180,
    "output": 140,
    "talk": 140,
    "carry": 60,
    "work": 60,
    "report": 60,
    "turn": 80,
    "sleep": 40,
    "act": 80,
    "login": 6,
    "page": 4,
    "ping": 12,
    "connect": 24,
    "stall": 2,
    "shout": 3,
    "cut": 4,
    "finish": 1,
    "part": 3,
    "mute": 2,
    "deafen": 1,
    "outage": 1,
    "heal": 20,
    "forget": 1,
    "latency": 3,
    "kill": 2,
    "leave": 1.5,
    "boot": 20,
    "fault": 0.5,
    "jump": 1,
    "settle": 0.7,
    "desert": 0.1,
}
"""How often each kind of step is chosen."""

RARE: Final = (
    *("stall", "cut", "finish", "ping", "jump", "settle", "latency", "forget"),
    *("part", "mute", "deafen", "outage", "kill", "leave", "fault"),
)
"""The kinds of steps that some episodes do not have, and others have more often."""

CROWDS: Final = (3, 6, 9, 12)
"""The most clients at a time: in each episode one of these."""

LATENCIES: Final = (0, 0, 5, 50, 300, 900)
"""How long a message may take, in milliseconds.  A request fails after two seconds."""


class Machines(Machine):
    """Chooses what happens to the nodes, the broker and the network."""

    def __init__(self, picks: Picks, world: ClusterWorld) -> None:
        super().__init__(picks, world)
        self._cluster = world

    def work(self) -> Step | None:
        """A thread of a node does something."""
        return self._thread("work", lambda worker: bool(worker.waiting), turn=False)

    def report(self) -> Step | None:
        """A reactor learns of something that a thread did."""
        return self._thread("report", lambda worker: bool(worker.done), turn=True)

    def _thread(self, action: str, suits: Callable[..., bool], turn: bool) -> Step | None:
        found = [
            f"{site.name} {worker.name}"
            for site in self._cluster.running
            for worker in site.server.workers.values()
            if suits(worker)
        ]
        return Step(action, text=self._picks.one(found), turn=turn) if found else None

    def sleep(self) -> Step | None:
        """Time passes."""
        random = self._picks.random
        return Step("sleep", size=random.choice((1, 10, 100, random.randrange(2000), random.randrange(8_000))))

    def fault(self) -> Step | None:
        """The disk of a node has a fault."""
        return self._some("fault", self._cluster.running, f" {self._picks.one([*FAULTS])}")

    def kill(self) -> Step | None:
        """A node is killed."""
        return self._some("kill", self._cluster.running)

    def leave(self) -> Step | None:
        """A node stops in order."""
        return self._some("leave", [site for site in self._cluster.running if not site.isEnding])

    def boot(self) -> Step | None:
        """A node starts."""
        return self._some("boot", [site for site in self._cluster.sites.values() if not site.isRunning])

    def part(self) -> Step | None:
        """Nodes are cut off."""
        return self._cut("part")

    def mute(self) -> Step | None:
        """The answers of the broker are lost."""
        return self._cut("mute")

    def deafen(self) -> Step | None:
        """The messages of the stream do not arrive."""
        return self._cut("deafen")

    def outage(self) -> Step | None:
        """The broker fails."""
        return Step("outage")

    def heal(self) -> Step | None:
        """The network is well again."""
        return Step("heal")

    def forget(self) -> Step | None:
        """The broker forgets the ids of messages."""
        return Step("forget")

    def latency(self) -> Step | None:
        """The network becomes slower, or faster."""
        return Step("latency", size=self._picks.one(LATENCIES))

    def jump(self) -> Step | None:
        """The clocks of all machines are set."""
        return Step("jump", size=self._picks.one((-3600, 3600, -1, 1)))

    def _cut(self, action: str) -> Step | None:
        return Step(action, text="".join(self._picks.random.sample(NAMES, self._picks.one((1, 1, 2)))))

    def _some(self, action: str, sites: list[Site], more: str = "") -> Step | None:
        return Step(action, text=self._picks.one(sites).name + more) if sites else None


class ClusterChoice(Swarm):
    """Chooses steps, as L{Choice <tests.simulation.choosing.choice.Choice>} does for a single server."""

    def __init__(self, seed: str, world: ClusterWorld) -> None:
        """
        @param seed: any text.
        @param world: what the steps will happen to.
        """
        random = Random(seed)
        picks = Picks(random, world)
        machines = Machines(picks, world)
        people = People(picks, world, LINES, EARLY, random.choice(CROWDS))
        super().__init__(random, WEIGHTS, RARE, people, machines)
