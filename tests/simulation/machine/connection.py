"""A client, and its connection to the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.clients.base import Client
    from tests.simulation.machine.sockets import SimulatedSocket, SimulatedTransport
    from twistchat.chat.model.sessions import Session


@dataclass(slots=True)
class Sent:
    """
    What a client has sent.

    @ivar texts: the numbers of its texts that are not decided yet, in order.
    @ivar pings: the numbers of the texts before each ping, by its token.
    @ivar errors: how many errors the client has read, without those that answer its pings.
    @ivar refused: how many of its texts were not applied.
    @ivar isOpen: whether the client has sent something without the end of a line, which may spoil the next line.
    """

    texts: list[int] = field(default_factory=list)
    pings: dict[str, list[int]] = field(default_factory=dict)
    errors: int = 0
    refused: int = 0
    isOpen: bool = False


@dataclass(slots=True)
class Connection:
    """
    A client, and its connection to the server.

    @ivar client: the client.
    @ivar socket: the server's socket.
    @ivar transport: the server's transport.
    @ivar session: its session, once the ledger has met it.
    @ivar sent: what it has sent, see L{Answers <tests.simulation.promises.answers.Answers>}.
    @ivar known: the secrets that it may know, see L{Secrecy <tests.simulation.promises.secrecy.Secrecy>}.
    @ivar asked: the folded names of the rooms whose history it has asked for, in order.
    @ivar left: for each room that it has left, how many of these requests it had sent then.
    """

    client: Client
    socket: SimulatedSocket
    transport: SimulatedTransport
    session: Session | None = None
    sent: Sent = field(default_factory=Sent)
    known: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)

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
            or self.client.unanswered
            or self.transport in reactor.writing
            or (outlet is not None and outlet.outbox.waiting)
        )
