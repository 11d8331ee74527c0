"""IRC over WebSockets (IRCv3 websocket)."""

from __future__ import annotations

import re
import struct

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from wsproto.events import CloseConnection, Ping, Pong

from tests.doors.web.browser import HOST, ORIGIN, HttpClient, WebSocketClient, webServer
from tests.wire.test_websocket import frame
from twistchat.doors.irc import IrcDoor
from twistchat.doors.web.door import WebDoor
from twistchat.testing.server import settingsOf
from twistchat.wire.websocket import textFrame


class SocketTests(SynchronousTestCase):
    """A client over a WebSocket."""

    def setUp(self) -> None:
        self.server = webServer()

    def test_talk(self) -> None:
        """Clients of all doors talk in one room, and one line is one message without a line end."""
        web, irc, line = WebSocketClient(self.server), self.server.irc("bob"), self.server.person("cat")
        web.register("ann")
        web.send("JOIN #lobby")
        irc.send("JOIN #lobby")
        web.take()
        web.send("PRIVMSG #lobby :tea?")
        irc.until(re.compile(r":ann!\S+ PRIVMSG #lobby :tea\?"))
        line.until(re.compile(r".*ann. tea\?"))
        line.send("yes")
        (said,) = web.take()
        self.assertRegex(str(said), r"\A:cat!\S+ PRIVMSG #lobby :yes\Z")

    def test_subprotocols(self) -> None:
        """The first known subprotocol of the client counts.  Without one, messages are text."""
        for offered, chosen, kind in (
            (("text.ircv3.net", "binary.ircv3.net"), "text.ircv3.net", str),
            (("other", "binary.ircv3.net", "text.ircv3.net"), "binary.ircv3.net", bytes),
            (("other",), None, str),
            ((), None, str),
        ):
            client = WebSocketClient(self.server, offered)
            assert client.accepted is not None
            self.assertEqual(chosen, client.accepted.subprotocol)
            client.send("PING x")
            self.assertEqual({kind}, {type(line) for line in client.lines})

    def test_sharedFrames(self) -> None:
        """All readers of a dialect get the same bytes object, which is one frame for each line."""
        readers = [WebSocketClient(self.server) for _ in range(3)]
        for number, reader in enumerate(readers):
            reader.register(f"r{number}")
            reader.send("JOIN #a")
        for reader in readers:
            reader.frames = b""
        speaker = self.server.irc("bob")
        speaker.send("JOIN #a", "PRIVMSG #a :hello")
        frames = {reader.frames for reader in readers}
        self.assertEqual(1, len(frames))
        self.assertIn(textFrame(readers[0].lines[-1].encode()), frames.pop())  # type: ignore[union-attr]

    def test_quit(self) -> None:
        """After QUIT, the close frame has the code 1000 (RFC 6455, section 7.4.1)."""
        client = WebSocketClient(self.server)
        client.register("ann")
        client.send("QUIT")
        self.assertEqual((CloseConnection(1000, ""), True), (client.closed, client.lost))

    def test_shutdown(self) -> None:
        """A server that stops says 1001."""
        client = WebSocketClient(self.server)
        client.register("ann")
        self.server.close("Bye")
        self.assertEqual(CloseConnection(1001, ""), client.closed)

    def test_clientCloses(self) -> None:
        """The lines before a close frame are executed, and it is answered with its code."""
        other = self.server.irc("bob")
        other.send("JOIN #a")
        client = WebSocketClient(self.server)
        client.register("ann")
        client.write(b"".join([frame(1, b"JOIN #a"), frame(1, b"PRIVMSG #a :last"), frame(8, struct.pack("!H", 4001))]))
        self.server.pump()
        other.until(re.compile(r":ann!\S+ PRIVMSG #a :last"))
        self.assertEqual((CloseConnection(4001, ""), True), (client.closed, client.lost))

    def test_broken(self) -> None:
        """A client that breaks the protocol is told what is wrong, after its earlier lines are executed."""
        client = WebSocketClient(self.server)
        client.register("ann")
        client.write(frame(1, b"PING 1") + frame(1, b"\xff"))
        self.server.pump()
        self.assertIn("PONG", str(client.lines[0]))
        self.assertIn("not UTF-8", str(client.lines[-1]))
        self.assertEqual(CloseConnection(1007, "A text message is not UTF-8"), client.closed)
        self.assertTrue(client.lost)

    def test_ping(self) -> None:
        """A ping is answered, before registration too."""
        client = WebSocketClient(self.server)
        client.write(client.connection.send(Ping(b"x")))
        self.server.pump()
        self.assertIn(Pong(b"x"), client.events)

    def test_silent(self) -> None:
        """A WebSocket without a user has the deadline of other connections."""
        client = WebSocketClient(self.server)
        self.server.advance(29)
        self.assertFalse(client.lost)
        self.server.advance(3)
        self.assertTrue(client.lost)

    def test_manyFrames(self) -> None:
        """A client with thousands of frames gets its share of each turn, and then all of them are read."""
        client = WebSocketClient(self.server)
        client.register("ann")
        client.write(frame(9, b"") * 20_000 + frame(1, b"PING end"))
        self.server.pump()
        self.assertIn("PONG", str(client.lines[-1]))


