"""The factory of a door's client protocols, which closes them in good order."""

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
    """Makes the client protocols of one door, knows which are connected, and closes them in good order."""

    noisy = False

    def __init__(self, context: ServerContext, make: Callable[[ServerContext, ClientFactory], ClientProtocol]) -> None:
        """
        @param make: makes this door's protocol.
        """
        self._context = context
        self._make = make
        self._open: dict[ClientProtocol, None] = {}
        self._closed: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> ClientProtocol | None:
        """See C{IProtocolFactory.buildProtocol}.  While it is being closed it makes none."""
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
        Word why a connection is refused before there is a client protocol for it.

        @return: C{b""} while the factory is being closed.
        """
        client = self.buildProtocol(None)
        return b"" if client is None else client.farewell(reason, fault=True)

    @property
    def connections(self) -> tuple[ClientProtocol, ...]:
        """The clients that are connected, in the order in which they came."""
        return tuple(self._open)

    def opened(self, client: ClientProtocol) -> None:
        """A client has connected."""
        self._open[client] = None

    def lost(self, client: ClientProtocol) -> None:
        """A client's connection is lost."""
        self._open.pop(client, None)
        self._fireIfClosed()

    def _fireIfClosed(self) -> None:
        if self._closed is not None and not self._closed.called and not self._open:
            self._closed.callback(None)
