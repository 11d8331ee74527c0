"""A client, and its connection to the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.clients.base import Client
    from tests.simulation.sockets import SimulatedSocket, SimulatedTransport
    from twistchat.chat.model.sessions import Session


@dataclass(slots=True)
class Connection:
    """
    A client, and its connection to the server.

    @ivar client: the client.
    @ivar socket: the server's socket.
    @ivar transport: the server's transport.
    @ivar session: its session, once the ledger has met it.
    """

    client: Client
    socket: SimulatedSocket
    transport: SimulatedTransport
    session: Session | None = None

    @property
    def isOpen(self) -> bool:
        """Whether the server holds the connection."""
        return not self.socket.closed

    @property
    def hasWaiting(self) -> bool:
        """Whether something waits in the server, or on the network, that the client has not read completely."""
        reactor: Any = self.transport.reactor
        outlet: Any = None if self.session is None else self.session.outlet
        return bool(
            self.socket.sent
            or self.client.isWithinLine
            or self.transport in reactor.writing
            or (outlet is not None and outlet.outbox.waiting)
        )
