"""The chat as a Twisted service: it opens the journal, listens at every door, and closes both in good order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from shlex import quote
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.interfaces import IDoor, IDoorFactory, ILog
from twistchat.net.context import ServerContext
from twistchat.net.listening.endpoints import KINDS, PLAIN, PROXY, atNextPort, endpointOf, isTaken, whyNotListening
from twistchat.net.listening.origin import ProxiedFactory

log = Logger()

FINISHING = 10.0
"""Seconds that the journal has to finish what was proposed, when the service stops."""


class StartFailure(Exception):
    """The server cannot start.  As a string it is one line, to be shown as it is."""


@dataclass(frozen=True, slots=True)
class Listener:
    """
    A place where a door listens.

    @ivar description: a server endpoint string.
    """

    door: IDoor
    description: str


class ChatService(Service):
    """Everything that runs while the server does."""

    def __init__(
        self,
        reactor: Any,
        listeners: Sequence[Listener],
        journal: ILog,
        context: ServerContext,
        isRoot: Callable[[], bool],
        complain: Callable[[str], None] = lambda why: None,
    ) -> None:
        """
        @param reactor: to listen with, and to stop; it has what the endpoints want of it.
        @param isRoot: whether this process may do everything on this machine.
        @param complain: told in one line why the server cannot start, before L{StartFailure} is raised.
        """
        self._reactor = reactor
        self._listeners = listeners
        self._journal = journal
        self._context = context
        self._isRoot = isRoot
        self._complain = complain
        self._ports: list[Any] = []
        self._factories: list[IDoorFactory] = []
        self._starting = True
        self._isOpen = False
        self._failure: Failure | None = None

    def privilegedStartService(self) -> None:
        """
        Listen, while the process may still do so at any port.

        @raise StartFailure: an address cannot be had; nothing listens then.
        """
        with self._complaining():
            self._listen()

    def startService(self) -> None:
        """
        Open the journal, then let the doors accept connections, and log how to connect.

        Opening may take a while.  Until then the ports are bound and the kernel queues connections.  If opening fails
        after this call has returned, the server logs one line and stops.

        @raise StartFailure: it cannot be opened; or this is root's process, and reachable from other machines.
        """
        with self._complaining():
            if not self._ports:
                self._listen()
            self._open()
        super().startService()

    @contextmanager
    def _complaining(self) -> Iterator[None]:
        try:
            yield
        except StartFailure as failure:
            self._complain(str(failure))
            raise

    def _listen(self) -> None:
        factories: dict[str, IDoorFactory] = {}
        for listener in self._listeners:
            name = listener.door.name
            if name not in factories:
                factories[name] = listener.door.factory(self._context)
            try:
                endpoint, proxied = endpointOf(self._reactor, listener.description)
                factory = ProxiedFactory(factories[name], self._context) if proxied else factories[name]
                port = _now(endpoint.listen(factory))
            except Exception as e:
                for port in self._ports:
                    port.stopListening()
                advice = f"; {self._otherwise(listener)}" if isTaken(e) else ""
                raise StartFailure(
                    f"the {name} door cannot listen at {listener.description}: {whyNotListening(e)}{advice}"
                ) from e
            self._ports.append(port)
        self._factories = list(factories.values())

    def _otherwise(self, taken: Listener) -> str:
        """What to do where something else listens already; the options are for all doors, as one option takes all."""
        advice = "stop what listens there"
        other = atNextPort(taken.description)
        if other is None:
            return advice
        options = " ".join(
            f"--{listener.door.name} {quote(other if listener is taken else listener.description)}"
            for listener in self._listeners
        )
        return f"{advice}, or choose another port, as in {options}"

    def _open(self) -> None:
        if self._isRoot():
            open = [port for port in self._ports if not _isLoopback(port)]
            if open:
                raise StartFailure(
                    "a server that other machines reach does not run as root; start it as twistd --uid USER twistchat"
                )
            log.warn("This server runs as root.  twistd --uid USER twistchat gives that up.")
        self._starting, self._failure = True, None
        opening = maybeDeferred(self._journal.open, self._context.chat.state.apply)
        opening.addCallbacks(self._opened, self._notOpened)
        self._starting = False
        if self._failure is not None:
            raise _cannotOpen(self._failure) from self._failure.value
        if not self._isOpen:
            for port in self._ports:
                port.stopReading()

    def _opened(self, _: None) -> None:
        """The journal is open: let the doors accept connections."""
        self._isOpen = True
        if not self._starting:
            if not self.running:
                return
            for port in self._ports:
                port.startReading()
        log.info("{promise}", promise=self._journal.promise)
        for listener, port in zip(self._listeners, self._ports, strict=True):
            log.info("The {door} door is open: {where}", door=listener.door.name, where=_invitation(listener, port))
            if listener.description.startswith(PROXY) and not self._context.settings.irc.proxies:
                log.warn("Nobody comes in at {where}: irc.proxies names no proxy", where=listener.description)
        irc = [listener.description for listener in self._listeners if listener.door.name == "irc"]
        if self._context.settings.irc.stsPort and irc and all(where.startswith(PLAIN) for where in irc):
            log.warn(
                "Clients that follow strict transport security cannot come in: irc.stsPort sends them to port {port},"
                " and the irc door has no encrypted endpoint.  Name one, as in --irc {example}, or leave stsPort out",
                port=self._context.settings.irc.stsPort,
                example=KINDS["ssl"].example,
            )

    def _notOpened(self, failure: Failure) -> None:
        """The journal cannot be opened: L{startService} raises that, or, if it has returned, stop the server."""
        if self._starting:
            self._failure = failure
        elif self.running:
            why = str(_cannotOpen(failure))
            log.critical("{why}", why=why)
            self._complain(why)
            self._reactor.stop()

    async def _stop(self) -> None:
        await DeferredList([maybeDeferred(port.stopListening) for port in self._ports])
        closing = self._journal.close().addTimeout(FINISHING, self._reactor)
        await closing.addErrback(_logged)
        await DeferredList([factory.close("The server is shutting down") for factory in self._factories])
        self._context.passwords.stop()
        self._context.upkeep.after(None)

    def stopService(self) -> Deferred[None]:
        """
        Listen no more, finish what was proposed, tell every client, and close their connections.

        @return: fires when that is done, and in any case soon: no client and no disk holds it up.
        """
        super().stopService()
        return Deferred.fromCoroutine(self._stop())


def _cannotOpen(failure: Failure) -> StartFailure:
    return StartFailure(f"the journal cannot be opened: {failure.value}")


def _now(result: Deferred[Any]) -> Any:
    """The result of a Deferred that has fired, as those of a start do."""
    outcome: list[Any] = []
    result.addBoth(outcome.append)
    if not outcome:
        raise StartFailure("it takes too long")
    if isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    return outcome[0]


def _logged(failure: Failure) -> None:
    log.failure("The journal did not close in good order", failure)


def _invitation(listener: Listener, port: IListeningPort) -> str:
    """What to paste to come in: an address of this machine's own; or where that is, for those who know how."""
    host: Any = port.getHost()
    address = getattr(host, "host", None)
    if address is None:
        return listener.description
    reachable = _reachable(address)
    if listener.description.startswith(PROXY):
        return f"{reachable} port {host.port}, for proxies"
    if listener.description.startswith(("ssl:", "tls:")):
        return f"{reachable} port {host.port}, with TLS"
    return listener.door.invitation(reachable, host.port)


def _isLoopback(port: IListeningPort) -> bool:
    address = getattr(port.getHost(), "host", None)
    return address is None or ip_address(address).is_loopback


def _reachable(address: str) -> str:
    """An address to connect to, for one that is listened at."""
    parsed = ip_address(address)
    if parsed.is_unspecified:
        return "127.0.0.1" if parsed.version == 4 else "::1"
    return address
