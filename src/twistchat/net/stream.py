"""The stream carrier, for lines over TCP, TLS or a UNIX socket, and its factory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IHalfCloseableProtocol,
    IHandshakeListener,
    IProtocol,
    ISSLTransport,
    ITransport,
)
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.interfaces import IDoorFactory
from twistchat.interfaces.carrier import IClient
from twistchat.net.carrier import Carrier
from twistchat.net.input.intake import Codec
from twistchat.net.listening.certificates import fingerprintOf, requestCertificate
from twistchat.net.listening.origin import Proxied
from twistchat.wire.framing import STREAM
from twistchat.wire.sniff import isTlsHello

if TYPE_CHECKING:
    from twistchat.net.client.factory import ClientFactory
    from twistchat.net.context import ServerContext


@implementer(IProtocol, IHalfCloseableProtocol, IHandshakeListener)
class StreamCarrier(Carrier):
    """
    The carrier of a stream.  It is the Twisted protocol of the stream's transport.

    @ivar factory: the factory that made it.
    """

    __slots__ = ("factory",)

    framing = STREAM

    factory: StreamFactory

    def logPrefix(self) -> str:
        """See C{ILoggingContext.logPrefix}."""
        return type(self.client).__name__

    def makeConnection(self, transport: ITransport) -> None:
        """See C{IProtocol.makeConnection}."""
        self.transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        """Set the TCP options, note the peer's address and encryption, and connect the client protocol."""
        transport = self.transport
        for name in ("setTcpNoDelay", "setTcpKeepAlive"):
            switch = getattr(transport, name, None)  # a TLS transport claims to be TCP over any transport
            if switch is not None:
                switch(True)
        self.address = getattr(transport.getPeer(), "host", None)
        below: Any = transport
        if isinstance(transport, Proxied):
            below, self.secure, self.accepted = transport.transport, transport.secure, transport.accepted
        elif ISSLTransport.providedBy(transport):
            self.secure, self.ready = True, False
            requestCertificate(transport)
        self.connected(below)

    def handshakeCompleted(self) -> None:
        """Note the client's certificate.  See L{IHandshakeListener}."""
        self.ready = True
        self.fingerprint = fingerprintOf(self.transport)
        self.client.secured()

    def dataReceived(self, data: bytes) -> None:
        """Pass bytes on, unless they start a TLS handshake at a port without TLS."""
        if not self.client.spoken and not self.stopped and isTlsHello(data):
            self.heard = self._clock()
            self.client.turnAway("This port is not encrypted, and that is a TLS handshake")
            return
        self.arrived(data)

    def readConnectionLost(self) -> None:
        """The client has sent all its input (a script behind a pipe).  Execute it, then close the connection."""
        self.inputEnded()

    def writeConnectionLost(self) -> None:
        """The client reads no more output."""
        self.outbox.abandon()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """See L{Carrier.lost}."""
        self.lost(reason)


@implementer(IDoorFactory)
class StreamFactory(ServerFactory):
    """
    The server factory of one door.  For each connection it makes a client protocol and the stream carrier below it.

    @ivar clients: makes the client protocols.
    """

    noisy = False

    def __init__(self, context: ServerContext, clients: ClientFactory, codec: Callable[[IClient], Codec]) -> None:
        """
        @param codec: makes the codec of one connection.
        """
        self._context = context
        self.clients = clients
        self._codec = codec

    def buildProtocol(  # type: ignore[override]  # Twisted wants a Protocol subclass; IProtocol is enough
        self, addr: IAddress | None
    ) -> StreamCarrier | None:
        """See C{IProtocolFactory.buildProtocol}."""
        client = self.clients.buildProtocol(addr)
        if client is None:
            return None
        carrier = StreamCarrier(self._context, client, self._codec(client))
        carrier.factory = self
        return carrier

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close}."""
        return self.clients.close(reason)

    def farewell(self, reason: str) -> bytes:
        """Word why a connection is refused before it has a client protocol."""
        return self.clients.farewell(reason)
