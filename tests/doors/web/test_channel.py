"""HTTP/1.1 within bounds: what a connection may send, when, and how much of a turn it gets."""

from __future__ import annotations

from urllib.parse import quote

from twisted.trial.unittest import SynchronousTestCase

from tests.doors.web.browser import HOST, HttpClient, WebSocketClient, webServer
from twistchat.doors.web.channel import DEADLINE, DROPPED, IDLE, LINGER
from twistchat.doors.web.crowd import CONNECTIONS, SECONDS
from twistchat.doors.web.head import BODY, HEAD
from twistchat.doors.web.site import HEADERS, WebFactory
from twistchat.testing import MemoryServer
from twistchat.testing.links import BUFFER, MemoryTransport

GET = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def transportOf(server: MemoryServer) -> MemoryTransport:
    """Return the server's transport of the only connection."""
    factory = server.factory("web")
    assert isinstance(factory, WebFactory)
    (channel,) = factory.crowd.open
    transport: MemoryTransport = channel.transport
    return transport


class RequestTests(SynchronousTestCase):
    """Single requests."""

    def setUp(self) -> None:
        self.server = webServer()
        self.client = HttpClient(self.server)

    def test_pieces(self) -> None:
        """A request may arrive byte by byte.  Empty lines before it do not matter (RFC 9112, section 2.2)."""
        for byte in b"\r\n\r\n" + GET:
            self.client.send(bytes((byte,)))
        self.assertEqual(200, self.client.take().status)
        self.assertEqual(200, self.client.ask("GET", "/").status)

    def test_headers(self) -> None:
        """Every answer has the headers that protect the page, and none that names the software."""
        for method, path, status in (("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/no", 404), ("FOO", "/", 405)):
            client = HttpClient(self.server)
            client.send(f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            head = client.received.partition(b"\r\n\r\n")[0].decode()
            self.assertIn(f" {status} ", head)
            for name, value in HEADERS.items():
                self.assertIn(f"{name}: {value}", head)
            self.assertNotIn("Server", head)
            if method == "HEAD":
                self.assertTrue(client.received.endswith(b"\r\n\r\n"))

    def test_refused(self) -> None:
        """A head that cannot be accepted gets one answer, which says why, and nothing behind it is a request."""
        self.client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET)
        answer = self.client.take()
        self.assertEqual((411, "close"), (answer.status, answer.headers["connection"]))
        self.assertIn(b"Transfer-Encoding is not accepted", answer.body)
        self.assertEqual((b"", True), (self.client.received, self.client.lost))

    def test_tooLarge(self) -> None:
        """The headers and the body are refused by their sizes, before they have arrived."""
        for data, status in (
            (b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD, 431),
            (b"GET /" + b"x" * HEAD, 414),
            (b"POST / HTTP/1.1\r\nContent-Length: 104857600\r\nExpect: 100-continue\r\n\r\n", 413),
        ):
            client = HttpClient(self.server)
            client.send(data)
            self.assertEqual((status, b""), (client.take().status, client.received))

    def test_body(self) -> None:
        """A body is read up to its length, in whatever pieces, and the next request begins behind it."""
        data = f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\n\r\nGET ".encode() + GET
        for size in (1, 7, len(data) - 3, len(data)):
            client = HttpClient(self.server)
            for at in range(0, len(data), size):
                client.send(data[at : at + size])
            self.assertEqual([405, 200], [client.take().status, client.take().status])

    def test_largestBody(self) -> None:
        """A body of the largest size is accepted."""
        self.assertEqual(405, self.client.ask("POST", "/", b"x" * BODY).status)

    def test_traversal(self) -> None:
        """No encoding of a path leads out of the table of paths."""
        ups = ["..", "%2e%2e", "%2E.", ".%2e", "..%00", "%252e%252e", "..%c0%af", "%c0%ae%c0%ae", "....", "..;"]
        slashes = ["/", "%2f", "\\", "%5c", "%252f", "//"]
        base = "/static/x"
        paths = [f"{base}{slash}{up}{slash}{up}{slash}site.py" for up in ups for slash in slashes]
        paths += [f"/{up}/etc/passwd" for up in ups] + ["//etc/passwd", "/static/", "/static", "/%00", quote("/é")]
        for path in paths:
            client = HttpClient(self.server)
            self.assertEqual(404, client.ask("GET", path).status, path)

    def test_tls(self) -> None:
        """A TLS handshake at a port without TLS is told so at once."""
        self.client.send(b"\x16\x03\x01\x02\x00\x01\x00")
        self.assertIn(b"not encrypted", self.client.take().body)

    def test_oldVersion(self) -> None:
        """After an answer to HTTP/1.0 the connection ends."""
        self.client.send(f"GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
        self.assertTrue(self.client.lost)
        self.assertIn(b" 200 OK", self.client.received)


class TimeTests(SynchronousTestCase):
    """Deadlines."""

    def setUp(self) -> None:
        self.server = webServer()
        self.client = HttpClient(self.server)

    def test_silent(self) -> None:
        """A connection without a request is closed after the deadline, however it drips."""
        for byte in GET[:9]:
            self.client.send(bytes((byte,)))
            self.server.advance(1)
        self.assertFalse(self.client.lost)
        self.server.advance(2)
        self.assertTrue(self.client.lost)

    def test_slowBody(self) -> None:
        """The deadline is for the whole request."""
        self.client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 99\r\n\r\n".encode())
        for _ in range(12):
            self.client.send(b"x")
            self.server.advance(1)
        self.assertTrue(self.client.lost)

    def test_next(self) -> None:
        """An open connection waits for its next request, which then has the deadline."""
        self.client.send(GET)
        self.server.advance(IDLE - 1)
        self.client.send(GET[:9])
        self.server.advance(DEADLINE - 1)
        self.assertFalse(self.client.lost)
        self.server.advance(2)
        self.assertTrue(self.client.lost)

    def test_neverReads(self) -> None:
        """A client that never reads its answer is disconnected, also if the connection is to close after it."""
        for version in ("1.0", "1.1"):
            client = HttpClient(self.server)
            client.link.stalled = True
            client.send(GET.replace(b"1.1", version.encode()))
            self.server.advance(IDLE + 2)
            self.assertTrue(client.lost)

    def test_linger(self) -> None:
        """After a refusal, some input is dropped, so that the answer arrives.  Then the connection ends."""
        for rest, seconds in ((b"x" * 999, LINGER + 2), (b"x" * (DROPPED + 1), 0)):
            client = HttpClient(self.server)
            client.link.stalled = True
            client.send(b"BAD\r\n\r\n")
            client.send(rest)
            self.server.advance(seconds)
            self.assertTrue(client.lost)


class ShareTests(SynchronousTestCase):
    """Clients that send many requests at once."""

    def setUp(self) -> None:
        self.server = webServer()

    def test_pipelined(self) -> None:
        """Thousands of requests in one read are answered one in the turn that reads them."""
        client = HttpClient(self.server)
        client.write(GET.replace(b"/ ", b"/no ") * 300)
        client.link.move()
        self.assertEqual(1, client.received.count(b"HTTP/1.1 404"))
        self.server.pump()
        self.assertEqual(300, client.received.count(b"HTTP/1.1 404"))

    def test_neverReads(self) -> None:
        """The answers that wait for a client, and its requests that wait for them, are bounded."""
        client = HttpClient(self.server)
        client.link.stalled = True
        for _ in range(6):
            client.send(GET * 500)
            self.server.pump()
        transport = transportOf(self.server)
        self.assertLess(len(transport.value()), 2 * BUFFER)
        self.assertEqual("paused", transport.producerState)
        client.link.stalled = False
        self.server.pump()
        self.assertEqual(3000, client.received.count(b"HTTP/1.1 200"))

    def test_manyClients(self) -> None:
        """The requests of all clients together take a limited time of a turn, and all are answered."""
        clients = [HttpClient(self.server) for _ in range(20)]
        factory = self.server.factory("web")
        assert isinstance(factory, WebFactory)
        seconds = self.server.clock.seconds
        calls = 0

        def slow() -> float:
            nonlocal calls
            calls += 1
            return seconds() + calls * SECONDS / 4

        self.patch(self.server.clock, "seconds", slow)
        for client in clients:
            client.write(GET)
        links = [client.link for client in clients]
        for link in links:
            link.move()
        answered = sum(channel.served for channel in factory.crowd.open)
        self.assertTrue(0 < answered < 10, answered)
        self.patch(self.server.clock, "seconds", seconds)
        self.server.advance(1)
        self.assertEqual([200] * 20, [client.take().status for client in clients])


class CrowdTests(SynchronousTestCase):
    """The number of connections."""

    def setUp(self) -> None:
        self.server = webServer()

    def clients(self, count: int, host: str) -> list[HttpClient]:
        """Connect clients from one address."""
        return [HttpClient(self.server, host) for _ in range(count)]

    def test_perAddress(self) -> None:
        """An address may have as many as at the other doors, and loopback any number.  A /64 counts as one."""
        for one, other in (("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::2")):
            clients = self.clients(64, one)
            refused = HttpClient(self.server, other)
            answer = refused.take()
            self.assertEqual((503, True), (answer.status, refused.lost))
            self.assertIn(b"64 connections", answer.body)
            self.assertFalse(any(client.lost for client in clients))
            clients[0].link.cut()
            self.assertFalse(HttpClient(self.server, other).lost)
        self.assertFalse(any(client.lost for client in self.clients(70, "127.0.0.1")))

    def test_socketsAreNotCounted(self) -> None:
        """A connection that has become a WebSocket counts at the other limit only."""
        for _ in range(3):
            WebSocketClient(self.server, host="192.0.2.1")
        clients = self.clients(64, "192.0.2.1")
        self.assertFalse(any(client.lost for client in clients))

    def test_oldest(self) -> None:
        """A new connection replaces the oldest one that has no request in progress."""
        first, *others = self.clients(CONNECTIONS, "127.0.0.1")
        new = HttpClient(self.server)
        self.assertEqual((True, False), (first.lost, any(client.lost for client in others)))
        self.assertEqual(200, new.ask("GET", "/").status)

    def test_lost(self) -> None:
        """Lost connections are forgotten, whatever they were doing."""
        for data in (b"", GET[:9], GET * 3, b"BAD\r\n\r\n", GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n")):
            client = HttpClient(self.server, "192.0.2.1")
            client.write(data)
            client.link.move()
            client.link.cut(Exception("lost"))
            self.server.pump()
        factory = self.server.factory("web")
        assert isinstance(factory, WebFactory)
        self.assertEqual({}, factory.crowd.open)
        self.assertFalse(any(client.lost for client in self.clients(64, "192.0.2.1")))

    def test_close(self) -> None:
        """A server that stops closes its HTTP connections."""
        client = HttpClient(self.server)
        self.server.close()
        self.assertTrue(client.lost)
