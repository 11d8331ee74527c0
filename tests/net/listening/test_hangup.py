"""Tests of L{twistchat.net.listening.hangup}, on real sockets."""

from __future__ import annotations

from socket import SHUT_WR, create_connection, create_server

from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.listening.hangup import hasHungUp


class HangUpTests(SynchronousTestCase):
    """Connections over loopback that are not read."""

    def setUp(self) -> None:
        """Connect."""
        with create_server(("127.0.0.1", 0)) as listening:
            self.client = create_connection(listening.getsockname())
            self.server, _ = listening.accept()
        self.addCleanup(self.server.close)
        self.addCleanup(self.client.close)

    def test_open(self) -> None:
        """A connected client, whether or not it sent something."""
        self.assertFalse(hasHungUp(self.server))
        self.client.send(b"x")
        self.assertFalse(hasHungUp(self.server))

    def test_own(self) -> None:
        """A transport without a socket reports it itself."""

        class Transport:
            def hasHungUp(self) -> bool:
                return self.gone

            gone = False

        transport = Transport()
        self.assertIs(hasHungUp(transport), False)
        transport.gone = True
        self.assertIs(hasHungUp(transport), True)

    def test_closed(self) -> None:
        """A client that closed while its input is unread."""
        self.client.send(b"x")
        self.client.close()
        self.assertTrue(hasHungUp(self.server))

    def test_halfClosed(self) -> None:
        """A client that half-closed its connection."""
        self.client.shutdown(SHUT_WR)
        self.assertTrue(hasHungUp(self.server))
