"""Any protocol of lines over a WebSocket (RFC 6455; IRCv3 websocket).  Sans-I/O."""

from __future__ import annotations

import struct

from bench.protocols import ChatProtocol, Login, Refused

HOST = "127.0.0.1"
"""The host that clients name, whose own page may open a WebSocket."""

HANDSHAKE = (
    f"GET %s HTTP/1.1\r\nHost: {HOST}\r\nOrigin: http://{HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n"
)
"""The handshake of a client, with the path left out (RFC 6455, section 4.1)."""

TEXT, PING, PONG = 1, 9, 10
"""Kinds of frames (section 5.2)."""


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Make a frame of a client.  Its mask is zero, which costs the server as much as any other."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else struct.pack("!BH", 0xFE, size)
    return bytes((0x80 | opcode,)) + length + bytes(4) + payload


def take(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """
    Read the frames of a server.

    @return: the kind and the payload of each complete frame, and the rest.
    """
    frames, at = [], 0
    while len(data) >= at + 2:
        size, begin = data[at + 1], at + 2
        if size > 125:
            width = 2 if size == 126 else 8
            size, begin = int.from_bytes(data[begin : begin + width], "big"), begin + width
        if len(data) < begin + size:
            break
        frames.append((data[at] & 15, data[begin : begin + size]))
        at = begin + size
    return frames, data[at:]


class WebSocketLogin(Login):
    """Ask for a WebSocket, then log in over it."""

    def __init__(self, inner: Login, path: str) -> None:
        super().__init__()
        self._inner, self._path = inner, path
        self._open = False

    def greeting(self) -> bytes:
        """Return the handshake."""
        return WebSocket.handshake(self._path)

    def received(self, data: bytes) -> bytes:
        """See L{Login.received}."""
        self._rest += data
        answers = b""
        if not self._open:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return b""
            if not head.startswith(b"HTTP/1.1 101 "):
                raise Refused(head.partition(b"\r\n")[0].decode(errors="replace"))
            self._open, self._rest = True, rest
            answers = framed(self._inner.greeting())
        frames, self._rest = take(self._rest)
        for kind, payload in frames:
            if kind == PING:
                answers += frame(payload, PONG)
        lines = b"".join([b"\n" + payload for kind, payload in frames if kind == TEXT])
        if lines:
            answers += framed(self._inner.heard(lines))
        self.done = self._inner.done
        return answers

    def heard(self, lines: bytes) -> bytes:
        """See L{Login.heard}."""
        return framed(self._inner.heard(lines))


class WebSocket(ChatProtocol):
    """A protocol over WebSockets."""

    def __init__(self, inner: ChatProtocol, path: str = "/") -> None:
        """
        @param inner: the protocol.
        @param path: the path of the server's WebSocket.
        """
        self._inner, self._path = inner, path

    @staticmethod
    def handshake(path: str) -> bytes:
        """Return the handshake of a client."""
        return (HANDSHAKE % path).encode()

    def login(self, number: int, room: int) -> Login:
        """See L{ChatProtocol.login}."""
        return WebSocketLogin(self._inner.login(number, room), self._path)

    def line(self, room: int, text: bytes) -> bytes:
        """See L{ChatProtocol.line}."""
        return framed(self._inner.line(room, text))

    def lines(self, data: bytes) -> bytes:
        """See L{ChatProtocol.lines}."""
        return b"".join([payload + b"\n" for kind, payload in take(data)[0] if kind == TEXT])


def framed(lines: bytes) -> bytes:
    """Make a frame of each line."""
    return b"".join([frame(line.rstrip(b"\r")) for line in lines.split(b"\n") if line])
