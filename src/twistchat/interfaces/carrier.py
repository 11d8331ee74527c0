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
    """A client protocol, as its carrier sees it."""

    spoken = Attribute("bool: whether the client has said anything in this protocol.")

    def makeConnection(carrier: ICarrier) -> None:
        """The connection was made.  See C{IProtocol.makeConnection}."""

    def secured() -> None:
        """The handshake is complete: the carrier has become C{ready}, and knows the client's certificate."""

    def lineReceived(line: Line) -> float:
        """
        Obey a line.

        @return: C{0.0}; or how many seconds too early the line came: then nothing was done, and it is passed again.
        """

    def inputDone() -> None:
        """The client sends no more, and every line that it sent has been taken."""

    def overflowed() -> None:
        """More waits for the client than may.  Nothing is sent to it any more."""

    def reply(data: bytes) -> None:
        """Send whole lines to this client alone, after all that it was to be sent until now."""

    def turnAway(reason: str) -> None:
        """Tell the client which limit it passed or what it did wrong, close the connection, and log that."""

    def connectionLost(reason: Failure) -> None:
        """The connection is lost.  See C{IProtocol.connectionLost}."""
