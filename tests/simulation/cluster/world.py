"""A cluster of three nodes and its clients, to which the steps of a simulation happen."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, Final

from tests.simulation.broken import Broken
from tests.simulation.clients.base import Memory
from tests.simulation.cluster.promises import EqualStates
from tests.simulation.cluster.rest import ClusterRest
from tests.simulation.cluster.site import Site
from tests.simulation.cluster.truth import Truth
from tests.simulation.machine.connection import Connection
from tests.simulation.machine.reactor import SimulatedReactor
from tests.simulation.promises.failures import LoggedFailures
from tests.simulation.steps import Step
from tests.simulation.world import NOON
from twistchat.testing.streams import MemoryBroker

NAMES: Final = ("a", "b", "c")
"""The names of the nodes.  A client is at the node whose place is the remainder of its slot."""

SLICE: Final = 0.25
"""The longest time that passes without a turn of the reactors, in seconds."""

ROUNDS: Final = 20
"""The most turns of the reactors in that time."""

SILENCE: Final = 180.0
"""Seconds after which a connection has ended whose client is gone, though the kernel did not tell the server."""

LOOK: Final = 25
"""The number of steps between two looks at the states of all nodes."""


class ClusterWorld:
    """
    The simulation of a cluster.

    @ivar reactor: the reactor of the broker, with the clock of all.
    @ivar broker: the broker.
    @ivar sites: the nodes, by name.
    @ivar truth: what the stream says.
    @ivar memories: what people remember, by their number: the slot of each of their clients divided by the nodes.
    @ivar graves: the servers that have ended.
    """

    def __init__(self, folder: Path) -> None:
        """
        Start all nodes, with an empty stream.

        @param folder: an empty folder.
        """
        self._shift = 0.0
        self._longest, self._random = 0.0, Random("network")
        self.reactor = SimulatedReactor()
        self.broker = MemoryBroker(self.reactor, self.wall, self._delay)
        self.truth = Truth(self.broker.messages)
        self.memories: dict[int, Memory] = {}
        self.graves: list[Any] = []
        self.steps = 0
        self._failures = LoggedFailures()
        self._states = EqualStates()
        self.sites: dict[str, Site] = {}
        for name in NAMES:
            (folder / name).mkdir()
            self.sites[name] = Site(name, folder / name, self)
        for site in self.sites.values():
            site.start()

    def close(self) -> None:
        """Close the files."""
        self._failures.close()
        for site in self.sites.values():
            site.close()

    def wall(self) -> float:
        """The time, in seconds since the epoch."""
        return NOON + self._shift + self.reactor.seconds()

    def _delay(self) -> float:
        return self._random.random() * self._longest

    # For those who choose, and who count

    @property
    def connections(self) -> dict[int, Connection]:
        """All clients that are connected, by slot."""
        return {slot: one for site in self.sites.values() for slot, one in site.connections.items()}

    @property
    def running(self) -> list[Site]:
        """The nodes whose processes run."""
        return [site for site in self.sites.values() if site.isRunning]

    @property
    def server(self) -> Any:
        """A server that runs, or the last one of a node."""
        return (self.running or [*self.sites.values()])[0].server

    @property
    def applied(self) -> int:
        """How many entries were applied."""
        return len(self.truth.entries)

    @property
    def texts(self) -> int:
        """How many texts these had."""
        return self.truth.texts

    @property
    def heard(self) -> int:
        """How many texts were heard, by all clients together."""
        return sum(len(client.heard) for site in self.sites.values() for client in site.clients)

    @property
    def slowest(self) -> float:
        """The longest time that a client waited for the answer to a ping, in seconds."""
        return max((client.slowest for site in self.sites.values() for client in site.clients), default=0.0)

    # Steps

    def do(self, step: Step) -> None:
        """
        Let a step happen, and check every promise.  Before the first step, all nodes join.

        @raise Broken: a promise does not hold.
        """
        if not self.steps:
            ClusterRest(self).join()
        if step.isOfClient:
            site = self.sites[NAMES[step.slot % len(NAMES)]]
            site.act(step)
            if step.turn:
                site.turn()
        else:
            getattr(self, f"_{step.action}")(step)
            if step.turn:
                self.turn()
        self.steps += 1
        self.check()
        if self.steps % LOOK == 0:
            self.compareStates()

    def turn(self) -> None:
        """Run a turn of all reactors."""
        for site in self.sites.values():
            site.turn()
        self.reactor.turn()

    def pass_(self, seconds: float) -> None:
        """Let time pass.  Everybody's threads work meanwhile, and nobody's clients."""
        while seconds > 0:
            self.reactor.sleep(min(SLICE, seconds))
            for site in self.running:
                site.reactor.sleep(min(SLICE, seconds))
            seconds -= SLICE
            for _ in range(ROUNDS):
                isBusy = self.reactor.isBusy
                for site in self.running:
                    isBusy = isBusy or not site.server.isIdle or site.reactor.isBusy
                    site.workAll()
                self.turn()
                self.check()
                if not isBusy:
                    break

    def check(self) -> None:
        """
        Check the promises that do not depend on a client.

        @raise Broken: one does not hold.
        """
        self._failures.check()
        for site in self.running:
            site.check()

    def compareStates(self) -> None:
        """
        Compare the states of all nodes.

        @raise Broken: they differ.
        """
        self._states.look(self.sites.values())

    def _named(self, step: Step) -> list[Site]:
        """The nodes whose names begin the text of a step."""
        return [self.sites[name] for name in step.text.partition(" ")[0] if name in self.sites]

    def _turn(self, step: Step) -> None:
        """Nothing happens but a turn of the reactors."""

    def _sleep(self, step: Step) -> None:
        """Time passes.  C{size}: milliseconds."""
        self.pass_(step.size / 1000)

    def _jump(self, step: Step) -> None:
        """The clocks of all machines are set.  C{size}: by how many seconds."""
        self._shift += step.size

    def _carry(self, step: Step) -> None:
        """All threads and connections work once."""
        for site in self.running:
            site.carry()

    def _work(self, step: Step) -> None:
        """A thread does something.  C{text}: the node and the thread."""
        for site in self._named(step):
            site.act(Step("work", text=step.text.partition(" ")[2]))

    def _report(self, step: Step) -> None:
        """A reactor learns of something that a thread did.  C{text}: the node and the thread."""
        for site in self._named(step):
            site.act(Step("report", text=step.text.partition(" ")[2]))

    def _fault(self, step: Step) -> None:
        """A fault of a disk begins, or ends.  C{text}: the node and the fault."""
        for site in self._named(step):
            site.damage(step.text.partition(" ")[2])

    def _kill(self, step: Step) -> None:
        """A node is killed.  C{text}: its name."""
        for site in self._named(step):
            site.kill()

    def _leave(self, step: Step) -> None:
        """A node is stopped in order.  C{text}: its name."""
        for site in self._named(step):
            site.leave()

    def _boot(self, step: Step) -> None:
        """A node starts.  C{text}: its name."""
        for site in self._named(step):
            site.start()

    def _part(self, step: Step) -> None:
        """Nodes are cut off from the broker.  C{text}: their names."""
        for site in self._named(step):
            site.cut("isCut")

    def _mute(self, step: Step) -> None:
        """Nodes get no answers from the broker.  C{text}: their names."""
        for site in self._named(step):
            site.cut("losesAnswers")

    def _deafen(self, step: Step) -> None:
        """Nodes get no messages from the broker, only answers.  C{text}: their names."""
        for site in self._named(step):
            site.cut("isDeaf")

    def _outage(self, step: Step) -> None:
        """The broker does not answer."""
        self.broker.isUp = False
        for site in self.running:
            site.hurtIfStarting()

    def _heal(self, step: Step) -> None:
        """The network and the broker are well again."""
        self.heal()

    def _forget(self, step: Step) -> None:
        """The broker forgets which messages it has had: it takes them again."""
        self.broker.forget()

    def _latency(self, step: Step) -> None:
        """The network takes longer.  C{size}: milliseconds at most."""
        self._longest = step.size / 1000

    def heal(self) -> None:
        """Let everything through again."""
        self.broker.isUp = True
        for site in self.sites.values():
            site.heal()

    def calm(self) -> None:
        """Let the network be fast, and all disks work."""
        self._longest = 0.0
        for site in self.sites.values():
            site.disk.fault = ""

    def _settle(self, step: Step) -> None:
        """Everything comes to rest.  All nodes run and can be reached."""
        ClusterRest(self).come()

    def _desert(self, step: Step) -> None:
        """
        All clients leave, then all nodes.

        @raise Broken: something of a client stays.
        """
        rest = ClusterRest(self)
        rest.come()
        for site in self.sites.values():
            site.hangUpAll()
        self.pass_(SILENCE)
        rest.come()
        for site in self.sites.values():
            for user in site.server.chat.state.users:
                if user.elsewhere or user.sessions or not user.stays:
                    where = [*user.sessions] or dict(user.elsewhere) or "without a session"
                    raise Broken("nothing stays of who left", f"{user.nick} is still on {site.name}: {where}")
        rest.leaveAll()
        for site in self.sites.values():
            site.start()
        rest.come()
