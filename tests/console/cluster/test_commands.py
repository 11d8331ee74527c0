"""Tests of L{twistchat.console.cluster.commands}, with a node that is a thread."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from tests.console.test_client import ClientTestCase
from tests.services.nodes import OVERVIEW
from twistchat.console import main
from twistchat.services.control.wire import ControlError, writeError, writeReply

SHOWN = """\
node        b-2
writes      yes
nodes       b-2 (twistchat 26.12.0, leads, this node)
            c-1 (twistchat 26.11.0)
position    message 1,200 of 1,203, entry 34,567
lag         3 messages, 40 entries to store
in flight   1 event
stream      messages 1 to 1,203
broker      n1 (nats://127.0.0.1:4222)
leader      n2, 1 election since the start
replicas    n1 (current), n3 (behind)
connection  made again 2 times
"""


class ClusterTests(ClientTestCase):
    """The commands about a node that runs."""

    def run_(self, command: str, answer: object, *arguments: str) -> tuple[str, Any]:
        """Return the output of a command and its exit status."""
        self.serve(answer if isinstance(answer, bytes) else writeReply("answer", answer))  # type: ignore[arg-type]
        printed, status = StringIO(), None
        with redirect_stdout(printed):
            try:
                main(["cluster", command, "--data", str(self.directory), *arguments])
            except SystemExit as e:
                status = e.code
        self.assertEqual(self.requests[-1]["command"], f"cluster.{command}")
        return printed.getvalue(), status

    def test_status(self) -> None:
        """The status is shown as aligned lines."""
        self.assertEqual((SHOWN, None), self.run_("status", OVERVIEW))

    def test_json(self) -> None:
        """With --json the answer is printed as it is."""
        printed, status = self.run_("status", OVERVIEW, "--json")
        self.assertEqual((OVERVIEW, None), (json.loads(printed), status))

    def test_trouble(self) -> None:
        """A node that is cut off is a failure for scripts."""
        cut = {"node": "", "members": [], "connected": False, "leader": "", "replicas": {}}
        printed, status = self.run_("status", {**OVERVIEW, **cut, "trouble": "the cluster is not reachable"})
        self.assertEqual(1, status)
        for line in (
            "node        this node takes no part now",
            "writes      no: the cluster is not reachable",
            "broker      none is connected",
            "leader      unknown, 1 election since the start",
            "replicas    none",
        ):
            self.assertIn(f"{line}\n", printed)

    def test_drain(self) -> None:
        """A drained node stops, and the command says how many sessions ended."""
        self.assertEqual(("This node stops; 5 sessions ended\n", None), self.run_("drain", {"sessions": 5}))

    def test_alone(self) -> None:
        """A server that is alone is no node of a cluster."""
        refusal = writeError(ControlError("NO_SUCH_COMMAND", "There is no command cluster.drain"))
        _, status = self.run_("drain", refusal)
        self.assertEqual("twistchat: this server is no node of a cluster; see journal.kind", status)

    def test_refused(self) -> None:
        """The node itself can refuse a command."""
        _, status = self.run_("drain", writeError(ControlError("TOO_SLOW", "This takes too long")))
        self.assertEqual("twistchat: This takes too long", status)
