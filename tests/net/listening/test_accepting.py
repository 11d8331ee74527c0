"""The bound on accepted connections."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import succeed
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.listening.accepting import MAX_ACCEPTS, acceptFew
from twistchat.services.listener import Ready


class Port:
    """A port of Twisted, at which connections wait."""

    numberAccepts = 100

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        self.accepted: list[int] = []

    def doRead(self) -> None:
        """Accept connections, as L{twisted.internet.tcp.Port.doRead} does."""
        accepted = min(self.waiting, self.numberAccepts)
        self.waiting -= accepted
        self.accepted.append(accepted)
        self.numberAccepts = accepted + 20 if accepted == self.numberAccepts else max(1, accepted)

    def getHost(self) -> None:
        """See L{IListeningPort}."""

    def stopListening(self) -> None:
        """See L{IListeningPort}."""


class AcceptingTests(SynchronousTestCase):
    """Ports of Twisted, and others."""

    def test_few(self) -> None:
        """Each turn accepts a few connections, however many wait, and the last one what is left."""
        port = Port(3 * MAX_ACCEPTS + 1)
        acceptFew(port)
        for _ in range(4):
            port.doRead()
        self.assertEqual([MAX_ACCEPTS] * 3 + [1], port.accepted)

    def test_others(self) -> None:
        """A port of another kind stays as it is."""
        port = SimpleNamespace(doRead=len)
        acceptFew(port)
        self.assertIs(len, port.doRead)

    def test_listener(self) -> None:
        """The ports of doors are bounded."""
        port = Port(100)
        unused: Any = None
        endpoint: Any = SimpleNamespace(listen=lambda factory: succeed(port))
        Ready(unused, endpoint, unused).listen().port.doRead()
        self.assertEqual([MAX_ACCEPTS], port.accepted)
