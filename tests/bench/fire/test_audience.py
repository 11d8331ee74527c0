"""Clients in a room who count the texts that they receive."""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.audience import Listener


class ListenerTests(SynchronousTestCase):
    """One client."""

    def setUp(self) -> None:
        """Connect a client to this test."""
        ours, self.server = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.server.close)
        ours.setblocking(False)
        self.listener = Listener(ours, "irc")

    def test_counts(self) -> None:
        """Texts are counted, also if a line arrives in parts.  Texts without a number are not."""
        self.assertTrue(self.listener.read())
        for part in (b":a PRIVMSG #b7 :~0~xx\r\n:a PRIVMSG #b7 :~", b"1~xx\r\n", b":b JOIN #b7\r\n"):
            self.server.sendall(part)
            self.assertTrue(self.listener.read())
        hearing = self.listener.hearing
        self.assertEqual((hearing.heard, hearing.disordered, hearing.ended), (2, 0, False))

    def test_disordered(self) -> None:
        """A gap, and a text that comes again, are out of order."""
        self.server.sendall(b"~0~\n~2~\n~3~\n~3~\n")
        self.listener.read()
        self.assertEqual((self.listener.hearing.heard, self.listener.hearing.disordered), (4, 2))

    def test_ended(self) -> None:
        """When the server ends the connection, its last line is kept."""
        self.server.sendall(b"~0~\r\nERROR :Closing Link: read too slowly\r\n")
        self.listener.read()
        self.server.close()
        self.assertFalse(self.listener.read())
        self.assertEqual(self.listener.hearing.last, "ERROR :Closing Link: read too slowly")
