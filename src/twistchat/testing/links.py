"""Connections in memory: two protocols, and a transport for each, with nothing between them but a test."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IProtocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

BUFFER = 64 * 1024
"""Bytes that a transport holds before it asks its producer to pause, as Twisted's transports do."""


def address(host: str, port: int) -> IAddress:
    """A TCP address."""
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, port)


class MemoryTransport(StringTransport):
    """One end of a L{Link}: holds what its protocol writes until the link moves it."""

    def __init__(self, host: IAddress, peer: IAddress) -> None:
        super().__init__(host, peer)
        self.aborting = False
        self.other: MemoryTransport | None = None

    def hasHungUp(self) -> bool:
        """Whether the other end closes, or sends no more.  See L{twistchat.net.listening.hangup.hasHungUp}."""
        return self.other is not None and self.other.disconnecting

    def write(self, data: bytes) -> None:
        """Hold bytes; tell a push producer to pause where they are many."""
        if self.connected and not self.aborting:
            super().write(data)
            if self.producer is not None and self.streaming and self.io.tell() > BUFFER:
                self.producer.pauseProducing()

    def abortConnection(self) -> None:
        """Forget what is held, and close."""
        self.aborting = True
        self.disconnecting = True
        self.clear()

    def resumeProducing(self) -> None:
        """Read again; harmless while the connection closes, as it is with Twisted's own."""
        self.producerState = "producing"

    def pauseProducing(self) -> None:
        """Read no more."""
        self.producerState = "paused"

    @property
    def finished(self) -> bool:
        """Whether it is to close and holds nothing; a pull producer may have more, a push producer has paused."""
        return bool(self.disconnecting and not self.value() and (self.producer is None or self.streaming))

    def take(self) -> bytes:
        """What is held, which is held no more; a producer that waits is told to go on."""
        data: bytes = self.value()
        self.clear()
        if data and self.producer is not None and self.streaming:
            self.producer.resumeProducing()
        return data


class Link:
    """
    A connection between a client's protocol and a server's.

    @ivar stalled: whether the client reads nothing for now, as one does whose network is slow.
    @ivar open: whether the connection is.
    """

    def __init__(self, client: IProtocol, server: IProtocol, host: IAddress, peer: IAddress) -> None:
        """
        @param host: where the server listens.
        @param peer: where the client connects from.
        """
        self.stalled = False
        self.open = True
        self._finishing = False
        self._client, self._server = client, server
        self._toServer = MemoryTransport(peer, host)
        self._toClient = MemoryTransport(host, peer)
        self._toClient.other = self._toServer
        server.makeConnection(self._toClient)
        client.makeConnection(self._toServer)

    def move(self) -> bool:
        """
        Move what either end has written to the other, and close where an end wants that.

        @return: whether anything moved.
        """
        if not self.open:
            return False
        held = self._toClient.producerState == "paused"
        moved = self._carry(self._toServer, self._server, held)
        if self._finishing and not held and self.open:
            self._finishing, moved = False, True
            self._endInput()
        answered = self._carry(self._toClient, self._client, self.stalled)
        moved |= answered
        for transport in (self._toClient, self._toServer):
            # A server that does not read learns of the end when it writes, and not before.
            unseen = transport is self._toServer and held and not answered
            if transport.aborting or (transport.finished and not unseen):
                self.cut(ConnectionAborted() if transport.aborting else ConnectionDone())
                return True
        return moved

    def finish(self) -> None:
        """Let the client send no more, once what it has written has been moved; it goes on reading."""
        self._finishing = True

    def cut(self, why: Exception | None = None) -> None:
        """Lose the connection at both ends, with whatever had not been moved."""
        if self.open:
            self.open = False
            self._toClient.connected = self._toServer.connected = False
            reason = Failure(why or ConnectionDone())
            self._server.connectionLost(reason)
            self._client.connectionLost(reason)

    def _endInput(self) -> None:
        """Tell the server's protocol that no more comes; one that cannot go on without loses the connection."""
        if IHalfCloseableProtocol.providedBy(self._server):
            self._server.readConnectionLost()
        else:
            self.cut()

    def _carry(self, source: MemoryTransport, target: Any, held: bool) -> bool:
        data = b"" if held else source.take()
        if data and self.open:
            target.dataReceived(data)
        return bool(data)
