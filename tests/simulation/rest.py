"""Everything comes to rest: the disk is repaired, all clients read, and nothing more is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.simulation.broken import Broken

if TYPE_CHECKING:
    from tests.simulation.machine.connection import Connection
    from tests.simulation.world import World

PATIENCE: Final = 150.0
"""The seconds in which a client that reads must get its answers, when nothing else is sent."""

SPEAKING: Final = 10.0
"""The seconds in which a text of the polite client must be stored and heard, when nothing else happens."""

AGAIN: Final = 20.0
"""The seconds after which a client asks again for a sign of life, when nothing else is sent."""

QUIET: Final = 20_000
"""The most turns until everything that was sent has been read."""

GAPS: Final = (1.0, 30.0, 150.0, 600.0, 3600.0)
"""The seconds that pass between looks at a server without clients."""


class Rest:
    """Brings a world to rest, once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._asked: dict[int, float] = {}

    def come(self) -> None:
        """
        Come to rest.

        @raise Broken: somebody waits in vain, or another promise does not hold meanwhile.
        """
        world = self._world
        world.disk.fault = ""
        for connection in world.connections.values():
            connection.client.stalled = False
        until = world.reactor.seconds() + PATIENCE
        for _ in range(QUIET):
            busy = self.carry()
            if busy:
                continue
            world.checkReaders()
            ended = [each.client.slot for each in world.connections.values() if each.client.ended]
            if ended:
                raise Broken("the end", f"clients {ended} were told that their connections end, which stay open")
            waiting = [each for each in world.connections.values() if self._isWaiting(each)]
            if not waiting:
                break
            if world.reactor.seconds() > until:
                names = ", ".join(str(each.client.slot) for each in waiting)
                lines = [line for each in waiting for line in each.client.unanswered]
                isServed = lines and not any(each.client.pings for each in waiting)
                promise = "one answer for each label" if isServed else "nobody waits in vain"
                raise Broken(promise, f"clients {names} waited for {PATIENCE:g} seconds for answers to {lines}")
            world.reactor.sleep(0.5)
        else:
            raise Broken("nobody waits in vain", "the server does not come to rest")
        for connection in list(world.connections.values()):
            if connection.client.awaits:
                raise Broken("no gaps", f"client {connection.client.slot} never heard {connection.client.awaits}")

    def speak(self) -> None:
        """
        Let the polite client say something, which needs a journal that takes texts again.

        @raise Broken: it does not hear it.
        """
        world, canary = self._world, self._world.canary
        if not canary.canSpeak:
            return
        canary.speak()
        until = world.reactor.seconds() + SPEAKING
        while not canary.hears or self.carry():
            if world.reactor.seconds() > until:
                raise Broken("writes resume", "the disk is repaired, and the journal takes nothing")
            if not self.carry():
                world.reactor.sleep(0.5)

    def pass_(self) -> None:
        """Let more time pass than any timer of a connection, a rate or an address lasts."""
        for seconds in GAPS:
            self._world.reactor.sleep(seconds)
            while self.carry():
                pass

    def _isWaiting(self, connection: Connection) -> bool:
        """
        Whether a client awaits an answer, or the end of its connection.

        It asks for an answer in each rest, and again if it has waited for long.
        """
        client = connection.client
        if connection.socket.finished:
            return True
        if not client.registered:
            return False
        asked, now = self._asked.get(client.slot), self._world.reactor.seconds()
        if asked is None or (client.pings and now >= asked + AGAIN):
            self._asked[client.slot] = now
            client.ping(self._world.nextPing())
        return bool(client.pings or client.unanswered)

    def carry(self) -> bool:
        """Run a turn in which every thread works, and every connection moves its bytes.  Return whether any did."""
        world = self._world
        busy = not world.server.isIdle or world.reactor.isBusy
        world.workAll()
        for connection in list(world.connections.values()):
            client, socket = connection.client, connection.socket
            if client.outgoing or (socket.arrived and connection.transport in world.reactor.reading):
                busy = True
            socket.arrived += client.outgoing
            client.outgoing.clear()
            if socket.arrived or socket.finished:
                world.reactor.read(connection.transport)
            if client.stalled:
                continue
            if socket.sent or connection.transport in world.reactor.writing or socket.closed:
                busy = True
                world.read(connection, len(socket.sent))
        world.turn()
        world.check()
        return busy
