"""Tests of L{twistchat.net.client.factory}."""

from __future__ import annotations

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twistchat.doors.line import LineDoor
from twistchat.testing import MemoryServer
from twistchat.testing.links import address


class FactoryTests(SynchronousTestCase):
    """The client protocols of one door."""

    def test_madeWhileClosing(self) -> None:
        """A connection that is made after the door was closed may come and go."""
        factory = LineDoor().factory(MemoryServer().context)
        peer = address("192.0.2.7", 40001)
        protocol = factory.buildProtocol(peer)
        assert protocol is not None
        self.successResultOf(factory.close("bye"))
        self.assertIsNone(factory.buildProtocol(peer))
        protocol.makeConnection(StringTransport(peerAddress=peer))
        protocol.connectionLost()
        self.assertEqual(factory.clients.connections, ())

    def test_order(self) -> None:
        """Clients are told the reason in the order of their connections."""
        factory = LineDoor().factory(MemoryServer().context)
        made, carriers = [], []
        for port in range(40001, 40101):
            peer = address("127.0.0.1", port)
            protocol = factory.buildProtocol(peer)
            assert protocol is not None
            protocol.makeConnection(StringTransport(peerAddress=peer))
            made.append(protocol.client)
            carriers.append(protocol)
        carriers[7].connectionLost()
        del made[7]
        self.assertEqual(tuple(made), factory.clients.connections)
