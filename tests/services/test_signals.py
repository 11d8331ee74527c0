"""Tests of L{twistchat.services.signals} on a server in memory.  C{tests/test_tap.py} has more."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.spans import Acts
from twistchat.services.signals import SENDER, installSignals
from twistchat.testing import MemoryServer, settingsOf


class Reactor:
    """A reactor whose turn comes at once."""

    running = True

    def callFromThread(self, call: Callable[[], object]) -> None:
        """Call it."""
        call()


class HangupTests(SynchronousTestCase):
    """The audit trail of SIGHUP."""

    def setUp(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        self.server = MemoryServer(settingsOf(""))
        installSignals(Reactor(), self.server.context)

    def acts(self) -> list[tuple[str, str, str]]:
        """Send SIGHUP.  Return the name, who asked and the detail of each act, the first one first."""
        caught: Any = signal.getsignal(signal.SIGHUP)
        caught(signal.SIGHUP, None)
        found: list[Any] = list(
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.audit.readOutside(Acts(10))))
        )
        return [(kept.event.act, kept.event.who, kept.event.detail) for kept in reversed(found)]

    def test_done(self) -> None:
        """A reload is one act."""
        self.assertEqual([("reload", SENDER, "")], self.acts())

    def test_mistake(self) -> None:
        """If the configuration has a mistake, another act says which."""
        self.server.configure('limits.ping = "soon"')
        done, refused = self.acts()
        self.assertEqual(("reload", SENDER, ""), done)
        self.assertEqual(("reload.refused", SENDER), refused[:2])
        self.assertTrue(refused[2].startswith("Nothing has changed: twistchat.toml:1: limits.ping: "), refused)
