"""The interface between carriers, which move bytes, and client protocols, which interpret them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from twistchat.wire.lines import Line


class Reason(Enum):
    """Why the transport of a connection is paused."""

    SHARE = "its input waits for a later turn"
    RATE = "its rate limit"
    BACKLOG = "its commands wait for earlier ones"


class Ending(Enum):
    """Why the server closes a connection in good order."""

    LEFT = "the client leaves"
    FAULT = "the client did something wrong"
    DISCONNECTED = "the server ends the session, for example at shutdown"


class ICarrier(Interface):
    """
    The transport of one connection, for example a TCP or TLS stream, a WebSocket or an SSH channel.

    A carrier splits its input into lines and passes each line to its client protocol.  It gives each connection a fair
    share of a turn.  It knows nothing about chat.  The client protocol uses it as its C{transport}.
    """

    framing = Attribute("Framing: how the carrier marks the end of a line.  See L{twistchat.wire.framing}.")
    address = Attribute("str or None: the peer's IP address; None if it has none, as on a UNIX socket.")
    secure = Attribute("bool: whether the connection is encrypted all the way from the client.")
    fingerprint = Attribute(
        "str or None: the SHA-256 of the client's certificate in hexadecimal; None if the client sent no certificate."
    )
    bearer = Attribute(
        "str or None: the secret of the web session that came with a WebSocket's handshake; None on other carriers."
    )
    ready = Attribute("bool: whether output can reach the client, so that no TLS handshake is in progress.")
    accepted = Attribute("float: when the connection was accepted, in seconds on the clock.")
    heard = Attribute("float: when the last bytes arrived, in seconds on the clock.")
    ended = Attribute("bool: whether the client has sent all its input.")
    paused = Attribute("bool: whether the server does not read the connection, for any reason.")
    idle = Attribute("bool: whether all lines that arrived have been executed.")
    outbox = Attribute("Outbox: the output that waits to be sent.")

    def pause(reason: Reason) -> None:
        """Stop reading the connection until L{resume} is called with the same reason."""

    def resume(reason: Reason) -> None:
        """Remove a reason.  If no other reason remains, the carrier reads the connection again."""

    def stop() -> None:
        """Discard the waiting input, and ignore further input."""

    def close(ending: Ending) -> None:
        """Send the waiting output, then close the connection.  A second call does nothing."""

    def abort() -> None:
        """Close the connection at once, and discard the waiting output."""

    def hideInput(hidden: bool) -> bool:
        """
        Ask the client not to show what its user types, before a password; or to show it again.

        @return: whether the client is one that can be asked.  If not, nothing was sent.
        """

    def hasHungUp() -> bool:
        """Whether the client has closed the connection or its sending side.  This also works while it is paused."""


class IClient(Interface):
    """A client protocol, as its carrier uses it."""

    entrance = Attribute("IEntrance: watches the client until it has registered.")
    closing = Attribute("IClosing: ends the connection.")
    talking = Attribute("bool: whether the client has sent a text to a room.  It never becomes false again.")

    def makeConnection(carrier: ICarrier) -> None:
        """The connection is made, and the carrier is the transport.  See C{IProtocol.makeConnection}."""

    def lineReceived(line: Line) -> float:
        """
        Execute a line.

        @return: C{0.0}; or the seconds until the rate limit allows the line.  Then nothing was done, and the carrier
            passes the line again.
        """

    def reply(data: bytes) -> None:
        """Send whole lines to this client only, after all earlier output."""

    def connectionLost(reason: Failure) -> None:
        """The connection is lost.  See C{IProtocol.connectionLost}."""


class IEntrance(Interface):
    """The part of a client protocol that watches the client until it has registered."""

    def secured() -> None:
        """The TLS handshake is complete: the carrier is C{ready}, and knows the client's certificate."""


class IClosing(Interface):
    """The part of a client protocol that ends the session and closes the connection."""

    def turnAway(reason: str, name: str = "turned_away") -> None:
        """
        Tell the client which limit it exceeded or what it did wrong, close the connection, and log the reason.

        @param name: a short name of the reason, by which it is counted.
        """

    def dropSlowReader() -> None:
        """Abort the connection: the output that waits exceeds the limit.  Nothing more is sent."""

    def leaveIfServed() -> None:
        """Close the connection, if the client sends no more input and all its commands have taken effect."""
