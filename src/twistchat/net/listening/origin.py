"""
Where connections come from, when others connect on behalf of their clients: proxies and gateways.

A proxy (PROXY protocol) says so before anything else, and is known by its address.  A gateway (WEBIRC) says so in a
command, and is known by its address and a password.
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

CLOSING = 5.0
"""Seconds that someone has to read why they are not taken."""


def isWithin(address: str | None, networks: tuple[str, ...]) -> bool:
    """
    Whether an address is in one of some networks.

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
    Find out which gateway it is that says on whose behalf it connects.

    @param gateways: those there are, by name.
    @param address: where it connects from.
    @param password: what it gives for its password.
    @param check: whether a password is that of a hash.  It is asked of gateways alone that connect from there.
    @return: its name; C{None} where none of this password connects from there.
    """
    for name, gateway in gateways.items():
        if isWithin(address, gateway.hosts) and await check(gateway.password, password):
            return name
    return None


@implementer(IHalfCloseableProtocol)
class Proxied(ProtocolWrapper):
    """
    A connection from a proxy, which becomes that of its client when the header is there; before that, nobody hears of
    it.  The header has the time that a connection has to come in.

    @ivar accepted: when the proxy connected, in seconds on the clock.
    @ivar origin: what the header says; C{None} until it is there.
    @ivar secure: whether it is encrypted all the way from the client: where the proxy says that it came over TLS, and
        has come over TLS itself, or from this machine.
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
        self._begun = b""
        self._refused = False

    def makeConnection(self, transport: ITransport) -> None:
        """Wait for the header, where it would be believed."""
        directlyProvides(self, providedBy(transport))
        Protocol.makeConnection(self, transport)
        self.factory.registerProtocol(self)
        self.accepted = self._context.clock.seconds()
        settings = self._context.settings
        peer = self._proxy
        if not isWithin(peer, settings.proxies):
            self._context.refusals.note(peer, "It connects to a haproxy: endpoint, and is none of irc.proxies")
            self._refuse("Connections come here through a proxy, and you are none of those.")
        else:
            self._watch(settings.limits.registration)

    def dataReceived(self, data: bytes) -> None:
        """Take the header, then hand on the rest."""
        if self.origin is not None:
            super().dataReceived(data)
        elif not self._refused:
            self._begun += data
            try:
                read = parseHeader(self._begun)
            except BadHeader as bad:
                self._context.refusals.note(self._proxy, f"It is a proxy, and its PROXY header {bad}")
                self._refuse(f"The PROXY header {bad}.")
                return
            if read is not None:
                self._begin(*read)

    def getPeer(self) -> IAddress:
        """The client's address, where the proxy knows it."""
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
        """Forget the connection."""
        self._context.idle.forget(self)
        super().connectionLost(reason)

    def look(self, now: float) -> None:
        """The time is up, for the header, or to read why there is no other.  See L{Watched}."""
        if self._refused:
            self.abortConnection()
        else:
            self._refuse("The PROXY header is missing.")

    def _begin(self, origin: ProxyHeader, rest: bytes) -> None:
        self._context.idle.forget(self)
        self._begun = b""
        self.origin = origin
        encrypted = ISSLTransport.providedBy(self.transport)
        if origin.address is None:
            self.secure = encrypted
        else:
            near = readAddress(self._proxy)
            self.secure = origin.secure and (encrypted or (near is not None and near.is_loopback))
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
        self._watch(CLOSING)
        self.loseConnection()


class ProxiedFactory(WrappingFactory[Proxied]):
    """Stands in front of a door's factory where its clients come through a proxy."""

    noisy = False

    def __init__(self, factory: IProtocolFactory, context: ServerContext) -> None:
        super().__init__(factory)
        self.context = context

    def buildProtocol(self, addr: IAddress | None) -> Proxied:
        """See C{IProtocolFactory.buildProtocol}."""
        return Proxied(self)

    def farewell(self, reason: str) -> bytes:
        """Word why a connection is not taken, as this door words the end of one."""
        say = getattr(self.wrappedFactory, "farewell", None)
        return b"" if say is None else bytes(say(reason))
