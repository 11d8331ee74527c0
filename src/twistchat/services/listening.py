"""Binds the doors to their endpoints, and tells the administrator how to connect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from shlex import quote
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.config import Settings
from twistchat.interfaces import IDoor, IDoorFactory
from twistchat.net.context import ServerContext
from twistchat.net.listening.endpoints import (
    EXAMPLE_PORT,
    PROXY,
    atNextPort,
    endpointOf,
    isAddressInUse,
    portOf,
    whyNotListening,
)
from twistchat.net.listening.origin import ProxiedFactory
from twistchat.services.failure import StartFailure

log = Logger()

ADDRESS = "ADDRESS"
"""Stands for an address of this machine in a command."""


@dataclass(frozen=True, slots=True)
class Listener:
    """
    An endpoint at which a door listens.

    @ivar description: the endpoint as a Twisted server endpoint string.
    """

    door: IDoor
    description: str

    @property
    def usualPort(self) -> int:
        """The port of the door's first default endpoint that has one; otherwise L{EXAMPLE_PORT}."""
        ports = map(portOf, self.door.defaultEndpoints)
        return next((port for port in ports if port is not None), EXAMPLE_PORT)


def plan(doors: Iterable[IDoor], settings: Settings) -> list[Listener]:
    """List the endpoints of each door: those that the settings name, or each door's defaults if they name none."""
    return [
        Listener(door, description)
        for door in doors
        for description in (settings.listen.get(door.name, ()) if settings.listen else door.defaultEndpoints)
    ]


class Listening:
    """
    The ports at which the doors listen.

    @ivar ports: the ports that are bound, in the order of the listeners.
    """

    def __init__(self, reactor: Any, listeners: Sequence[Listener], context: ServerContext) -> None:
        """
        @param reactor: the reactor that the endpoints use.
        @param listeners: the endpoints of the doors.
        @param context: passed to each door's factory.
        """
        self._reactor = reactor
        self._listeners = listeners
        self._context = context
        self._factories: list[IDoorFactory] = []
        self.ports: list[Any] = []

    def bind(self) -> None:
        """
        Make one factory per door, and listen at every endpoint.

        @raise StartFailure: an endpoint cannot listen.  The endpoints that already listen are closed again.
        """
        factories: dict[str, IDoorFactory] = {}
        for listener in self._listeners:
            name = listener.door.name
            if name not in factories:
                factories[name] = listener.door.factory(self._context)
            try:
                endpoint, proxied = endpointOf(self._reactor, listener.description)
                factory = ProxiedFactory(factories[name], self._context) if proxied else factories[name]
                port = _resultOf(endpoint.listen(factory))
            except Exception as e:
                for port in self.ports:
                    port.stopListening()
                advice = f"; {self._advice(listener)}" if isAddressInUse(e) else ""
                raise StartFailure(
                    f"the {name} door cannot listen at {listener.description}: {whyNotListening(e)}{advice}"
                ) from e
            self.ports.append(port)
        self._factories = list(factories.values())

    @property
    def isReachable(self) -> bool:
        """Whether other machines can reach a port, or a proxy in front of one."""
        settings = self._context.settings
        proxied = any(listener.door.isProxied(settings) for listener in self._listeners)
        return proxied or not all(_isLoopback(port) for port in self.ports)

    def pause(self) -> None:
        """Stop accepting connections.  The kernel queues them until L{resume}."""
        for port in self.ports:
            port.stopReading()

    def resume(self) -> None:
        """Accept connections again."""
        for port in self.ports:
            port.startReading()

    def announce(self) -> None:
        """Log how to connect to each door, and warn about endpoints that no client can use."""
        settings = self._context.settings
        for listener, port in zip(self._listeners, self.ports, strict=True):
            log.info("The {door} door is open: {where}", door=listener.door.name, where=_invitation(listener, port))
            if listener.description.startswith(PROXY) and not settings.proxies:
                log.warn("Nobody comes in at {where}: irc.proxies names no proxy", where=listener.description)
        doors = {listener.door.name: listener.door for listener in self._listeners}
        for name, door in doors.items():
            endpoints = [listener.description for listener in self._listeners if listener.door.name == name]
            for why in door.warnings(settings, endpoints):
                log.warn("{why}", why=why)  # trial treats a field named "warning" as a Python warning

    def stop(self) -> Deferred[Any]:
        """
        Stop listening.

        @return: fires when no port listens any more.
        """
        return DeferredList([maybeDeferred(port.stopListening) for port in self.ports])

    def closeDoors(self, reason: str) -> Deferred[Any]:
        """
        Tell every client of every door, and close the connections.

        @return: fires when the last connection is closed.
        """
        return DeferredList([factory.close(reason) for factory in self._factories])

    def _advice(self, taken: Listener) -> str:
        """
        Say what the administrator can do if another program already listens at an address.

        The advice lists the options for all doors, because one option replaces all defaults.
        """
        advice = "stop what listens there"
        other = atNextPort(taken.description)
        if other is None:
            return advice
        options = " ".join(
            f"--{listener.door.name} {quote(other if listener is taken else listener.description)}"
            for listener in self._listeners
        )
        return f"{advice}, or choose another port, as in {options}"


def _resultOf(result: Deferred[Any]) -> Any:
    """
    Return the result of a Deferred that must have fired already.  Endpoints start to listen within the call.

    @raise StartFailure: it has not fired.
    """
    outcome: list[Any] = []
    result.addBoth(outcome.append)
    if not outcome:
        raise StartFailure("it takes too long")
    if isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    return outcome[0]


def _invitation(listener: Listener, port: IListeningPort) -> str:
    """
    Return the command that connects from this machine, or the address if no command does.

    If the port listens on all addresses, another command follows, for other machines.
    """
    host: Any = port.getHost()
    address = getattr(host, "host", None)
    if address is None:
        return listener.description
    here = _reachable(address)
    if here == address:
        return _wayIn(listener, address, host.port)
    elsewhere = _wayIn(listener, ADDRESS, host.port)
    return f"{_wayIn(listener, here, host.port)} (from other machines: {elsewhere})"


def _wayIn(listener: Listener, address: str, port: int) -> str:
    """Return the command that connects to an address, or the address and what it is for if no command does."""
    if listener.description.startswith(PROXY):
        return f"{address} port {port}, for proxies"
    return listener.door.invitation(address, port, listener.description.startswith(("ssl:", "tls:")))


def _isLoopback(port: IListeningPort) -> bool:
    address = getattr(port.getHost(), "host", None)
    return address is None or ip_address(address).is_loopback


def _reachable(address: str) -> str:
    """Return the address to connect to when a port listens at C{address}: loopback if that is a wildcard address."""
    parsed = ip_address(address)
    if parsed.is_unspecified:
        return "127.0.0.1" if parsed.version == 4 else "::1"
    return address
