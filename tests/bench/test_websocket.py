"""The benchmark's clients over WebSockets, against wsproto's server."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Pong, Request, TextMessage

from bench.protocols import Irc, Refused
from bench.websocket import WebSocket


class WebSocketTests(SynchronousTestCase):
    """Logins and lines."""

    def setUp(self) -> None:
        self.protocol = WebSocket(Irc(), "/socket")
        self.server = WSConnection(ConnectionType.SERVER)

    def test_login(self) -> None:
        """The lines of a login are messages, however the answers are split."""
        login = self.protocol.login(7, 3)
        self.server.receive_data(login.greeting())
        (asked,) = self.server.events()
        assert isinstance(asked, Request)
        self.assertEqual(("/socket", ["text.ircv3.net"]), (asked.target, asked.subprotocols))
        accepted = self.server.send(AcceptConnection(subprotocol="text.ircv3.net"))
        sent = b"".join([login.received(accepted[at : at + 1]) for at in range(len(accepted))])
        self.assertEqual(["NICK u7", "USER u7 0 * :load"], self.messages(sent))
        long = "x" * 300
        data = self.server.send(TextMessage(f":s 001 u7 :{long}")) + self.server.send(TextMessage(":s 376 u7 :End"))
        sent = b"".join([login.received(data[at : at + 7]) for at in range(0, len(data), 7)])
        self.assertEqual(["JOIN #b3"], self.messages(sent))
        self.assertFalse(login.done)
        sent = login.received(self.server.send(Ping(b"abc")) + self.server.send(TextMessage(":s 366 u7 #b3 :End")))
        self.assertTrue(login.done)
        self.server.receive_data(sent)
        self.assertEqual([Pong(b"abc")], list(self.server.events()))

    def test_refused(self) -> None:
        """A server that accepts no WebSocket ends the login."""
        login = self.protocol.login(0, 0)
        login.greeting()
        self.assertRaises(Refused, login.received, b"HTTP/1.1 403 Forbidden\r\n\r\n")

    def test_lines(self) -> None:
        """A witness's input becomes lines again.  Frames of other kinds do not count."""
        self.test_login()
        events = (TextMessage("a"), Ping(b"x"), TextMessage("b" * 200))
        data = b"".join([self.server.send(event) for event in events])
        self.assertEqual(b"a\n" + b"b" * 200 + b"\n", self.protocol.lines(data))
        self.assertEqual(["PRIVMSG #b0 :x"], self.messages(self.protocol.line(0, b"x")))

    def messages(self, data: bytes) -> list[str]:
        """Let the server read, and return its messages."""
        self.server.receive_data(data)
        return [str(event.data) for event in self.server.events() if isinstance(event, TextMessage)]
