"""
The frames of a WebSocket (RFC 6455, section 5), sans I/O: one message per line of the chat, without its line end.

wsproto reads the frames of clients.  The server's own frames are made here: they are never masked and never fragmented,
so one frame is the same bytes for every reader of a dialect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

from twistchat.wire.framing import Framing
from twistchat.wire.lines import Line, Overlong

MESSAGE: Final = 8 * 1024
"""The most bytes of a client's message.  The length in the first header that exceeds it ends the connection."""

FRAGMENTS: Final = 16
"""The most frames of a client's message."""

_NO_BITS: Final = RsvBits(False, False, False)
"""The reserved bits that a frame may have, as no extension is negotiated."""


class Close(IntEnum):
    """Why a connection is closed (RFC 6455, section 7.4.1)."""

    DONE = 1000
    GOING_AWAY = 1001
    POLICY = 1008


REASONS: Final = {
    1002: "That is not a WebSocket frame of a client",
    1003: "Messages of this kind are not accepted",
    1007: "A text message is not UTF-8",
    1008: f"A message has more than {FRAGMENTS} frames",
    1009: f"A message has more than {MESSAGE} bytes",
}
"""The wording of each code with which L{MessageReader} ends a connection."""


def textFrame(line: bytes) -> bytes:
    """
    Make a text frame.

    @param line: the whole message, in UTF-8.
    """
    return _header(Opcode.TEXT, len(line)) + line


def binaryFrame(line: bytes) -> bytes:
    """Make a binary frame."""
    return _header(Opcode.BINARY, len(line)) + line


def pongFrame(payload: bytes) -> bytes:
    """Make the answer to a ping with this payload, of at most 125 bytes."""
    return _header(Opcode.PONG, len(payload)) + payload


def closeFrame(code: int, reason: str = "") -> bytes:
    """
    Make a close frame.

    @param reason: cut to the 123 bytes that a close frame has for it.
    """
    payload = code.to_bytes(2, "big") + reason.encode()[:123].decode(errors="ignore").encode()
    return _header(Opcode.CLOSE, len(payload)) + payload


def payloads(frames: bytes) -> Iterator[bytes]:
    """Return the payloads of frames of this server, each with its header: the reverse of L{textFrame}."""
    at, end = 0, len(frames)
    while at < end:
        length = frames[at + 1]
        at += 2
        if length > 125:
            size = 2 if length == 126 else 8
            length = int.from_bytes(frames[at : at + size], "big")
            at += size
        yield frames[at : at + length]
        at += length


def _header(opcode: Opcode, length: int) -> bytes:
    """Make the header of a final, unmasked frame (RFC 6455, section 5.2)."""
    first = 0x80 | opcode
    if length < 126:
        return bytes((first, length))
    if length < 0x10000:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")


TEXT: Final = Framing(textFrame, payloads)
"""The framing of C{text.ircv3.net}: each line is a text message."""

BINARY: Final = Framing(binaryFrame, payloads)
"""The framing of C{binary.ircv3.net}: each line is a binary message."""


class Bounds(Extension):
    """
    Bounds the messages of a client by the headers of their frames, before any payload arrives.

    wsproto shows each header to the extensions of a connection.  This one is never negotiated, and changes nothing.

    @ivar seen: how many frames were complete.
    """

    name = "bounds"

    def __init__(self) -> None:
        self.seen = 0
        self._size = self._frames = 0
        self._next: tuple[int, int] | None = None

    def enabled(self) -> bool:
        """See C{Extension.enabled}."""
        return True

    def offer(self) -> bool:
        """See C{Extension.offer}."""
        return False

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """
        Check a header.  See C{Extension.frame_inbound_header}.

        wsproto calls this again if the mask has not arrived with the header, so L{frame_inbound_complete} counts.
        """
        if opcode.iscontrol():
            self._next = None
            return _NO_BITS
        first = opcode is not Opcode.CONTINUATION
        size = payload_length + (0 if first else self._size)
        frames = 1 + (0 if first else self._frames)
        self._next = size, frames
        if size > MESSAGE:
            return CloseReason.MESSAGE_TOO_BIG
        return CloseReason.POLICY_VIOLATION if frames > FRAGMENTS else _NO_BITS

    def frame_inbound_complete(self, proto: FrameDecoder | FrameProtocol, fin: bool) -> None:
        """Count a frame.  See C{Extension.frame_inbound_complete}."""
        self.seen += 1
        if self._next is not None:
            self._size, self._frames = self._next


