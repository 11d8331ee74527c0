"""The ports at which the doors listen, from the start of the server to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from shlex import quote
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.logger import Logger

from twistchat.config import Settings
from twistchat.net.context import ServerContext
from twistchat.net.listening.endpoints import BadEndpoint, atNextPort, isAddressInUse, whyNotListening
from twistchat.services.announcing import announce, mistakesIn
from twistchat.services.failure import StartFailure
from twistchat.services.listener import DoorFactories, Listener, Opened, Ready

log = Logger()


class Listening:
    """
    The ports at which the doors listen.

    @ivar opened: the listeners that are bound.  A reload changes them.
    @ivar stopped: whether the server stops listening for good.
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
        self._factories = DoorFactories(context)
        self._paused = False
        self._known: set[str] = set()
        self.opened: list[Opened] = []
        self.stopped = False

    @property
    def ports(self) -> list[Any]:
        """The ports that are bound, in the order of the listeners."""
        return [one.port for one in self.opened]

    def bind(self) -> None:
        """
        Make one factory per door, and listen at every endpoint.

        @raise StartFailure: an endpoint cannot listen.  The endpoints that already listen are closed again.
        """
        try:
            for listener in self._listeners:
                self.opened.append(self.open(self.ready(listener), self._advice))
        except StartFailure:
            for port in self.ports:
                port.stopListening()
            raise

    def ready(self, listener: Listener) -> Ready:
        """
        Make a listener ready to be bound.

        @raise StartFailure: its endpoint is invalid.
        """
        try:
            return self._factories.ready(self._reactor, listener)
        except BadEndpoint as bad:
            raise StartFailure(_cannotListen(listener, str(bad))) from bad

    def open(self, ready: Ready, advise: Callable[[Listener], str]) -> Opened:
        """
        Bind a listener.  The caller adds the result to C{opened}.

        @param advise: returns what to do if another program listens there.
        @raise StartFailure: it cannot listen.
        """
        try:
            opened = ready.listen()
        except Exception as e:
            advice = f"; {advise(ready.listener)}" if isAddressInUse(e) else ""
            raise StartFailure(_cannotListen(ready.listener, f"{whyNotListening(e)}{advice}")) from e
        if self._paused:
            opened.port.stopReading()
        return opened

    @property
    def isReachable(self) -> bool:
        """Whether other machines can reach a port, or a proxy in front of one."""
        settings = self._context.settings
        if not self.opened:
            return any(listener.isProxied(settings) for listener in self._listeners)
        return isReachable(self.opened, settings)

    def pause(self) -> None:
        """Stop accepting connections.  The kernel queues them until L{resume}."""
        self._paused = True
        for port in self.ports:
            port.stopReading()

    def resume(self) -> None:
        """Accept connections again."""
        self._paused = False
        for port in self.ports:
            port.startReading()

    def announce(self, opened: Iterable[Opened] | None = None) -> None:
        """
        Log how to connect, and warn about settings that do not fit the endpoints.  Each warning is logged once, until
        its reason has gone.

        @param opened: the listeners that are new; C{None} for all.
        """
        if self._paused:
            return
        announce(self.opened if opened is None else opened)
        mistakes = mistakesIn([one.listener for one in self.opened], self._context.settings)
        for why in mistakes:
            if why not in self._known:
                log.warn("{why}", why=why)  # trial treats a field named "warning" as a Python warning
        self._known = set(mistakes)

    def stop(self) -> Deferred[Any]:
        """
        Stop listening.

        @return: fires when no port listens any more.
        """
        self.stopped = True
        return DeferredList([maybeDeferred(port.stopListening) for port in self.ports])

    def closeDoors(self, reason: str) -> Deferred[Any]:
        """
        Tell every client of every door, and close the connections.

        @return: fires when the last connection is closed.
        """
        return DeferredList([factory.close(reason) for factory in self._factories.made])

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


def _cannotListen(listener: Listener, why: str) -> str:
    return f"the {listener.door.name} door cannot listen at {listener.description}: {why}"


def isReachable(opened: Iterable[Opened], settings: Settings) -> bool:
    """Whether other machines can reach one of these listeners, or a proxy in front of one."""
    return any(not one.isLoopback or one.listener.isProxied(settings) for one in opened)
