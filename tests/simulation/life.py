"""The life of the server: how it starts, is killed, stops in order, and starts again."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.simulation.broken import Broken
from tests.simulation.clients.irc.client import IrcClient
from tests.simulation.machine.disk import copyJournal, spoil
from tests.simulation.machine.reactor import SimulatedReactor
from tests.simulation.machine.server import SimulatedServer
from tests.simulation.rest import Rest
from twistchat.chat.model.events import Entry
from twistchat.journal.sqlite.migrate import JournalUnusable

if TYPE_CHECKING:
    from tests.simulation.world import World

STOPPING: Final = 60.0
"""The seconds in which a server stops, also if clients do not read and the disk is broken."""


class Life:
    """
    Starts and ends the servers of a world, one after the other.

    @ivar folder: the data folder of the running server.
    """

    def __init__(self, world: World, folder: Path) -> None:
        """
        @param folder: the parent of all data folders.
        """
        self._world, self._parent = world, folder
        self._numbers, self._ids = count(1), count(1)
        self.folder = folder / "0"

    def start(self) -> SimulatedServer:
        """Start a server on what is in the folder."""
        world = self._world
        return SimulatedServer(
            self.folder,
            world.reactor,
            world.wall,
            lambda: f"s{next(self._ids)}",
            world.disk,
            world.ledger,
            world.configuration,
        )

    def crash(self, spoils: bool) -> None:
        """
        Kill the server, as kill -9 does, and start another one.  The files stay as they were written.

        @param spoils: whether the file cannot be opened at first.
        """
        for promise in self._world.promises:
            promise.stopping()
        self._move()
        self._world.server.kill()
        if spoils:
            self._startSpoiled()
        self._again()

    def stop(self) -> None:
        """
        Stop the server as C{SIGTERM} does, and start another one.

        @raise Broken: it takes too long, or a client is not told why its connection ends.
        """
        world, server = self._world, self._world.server
        for promise in world.promises:
            promise.stopping()
        listening = [
            each.client
            for each in world.connections.values()
            if isinstance(each.client, IrcClient)
            and each.client.registered
            and not (each.client.stalled or each.client.ended or each.socket.finished or each.socket.closed)
        ]
        world.isStopping = True
        stopping, until = server.stop(), world.reactor.seconds() + STOPPING
        while not stopping.called or not server.isIdle:
            if not Rest(world).carry():
                world.reactor.sleep(0.5)
            if world.reactor.seconds() > until:
                raise Broken("stop in order", f"the server did not stop in {STOPPING:g} seconds")
        for connection in list(world.connections.values()):
            if not connection.socket.closed:
                raise Broken("stop in order", f"client {connection.client.slot} is still connected")
        untold = [client.slot for client in listening if not client.ended]
        if untold:
            raise Broken("stop in order", f"clients {untold} were not told why their connections end")
        self._move()
        self._again()

    def _move(self) -> None:
        """Leave the files as they are, and continue with a copy."""
        old, self.folder = self.folder, self._parent / str(next(self._numbers))
        copyJournal(old, self.folder)
        self._world.disk.fault = ""
        self._world.cutAll()

    def _again(self) -> None:
        world = self._world
        for promise in world.promises:
            promise.stopped(self.folder)
        world.reactor = SimulatedReactor(world.reactor.seconds())
        missed = world.ledger.sequence + 1
        world.server = server = self.start()

        def found(entry: Entry) -> None:
            if entry.sequence <= server.restored:  # the server may have proposed others at its start
                world.ledger.found(entry)

        following = server.log.follow(missed, found)
        while not world.server.isIdle:
            world.workAll()
        following.stop()
        for promise in world.promises:
            promise.started()
        world.isStopping = False
        world.canary.connect()

    def _startSpoiled(self) -> None:
        """Try to start on a file that is no journal.  That gives one line for the administrator."""
        with spoil(self.folder):
            try:
                self.start()
            except JournalUnusable as error:
                if "\n" in str(error) or str(self.folder) not in str(error):
                    raise Broken("errors are clear", f"a file that is no journal gives {str(error)!r}") from None
            else:
                raise Broken("integrity", "a server started on a file that is no journal")
