"""Clients over WebSockets in memory, for tests whose clients speak over streams otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IAddress, IProtocol
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage

from twistchat.net.websocket import Handshake, WebSocketCarrier
from twistchat.wire.websocket import BINARY

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.factory import IrcFactory
    from twistchat.protocols.line.factory import LineFactory


class WebSocketFactory(ServerFactory):
    """
    Makes the WebSocket carriers of one protocol.  There is no HTTP: the connections begin after the handshake.

    Each line is a binary message, since these may contain any bytes.
    """

    noisy = False

    def __init__(self, context: ServerContext, clients: IrcFactory | LineFactory) -> None:
        """
        @param clients: makes the client protocols.
        """
        self._context = context
        self._clients = clients

    def buildProtocol(  # type: ignore[override]  # Twisted wants a Protocol subclass; IProtocol is enough
        self, addr: IAddress | None
    ) -> WebSocketCarrier | None:
        """See C{IProtocolFactory.buildProtocol}."""
        client = self._clients.buildProtocol(addr)
        if client is None:
            return None
        handshake = Handshake(b"", BINARY, getattr(addr, "host", None), False, self._context.clock.seconds())
        return WebSocketCarrier(self._context, client, handshake, self._clients.longestLine)


class WebSocketEnd(Protocol):
    """
    The client's end of such a connection, by wsproto.

    For the client's protocol it is the transport of a stream.  It sends each line that the protocol writes as a
    message, and passes each received message to the protocol as a line.
    """

    def __init__(self, client: IProtocol, end: bytes) -> None:
        """
        @param client: the client's protocol.
        @param end: the line end that it expects.
        """
        self._client = client
        self._end = end
        self._unsent = b""
        self._frames = Connection(ConnectionType.CLIENT)

    def connectionMade(self) -> None:
        """Connect the client's protocol to this transport."""
        client: Any = self._client
        client.makeConnection(self)

    def write(self, data: bytes) -> None:
        """Send the complete lines, and keep the beginning of an incomplete line."""
        *lines, self._unsent = (self._unsent + data).split(b"\n")
        for line in lines:
            self.send(line.removesuffix(b"\r"))

    def send(self, message: bytes) -> None:
        """Send a message."""
        assert self.transport is not None
        self.transport.write(self._frames.send(BytesMessage(message)))

    def loseConnection(self) -> None:
        """Close the connection after sending all written bytes."""
        assert self.transport is not None
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Pass the received lines to the client's protocol."""
        self._frames.receive_data(data)
        lines = [bytes(event.data) + self._end for event in self._frames.events() if isinstance(event, BytesMessage)]
        if lines:
            self._client.dataReceived(b"".join(lines))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Report the end of the connection to the client's protocol."""
        self._client.connectionLost(reason)
