"""Everything comes to rest: the network is healed, all nodes run, all clients read, and nothing more is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.simulation.broken import Broken
from tests.simulation.cluster.promises import checkCopies, checkSessions, checkTexts
from tests.simulation.rest import AGAIN, PATIENCE, QUIET
from tests.simulation.steps import ALL, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.cluster.site import Site
    from tests.simulation.cluster.world import ClusterWorld
    from tests.simulation.machine.connection import Connection

HEALING: Final = 90.0
"""
The seconds in which all nodes take part again, when the network is well.  A node that has lost its place waits for its
last batch, notices that it is lost, and joins again.
"""

SPEAKING: Final = 10.0
"""The seconds in which somebody who comes is welcomed by a node."""

VISITOR: Final = 240
"""The slot of a client that comes for a moment, or one of the next."""


class ClusterRest:
    """Brings a cluster to rest."""

    def __init__(self, world: ClusterWorld) -> None:
        self._world = world
        self._asked: dict[int, float] = {}

    def come(self) -> None:
        """
        Come to rest, and check everything.

        @raise Broken: somebody waits in vain, or another promise does not hold.
        """
        world = self._world
        world.calm()
        world.heal()
        for site in world.sites.values():
            for connection in site.connections.values():
                connection.client.stalled = False
        self.join()
        self._answer()
        for place, site in enumerate(world.sites.values()):
            self._visit(site, VISITOR + place)
        self._until(lambda: self._isEven, "the nodes follow the stream to its end")
        world.compareStates()
        checkTexts(world.sites.values())
        checkSessions(world.sites.values())
        checkCopies(world.sites.values())
        for site in world.sites.values():
            for promise in site.promises:
                promise.rested()

    def join(self) -> None:
        """
        Let all nodes run and take part.

        @raise Broken: one does not.
        """
        world = self._world

        def isDone() -> bool:
            for site in world.sites.values():
                site.start()
            return all(site.isRunning and not site.isEnding and site.server.takesPart for site in world.sites.values())

        self._until(isDone, "all nodes take part")
        states = [site.server.chat.state for site in world.sites.values()]
        self._until(lambda: not any(state.nodes.orphans for state in states), "orphans end")

    def leaveAll(self) -> None:
        """
        Stop all nodes in order.

        @raise Broken: one does not stop, or their copies differ.
        """
        for site in self._world.sites.values():
            site.leave()
        self._until(lambda: not self._world.running, "all nodes stop")
        checkCopies(self._world.sites.values())

    @property
    def _isEven(self) -> bool:
        """Whether all nodes have applied the whole stream."""
        sites, end = self._world.sites.values(), len(self._world.broker.messages)
        return all(site.server.position == end and site.server.isIdle for site in sites)

    def _until(self, isDone: Callable[[], bool], what: str) -> None:
        """
        Let everything work until something is true.

        @raise Broken: it takes too long.
        """
        world = self._world
        until = world.reactor.seconds() + HEALING
        while self._carry() or not isDone():
            if world.reactor.seconds() > until:
                states = [f"{site.name}: {site.told()}" for site in world.sites.values()]
                raise Broken("the cluster heals", f"it is not so that {what}, after {HEALING:g} s; {'; '.join(states)}")
            world.pass_(0.25)

    def _carry(self) -> bool:
        """Carry everything that can be carried now.  Return whether there is no end of it."""
        world = self._world
        for _ in range(QUIET):
            busy = world.reactor.isBusy
            for site in world.running:
                busy = site.carry() or busy
            world.reactor.turn()
            world.check()
            if not busy:
                return False
        return True

    def _answer(self) -> None:
        """
        Let all clients that ask for a sign of life get one.

        @raise Broken: somebody waits in vain, or a client was not told everything.
        """
        world = self._world
        until = world.reactor.seconds() + PATIENCE
        while True:
            self._carry()
            for site in world.running:
                site.checkReaders()
            connections = [(site, each) for site in world.running for each in site.connections.values()]
            waiting = [each.client.slot for site, each in connections if self._isWaiting(site, each)]
            if not waiting:
                break
            if world.reactor.seconds() > until:
                raise Broken("nobody waits in vain", f"clients {waiting} waited for {PATIENCE:g} s")
            world.pass_(0.5)
        for _, connection in connections:
            if connection.client.awaits:
                raise Broken("no gaps", f"client {connection.client.slot} never heard {connection.client.awaits}")

    def _isWaiting(self, site: Site, connection: Connection) -> bool:
        """Whether a client awaits an answer, or the end of its connection."""
        client = connection.client
        if connection.socket.finished or client.ended:
            return True
        if not client.registered:
            return False
        asked, now = self._asked.get(client.slot), site.reactor.seconds()
        if asked is None or (client.pings and now >= asked + AGAIN):
            self._asked[client.slot] = now
            client.ping(site.nextPing())
        return bool(client.pings or client.unanswered)

    def _visit(self, site: Site, slot: int) -> None:
        """
        Let somebody come to a node and leave again, which needs a stream that takes events.

        @raise Broken: nobody is welcomed.
        """
        world = self._world
        site.act(Step("connect", slot, ALL, "irc plain visitor"))
        until = world.reactor.seconds() + SPEAKING
        while (connection := site.connections.get(slot)) is not None and not connection.client.registered:
            self._carry()
            if world.reactor.seconds() > until:
                raise Broken("writes resume", f"nobody is welcomed by {site.name}, though all is well")
            world.pass_(0.25)
        if connection is None:
            raise Broken("writes resume", f"{site.name} sends somebody away who comes")
        site.act(Step("cut", slot))
        self._carry()