@dataclass(frozen=True, slots=True)
class Closed:
    """
    The end of a client's messages.

    @ivar code: the code to answer with.
    @ivar reason: what the client did wrong; C{""} if it closed the connection itself.
    """

    code: int
    reason: str = ""


class MessageReader:
    """
    Reads the frames of a client, in bounded memory.

    A message in one frame, which is what clients send, is read here.  wsproto reads every other frame, and decides what
    is wrong with a frame.  It takes 10 µs for a message of 112 bytes, and this class 1.3 µs.

    @ivar closed: set when the client has closed the connection or broken a rule.  After that, no message is read.
    """

    __slots__ = (
        "_bounds",
        "_connection",
        "_fragmented",
        "_limit",
        "_message",
        "_owed",
        "_ping",
        "_plain",
        "_rest",
        "closed",
    )

    def __init__(self, limit: int) -> None:
        """
        @param limit: the most bytes of a line.  A longer message is L{Overlong}, up to L{MESSAGE}.
        """
        self._bounds = Bounds()
        self._connection = Connection(ConnectionType.SERVER, [self._bounds])
        self._limit = limit
        self._message = self._rest = b""
        self._owed = self._plain = 0
        self._fragmented = False
        self._ping: bytes | None = None
        self.closed: Closed | None = None

    @property
    def frames(self) -> int:
        """How many frames were read."""
        return self._plain + self._bounds.seen

    def feed(self, data: bytes) -> list[Line]:
        """
        Read the next bytes.

        @return: the messages that they complete, without a line end at their end.
        """
        lines: list[Line] = []
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, end = 0, len(data)
        while at < end and self.closed is None:
            if self._owed:
                part = data[at : at + self._owed]
                self._owed -= len(part)
                at += len(part)
                self._ask(part, lines)
                continue
            size, begin = data[at + 1] & 0x7F if at + 1 < end else 0, at + 6
            if size == 126:
                size, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 8
            elif size == 127:
                size, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 14
            if at + 1 < end and not data[at + 1] & 0x80:
                self._owed = _ALL  # wsproto refuses a frame without a mask
                continue
            if begin > end:
                self._rest = data[at:]
                break
            first = data[at]
            isShortest = begin - at == (6 if size < 126 else 8)  # wsproto refuses a length in more bytes than it needs
            if first in _WHOLE and isShortest and not self._fragmented and size <= MESSAGE:
                after = begin + size
                if after > end:
                    self._rest = data[at:]
                    break
                payload = _unmask(data[begin:after], data[begin - 4 : begin])
                if first == _WHOLE[1] or _isUtf8(payload):
                    self._plain += 1
                    lines.append(self._lineOf(payload))
                    at = after
                    continue
            self._owed = begin - at + size
            if first & 0x0F < Opcode.CLOSE:
                self._fragmented = not first & 0x80
        return lines

    def _ask(self, data: bytes, lines: list[Line]) -> None:
        """Let wsproto read bytes of one frame."""
        connection = self._connection
        connection.receive_data(data)
        for event in connection.events():
            if isinstance(event, TextMessage | BytesMessage):
                part = event.data
                self._message += part.encode() if isinstance(part, str) else part
                if event.message_finished:
                    message, self._message = self._message, b""
                    lines.append(self._lineOf(message))
            elif isinstance(event, Ping):
                self._ping = bytes(event.payload)
            elif isinstance(event, CloseConnection):
                self.closed = self._closedBy(event)
                break

    def takePing(self) -> bytes | None:
        """
        Return the payload of the last ping that was not answered; C{None} if there is none.

        A server may answer only the last of several pings (RFC 6455, section 5.5.3).
        """
        ping, self._ping = self._ping, None
        return ping

    def _lineOf(self, message: bytes) -> Line:
        line = message.removesuffix(b"\n").removesuffix(b"\r")
        return line if len(line) <= self._limit else Overlong(len(line))

    def _closedBy(self, event: CloseConnection) -> Closed:
        if self._connection.state is ConnectionState.REMOTE_CLOSING:
            # The close frame may have no code, which is 1005 here and must not be sent (section 7.4.1).
            return Closed(Close.DONE if event.code == CloseReason.NO_STATUS_RCVD else event.code)
        return Closed(event.code, REASONS.get(event.code, REASONS[1002]))


_ALL: Final = 1 << 62
"""More bytes than any connection brings."""

_WHOLE: Final = (0x81, 0x82)
"""The first bytes of frames that are whole messages: text and binary."""


def _unmask(payload: bytes, mask: bytes) -> bytes:
    """Remove the mask (RFC 6455, section 5.3)."""
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")).to_bytes(size, "little")


def _isUtf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
