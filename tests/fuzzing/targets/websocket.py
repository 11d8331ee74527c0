"""Frames of WebSockets."""

from __future__ import annotations

from typing import Final

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage

from tests.fuzzing.target import Target, pieces
from twistchat.wire.lines import Line, Overlong
from twistchat.wire.websocket import BINARY, TEXT, Bounds, Closed, MessageReader, closeFrame, pongFrame

LIMIT: Final = 512
"""The longest line in bytes."""

HEADER: Final = bytes(14)
"""What completes the longest header.  By itself, it is the header of a frame without a mask, which is refused."""


def frame(opcode: int, payload: bytes = b"", first: int = 0x80, mask: bytes = b"\0\0\0\0") -> bytes:
    """Make a frame of a client whose payload has less than 126 bytes."""
    return bytes((first | opcode, 0x80 | len(payload))) + mask + payload


def lineOf(message: bytes) -> Line:
    """Return the line in a message."""
    line = message.removesuffix(b"\n").removesuffix(b"\r")
    return line if len(line) <= LIMIT else Overlong(len(line))


def readByWsproto(data: bytes) -> tuple[list[Line], list[bytes], int | None]:
    """Read frames with wsproto alone: return the lines, the payloads of the pings, and the code of the end."""
    connection = Connection(ConnectionType.SERVER, [Bounds()])
    connection.receive_data(data)
    found: list[Line] = []
    pings = []
    message = b""
    for event in connection.events():
        if isinstance(event, TextMessage | BytesMessage):
            message += event.data.encode() if isinstance(event.data, str) else event.data
            if event.message_finished:
                found.append(lineOf(message))
                message = b""
        elif isinstance(event, Ping):
            pings.append(bytes(event.payload))
        elif isinstance(event, CloseConnection):
            return found, pings, 1000 if event.code == 1005 else int(event.code)
    return found, pings, None


def check(data: bytes) -> None:
    """
    The messages, the last ping and the end are the same for any pieces, and wsproto alone finds the same.

    A client reads the answers to pings and to the end.  Lines come back from the server's own frames.
    """
    data += HEADER  # wsproto refuses a header before all of it has arrived
    whole, divided = MessageReader(LIMIT), MessageReader(LIMIT)
    found = whole.feed(data)
    parts = []
    for piece in pieces(data):
        parts += divided.feed(piece)
    assert found == parts
    assert whole.closed == divided.closed
    ping = whole.takePing()
    assert ping == divided.takePing()
    assert whole.takePing() is None
    lines, pings, code = readByWsproto(data)
    assert found == lines
    assert ping == (pings[-1] if pings else None)
    if whole.closed is not None or code != 1007:  # an incomplete text is looked at when it is complete
        assert code == (whole.closed and whole.closed.code), (code, whole.closed)
    if whole.closed is not None:
        assert whole.feed(frame(1, b"later")) == []
    _checkAnswers(ping, whole.closed)
    _checkFraming([line.replace(b"\n", b"") for line in found if isinstance(line, bytes)])


def _checkAnswers(ping: bytes | None, closed: Closed | None) -> None:
    client = Connection(ConnectionType.CLIENT)
    if ping is not None:
        client.receive_data(pongFrame(ping))
        (pong,) = client.events()
        assert getattr(pong, "payload", None) == ping
    if closed is not None:
        client.receive_data(closeFrame(closed.code, closed.reason))
        (end,) = client.events()
        assert isinstance(end, CloseConnection) and end.code == closed.code, closed


def _checkFraming(lines: list[bytes]) -> None:
    data = b"".join([line + b"\r\n" for line in lines])
    for framing in (TEXT, BINARY):
        framed = framing.frame(data)
        assert framing.unframe(framed, b"\r\n") == data
        if framing is BINARY:
            client = Connection(ConnectionType.CLIENT)
            client.receive_data(framed)
            assert [bytes(event.data) for event in client.events() if isinstance(event, Message)] == lines


WEBSOCKET: Final = Target(
    "websocket",
    check,
    (
        frame(1, b"NICK a\r\n", mask=b"\0\0\0\0")
        + frame(9, b"ping")
        + frame(2, b"\xff\xfe\n")
        + frame(8, b"\x03\xe8bye"),
        frame(1, b"one", 0) + frame(9) + frame(0, b"two", 0) + frame(0, b"\xc3\xa9"),
        frame(1, bytes([byte ^ 7 for byte in b"masked"]), mask=b"\7\7\7\7"),
        b"\x81\xfe\x00\x80" + bytes(4) + b"x" * 128 + b"\x82\xff" + bytes(7) + b"\x05\0\0\0\0hello",
        frame(1, "\N{SNOWMAN}".encode()[:2], 0) + frame(0, "\N{SNOWMAN}".encode()[2:]),
        b"\x81\xfe\x20\x01" + bytes(4),
        frame(1, b"\xff") + b"\x81\x01x",
        frame(0, b"x", 0) * 20,
        frame(8, b"\x03\xed"),
    ),
    (
        *(frame(1, b"x"), frame(1, b"x", 0), frame(0, b"y"), frame(0, b"y", 0), frame(2, b"\xff"), frame(9, b"p")),
        *(
            frame(10),
            frame(8),
            frame(8, b"\x03\xe8"),
            frame(1, b"z", 0xC0),
            frame(3),
            frame(1, b"\xc3", 0),
            b"\x81\xfe",
        ),
        *(b"\x81\xff" + bytes(8), b"\x81\x80", bytes(4), b"\x82\xfe\x20\x00" + bytes(4), b"\r\n"),
    ),
    most=12_000,
)
"""The frames of a client."""

TARGETS: Final = (WEBSOCKET,)
"""The targets of this module."""
