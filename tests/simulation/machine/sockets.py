"""The two ends of a simulated TCP connection: the server's socket and transport, and the peer's queues."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.tcp import Server

from tests.simulation.machine.reactor import SimulatedReactor


class SimulatedSocket:
    """
    The server's socket of one connection.  It accepts as many bytes as its send buffer has room for.

    @ivar arrived: the bytes that the kernel has received, and the server has not read.
    @ivar sent: the bytes that the server has sent, and the peer has not read.
    @ivar room: the size of the send buffer, in bytes.
    @ivar finished: whether the peer has closed its sending side.
    @ivar broken: whether the connection was reset.
    @ivar closed: whether the server has closed the socket, or its sending side.
    """

    def __init__(self, number: int, room: int) -> None:
        """
        @param number: the file descriptor.
        """
        self._number = number
        self.arrived, self.sent = bytearray(), bytearray()
        self.room = room
        self.finished = self.broken = self.closed = False

    def recv(self, size: int) -> bytes:
        """See recv(2)."""
        if self.broken:
            raise ConnectionResetError(104, "Connection reset by peer")
        if not self.arrived and not self.finished:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        data = bytes(self.arrived[:size])
        del self.arrived[:size]
        return data

    def send(self, data: bytes | memoryview) -> int:
        """See send(2)."""
        if self.broken:
            raise BrokenPipeError(32, "Broken pipe")
        space = self.room - len(self.sent)
        if space <= 0:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        taken = bytes(data[:space])
        self.sent += taken
        return len(taken)

    def fileno(self) -> int:
        """See fileno(3)."""
        return self._number

    def setblocking(self, blocking: bool) -> None:
        """All sockets are non-blocking."""

    def setsockopt(self, *arguments: object) -> None:
        """Options have no effect."""

    def getsockname(self) -> tuple[str, int]:
        """See getsockname(2)."""
        return "127.0.0.1", 6667

    def shutdown(self, how: int) -> None:
        """See shutdown(2)."""
        self.closed = True

    def close(self) -> None:
        """See close(2)."""
        self.closed = True


class SimulatedTransport(Server):
    """Twisted's transport of a TCP connection, over a L{SimulatedSocket}."""

    def __init__(
        self, socket: SimulatedSocket, protocol: Any, peer: tuple[str, int], reactor: SimulatedReactor
    ) -> None:
        """
        @param peer: the address and the port of the peer.
        """
        super().__init__(cast(Any, socket), protocol, peer, cast(Any, None), socket.fileno(), cast(Any, reactor))
        self.repstr = f"<connection {socket.fileno()}>"
        self._simulated = socket

    def hasHungUp(self) -> bool:
        """Whether the peer has closed or half-closed.  See L{twistchat.net.listening.hangup.hasHungUp}."""
        return self._simulated.finished or self._simulated.broken
