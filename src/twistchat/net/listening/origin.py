"""
The real address of a client that connects through a proxy or a gateway.

A proxy sends a header (PROXY protocol) before any other bytes; the server identifies a proxy by its address.  A gateway
sends a command (WEBIRC); the server identifies a gateway by its address and password.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_network
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IHalfCloseableProtocol,
    IProtocolFactory,
    ISSLTransport,
    ITransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from twistchat.config import WebircSettings
from twistchat.net.context import ServerContext
from twistchat.net.limits.admission import readAddress
from twistchat.wire.proxy import BadHeader, ProxyHeader, parseHeader

REFUSAL_TIMEOUT = 5.0
"""Seconds that a refused client has to read the reason before the connection is aborted."""


def isWithin(address: str | None, networks: tuple[str, ...]) -> bool:
    """
    Return whether one of the networks contains an address.

    @param address: an IP address; C{None} is in no network.
    @param networks: in CIDR notation.
    """
    parsed = readAddress(address)
    return parsed is not None and any(parsed in ip_network(network) for network in networks)


async def gatewayOf(
    gateways: Mapping[str, WebircSettings],
    address: str | None,
    password: str,
    check: Callable[[str, str], Awaitable[bool]],
) -> str | None:
    """
    Identify a gateway by its address and password.

    @param gateways: the configured gateways, by name.
    @param address: the address that the gateway connects from.
    @param password: the password that it sent.
    @param check: checks a password against a hash.  It is called only for gateways that may connect from that address.
    @return: the gateway's name; C{None} if no gateway matches.
    """
    for name, gateway in gateways.items():
        if isWithin(address, gateway.hosts) and await check(gateway.password, password):
            return name
    return None


@implementer(IHalfCloseableProtocol)
class Proxied(ProtocolWrapper):
    """
    A connection from a proxy.

    It waits for the PROXY header, then connects the door's protocol with the client's address.  The header must arrive
    before the registration deadline.

    @ivar accepted: the time when the proxy connected, in seconds on the clock.
    @ivar origin: the parsed header; C{None} until it has arrived.
    @ivar secure: whether the connection is encrypted all the way from the client.  That is so if the header says that
        the client uses TLS, and the proxy uses TLS too or runs on this machine.
    """

    slot: int | None = None
    accepted = 0.0
    origin: ProxyHeader | None = None
    secure = False

    factory: ProxiedFactory
    wrappedProtocol: Any

    def __init__(self, factory: ProxiedFactory) -> None:
        super().__init__(factory, Protocol())
        self._context = factory.context
        self._received = b""
        self._refused = False

    def makeConnection(self, transport: ITransport) -> None:
        """Wait for the header if the proxy is a configured one; otherwise refuse the connection."""
        directlyProvides(self, providedBy(transport))
        Protocol.makeConnection(self, transport)
        self.factory.registerProtocol(self)
        self.accepted = self._context.clock.seconds()
        settings = self._context.settings
        peer = self._proxy
        if not isWithin(peer, settings.proxies):
            self._context.refusals.note(peer, "it connects to a haproxy: endpoint, and is none of irc.proxies", "proxy")
            self._refuse("Connections come here through a proxy, and you are none of those.")
        else:
            self._watch(settings.limits.registration)

    def dataReceived(self, data: bytes) -> None:
        """Parse the header, then pass all later bytes to the door's protocol."""
        if self.origin is not None:
            super().dataReceived(data)
        elif not self._refused:
            self._received += data
            try:
                read = parseHeader(self._received)
            except BadHeader as bad:
                self._context.refusals.note(self._proxy, f"it is a proxy, and its PROXY header {bad}", "proxy")
                self._refuse(f"The PROXY header {bad}.")
                return
            if read is not None:
                self._connect(*read)

    def getPeer(self) -> IAddress:
        """Return the client's address, or the proxy's if the header names none."""
        if self.origin is None or self.origin.address is None:
            return self._peer()
        kind = IPv6Address if ":" in self.origin.address else IPv4Address
        client: IAddress = kind("TCP", self.origin.address, self.origin.port)
        return client

    def readConnectionLost(self) -> None:
        """The client sends no more, or the proxy has sent no header."""
        if IHalfCloseableProtocol.providedBy(self.wrappedProtocol):
            self.wrappedProtocol.readConnectionLost()
        else:
            self.loseConnection()

    def writeConnectionLost(self) -> None:
        """The client reads no more."""
        if IHalfCloseableProtocol.providedBy(self.wrappedProtocol):
            self.wrappedProtocol.writeConnectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Cancel the timeout, and pass on that the connection is lost."""
        self._context.idle.forget(self)
        super().connectionLost(reason)

    def timeout(self, now: float) -> None:
        """Refuse a connection without a header, or abort a refused one.  See L{Watched.timeout}."""
        if self._refused:
            self.abortConnection()
        else:
            self._refuse("The PROXY header is missing.")

    def _connect(self, origin: ProxyHeader, rest: bytes) -> None:
        self._context.idle.forget(self)
        self._received = b""
        self.origin = origin
        encrypted = ISSLTransport.providedBy(self.transport)
        if origin.address is None:
            self.secure = encrypted
        else:
            proxy = readAddress(self._proxy)
            self.secure = origin.secure and (encrypted or (proxy is not None and proxy.is_loopback))
        protocol = self.factory.wrappedFactory.buildProtocol(self.getPeer())
        if protocol is None:
            self.loseConnection()
            return
        self.wrappedProtocol = protocol
        protocol.makeConnection(self)
        if rest:
            protocol.dataReceived(rest)

    def _peer(self) -> IAddress:
        peer: IAddress = super().getPeer()
        return peer

    @property
    def _proxy(self) -> str | None:
        return getattr(self._peer(), "host", None)

    def _watch(self, seconds: float) -> None:
        self._context.idle.watch(self, self._context.clock.seconds() + seconds)

    def _refuse(self, reason: str) -> None:
        self._refused = True
        self.write(self.factory.farewell(reason))
        self._watch(REFUSAL_TIMEOUT)
        self.loseConnection()


class ProxiedFactory(WrappingFactory[Proxied]):
    """Wraps a door's factory for an endpoint whose clients come through a proxy."""

    noisy = False

    def __init__(self, factory: IProtocolFactory, context: ServerContext) -> None:
        super().__init__(factory)
        self.context = context

    def buildProtocol(self, addr: IAddress | None) -> Proxied:
        """See C{IProtocolFactory.buildProtocol}."""
        return Proxied(self)

    def farewell(self, reason: str) -> bytes:
        """Word why a connection is refused, as this door words the end of a connection."""
        say = getattr(self.wrappedFactory, "farewell", None)
        return b"" if say is None else bytes(say(reason))
