"""Tests of L{twistchat.net.output.outbox} over a real TCP connection on loopback, with the real reactor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from twistchat.net.output.outbox import outboxFor
from twistchat.net.output.turn import Turn

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress

reactor: Any = installed

SHARE, SHARES = b"0123456789abcdef" * 4096, 64
"""The bytes written per turn, and the number of turns."""


class Writer(Protocol):
    """A writer that writes in each of many turns, whether or not it is read, and closes."""

    overflowed = False
    left = SHARES

    def connectionMade(self) -> None:
        """Start writing."""
        assert self.transport is not None
        self.outbox = outboxFor(self.transport, Turn(reactor), len(SHARE) * SHARES, self.overflow)
        self.write()

    def write(self) -> None:
        """Write once, and schedule the next turn."""
        self.left -= 1
        self.outbox.write(b"%04d" % self.left)
        self.outbox.write(SHARE)
        if self.left:
            reactor.callLater(0, self.write)
        else:
            self.outbox.close()

    def overflow(self) -> None:
        """Record the overflow."""
        self.overflowed = True

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Abandon the outbox, as a client protocol does."""
        self.outbox.abandon()


class SlowReader(Protocol):
    """A reader that reads nothing for some turns, then one chunk per turn."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.lost: Deferred[bytes] = Deferred()

    def connectionMade(self) -> None:
        """Pause while the server writes."""
        self.rest(SHARES)

    def rest(self, turns: int) -> None:
        """Stay paused for some turns."""
        transport: Any = self.transport
        if turns:
            transport.pauseProducing()
            reactor.callLater(0, self.rest, turns - 1)
        else:
            transport.resumeProducing()

    def dataReceived(self, data: bytes) -> None:
        """Keep the bytes."""
        self.received.append(data)
        self.rest(1)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Return the received bytes."""
        self.lost.callback(b"".join(self.received))


class LoopbackTests(TestCase):
    """From the outbox to a reader."""

    async def test_slowReader(self) -> None:
        """All bytes reach a slow reader in order; then the connection is closed."""
        writer = Writer()

        class Writers(Factory):
            """Accepts one connection."""

            def buildProtocol(self, addr: IAddress | None) -> Writer:
                """Return the only writer."""
                return writer

        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(Writers())
        self.addCleanup(port.stopListening)
        address: Any = port.getHost()
        reader = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", address.port), SlowReader())
        received = await reader.lost
        expected = b"".join(b"%04d" % n + SHARE for n in reversed(range(SHARES)))
        self.assertEqual(received == expected, True, f"{len(received)} of {len(expected)} bytes")
        self.assertFalse(writer.overflowed)
