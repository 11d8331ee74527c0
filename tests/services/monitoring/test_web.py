"""Tests of L{twistchat.services.monitoring.web}: HTTP within bounds."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.monitoring.web import CONNECTIONS, HEAD, TIMEOUT, MonitoringFactory


class Client(StringTransport):
    """A client's connection, which closes as real ones do."""

    channel: Any

    def loseConnection(self) -> None:
        """See C{ITransport.loseConnection}."""
        self.abortConnection()

    def abortConnection(self) -> None:
        """See C{ITCPTransport.abortConnection}."""
        if self.connected:
            self.connected = False
            super().loseConnection()
            self.channel.connectionLost()


class WebTests(SynchronousTestCase):
    """Requests to the endpoint."""

    def setUp(self) -> None:
        """Make the factory."""
        self.clock = Clock()
        self.accepted: list[str] = []
        self.trouble: str | None = None
        self.factory = MonitoringFactory(self.clock, self.write, lambda: self.trouble)

    def write(self, accept: str) -> tuple[bytes, str]:
        """Write metrics."""
        self.accepted.append(accept)
        if accept == "fail":
            raise ZeroDivisionError("ours")
        return b"up 1\n", "text/prometheus"

    def connect(self) -> Client:
        """Connect a client."""
        client = Client()
        client.channel = self.factory.buildProtocol(None)
        client.channel.makeConnection(client)
        return client

    def ask(self, *lines: str) -> tuple[str, dict[str, str], str]:
        """
        Send a request.

        @return: the status line, the headers, and the body.  The connection has ended.
        """
        client = self.connect()
        client.channel.dataReceived("".join([f"{line}\r\n" for line in (*lines, "")]).encode())
        self.assertFalse(client.connected)
        self.assertEqual((self.clock.getDelayedCalls(), self.factory.channels), ([], {}))
        head, _, body = client.value().decode().partition("\r\n\r\n")
        status, *fields = head.split("\r\n")
        return status, {name: value for name, _, value in (field.partition(": ") for field in fields)}, body

    def test_metrics(self) -> None:
        """The metrics come in the format that the client accepts."""
        status, headers, body = self.ask("GET /metrics HTTP/1.1", "Host: x", "Accept: a", "Accept: b;q=0.5")
        self.assertEqual((status, body, self.accepted), ("HTTP/1.1 200 OK", "up 1\n", ["a,b;q=0.5"]))
        self.assertEqual(headers["Content-Type"], "text/prometheus")
        self.assertEqual((headers["Content-Length"], headers["Connection"]), ("5", "close"))

    def test_failure(self) -> None:
        """An error in the metrics is logged, and answered without details."""
        status, _, body = self.ask("GET /metrics HTTP/1.1", "Accept: fail")
        self.assertEqual(status, "HTTP/1.1 500 Internal Server Error")
        self.assertNotIn("Zero", body)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_failures(self) -> None:
        """At most one failure a minute is logged, also if the clock is put back."""
        for step, logged in ((0, 1), (59, 0), (1, 1), (1, 0), (-30, 1)):
            self.clock.rightNow += step
            self.ask("GET /metrics HTTP/1.1", "Accept: fail")
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), logged)

    def test_bytes(self) -> None:
        """The header Accept may have any bytes."""
        client = self.connect()
        client.channel.dataReceived(b"GET /metrics HTTP/1.1\r\nAccept: \xff\xfe\r\n\r\n")
        self.assertTrue(client.value().startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertEqual(self.accepted, ["\xff\xfe"])

    def test_health(self) -> None:
        """A server whose reactor runs is healthy, also if its journal accepts nothing; but it is not ready."""
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.ask(f"GET {path} HTTP/1.1")[::2], ("HTTP/1.1 200 OK", "ok\n"))
        self.trouble = "the disk is full"
        self.assertEqual(self.ask("GET /healthz HTTP/1.0")[::2], ("HTTP/1.0 200 OK", "ok\n"))
        status, _, body = self.ask("GET /readyz?x=1 HTTP/1.1")
        self.assertEqual((status, body), ("HTTP/1.1 503 Service Unavailable", "the disk is full\n"))

    def test_head(self) -> None:
        """HEAD has the headers of GET and no body."""
        _, headers, body = self.ask("HEAD /metrics HTTP/1.1")
        self.assertEqual((headers["Content-Length"], body), ("5", ""))

    def test_other(self) -> None:
        """There are no other paths and methods."""
        self.assertEqual(self.ask("GET / HTTP/1.1")[0], "HTTP/1.1 404 Not Found")
        self.assertEqual(self.ask("GET /metrics/ HTTP/1.1")[0], "HTTP/1.1 404 Not Found")
        self.assertEqual(self.ask("GET /m%00%ff HTTP/1.1")[0], "HTTP/1.1 404 Not Found")
        status, headers, _ = self.ask("POST /metrics HTTP/1.1")
        self.assertEqual((status, headers["Allow"]), ("HTTP/1.1 405 Method Not Allowed", "GET, HEAD"))

    def test_body(self) -> None:
        """A request with a body is refused before the body arrives."""
        for field in ("Content-Length: 5", "Transfer-Encoding: chunked", "Content-Length: 99999999999"):
            status, _, _ = self.ask("GET /metrics HTTP/1.1", field, "Expect: 100-continue")
            self.assertEqual(status, "HTTP/1.1 413 Content Too Large")
        self.assertEqual(self.accepted, [])

    def test_nonsense(self) -> None:
        """What is no HTTP ends the connection."""
        for line in ("\x16\x03\x01", "GET", "GET /metrics HTTP/1.1 x", "GET /metrics HTTP/1.1\r\nno header"):
            self.assertNotIn(" 200 ", self.ask(line, "")[0])

    def test_pipelined(self) -> None:
        """A connection has one request."""
        client = self.connect()
        client.channel.dataReceived(b"GET /healthz HTTP/1.1\r\n\r\n" * 9)
        self.assertEqual(client.value().count(b"HTTP/1.1 200"), 1)

    def test_bounded(self) -> None:
        """A client that sends more than a request is gone at once."""
        client = self.connect()
        client.channel.dataReceived(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(HEAD // 512):
            if client.connected:
                client.channel.dataReceived(b"X: " + b"x" * 507 + b"\r\n")
        self.assertFalse(client.connected)
        self.assertNotIn(b" 200 ", client.value())

    def test_deadline(self) -> None:
        """A connection ends after some seconds, however fast its client types."""
        client = self.connect()
        for _ in range(int(TIMEOUT)):
            self.assertTrue(client.connected)
            client.channel.dataReceived(b"G")
            self.clock.advance(1)
        self.assertFalse(client.connected)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_crowd(self) -> None:
        """A new connection replaces the oldest, if there are too many."""
        clients = [self.connect() for _ in range(CONNECTIONS + 2)]
        self.assertEqual([client.connected for client in clients], [False] * 2 + [True] * CONNECTIONS)
        self.factory.close()
        self.assertFalse(any(client.connected for client in clients))
        self.assertEqual(self.clock.getDelayedCalls(), [])
