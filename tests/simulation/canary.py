"""A polite client: it reads at once, and asks for a sign of life in each second.  Nobody may delay its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.address import IPv4Address

from tests.simulation.broken import Broken
from tests.simulation.clients.base import Memory
from tests.simulation.clients.irc.client import IrcClient
from tests.simulation.machine.sockets import SimulatedSocket, SimulatedTransport

if TYPE_CHECKING:
    from tests.simulation.world import World

TURNS: Final = 3
"""The most turns of the reactor between a ping and its answer, whatever others do."""

EVERY: Final = 1.0
"""The seconds between its pings."""

WORDS: Final = "still here"
"""What it says to itself."""

ADDRESS: Final = ("198.51.100.1", 39_999)
SLOT: Final = -1
ROOM: Final = 65_536


class Canary:
    """
    The polite client of a world.

    @ivar slowest: the most turns that it has waited for an answer.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._transport: SimulatedTransport | None = None
        self.slowest = 0

    def connect(self) -> None:
        """Connect, with all state new."""
        world = self._world
        self._client = IrcClient(
            "plain", "canary", "", SLOT, ADDRESS[0], world.ledger, lambda: world.reactor.seconds(), Memory()
        )
        self._socket = SimulatedSocket(ADDRESS[1], ROOM)
        self._next, self._turns = 0.0, 0
        self._hears = False
        self._client.onLine = self._read
        protocol = world.server.factories["irc"].buildProtocol(IPv4Address("TCP", *ADDRESS))
        self._transport = SimulatedTransport(self._socket, protocol, ADDRESS, world.reactor)
        protocol.makeConnection(self._transport)
        self._client.greet()

    def leave(self) -> None:
        """Disconnect."""
        if self._transport is not None:
            self._socket.broken = True
            self._world.reactor.read(self._transport)
            self._transport = None

    @property
    def canSpeak(self) -> bool:
        """Whether it is connected, and the server has welcomed it."""
        return self._transport is not None and self._client.registered

    def speak(self) -> None:
        """Say something to itself."""
        self._hears = False
        self._client.send(f"PRIVMSG {self._client.nick} :{WORDS}")

    @property
    def hears(self) -> bool:
        """Whether it has heard what it said last."""
        return self._hears

    def _read(self, line: str) -> None:
        self._hears = self._hears or WORDS in line

    def turn(self) -> None:
        """
        Read and send, after a turn.

        @raise Broken: it has waited for too many turns, or it was disconnected.
        """
        transport, client, socket = self._transport, self._client, self._socket
        if transport is None or self._world.isStopping:
            return
        if socket.sent:
            data = bytes(socket.sent)
            socket.sent.clear()
            client.receive(data)
        if client.pings:
            self._turns += 1
            if self._turns > TURNS:
                raise Broken("nobody holds up the others", f"a polite client waited for {self._turns} turns")
        else:
            self.slowest, self._turns = max(self.slowest, self._turns), 0
        if socket.closed:
            raise Broken("nobody holds up the others", "a polite client was disconnected")
        now = self._world.reactor.seconds()
        if client.registered and not client.pings and now >= self._next:
            self._next = now + EVERY
            client.ping(self._world.nextPing())
        if client.outgoing:
            socket.arrived += client.outgoing
            client.outgoing.clear()
            self._world.reactor.read(transport)
