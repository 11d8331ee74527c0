"""Tests of L{twistchat.services.control.status}, on a server in memory."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.control.commands import Answer, execute
from twistchat.services.control.status import StatusCommands
from twistchat.services.control.wire import Request
from twistchat.testing import MemoryServer
from twistchat.testing.server import NOON


async def noReport(part: Answer) -> None:
    """Refuse to report a part: the answer has none."""
    raise AssertionError(part)


class StatusTests(SynchronousTestCase):
    """The command C{server.status}."""

    def setUp(self) -> None:
        """Start a server."""
        self.server = MemoryServer()
        self.figures = self.server.context.figures
        self.figures.start()
        self.addCleanup(self.figures.stop)

    def status(self) -> Any:
        """Return the answer as a client reads it."""
        table = StatusCommands(self.figures).table
        self.assertFalse(table["server.status"].changes)
        answer = self.successResultOf(Deferred.fromCoroutine(execute(table, Request(1, "server.status", {}), noReport)))
        return json.loads(json.dumps(answer))

    def test_status(self) -> None:
        """The answer has the figures, and no names of people."""
        alice = self.server.person("alice")
        self.server.irc("bob").send("JOIN #lobby")
        alice.send("hello")
        for _ in range(119):
            self.server.advance(0.5)
        self.server.advance(1.5)
        answer = self.status()
        self.assertEqual(answer["sessions"], {"irc": 1, "line": 1})
        self.assertEqual((answer["users"], answer["rooms"], answer["accounts"], answer["messages"]), (2, 1, 0, 1))
        self.assertEqual((answer["ready"], answer["trouble"], answer["lastBackup"]), (True, None, None))
        self.assertEqual((answer["started"], answer["uptime"]), (NOON, 61.0))
        self.assertEqual(answer["lag"], {"p50": 0.0, "p99": 0.0})
        self.assertEqual(answer["journal"]["commit"], {"p50": None, "p99": None})
        (minute,) = answer["hour"]
        self.assertEqual((minute["sessions"], minute["messages"], minute["lag"]), (2, 1, 0.0))
        self.assertNotIn("alice", json.dumps(answer))

    def test_trouble(self) -> None:
        """A server that accepts no messages says why."""
        self.figures.stop()
        answer = self.status()
        self.assertEqual((answer["ready"], answer["trouble"]), (False, "the server is shutting down"))

    def test_backup(self) -> None:
        """The last backup is what the part that makes them says."""
        self.figures.lastBackup = lambda: NOON + 5
        self.figures.backup = lambda: {"path": "/x"}
        self.assertEqual(self.status()["backup"], {"path": "/x"})
        self.assertEqual(self.status()["lastBackup"], NOON + 5)
