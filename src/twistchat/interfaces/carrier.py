"""The interface between carriers, which move bytes, and client protocols, which interpret them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from twistchat.net.input.intake import Line, Reason


class ICarrier(Interface):
    """
    The transport of one connection: a TCP or TLS stream, a WebSocket, an SSH channel.  It knows nothing about chat.

    It splits what arrives into lines, passes each line to its client protocol, and gives each connection a fair share
    of a turn.  It is that protocol's C{transport}.
    """

    framing = Attribute("Framing: how a line becomes bytes of this carrier.  See L{twistchat.wire.framing}.")
    address = Attribute("str or None: the peer's IP address; None where it has none, as on a UNIX socket.")
    secure = Attribute("bool: whether the connection is encrypted all the way from the client.")
    fingerprint = Attribute(
        "str or None: the SHA-256 of the client's certificate in hexadecimal; None where it has shown none."
    )
    ready = Attribute("bool: whether bytes reach the client: a TLS handshake, where there is one, is complete.")
    accepted = Attribute("float: when the connection was accepted, in seconds on the clock.")
    heard = Attribute("float: when the last bytes arrived, in seconds on the clock.")
    ended = Attribute("bool: whether the client sends no more.")
    paused = Attribute("bool: whether the connection is not being read, for any reason.")
    idle = Attribute("bool: whether every line that arrived has been taken.")
    outbox = Attribute("Outbox: what waits to be sent.")

    def pause(reason: Reason) -> None:
        """Do not read the connection until L{resume} is called with the same reason."""

    def resume(reason: Reason) -> None:
        """End a reason.  The connection is read again when no reason is left."""

    def stop() -> None:
        """Forget the input that waits, and take no more."""

    def abort() -> None:
        """Close the connection at once.  What waits is lost."""

    def hasHungUp() -> bool:
        """Whether the client has closed the connection, or sends no more.  It tells while the connection is paused."""


class IClient(Interface):
    """A client protocol, as its carrier uses it."""

    entrance = Attribute("IEntrance: watches the client until it has registered.")
    closing = Attribute("IClosing: ends the connection.")

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

    spoken = Attribute("bool: whether the client has sent a line of its protocol.")

    def secured() -> None:
        """The TLS handshake is complete: the carrier is C{ready}, and knows the client's certificate."""


class IClosing(Interface):
    """The part of a client protocol that ends the session and closes the connection."""

    def turnAway(reason: str) -> None:
        """Tell the client which limit it exceeded or what it did wrong, close the connection, and log the reason."""

    def dropSlowReader() -> None:
        """Abort the connection: the output that waits exceeds the limit.  Nothing more is sent."""

    def leaveIfServed() -> None:
        """Close the connection, if the client sends no more input and all its commands have taken effect."""
