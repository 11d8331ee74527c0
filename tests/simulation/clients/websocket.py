"""A client of the IRC protocol over a WebSocket at the web door."""

from __future__ import annotations

from bench.websocket import PING, PONG, TEXT, WebSocket, frame, take
from tests.simulation.broken import Broken
from tests.simulation.clients.irc.client import IrcClient


class WebSocketClient(IrcClient):
    """A client that opens a WebSocket, and speaks IRC over it (IRCv3 websocket)."""

    def __init__(self, *arguments: object) -> None:
        """
        @param arguments: see L{IrcClient}.
        """
        super().__init__(*arguments)  # type: ignore[arg-type]  # the arguments of IrcClient, passed on
        self._upgraded = False
        self._frames = b""

    def greet(self) -> None:
        """Ask for a WebSocket.  Register without waiting for the answer."""
        self.outgoing += WebSocket.handshake("/socket")
        super().greet()

    def send(self, line: str) -> None:
        """Send a line as a message."""
        self.onSend(line)
        self.labels.sent(line)
        self.outgoing += frame(line.encode("utf-8", "surrogateescape"))

    def receive(self, data: bytes) -> None:
        """Read bytes from the server: the answer to the handshake, then messages."""
        self._frames += data
        if not self._upgraded:
            head, end, rest = self._frames.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                if head.startswith((b"HTTP/1.1 503 ", b"HTTP/1.1 429 ")):
                    self.ended = True
                    return
                raise Broken("the protocol", f"client {self.slot} got no WebSocket: {head!r}")
            self._upgraded, self._frames = True, rest
        frames, self._frames = take(self._frames)
        for kind, payload in frames:
            if kind == PING:
                self.outgoing += frame(payload, PONG)
            elif kind == TEXT:
                super().receive(payload + b"\n")
