"""Tests of L{twistchat.net.factory}."""

from __future__ import annotations

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twistchat.doors.line import LineDoor
from twistchat.testing import MemoryServer
from twistchat.testing.links import address


class FactoryTests(SynchronousTestCase):
    """Connections of one door."""

    def test_madeWhileClosing(self) -> None:
        """A connection that is made when the door has been closed already may come and go."""
        factory = LineDoor().factory(MemoryServer().context)
        peer = address("192.0.2.7", 40001)
        protocol = factory.buildProtocol(peer)
        assert protocol is not None
        self.successResultOf(factory.close("bye"))
        self.assertIsNone(factory.buildProtocol(peer))
        protocol.makeConnection(StringTransport(peerAddress=peer))
        protocol.connectionLost()
        self.assertEqual(factory.connections, frozenset())
