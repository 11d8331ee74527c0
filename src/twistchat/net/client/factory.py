"""The factory of a door's client protocols."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

if TYPE_CHECKING:
    from twistchat.net.client.protocol import ClientProtocol
    from twistchat.net.context import ServerContext


class ClientFactory(Factory):
    """
    Makes the client protocols of one door, records which are connected, and disconnects them at shutdown.

    @ivar door: the name of the door.
    """

    noisy = False

    def __init__(
        self, context: ServerContext, door: str, make: Callable[[ServerContext, ClientFactory], ClientProtocol]
    ) -> None:
        """
        @param door: the name of the door.
        @param make: makes this door's protocol.
        """
        self.door = door
        self._context = context
        self._make = make
        self._open: dict[ClientProtocol, None] = {}
        self._closed: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> ClientProtocol | None:
        """See C{IProtocolFactory.buildProtocol}.  Returns C{None} after L{close} was called."""
        return None if self._closed is not None else self._make(self._context, self)

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close <twistchat.interfaces.IDoorFactory.close>}."""
        closed = self._closed = Deferred()
        for client in list(self._open):
            client.disconnect(reason)
        self._fireIfClosed()
        return closed

    def farewell(self, reason: str) -> bytes:
        """
        Word why a connection is refused before it has a client protocol.

        @return: the bytes to send; C{b""} after L{close} was called.
        """
        client = self.buildProtocol(None)
        return b"" if client is None else client.farewell(reason, fault=True)

    @property
    def connections(self) -> tuple[ClientProtocol, ...]:
        """The connected clients, in the order of their connections."""
        return tuple(self._open)

    def opened(self, client: ClientProtocol) -> None:
        """Note that a client has connected."""
        self._open[client] = None

    def lost(self, client: ClientProtocol) -> None:
        """Note that a client's connection is lost."""
        self._open.pop(client, None)
        self._fireIfClosed()

    def _fireIfClosed(self) -> None:
        if self._closed is not None and not self._closed.called and not self._open:
            self._closed.callback(None)
