"""A second carrier, in memory.  It sends one message for each line, as a WebSocket does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from twistchat.net.carrier import Carrier, CarrierFactory
from twistchat.wire.framing import Framing
from twistchat.wire.lines import Line, Overlong

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.factory import IrcFactory
    from twistchat.protocols.line.factory import LineFactory

HEADER: Final = 4
"""The size of the length in front of each message, in bytes.  The length is in network order."""


def encode(line: bytes) -> bytes:
    """Return the message for a line without its line end."""
    return len(line).to_bytes(HEADER) + line


def decode(data: bytes) -> Sequence[bytes]:
    """Return the lines in whole messages."""
    reader = MessageReader()
    lines = reader.feed(data)
    if reader.unread:
        raise ValueError(f"the last {len(reader.unread)} bytes are not a whole message")
    return lines


MESSAGES: Final = Framing(encode, decode)
"""The framing of this carrier."""


class MessageReader:
    """
    Reads messages from bytes that arrive in pieces of any size.

    @ivar unread: the beginning of an incomplete message.
    """

    def __init__(self) -> None:
        self.unread = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that these bytes complete."""
        data = self.unread + data
        lines = []
        at = 0
        while at + HEADER <= len(data):
            end = at + HEADER + int.from_bytes(data[at : at + HEADER])
            if end > len(data):
                break
            lines.append(data[at + HEADER : end])
            at = end
        self.unread = data[at:]
        return lines


class MessageSplitter:
    """Returns each message of one connection as a line.  See L{Splitter <twistchat.net.input.intake.Splitter>}."""

    def __init__(self, limit: int) -> None:
        """
        @param limit: the maximum length of a line in bytes.
        """
        self._limit = limit
        self._reader = MessageReader()

    def feed(self, data: bytes) -> Sequence[Line]:
        """Return the lines that these bytes complete."""
        lines = self._reader.feed(data)
        return [line if len(line) <= self._limit else Overlong(len(line)) for line in lines]

    def finish(self) -> Sequence[Line]:
        """Return nothing: an incomplete message is not a line."""
        return ()


class MessageCarrier(Carrier):
    """The carrier of a connection in memory that sends messages.  It has no TLS, telnet or half-close."""

    __slots__ = ()

    framing = MESSAGES


class MessageFactory(CarrierFactory):
    """Makes the message carriers of one protocol."""

    carrier = MessageCarrier

    def __init__(self, context: ServerContext, clients: IrcFactory | LineFactory) -> None:
        """
        @param clients: makes the client protocols.
        """
        super().__init__(context, clients, lambda client: MessageSplitter(clients.longestLine))


class MessageEnd(Protocol):
    """
    The client's end of such a connection.

    For the client's protocol it is the transport of a stream.  It sends each line that the protocol writes as a
    message, and passes each received message to the protocol as a line.
    """

    def __init__(self, client: IProtocol, end: bytes) -> None:
        """
        @param client: the client's protocol.
        @param end: the line end that it expects.
        """
        self._client = client
        self._end = end
        self._unsent = b""
        self._reader = MessageReader()

    def connectionMade(self) -> None:
        """Connect the client's protocol to this transport."""
        client: Any = self._client
        client.makeConnection(self)

    def write(self, data: bytes) -> None:
        """Send the complete lines, and keep the beginning of an incomplete line."""
        lines, newline, self._unsent = (self._unsent + data).rpartition(b"\n")
        assert self.transport is not None
        self.transport.write(MESSAGES.frame(lines + newline))

    def loseConnection(self) -> None:
        """Close the connection after sending all written bytes."""
        assert self.transport is not None
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Pass the received lines to the client's protocol."""
        lines = b"".join([line + self._end for line in self._reader.feed(data)])
        if lines:
            self._client.dataReceived(lines)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Report the end of the connection to the client's protocol."""
        self._client.connectionLost(reason)
