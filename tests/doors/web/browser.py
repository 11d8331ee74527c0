"""Clients of the web door in memory: one that speaks HTTP, and one that speaks IRC over a WebSocket."""

from __future__ import annotations

from dataclasses import dataclass

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    RejectConnection,
    Request,
    TextMessage,
)

from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web.door import WebDoor
from twistchat.testing import MemoryServer

HOST = "127.0.0.1:6680"
ORIGIN = f"http://{HOST}"


def webServer(**arguments: object) -> MemoryServer:
    """Start a server with all doors."""
    return MemoryServer(doors=(LineDoor(), IrcDoor(), WebDoor()), **arguments)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Response:
    """
    An answer to an HTTP request: its status, its headers by lower-case name, its body, and the cookies that it sets.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()


class HttpClient(Protocol):
    """
    A connection that sends bytes, and collects the answer.

    @ivar received: all bytes that arrived.
    @ivar lost: whether the server has closed the connection.
    @ivar link: the connection.
    """

    def __init__(self, server: MemoryServer, host: str = "127.0.0.1") -> None:
        self.received, self.lost = b"", False
        self._server = server
        self.link = server.plug(self, "web", host)

    def dataReceived(self, data: bytes) -> None:
        """Collect bytes."""
        self.received += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note the end."""
        self.lost = True

    def write(self, data: bytes) -> None:
        """Send bytes."""
        assert self.transport is not None
        self.transport.write(data)

    def send(self, data: bytes) -> None:
        """Send bytes, and let the server work."""
        self.write(data)
        self._server.pump()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        """Send a request, and take its answer."""
        names = {"Host": HOST} | ({"Content-Length": str(len(body))} if body or method == "POST" else {}) | headers
        head = "".join([f"{name.replace('_', '-')}: {value}\r\n" for name, value in names.items()])
        self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return self.take()

    def take(self) -> Response:
        """Take one answer out of what was received."""
        head, _, rest = self.received.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines}
        length = int(headers.get("content-length", "0"))
        self.received = rest[length:]
        cookies = tuple(line.partition(": ")[2] for line in lines if line.lower().startswith("set-cookie: "))
        return Response(int(status.split()[1]), headers, rest[:length], cookies)


class WebSocketClient(Protocol):
    """
    An IRC client over a WebSocket, by wsproto.

    @ivar lines: the messages that arrived.
    @ivar events: all other events.
    @ivar frames: the bytes that arrived after the handshake.
    @ivar link: the connection.
    """

    def __init__(
        self,
        server: MemoryServer,
        subprotocols: tuple[str, ...] = ("text.ircv3.net",),
        host: str = "127.0.0.1",
        **headers: str,
    ) -> None:
        self.lines: list[str | bytes] = []
        self.events: list[Event] = []
        self.frames, self.lost = b"", False
        self._server = server
        self.connection = WSConnection(ConnectionType.CLIENT)
        extra = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self._asking = Request(HOST, "/socket", subprotocols=list(subprotocols), extra_headers=extra)
        self.link = server.plug(self, "web", host)

    def connectionMade(self) -> None:
        """Send the handshake."""
        self.write(self.connection.send(self._asking))

    def dataReceived(self, data: bytes) -> None:
        """Read frames."""
        if self.accepted is not None:
            self.frames += data
        self.connection.receive_data(data)
        for event in self.connection.events():
            if isinstance(event, Message):
                assert event.message_finished
                self.lines.append(bytes(event.data) if isinstance(event, BytesMessage) else str(event.data))
            else:
                self.events.append(event)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note the end."""
        self.lost = True

    @property
    def accepted(self) -> AcceptConnection | None:
        """The answer to the handshake."""
        return next((event for event in self.events if isinstance(event, AcceptConnection)), None)

    @property
    def rejected(self) -> RejectConnection | None:
        """The refusal of the handshake."""
        return next((event for event in self.events if isinstance(event, RejectConnection)), None)

    @property
    def closed(self) -> CloseConnection | None:
        """The close frame."""
        return next((event for event in self.events if isinstance(event, CloseConnection)), None)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        assert self.transport is not None
        self.transport.write(data)

    def send(self, *lines: str) -> None:
        """Send lines, each as a text message."""
        self.write(b"".join([self.connection.send(TextMessage(line)) for line in lines]))
        self._server.pump()

    def take(self) -> list[str | bytes]:
        """Take the messages that arrived."""
        lines, self.lines = self.lines, []
        return lines

    def register(self, nick: str) -> None:
        """Register, and discard the welcome."""
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        assert any([" 001 " in str(line) for line in self.lines]), self.lines
        self.take()
