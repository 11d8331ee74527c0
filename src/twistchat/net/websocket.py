"""The WebSocket carrier: lines as messages, over a connection whose HTTP request asked for it (RFC 6455)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.tcp import Connection

from twistchat.interfaces.carrier import Ending, IClient
from twistchat.net.carrier import Carrier
from twistchat.net.listening.origin import Proxied
from twistchat.wire.framing import Framing
from twistchat.wire.lines import Line
from twistchat.wire.websocket import BINARY, TEXT, Close, Closed, MessageReader, closeFrame, pongFrame

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext

SUBPROTOCOLS: Final[Mapping[str, Framing]] = {"text.ircv3.net": TEXT, "binary.ircv3.net": BINARY}
"""The framing of each subprotocol (IRCv3 websocket)."""

FRAMES: Final = 128
"""The most frames of one connection that are read in one turn, as far as its last frames allow to foresee."""

CHUNK: Final = 4 * 1024
"""The bytes of one connection that are read in one turn."""

SMALL_CHUNK: Final = 1024
"""
The same after a turn with more than L{FRAMES}.

wsproto takes up to 5 µs for the smallest frame, which has 6 bytes.  A client that sends nothing but pings gets 0.9 ms
of a turn, and 3.4 ms once.
"""

CODES: Final = {Ending.LEFT: Close.DONE, Ending.FAULT: Close.POLICY, Ending.DISCONNECTED: Close.GOING_AWAY}
"""The code of the close frame for each way in which the server ends a connection."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """
    What an HTTP request says about the WebSocket that it asks for.

    @ivar answer: the whole answer to the request, which is the first output.
    @ivar framing: how lines are framed.
    @ivar address: the client's IP address; C{None} if it has none.
    @ivar secure: whether the connection is encrypted all the way from the client.
    @ivar accepted: when the connection was accepted, in seconds on the clock.
    @ivar bearer: see L{ICarrier <twistchat.interfaces.carrier.ICarrier>}.
    """

    answer: bytes
    framing: Framing
    address: str | None
    secure: bool
    accepted: float
    bearer: str | None = field(default=None, repr=False)


def choose(offered: Sequence[str]) -> str | None:
    """
    Choose the subprotocol: the first that the client offers and the server has (IRCv3 websocket).

    @return: C{None} if there is none.  Then lines are text messages.
    """
    return next((name for name in offered if name in SUBPROTOCOLS), None)


class WebSocketSplitter:
    """
    Returns each message of one connection as a line, and answers the other frames.  See L{Splitter
    <twistchat.net.input.intake.Splitter>}.
    """

    __slots__ = ("_carrier", "_reader")

    def __init__(self, carrier: WebSocketCarrier, limit: int) -> None:
        """
        @param limit: the most bytes of a line.
        """
        self._carrier = carrier
        self._reader = MessageReader(limit)

    def feed(self, data: bytes) -> Sequence[Line]:
        """Return the lines that these bytes complete."""
        reader, carrier = self._reader, self._carrier
        before = reader.frames
        lines = reader.feed(data)
        carrier.chunk = CHUNK if reader.frames - before <= FRAMES else SMALL_CHUNK
        ping = reader.takePing()
        if ping is not None:
            carrier.outbox.write(pongFrame(ping))
        if reader.closed is not None:
            carrier.closedBy(reader.closed)
        return lines

    def finish(self) -> Sequence[Line]:
        """Return nothing, since an incomplete message is not a line.  A client that broke a rule is turned away now."""
        closed = self._reader.closed
        if closed is not None and closed.reason:
            self._carrier.client.closing.turnAway(closed.reason)
        return ()


class WebSocketCarrier(Carrier):
    """
    The carrier of a WebSocket.

    C{limits.sendq} counts frames.
    """

    __slots__ = ("_accepting", "_closing", "bearer", "chunk", "framing")

    def __init__(self, context: ServerContext, client: IClient, handshake: Handshake, limit: int) -> None:
        """
        @param limit: the most bytes of a line.
        """
        super().__init__(context, client, WebSocketSplitter(self, limit))
        self.framing = handshake.framing
        self.address, self.secure, self.bearer = handshake.address, handshake.secure, handshake.bearer
        self.accepted = handshake.accepted
        self._accepting = handshake.answer
        self._closing: Closed | None = None
        self.chunk = CHUNK

    def connectionMade(self) -> None:
        """Answer the handshake, and connect the client protocol.  The transport below has no producer."""
        transport = self.transport
        if isinstance(transport, Connection):
            transport.setTcpKeepAlive(True)
        self.connected(transport.transport if isinstance(transport, Proxied) else transport)

    def makeOutbox(self, below: Any) -> None:
        """See L{Carrier.makeOutbox}.  The answer to the handshake comes before all other output."""
        super().makeOutbox(below)
        self.outbox.write(self._accepting)
        self._accepting = b""

    def close(self, ending: Ending) -> None:
        """See L{ICarrier.close}.  A close frame comes before the end (RFC 6455, section 5.5.1)."""
        closing = self._closing or Closed(CODES[ending])
        self.outbox.releaseDeliveries()
        self.outbox.write(closeFrame(closing.code, closing.reason))
        self.outbox.close()

    def closedBy(self, closed: Closed) -> None:
        """
        No more messages come: the client has closed the WebSocket, or broken a rule of its protocol.

        Its earlier lines are executed, then the close frame is answered.
        """
        self._closing = closed
        self.ended = True
        self._intake.noteEnd()
