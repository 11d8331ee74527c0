"""Tests of L{twistchat.services.control.cluster}."""

from __future__ import annotations

import json

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.services.control.test_status import noReport
from tests.services.nodes import OVERVIEW, NodeLog
from twistchat.services.control.cluster import AFTERWARDS, DRAINED, ClusterCommands
from twistchat.services.control.commands import Answer, execute
from twistchat.services.control.wire import Request
from twistchat.testing import MemoryServer
from twistchat.testing.journals import inMemory


class ClusterCommandsTests(SynchronousTestCase):
    """The commands of a node."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.server = MemoryServer(journal=inMemory(NodeLog))
        self.drained: Deferred[None] = Deferred()
        self.calls: list[str] = []
        self.figures = self.server.context.figures

    def execute(self, command: str) -> Deferred[Answer]:
        """Execute a command."""

        def drain(reason: str) -> Deferred[None]:
            self.calls.append(reason)
            return self.drained

        table = ClusterCommands(self.clock, self.figures, drain, lambda: self.calls.append("stop")).table
        return Deferred.fromCoroutine(execute(table, Request(1, command, {}), noReport))

    def test_status(self) -> None:
        """The answer is what the log says, and can be written as JSON."""
        self.assertEqual(OVERVIEW, json.loads(json.dumps(self.successResultOf(self.execute("cluster.status")))))

    def test_drain(self) -> None:
        """The node is not ready from now on; it answers when it is empty, and stops after the answer."""
        self.server.person("alice")
        self.assertIsNone(self.figures.trouble)
        answer = self.execute("cluster.drain")
        self.assertEqual("the server is shutting down", self.figures.trouble)
        self.assertEqual([DRAINED], self.calls)
        self.assertNoResult(answer)
        self.drained.callback(None)
        self.assertEqual({"sessions": 1}, self.successResultOf(answer))
        self.assertEqual([DRAINED], self.calls)
        self.clock.advance(AFTERWARDS)
        self.assertEqual([DRAINED, "stop"], self.calls)
