"""Tests of L{twistchat.testing.links}: connections in memory behave like Twisted's."""

from __future__ import annotations

from typing import cast

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twistchat.testing import Link, MemoryTransport
from twistchat.testing.links import BUFFER, address


class Recorder(Protocol):
    """A protocol that records what happens to it."""

    def __init__(self) -> None:
        self.data = b""
        self.reasons: list[type[BaseException] | None] = []

    @property
    def end(self) -> MemoryTransport:
        """Record the connection."""
        return cast(MemoryTransport, self.transport)

    def dataReceived(self, data: bytes) -> None:
        """Record the data."""
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Record the end of the input."""
        self.reasons.append(reason.type)


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Recorder):
    """Do nothing at the end of the input."""

    ended = False

    def readConnectionLost(self) -> None:
        """Record the end of the connection."""
        self.ended = True

    def writeConnectionLost(self) -> None:
        """Is not called here."""


class Producer:
    """A producer that records its consumer's calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pauseProducing(self) -> None:
        """Record the call."""
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        """Record the call."""
        self.calls.append("resume")

    def stopProducing(self) -> None:
        """Record the call."""
        self.calls.append("stop")


class LinkTests(SynchronousTestCase):
    """A link between two protocols."""

    def setUp(self) -> None:
        self.client, self.server = Recorder(), Recorder()
        self.link = self.connect(self.client, self.server)

    def connect(self, client: Recorder, server: Recorder) -> Link:
        """Link two protocols."""
        return Link(client, server, address("127.0.0.1", 6623), address("192.0.2.7", 40_001))

    def test_addresses(self) -> None:
        """Each end has its own address and the other's."""
        for end, other in ((self.client.end, self.server.end), (self.server.end, self.client.end)):
            self.assertEqual(end.getHost(), other.getPeer())
        self.assertEqual(address("192.0.2.7", 40_001), self.server.end.getPeer())

    def test_moves(self) -> None:
        """Written bytes arrive when the link moves them, in both directions, once."""
        self.client.end.write(b"to server")
        self.server.end.write(b"to client")
        self.assertEqual((b"", b""), (self.client.data, self.server.data))
        self.assertTrue(self.link.move())
        self.assertEqual((b"to client", b"to server"), (self.client.data, self.server.data))
        self.assertFalse(self.link.move())

    def test_stalled(self) -> None:
        """A stalled client gets nothing until it reads again.  Its own bytes arrive."""
        self.link.stalled = True
        self.client.end.write(b"up")
        self.server.end.write(b"down")
        self.link.move()
        self.assertEqual((b"", b"up"), (self.client.data, self.server.data))
        self.link.stalled = False
        self.link.move()
        self.assertEqual(b"down", self.client.data)

    def test_paused(self) -> None:
        """A server that paused its transport gets nothing until it resumes."""
        self.server.end.pauseProducing()
        self.client.end.write(b"up")
        self.assertFalse(self.link.move())
        self.server.end.resumeProducing()
        self.link.move()
        self.assertEqual(b"up", self.server.data)

    def test_loses(self) -> None:
        """If an end loses the connection, its written bytes are delivered first.  Then both lose it, once."""
        self.server.end.write(b"bye")
        self.server.end.loseConnection()
        self.link.move()
        self.assertEqual(b"bye", self.client.data)
        self.assertEqual([ConnectionDone], self.client.reasons)
        self.assertEqual([ConnectionDone], self.server.reasons)
        self.assertFalse(self.link.open)
        self.link.cut()
        self.assertFalse(self.link.move())
        self.assertEqual([ConnectionDone], self.client.reasons)

    def test_losesToAStalledClient(self) -> None:
        """A connection is not closed before the written bytes have been read."""
        self.link.stalled = True
        self.server.end.write(b"bye")
        self.server.end.loseConnection()
        self.link.move()
        self.assertTrue(self.link.open)
        self.link.stalled = False
        self.link.move()
        self.assertEqual((b"bye", False), (self.client.data, self.link.open))

    def test_aborts(self) -> None:
        """If an end aborts, its written bytes are not delivered."""
        self.server.end.write(b"never")
        self.server.end.abortConnection()
        self.server.end.write(b"nor this")
        self.link.move()
        self.assertEqual(b"", self.client.data)
        self.assertEqual([ConnectionAborted], self.client.reasons)

    def test_finish(self) -> None:
        """If a client closes its sending side, its bytes arrive, the server is told, and may continue to write."""
        server = HalfCloseable()
        client = Recorder()
        link = self.connect(client, server)
        client.end.write(b"last")
        link.finish()
        self.assertFalse(server.ended)
        link.move()
        self.assertEqual((b"last", True), (server.data, server.ended))
        server.end.write(b"answer")
        link.move()
        self.assertEqual((b"answer", True), (client.data, link.open))

    def test_finishForOthers(self) -> None:
        """A server protocol without half-close loses the connection, as with Twisted's transports."""
        self.client.end.write(b"last")
        self.link.finish()
        self.link.move()
        self.assertEqual((b"last", [ConnectionDone]), (self.server.data, self.server.reasons))

    def test_producer(self) -> None:
        """A push producer is paused if the buffer is full, and resumed when it has been read."""
        producer = Producer()
        self.server.end.registerProducer(producer, True)
        self.server.end.write(b"x" * BUFFER)
        self.assertEqual([], producer.calls)
        self.server.end.write(b"x")
        self.assertEqual(["pause"], producer.calls)
        self.link.move()
        self.assertEqual(["pause", "resume"], producer.calls)
