"""Tests of L{twistchat.testing.links}: connections in memory behave as Twisted's own do."""

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
    """Keeps what happens to it."""

    def __init__(self) -> None:
        self.data = b""
        self.reasons: list[type[BaseException] | None] = []

    @property
    def end(self) -> MemoryTransport:
        """Its end of the link."""
        return cast(MemoryTransport, self.transport)

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Keep it."""
        self.reasons.append(reason.type)


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Recorder):
    """Goes on when nothing more comes."""

    ended = False

    def readConnectionLost(self) -> None:
        """Keep it."""
        self.ended = True

    def writeConnectionLost(self) -> None:
        """Does not happen here."""


class Producer:
    """Keeps what its consumer says."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pauseProducing(self) -> None:
        """Keep it."""
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        """Keep it."""
        self.calls.append("resume")

    def stopProducing(self) -> None:
        """Keep it."""
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
        """Each end knows itself and the other."""
        for end, other in ((self.client.end, self.server.end), (self.server.end, self.client.end)):
            self.assertEqual(end.getHost(), other.getPeer())
        self.assertEqual(address("192.0.2.7", 40_001), self.server.end.getPeer())

    def test_moves(self) -> None:
        """What was written arrives when it is moved, both ways, and once."""
        self.client.end.write(b"to server")
        self.server.end.write(b"to client")
        self.assertEqual((b"", b""), (self.client.data, self.server.data))
        self.assertTrue(self.link.move())
        self.assertEqual((b"to client", b"to server"), (self.client.data, self.server.data))
        self.assertFalse(self.link.move())

    def test_stalled(self) -> None:
        """A stalled client is sent nothing until it reads again; what it sends arrives."""
        self.link.stalled = True
        self.client.end.write(b"up")
        self.server.end.write(b"down")
        self.link.move()
        self.assertEqual((b"", b"up"), (self.client.data, self.server.data))
        self.link.stalled = False
        self.link.move()
        self.assertEqual(b"down", self.client.data)

    def test_paused(self) -> None:
        """A server that has paused its transport is given nothing until it resumes."""
        self.server.end.pauseProducing()
        self.client.end.write(b"up")
        self.assertFalse(self.link.move())
        self.server.end.resumeProducing()
        self.link.move()
        self.assertEqual(b"up", self.server.data)

    def test_loses(self) -> None:
        """An end that loses the connection has what it wrote delivered; then both lose it, once."""
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
        """A connection is not closed before what was written has been read."""
        self.link.stalled = True
        self.server.end.write(b"bye")
        self.server.end.loseConnection()
        self.link.move()
        self.assertTrue(self.link.open)
        self.link.stalled = False
        self.link.move()
        self.assertEqual((b"bye", False), (self.client.data, self.link.open))

    def test_aborts(self) -> None:
        """An end that aborts has nothing delivered any more."""
        self.server.end.write(b"never")
        self.server.end.abortConnection()
        self.server.end.write(b"nor this")
        self.link.move()
        self.assertEqual(b"", self.client.data)
        self.assertEqual([ConnectionAborted], self.client.reasons)

    def test_finish(self) -> None:
        """A client that sends no more: what it sent arrives, the server learns of it, and may go on writing."""
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
        """A server's protocol that knows of no such thing loses the connection, as with Twisted's own."""
        self.client.end.write(b"last")
        self.link.finish()
        self.link.move()
        self.assertEqual((b"last", [ConnectionDone]), (self.server.data, self.server.reasons))

    def test_producer(self) -> None:
        """A push producer is told to pause where much is held, and to go on when it has been read."""
        producer = Producer()
        self.server.end.registerProducer(producer, True)
        self.server.end.write(b"x" * BUFFER)
        self.assertEqual([], producer.calls)
        self.server.end.write(b"x")
        self.assertEqual(["pause"], producer.calls)
        self.link.move()
        self.assertEqual(["pause", "resume"], producer.calls)
