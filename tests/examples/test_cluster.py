"""The example of a cluster writes configurations that brokers and nodes accept."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import which
from subprocess import run
from typing import Any

from tests.commandlines import CommandLineTestCase
from tests.tools.scripts import loadScript


class ClusterTests(CommandLineTestCase):
    """The files of the example."""

    def setUp(self) -> None:
        super().setUp()
        self.example: Any = loadScript("start", "examples/cluster")

    def test_node(self) -> None:
        """A node knows all brokers, and listens at ports of its own."""
        self.write("b.toml", self.example.node("b", 1, 3, self.directory / "b"))
        settings = self.settings("--config", "b.toml")
        cluster = settings.cluster
        self.assertEqual(("jetstream", "b", 3), (settings.journal.kind, cluster.node, cluster.replicas))
        self.assertEqual([f"nats://127.0.0.1:{port}" for port in (4222, 4223, 4224)], list(cluster.servers))
        self.assertEqual([f"http://127.0.0.1:{port}" for port in (8222, 8223, 8224)], list(cluster.monitoring))
        self.assertEqual(("tcp:6668:interface=127.0.0.1",), settings.listen["irc"])

    def test_broker(self) -> None:
        """A broker accepts its configuration, alone and with others."""
        nats = which("nats-server", path=str(Path(sys.executable).parent)) or which("nats-server")
        for number, count in ((1, 1), (2, 3)):
            text = self.example.broker(number, count, self.directory / "n")
            self.assertIn("sync_interval: always", text)
            self.assertEqual(count > 1, "routes: [nats://127.0.0.1:6222, nats://127.0.0.1:6224]" in text)
            if nats is not None:
                self.write("n.conf", text)
                checked = run([nats, "-t", "-c", "n.conf"], capture_output=True, check=False, timeout=30)
                self.assertEqual(0, checked.returncode, checked.stderr)

    def test_commands(self) -> None:
        """There is a process for each broker and for each node, with a file of its own."""
        self.patch(self.example, "program", lambda name: name)
        commands = self.example.commands(self.directory / "data", 3, ["a", "b"])
        self.assertEqual(["n1", "n2", "n3", "a", "b"], list(commands))
        self.assertEqual(["nats-server", "-c", str(self.directory / "data" / "n1.conf")], commands["n1"])
        self.assertIn("asyncio", commands["b"])
        for command in commands.values():
            self.assertTrue(Path(command[-1]).exists())
