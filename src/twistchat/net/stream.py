"""The stream carrier, for lines over TCP, TLS or a UNIX socket, and its factory."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IHandshakeListener,
    ISSLTransport,
)
from zope.interface import implementer

from twistchat.interfaces import IDoorFactory
from twistchat.net.carrier import Carrier, CarrierFactory
from twistchat.net.listening.certificates import fingerprintOf, requestCertificate
from twistchat.net.listening.origin import Proxied
from twistchat.wire.framing import STREAM
from twistchat.wire.sniff import isTlsHello


@implementer(IHalfCloseableProtocol, IHandshakeListener)
class StreamCarrier(Carrier):
    """The carrier of a stream."""

    __slots__ = ("_begun",)

    framing = STREAM

    def connectionMade(self) -> None:
        """Set the TCP options, note the peer's address and encryption, and connect the client protocol."""
        transport = self.transport
        self._begun = False
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
        self.client.entrance.secured()

    def dataReceived(self, data: bytes) -> None:
        """Pass bytes on, unless they start a TLS handshake at a port without TLS."""
        begun, self._begun = self._begun, True
        if not begun and not self.stopped and isTlsHello(data):
            self.heard = self._clock()
            self.client.closing.turnAway("This port is not encrypted, and that is a TLS handshake", "other_protocol")
            return
        super().dataReceived(data)

    def readConnectionLost(self) -> None:
        """The client has sent all its input (a script behind a pipe).  Execute it, then close the connection."""
        self.inputEnded()

    def writeConnectionLost(self) -> None:
        """The client reads no more output."""
        self.outbox.abandon()


@implementer(IDoorFactory)
class StreamFactory(CarrierFactory):
    """The factory of a door's stream carriers."""

    carrier = StreamCarrier

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close}."""
        return self.clients.close(reason)

    def farewell(self, reason: str) -> bytes:
        """Word why a connection is refused before it has a client protocol."""
        return self.clients.farewell(reason)