class HandshakeTests(SynchronousTestCase):
    """Who may open a WebSocket."""

    def status(self, config: str = "", host: str = HOST, **headers: str) -> int:
        """Ask for a WebSocket, and return the status of the answer."""
        server = webServer(settings=settingsOf(config, (IrcDoor(), WebDoor())))
        wanted = {
            "Host": host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec_WebSocket_Version": "13",
        }
        return HttpClient(server).ask("GET", "/socket", b"", **(wanted | headers)).status

    def test_origin(self) -> None:
        """Another web site may not open a WebSocket, unless it is one of C{web.origins}."""
        configured = '[web]\norigins = ["https://chat.example", "http://127.0.0.1:8000"]\n'
        for config, origin, status in (
            ("", ORIGIN, 101),
            ("", "http://evil.example", 403),
            ("", "https://127.0.0.1:6680", 403),
            ("", "http://127.0.0.1", 403),
            ("", "null", 403),
            (configured, "https://chat.example", 101),
            (configured, "http://127.0.0.1:8000", 101),
            (configured, "http://chat.example", 403),
        ):
            with capturedLogs() as events:
                self.assertEqual(status, self.status(config, Origin=origin), origin)
            said = [line for line in map(formatEvent, events) if line.startswith("Refused")]
            why = f"it comes from the web site {origin}, which is not in web.origins"
            self.assertEqual([] if status == 101 else [f"Refused 127.0.0.1: {why}"], said)

    def test_host(self) -> None:
        """A request by a foreign name is refused, so nobody can point a name of theirs here (DNS rebinding)."""
        for host, status in (
            ("localhost:6680", 101),
            ("[::1]:6680", 101),
            ("192.0.2.7", 101),
            ("mybox:6680", 101),
            ("mybox.local", 101),
            ("evil.example:6680", 421),
            ("", 421),
            ("localhost.evil.example", 421),
        ):
            self.assertEqual(status, self.status(host=host), host)
        self.assertEqual(101, self.status('[web]\norigins = ["https://chat.example"]\n', host="chat.example"))

    def test_incomplete(self) -> None:
        """A handshake that is not valid is refused (RFC 6455, section 4.2.1)."""
        for status, header, value in (
            (400, "Upgrade", "h2c"),
            (400, "Connection", "keep-alive"),
            (426, "Sec_WebSocket_Version", "8"),
            (400, "Sec_WebSocket_Key", "short"),
            (400, "Sec_WebSocket_Key", "ü"),
        ):
            self.assertEqual(status, self.status(**{header: value}), (header, value))

    def test_deflate(self) -> None:
        """No extension is negotiated."""
        client = WebSocketClient(webServer(), Sec_WebSocket_Extensions="permessage-deflate")
        assert client.accepted is not None
        self.assertEqual([], client.accepted.extensions)

    def test_notAGet(self) -> None:
        """A handshake is a GET request of HTTP/1.1 without a body."""
        head = f"GET /socket HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        for data, status in (
            (head + "\r\n", 101),
            (head.replace("GET", "HEAD") + "\r\n", 400),
            (head.replace("GET", "POST") + "\r\n", 405),
            (head.replace("1.1\r\n", "1.0\r\n", 1) + "\r\n", 400),
            (head + "Content-Length: 5\r\n\r\nhello", 400),
            (head + "Expect: 100-continue\r\n\r\n", 417),
        ):
            client = HttpClient(webServer())
            client.send(data.encode())
            statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d+) ", client.received)]
            self.assertEqual(status, statuses[-1], data)
            self.assertEqual(status == 101, 101 in statuses)
