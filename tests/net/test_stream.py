"""Tests of L{twistchat.net.stream}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing import MemoryServer


class HandshakeTests(SynchronousTestCase):
    """TLS handshakes at a port without TLS."""

    def test_refused(self) -> None:
        """A connection that begins with a TLS handshake ends, and the client is told why."""
        client = MemoryServer().connect()
        client.sendBytes(b"\x16\x03\x01\x00\xa5")
        self.assertTrue(client.gone)
        self.assertIn(b"! This port is not encrypted, and that is a TLS handshake", client.raw)

    def test_later(self) -> None:
        """The first byte decides.  A later piece of the first line may begin with the same byte."""
        client = MemoryServer().connect()
        for piece in (b"a", b"\x16", b"\x16lice\n"):
            client.sendBytes(piece)
        self.assertFalse(client.gone)
        self.assertIn(b"! The nick ", client.raw)
