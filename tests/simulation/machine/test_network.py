"""Tests for L{tests.simulation.machine.reactor} and L{tests.simulation.machine.sockets}."""

from __future__ import annotations

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.simulation.machine.reactor import SimulatedReactor
from tests.simulation.machine.sockets import SimulatedSocket, SimulatedTransport


@implementer(IHalfCloseableProtocol)
class Recorder(Protocol):
    """Notes what happens to it."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def dataReceived(self, data: bytes) -> None:
        """Note bytes."""
        self.seen.append(data)

    def readConnectionLost(self) -> None:
        """Note that the peer sends nothing more."""
        self.seen.append("finished")

    def writeConnectionLost(self) -> None:
        """Note that nothing more can be sent."""

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # Twisted's default makes it optional
        """Note the end."""
        self.seen.append("lost")


class ReactorTests(SynchronousTestCase):
    """Turns and time."""

    def test_turn(self) -> None:
        """A turn runs the timers that are due, in order, and leaves to the next what they schedule."""
        reactor, seen = SimulatedReactor(100.0), list[str]()
        reactor.callLater(2, seen.append, "second")

        def first() -> None:
            seen.append("first")
            reactor.callLater(0, seen.append, "third")

        reactor.callLater(1, first)
        reactor.callLater(1, seen.append, "canceled").cancel()
        reactor.turn()
        self.assertEqual(([], False), (seen, reactor.isBusy))
        reactor.sleep(2)
        self.assertEqual(([], True, 102.0), (seen, reactor.isBusy, reactor.seconds()))
        reactor.turn()
        self.assertEqual((["first", "second"], True), (seen, reactor.isBusy))
        reactor.turn()
        self.assertEqual((["first", "second", "third"], False), (seen, reactor.isBusy))

    def test_cancelWithin(self) -> None:
        """A timer that another one cancels in the same turn does not run."""
        reactor, seen = SimulatedReactor(), list[str]()
        later = reactor.callLater(1, seen.append, "canceled")
        reactor.callLater(0.5, later.cancel)
        reactor.sleep(1)
        reactor.turn()
        self.assertEqual([], seen)


class TransportTests(SynchronousTestCase):
    """Twisted's transport over a simulated socket."""

    def setUp(self) -> None:
        """Make a connection whose send buffer has 4 bytes."""
        self.reactor, self.socket, self.protocol = SimulatedReactor(), SimulatedSocket(7, 4), Recorder()
        self.transport = SimulatedTransport(self.socket, self.protocol, ("203.0.113.1", 40001), self.reactor)
        self.protocol.makeConnection(self.transport)

    def test_receives(self) -> None:
        """It reads what has arrived, unless it is paused."""
        self.reactor.read(self.transport)
        self.socket.arrived += b"one"
        self.reactor.read(self.transport)
        self.transport.pauseProducing()
        self.socket.arrived += b"two"
        self.reactor.read(self.transport)
        self.assertEqual([b"one"], self.protocol.seen)
        self.transport.resumeProducing()
        self.reactor.read(self.transport)
        self.assertEqual([b"one", b"two"], self.protocol.seen)

    def test_sends(self) -> None:
        """It sends as much as the send buffer takes, and goes on when the peer has read."""
        self.transport.write(b"abcdef")
        for _ in range(3):
            self.reactor.write(self.transport)
        self.assertEqual(b"abcd", self.socket.sent)
        del self.socket.sent[:3]
        self.reactor.write(self.transport)
        self.assertEqual(b"def", self.socket.sent)
        self.reactor.write(self.transport)
        self.assertNotIn(self.transport, self.reactor.writing)

    def test_halfClosed(self) -> None:
        """If the peer closes its sending side, the server can still send."""
        self.socket.finished = True
        self.assertTrue(self.transport.hasHungUp())
        self.reactor.read(self.transport)
        self.transport.write(b"bye")
        self.reactor.write(self.transport)
        self.assertEqual((["finished"], b"bye"), (self.protocol.seen, self.socket.sent))

    def test_reset(self) -> None:
        """If the connection is reset, it is lost, for reading and for writing."""
        self.socket.broken = True
        self.reactor.read(self.transport)
        self.assertEqual((["lost"], True), (self.protocol.seen, self.socket.closed))
        self.assertEqual((set(), set()), (self.reactor.reading, self.reactor.writing))

    def test_resetWhileSending(self) -> None:
        """A write to a connection that was reset loses it."""
        self.transport.write(b"x")
        self.socket.broken = True
        self.reactor.write(self.transport)
        self.assertEqual(["lost"], self.protocol.seen)
