"""An endpoint at which a door listens, and the port that it has bound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocolFactory, IStreamServerEndpoint
from twisted.python.failure import Failure

from twistchat.config import Settings
from twistchat.interfaces import IDoor, IDoorFactory
from twistchat.net.context import ServerContext
from twistchat.net.listening.accepting import acceptFew
from twistchat.net.listening.endpoints import EXAMPLE_PORT, PROXY, endpointOf, portOf
from twistchat.net.listening.origin import ProxiedFactory
from twistchat.net.listening.tls import Certificates, EncryptedEndpoint
from twistchat.services.failure import StartFailure


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

    def isProxied(self, settings: Settings) -> bool:
        """Whether other machines reach it through a proxy or a gateway, also if it is on loopback only."""
        return (self.description.startswith(PROXY) and bool(settings.proxies)) or self.door.isProxied(settings)


@dataclass(frozen=True, slots=True)
class Ready:
    """A listener whose endpoint is valid, and which can be bound."""

    listener: Listener
    endpoint: IStreamServerEndpoint
    factory: IProtocolFactory

    def listen(self) -> Opened:
        """
        Bind it.

        @raise Exception: it cannot listen there.
        """
        port = _resultOf(self.endpoint.listen(self.factory))
        if not all(callable(getattr(port, name, None)) for name in ("getHost", "stopListening")):
            raise StartFailure("an endpoint of this kind does not listen")
        acceptFew(port)
        return Opened(self, port)


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A listener that is bound.

    @ivar ready: makes the same listener again.
    @ivar port: its listening port.
    """

    ready: Ready
    port: Any

    @property
    def listener(self) -> Listener:
        """The listener."""
        return self.ready.listener

    @property
    def certificates(self) -> Certificates | None:
        """The certificates that it shows; C{None} if it does not encrypt."""
        endpoint = self.ready.endpoint
        return endpoint.certificates if isinstance(endpoint, EncryptedEndpoint) else None

    @property
    def isLoopback(self) -> bool:
        """Whether only this machine can connect to it."""
        address = getattr(self.port.getHost(), "host", None)
        return address is None or ip_address(address).is_loopback


class DoorFactories:
    """The factories of the doors.  Each door has one, from the first time that it listens until the server stops."""

    def __init__(self, context: ServerContext) -> None:
        """
        @param context: passed to each door's factory.
        """
        self._context = context
        self._made: dict[str, IDoorFactory] = {}

    @property
    def made(self) -> list[IDoorFactory]:
        """The factories of all doors that have listened."""
        return list(self._made.values())

    def ready(self, reactor: Any, listener: Listener) -> Ready:
        """
        Make a listener ready.

        @raise BadEndpoint: the endpoint is invalid.
        """
        endpoint, proxied = endpointOf(reactor, listener.description, listener.usualPort)
        name = listener.door.name
        if name not in self._made:
            self._made[name] = listener.door.factory(self._context)
        factory = ProxiedFactory(self._made[name], self._context) if proxied else self._made[name]
        return Ready(listener, endpoint, factory)


def plan(doors: Iterable[IDoor], settings: Settings) -> list[Listener]:
    """List the endpoints of each door: those that the settings name, or each door's defaults if they name none."""
    return [
        Listener(door, description)
        for door in doors
        for description in (settings.listen.get(door.name, ()) if settings.listen else door.defaultEndpoints)
    ]


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
