"""The frames of a WebSocket."""

from __future__ import annotations

import itertools
import struct
import tracemalloc
from typing import Any

from hypothesis import given, strategies
from twisted.trial.unittest import SynchronousTestCase
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, Pong, TextMessage

from twistchat.wire.lines import Line, Overlong
from twistchat.wire.websocket import (
    BINARY,
    FRAGMENTS,
    MESSAGE,
    TEXT,
    Bounds,
    Closed,
    MessageReader,
    closeFrame,
    pongFrame,
)

LIMIT = 4608


def frame(opcode: int, payload: bytes = b"", final: bool = True, bits: int = 0, length: int | None = None) -> bytes:
    """Make a client's frame with the mask 0."""
    size = len(payload) if length is None else length
    head = bytes((final << 7 | bits << 4 | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 0x10000:
        head += b"\xfe" + struct.pack("!H", size)
    else:
        head += b"\xff" + struct.pack("!Q", size)
    return head + bytes(4) + payload


class OutputTests(SynchronousTestCase):
    """What the server sends, as wsproto's client reads it (RFC 6455, section 5.2)."""

    def test_lines(self) -> None:
        """Each line is one message of the kind of its framing, without its line end, whatever its length."""
        lines = [b"", b"x" * 125, b"y" * 126, "ü".encode() * 5000, b"z" * 70_000]
        for framing, kind in ((TEXT, TextMessage), (BINARY, BytesMessage)):
            data = framing.frame(b"".join([line + b"\r\n" for line in lines]))
            client = Connection(ConnectionType.CLIENT)
            client.receive_data(data)
            events = list(client.events())
            self.assertEqual({kind}, {type(event) for event in events})
            found = [event.data for event in events if isinstance(event, Message)]
            self.assertEqual(lines, [each.encode() if isinstance(each, str) else bytes(each) for each in found])
            self.assertEqual(b"".join([line + b"\r\n" for line in lines]), framing.unframe(data, b"\r\n"))

    def test_control(self) -> None:
        """A pong has the payload of its ping.  The reason of a close frame is cut between characters."""
        client = Connection(ConnectionType.CLIENT)
        client.receive_data(pongFrame(b"abc") + closeFrame(1008, "ü" * 70))
        self.assertEqual([Pong(b"abc"), CloseConnection(1008, "ü" * 61)], list(client.events()))


class InputTests(SynchronousTestCase):
    """What the server makes of a client's frames."""

    def setUp(self) -> None:
        self.reader = MessageReader(LIMIT)

    def read(self, *frames: bytes) -> list[Line]:
        """Feed frames at once."""
        return self.reader.feed(b"".join(frames))

    def test_anyPieces(self) -> None:
        """Messages arrive whole, in whatever pieces their bytes and their frames come."""
        client = Connection(ConnectionType.CLIENT)
        parts: list[Message[Any]] = [
            TextMessage("one"),
            BytesMessage(b"two"),
            TextMessage("th", message_finished=False),
            TextMessage("ree"),
        ]
        data = b"".join([client.send(part) for part in parts])
        for size in range(1, len(data) + 1):
            reader = MessageReader(LIMIT)
            lines = [line for at in range(0, len(data), size) for line in reader.feed(data[at : at + size])]
            self.assertEqual([b"one", b"two", b"three"], lines)
            self.assertIsNone(reader.closed)

    def test_lineEnd(self) -> None:
        """A line end at the end of a message is not part of the line.  One within it is left for the protocol."""
        self.assertEqual([b"a", b"b", b"c\r\nd"], self.read(frame(1, b"a\r\n"), frame(1, b"b\n"), frame(2, b"c\r\nd")))

    def test_overlong(self) -> None:
        """A message that is longer than a line may be is an overlong line, and the next one is read."""
        lines = self.read(frame(1, b"x" * LIMIT), frame(1, b"y" * (LIMIT + 1)), frame(1, b"z"))
        self.assertEqual([b"x" * LIMIT, Overlong(LIMIT + 1), b"z"], lines)

    def test_ping(self) -> None:
        """The last of several pings is to be answered, once.  A pong needs no answer."""
        self.read(frame(9, b"1"), frame(9, b"2"), frame(10, b"3"))
        self.assertEqual((b"2", None), (self.reader.takePing(), self.reader.takePing()))

    def test_close(self) -> None:
        """A close frame is answered with its code, or 1000 if it has none.  Nothing is read after it."""
        for payload, code in ((b"", 1000), (struct.pack("!H", 1001) + b"bye", 1001), (struct.pack("!H", 4000), 4000)):
            self.reader = MessageReader(LIMIT)
            self.assertEqual([b"last"], self.read(frame(1, b"last"), frame(8, payload), frame(1, b"never")))
            self.assertEqual(Closed(code), self.reader.closed)
            self.assertEqual([], self.read(frame(1, b"never")))

    def test_declaredLength(self) -> None:
        """A header that declares too much ends the connection at once, also over several frames."""
        for frames in (
            [frame(1, length=2**40)],
            [frame(2, length=MESSAGE + 1)],
            [frame(1, b"x" * MESSAGE, final=False), frame(0, length=1)],
        ):
            self.reader = MessageReader(LIMIT)
            self.assertEqual([], self.read(*frames))
            assert self.reader.closed is not None
            self.assertEqual(1009, self.reader.closed.code)

    def test_largest(self) -> None:
        """A message of the most bytes in the most frames is read, with pings between its frames."""
        parts = [frame(0, b"x" * 512, final=False) + frame(9, b"") for _ in range(FRAGMENTS - 2)]
        lines = self.read(frame(1, b"x" * 512, final=False), *parts, frame(0, b"x" * 512), frame(1, b"next"))
        self.assertEqual([Overlong(MESSAGE), b"next"], lines)

    def test_headerInPieces(self) -> None:
        """A frame whose header arrives in pieces counts once."""
        half = MESSAGE // 2
        data = frame(1, b"x" * half, final=False) + frame(0, b"x" * half) + frame(1, b"next")
        lines = [line for at in range(len(data)) for line in self.reader.feed(data[at : at + 1])]
        self.assertEqual([Overlong(MESSAGE), b"next"], lines)
        self.assertEqual(3, self.reader.frames)

    def test_fragments(self) -> None:
        """One frame too many ends the connection."""
        self.read(frame(1, final=False), *[frame(0, final=False) for _ in range(FRAGMENTS)])
        assert self.reader.closed is not None
        self.assertEqual(1008, self.reader.closed.code)

    def test_wrong(self) -> None:
        """Frames that break the protocol end the connection with the code for it (section 7.4.1)."""
        for wrong, code in (
            (frame(1, b"\xff"), 1007),
            (frame(1, "ü".encode()[:1]), 1007),
            (frame(1, b"x", bits=4), 1002),
            (frame(1, b"x", bits=2), 1002),
            (frame(3, b"x"), 1002),
            (frame(9, b"x" * 126), 1002),
            (frame(9, b"x", final=False), 1002),
            (frame(0, b"x"), 1002),
            (frame(1, b"x", final=False) + frame(1, b"y"), 1002),
            (b"\x81\x01x", 1002),
            (b"\x81\xfe\x00\x01" + bytes(5), 1002),
            (frame(8, b"x"), 1002),
            (frame(8, struct.pack("!H", 1005)), 1002),
        ):
            self.reader = MessageReader(LIMIT)
            self.assertEqual([b"before"], self.read(frame(1, b"before"), wrong))
            assert self.reader.closed is not None, wrong
            self.assertEqual(code, self.reader.closed.code, wrong)
            self.assertTrue(self.reader.closed.reason)

    def test_longLength(self) -> None:
        """A length in more bytes than it needs ends the connection with the header (RFC 6455, section 5.2)."""
        for header in (b"\x81\xfe\x00\x7d", b"\x82\xff" + struct.pack("!Q", 256)):
            self.reader = MessageReader(LIMIT)
            self.assertEqual([b"before"], self.read(frame(1, b"before"), header + bytes(4)))
            assert self.reader.closed is not None
            self.assertEqual(1002, self.reader.closed.code)

    def test_splitCharacter(self) -> None:
        """A character may be divided between frames, but not left incomplete."""
        one, two = "ü".encode()[:1], "ü".encode()[1:]
        self.assertEqual(["ü".encode()], self.read(frame(1, one, final=False), frame(9), frame(0, two)))
        self.read(frame(1, one, final=False), frame(0, b"x"))
        assert self.reader.closed is not None
        self.assertEqual(1007, self.reader.closed.code)

    def test_events(self) -> None:
        """wsproto has no other events than those that are read here."""
        client = Connection(ConnectionType.CLIENT)
        self.read(client.send(Ping(b"1")), client.send(Pong(b"2")), client.send(CloseConnection(1000)))
        self.assertEqual(Closed(1000), self.reader.closed)


MESSAGES = strategies.one_of(strategies.text(max_size=400), strategies.binary(max_size=400))
"""Messages of a client."""

EXTRAS = strategies.sampled_from((None, Ping(b"ping"), Pong(b"")))
"""Control frames between its frames."""


FRAMES = strategies.lists(
    strategies.one_of(
        strategies.binary(max_size=64),
        strategies.builds(
            frame,
            strategies.one_of(strategies.sampled_from((1, 2, 1, 2, 0, 8, 9, 10)), strategies.integers(0, 15)),
            strategies.one_of(strategies.binary(max_size=130), strategies.text(max_size=130).map(str.encode)),
            final=strategies.sampled_from((True, True, True, False)),
            bits=strategies.sampled_from((0,) * 9 + (1, 2, 4)),
            length=strategies.sampled_from((None,) * 9 + (0, 126, MESSAGE, MESSAGE + 1, 2**40, 2**63)),
        ),
        # Lengths in more bytes than they need, and no mask.
        strategies.sampled_from((b"\x81\xfe\x00\x01\0\0\0\0x", b"\x81\xff" + bytes(12), b"\x81\x01x", b"\x81\x7e\0")),
    ),
    max_size=30,
)
"""Frames of clients, of which most are valid."""

CUTS = strategies.lists(strategies.integers(0, 1 << 16), max_size=10)
"""Where their bytes are divided."""


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Divide bytes at some places."""
    places = sorted({0, len(data), *[cut % (len(data) + 1) for cut in cuts]})
    return [data[at:end] for at, end in itertools.pairwise(places)]


class AnyInputTests(SynchronousTestCase):
    """Any input, with wsproto's client as the oracle."""

    @given(
        strategies.lists(strategies.tuples(MESSAGES, strategies.integers(1, FRAGMENTS), EXTRAS), max_size=5),
        strategies.lists(strategies.integers(0, 1 << 16), max_size=30),
    )
    def test_valid(self, messages: list[tuple[str | bytes, int, Ping | Pong | None]], cuts: list[int]) -> None:
        """Any messages in any fragments and pieces arrive as the same lines, and nothing closes the connection."""
        client = Connection(ConnectionType.CLIENT)
        data, wanted = b"", []
        for message, count, extra in messages:
            size = len(message) // count + 1
            parts = [message[at : at + size] for at in range(0, len(message), size)] or [message]
            for number, part in enumerate(parts, 1):
                kind: type[Message[Any]] = TextMessage if isinstance(message, str) else BytesMessage
                data += client.send(kind(data=part, message_finished=number == len(parts)))
                data += b"" if extra is None else client.send(extra)
            encoded = message.encode() if isinstance(message, str) else message
            wanted.append(encoded.removesuffix(b"\n").removesuffix(b"\r"))
        reader = MessageReader(LIMIT)
        self.assertEqual(wanted, [line for piece in pieces(data, cuts) for line in reader.feed(piece)])
        self.assertIsNone(reader.closed)

    @given(FRAMES, CUTS)
    def test_wsproto(self, frames: list[bytes], cuts: list[int]) -> None:
        """wsproto alone finds the same messages and the same faults."""
        data = b"".join(frames)
        reader, bounds = MessageReader(LIMIT), Bounds()
        connection = Connection(ConnectionType.SERVER, [bounds])
        lines = [line for piece in pieces(data, cuts) for line in reader.feed(piece)]
        wanted, message, code = [], b"", None
        connection.receive_data(data)
        for event in connection.events():
            if isinstance(event, TextMessage | BytesMessage):
                message += event.data.encode() if isinstance(event.data, str) else event.data
                if event.message_finished:
                    wanted.append(message.removesuffix(b"\n").removesuffix(b"\r"))
                    message = b""
            elif isinstance(event, CloseConnection):
                code = 1000 if event.code == 1005 else int(event.code)
                break
        self.assertEqual(wanted, lines)
        if reader.closed is not None or code != 1007:  # an incomplete text is looked at when it is complete
            self.assertEqual(code, reader.closed and reader.closed.code)

    @given(FRAMES, CUTS)
    def test_anything(self, frames: list[bytes], cuts: list[int]) -> None:
        """Whatever arrives, in whatever pieces, gives the same lines and the same end, and raises nothing."""
        data = b"".join(frames)
        whole, divided = MessageReader(LIMIT), MessageReader(LIMIT)
        lines = whole.feed(data)
        self.assertEqual(lines, [line for piece in pieces(data, cuts) for line in divided.feed(piece)])
        self.assertEqual(whole.closed, divided.closed)
        self.assertLessEqual(max([len(line) for line in lines if isinstance(line, bytes)], default=0), LIMIT)
        if whole.closed is not None:
            closeFrame(whole.closed.code, whole.closed.reason)

    def test_memory(self) -> None:
        """A message that never ends, in frames of any size, keeps no more than its bound."""
        for size in (1, 511, 4096):
            reader = MessageReader(LIMIT)
            tracemalloc.start()
            try:
                reader.feed(frame(2, b"x" * size, final=False))
                while reader.closed is None:
                    reader.feed(frame(0, b"x" * size, final=False))
                self.assertLess(tracemalloc.get_traced_memory()[1], 10 * MESSAGE)
            finally:
                tracemalloc.stop()
