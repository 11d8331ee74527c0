"""What makes the connections of a door, and closes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from zope.interface import implementer

from twistchat.interfaces import IDoorFactory

if TYPE_CHECKING:
    from twistchat.net.connection import Connection
    from twistchat.net.context import ServerContext


@implementer(IDoorFactory)
class ConnectionFactory(ServerFactory):
    """Makes the connections of one door, knows which are open, and closes them in good order."""

    noisy = False

    def __init__(self, context: ServerContext, make: Callable[[ServerContext, ConnectionFactory], Connection]) -> None:
        """
        @param make: makes this door's protocol.
        """
        self._context = context
        self._make = make
        self._open: dict[Connection, None] = {}
        self._closed: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> Connection | None:
        """See C{IProtocolFactory.buildProtocol}.  While it is being closed it takes none."""
        return None if self._closed is not None else self._make(self._context, self)

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close}."""
        closed = self._closed = Deferred()
        for connection in list(self._open):
            connection.disconnect(reason)
        self._fireIfClosed()
        return closed

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The connections that are open, in the order in which they were made."""
        return tuple(self._open)

    def opened(self, connection: Connection) -> None:
        """A connection was made."""
        self._open[connection] = None

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self._open.pop(connection, None)
        self._fireIfClosed()

    def _fireIfClosed(self) -> None:
        if self._closed is not None and not self._closed.called and not self._open:
            self._closed.callback(None)
