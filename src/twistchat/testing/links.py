"""In-memory connections: two protocols with a transport each.  The test moves the bytes between them."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IProtocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

BUFFER = 64 * 1024
"""How many bytes a transport buffers before it pauses its producer, as Twisted's transports do."""


def address(host: str, port: int) -> IAddress:
    """Make a TCP address."""
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, port)


class MemoryTransport(StringTransport):
    """One end of a L{Link}: buffers what its protocol writes until the link moves it."""

    def __init__(self, host: IAddress, peer: IAddress) -> None:
        super().__init__(host, peer)
        self.aborting = False
        self.other: MemoryTransport | None = None

    def hasHungUp(self) -> bool:
        """Whether the other end has closed its sending side.  See L{twistchat.net.listening.hangup.hasHungUp}."""
        return self.other is not None and self.other.disconnecting

    def write(self, data: bytes) -> None:
        """Buffer bytes, and pause a push producer if the buffer is full."""
        if self.connected and not self.aborting:
            super().write(data)
            if self.producer is not None and self.streaming and self.io.tell() > BUFFER:
                self.producer.pauseProducing()

    def abortConnection(self) -> None:
        """Discard the buffer, and close."""
        self.aborting = True
        self.disconnecting = True
        self.clear()

    def resumeProducing(self) -> None:
        """Resume reading.  Unlike C{StringTransport}, this accepts the call while the connection closes."""
        self.producerState = "producing"

    def pauseProducing(self) -> None:
        """Pause reading."""
        self.producerState = "paused"

    @property
    def finished(self) -> bool:
        """Whether the transport is closing and has sent everything.  A pull producer may have more to send."""
        return bool(self.disconnecting and not self.value() and (self.producer is None or self.streaming))

    def take(self) -> bytes:
        """Remove and return the buffered bytes, and resume a paused push producer."""
        data: bytes = self.value()
        self.clear()
        if data and self.producer is not None and self.streaming:
            self.producer.resumeProducing()
        return data


class Link:
    """
    A connection between a client's protocol and a server's.

    @ivar client: the client's protocol.
    @ivar server: the server's protocol.
    @ivar stalled: whether the client reads nothing for now, as on a slow network.
    @ivar open: whether the connection is open.
    """

    def __init__(self, client: IProtocol, server: IProtocol, host: IAddress, peer: IAddress) -> None:
        """
        @param client: the client's protocol.
        @param server: the server's protocol.
        @param host: the server's address.
        @param peer: the client's address.
        """
        self.stalled = False
        self.open = True
        self._finishing = False
        self.client, self.server = client, server
        self._toServer = MemoryTransport(peer, host)
        self._toClient = MemoryTransport(host, peer)
        self._toClient.other = self._toServer
        server.makeConnection(self._toClient)
        client.makeConnection(self._toServer)

    def move(self) -> bool:
        """
        Move the buffered bytes of each end to the other, and close the connection if an end has closed it.

        @return: whether anything happened.
        """
        if not self.open:
            return False
        held = self._toClient.producerState == "paused"
        moved = self._carry(self._toServer, self.server, held)
        if self._finishing and not held and self.open:
            self._finishing, moved = False, True
            self._endInput()
        answered = self._carry(self._toClient, self.client, self.stalled)
        moved |= answered
        for transport in (self._toClient, self._toServer):
            # A paused server notices the end of the connection only when it writes.
            unseen = transport is self._toServer and held and not answered
            if transport.aborting or (transport.finished and not unseen):
                self.cut(ConnectionAborted() if transport.aborting else ConnectionDone())
                return True
        return moved

    def finish(self) -> None:
        """Close the client's sending side after its buffered bytes have been moved.  The client continues to read."""
        self._finishing = True

    def cut(self, why: Exception | None = None) -> None:
        """Close the connection at both ends, and discard the buffered bytes."""
        if self.open:
            self.open = False
            self._toClient.connected = self._toServer.connected = False
            reason = Failure(why or ConnectionDone())
            self.server.connectionLost(reason)
            self.client.connectionLost(reason)

    def _endInput(self) -> None:
        """Report the end of the input to the server's protocol.  If it cannot be half closed, close the connection."""
        if IHalfCloseableProtocol.providedBy(self.server):
            self.server.readConnectionLost()
        else:
            self.cut()

    def _carry(self, source: MemoryTransport, target: Any, held: bool) -> bool:
        data = b"" if held else source.take()
        if data and self.open:
            target.dataReceived(data)
        return bool(data)
