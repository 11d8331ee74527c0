"""The stream carrier: lines over TCP or TLS, and the factory that makes one for each connection of a door."""

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
from twistchat.wire.sniff import isTlsHello

if TYPE_CHECKING:
    from twistchat.net.client.factory import ClientFactory
    from twistchat.net.context import ServerContext


@implementer(IProtocol, IHalfCloseableProtocol, IHandshakeListener)
class StreamCarrier(Carrier):
    """
    The carrier of a stream: the Twisted protocol at the socket.

    @ivar factory: the factory that made it.
    """

    __slots__ = ("factory",)

    factory: StreamFactory

    def logPrefix(self) -> str:
        """See C{ILoggingContext.logPrefix}."""
        return type(self.client).__name__

    def makeConnection(self, transport: ITransport) -> None:
        """Set up the connection: its options, where it comes from, and its handshake."""
        self.transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        """Find out where the connection comes from, and pass on that it was made."""
        transport = self.transport
        for name in ("setTcpNoDelay", "setTcpKeepAlive"):
            switch = getattr(transport, name, None)  # TLS claims to be TCP, whatever is below it
            if switch is not None:
                switch(True)
        self.address = getattr(transport.getPeer(), "host", None)
        below: Any = transport
        if isinstance(transport, Proxied):
            below, self.secure, self.accepted = transport.transport, transport.secure, transport.accepted
        elif ISSLTransport.providedBy(transport):
            self.secure, self.ready = True, False
            requestCertificate(transport)
        self.began(below)

    def handshakeCompleted(self) -> None:
        """Learn the client's certificate.  See L{IHandshakeListener}."""
        self.ready = True
        self.fingerprint = fingerprintOf(self.transport)
        self.client.secured()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes; refuse a TLS handshake at a port that is not encrypted."""
        if not self.client.spoken and not self.stopped and isTlsHello(data):
            self.heard = self._clock()
            self.client.turnAway("This port is not encrypted, and that is a TLS handshake")
            return
        self.arrived(data)

    def readConnectionLost(self) -> None:
        """The client sends no more: finish what it sent, then close (a script behind a pipe)."""
        self.inputEnded()

    def writeConnectionLost(self) -> None:
        """The client reads no more."""
        self.outbox.abandon()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is lost."""
        self.lost(reason)


@implementer(IDoorFactory)
class StreamFactory(ServerFactory):
    """
    Listens for the connections of one door: makes a client protocol for each, and a stream carrier below it.

    @ivar clients: makes the client protocols.
    """

    noisy = False

    def __init__(self, context: ServerContext, clients: ClientFactory, codec: Callable[[IClient], Codec]) -> None:
        """
        @param codec: makes what splits one connection's bytes into lines.
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
        """Word why a connection is refused before there is a client protocol for it."""
        return self.clients.farewell(reason)
