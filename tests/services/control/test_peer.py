"""Tests of L{twistchat.services.control.peer}."""

from __future__ import annotations

import os
import socket
from pwd import getpwuid
from unittest import skipUnless

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.control.peer import UNKNOWN, peerOf, userNamed


class Transport:
    """A transport over a socket."""

    def __init__(self, handle: socket.socket) -> None:
        self._handle = handle

    def getHandle(self) -> socket.socket:
        """Return the socket."""
        return self._handle


class PeerTests(SynchronousTestCase):
    """The user at the other end."""

    @skipUnless(hasattr(socket, "SO_PEERCRED"), "the system does not tell who connected")
    def test_unix(self) -> None:
        """The system says which user connected to a Unix socket."""
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.assertEqual(getpwuid(os.geteuid()).pw_name, peerOf(Transport(ours)))

    def test_unknown(self) -> None:
        """Other transports, and sockets that are closed, do not tell."""
        internet = socket.socket()
        self.addCleanup(internet.close)
        closed, other = socket.socketpair(socket.AF_UNIX)
        closed.close()
        other.close()
        for transport in (StringTransport(), Transport(internet), Transport(closed), None):
            self.assertEqual(UNKNOWN, peerOf(transport))

    def test_name(self) -> None:
        """A user without a name is shown by their number."""
        self.assertEqual(("root", "uid 4000000"), (userNamed(0), userNamed(4_000_000)))
