"""A real cluster: three C{twistd} with three brokers.  A node stops and starts while people talk at the others."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from unittest import SkipTest

from tests.journal.disk import memoryFolder
from tests.journal.jetstream.nats.brokers import launch, reasonToSkip, three
from tests.test_daemon import LISTEN, TWISTD, DaemonTestCase, Person, Reader
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.maintenance.comparing import digest

NODES = ("a", "b", "c")

TEXT = re.compile(r"<\w+> .*")


class ClusterTests(DaemonTestCase):
    """
    Three nodes.

    @ivar running: the process of each node that runs, its output, and the port of its line door.
    """

    def setUp(self) -> None:
        """Start the brokers and the nodes."""
        if (reason := reasonToSkip()) is not None:
            raise SkipTest(reason)
        super().setUp()
        folder = Path(mkdtemp(prefix="brokers", dir=memoryFolder()))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.brokers = three(folder)
        for broker in self.brokers:
            self.addCleanup(broker.kill)
        launch(self.brokers)
        self.running: dict[str, tuple[subprocess.Popen[bytes], Reader, int]] = {}
        for name in NODES:
            self.startNode(name)

    def startNode(self, name: str) -> None:
        """Start a node, and wait until its doors are open."""
        cluster = {
            "node": name,
            "servers": [broker.address for broker in self.brokers],
            "monitoring": [broker.monitoringAddress for broker in self.brokers],
            "replicas": len(self.brokers),
        }
        lines = [
            "[journal]",
            'kind = "jetstream"',
            "[cluster]",
            *(f"{k} = {json.dumps(v)}" for k, v in cluster.items()),
        ]
        (self.directory / f"{name}.toml").write_text("\n".join(lines) + "\n")
        twistd = (*TWISTD, "-n", "--reactor", "asyncio", "--pidfile", f"{name}.pid")
        self.running[name] = self.start(*twistd, "twistchat", "--config", f"{name}.toml", "--data", name, *LISTEN)

    def stopNode(self, name: str) -> None:
        """Stop a node in good order."""
        process, output, _ = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        self.ended(process, output)

    def at(self, node: str, nick: str) -> Person:
        """Let somebody come to a node."""
        return self.person(self.running[node][2], nick)

    def history(self, node: str) -> list[str]:
        """The texts that somebody who comes to a node sees."""
        reader = self.at(node, f"reader{node}")
        return TEXT.findall(reader.text)

    def test_talk(self) -> None:
        """
        People at different nodes talk.  Those of a node that stops are seen to leave.  After its start it has what was
        said meanwhile.  All nodes show the same history, and their copies are equal.
        """
        ann, bob, carl = self.at("a", "ann"), self.at("b", "bob"), self.at("c", "carl")
        ann.until("* carl joined #lobby")
        ann.send("hello from a")
        for person in (bob, carl):
            person.until("<ann> hello from a")
        bob.send("hello from b")
        for person in (ann, carl):
            person.until("<bob> hello from b")
        self.stopNode("b")
        for person in (ann, carl):
            person.until("* bob quit")
        carl.send("without b")
        ann.until("<carl> without b")
        self.startNode("b")
        bob = self.at("b", "bob")
        self.assertIn("<carl> without b\n", bob.text)
        bob.send("b is back")
        for person in (ann, carl):
            person.until("<bob> b is back")
        said = ["<ann> hello from a", "<bob> hello from b", "<carl> without b", "<bob> b is back"]
        for name in NODES:
            self.assertEqual(said, self.history(name))
        for name in NODES:
            self.stopNode(name)
        first, *others = [digest(self.directory / name / FILE) for name in NODES]
        self.assertEqual([first, first], others)
