"""Tests of L{twistchat.console.server.configuration}."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from unittest import SkipTest

from tests.console.test_client import ClientTestCase
from tests.journal.jetstream.nats.brokers import reasonWithoutClient

ROOT = Path(__file__).resolve().parents[3]
"""The root of the repository."""


class ConfigurationTests(ClientTestCase):
    """The commands, in a directory of their own."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.directory)

    def test_check(self) -> None:
        """A good file is called good.  A mistake is named with its line."""
        self.assertEqual("The configuration without a file is good\n", self.command("check-config"))
        Path("twistchat.toml").write_text("[limits]\nping = 60\n")
        self.assertEqual("twistchat.toml is good\n", self.command("check-config"))
        Path("other.toml").write_text("[limits]\nping = 60\npong = 70\n")
        self.assertIn("twistchat: other.toml:3: ", self.refused("check-config", "other.toml"))
        self.assertIn("twistchat: nothing.toml: ", self.refused("check-config", "nothing.toml"))

    def test_checkEndpoints(self) -> None:
        """A wrong endpoint is an error, and one that nobody can use is a warning."""
        Path("twistchat.toml").write_text('[listen]\nirc = "tcp:port"\n')
        self.assertIn("twistchat: the irc door's endpoint tcp:port cannot be used", self.refused("check-config"))
        Path("twistchat.toml").write_text('[listen]\nirc = "haproxy:tcp:6668"\n')
        self.assertEqual(
            "Warning: Nobody comes in at haproxy:tcp:6668: irc.proxies names no proxy\ntwistchat.toml is good\n",
            self.command("check-config"),
        )

    def test_checkCluster(self) -> None:
        """A node of a cluster needs the files that it logs in with."""
        if (reason := reasonWithoutClient()) is not None:
            raise SkipTest(reason)
        text = "[journal]\nkind = 'jetstream'\n[cluster]\nnode = 'a'\n"
        Path("twistchat.toml").write_text(text)
        self.assertEqual("twistchat.toml is good\n", self.command("check-config"))
        Path("twistchat.toml").write_text(f"{text}nkey = 'node.nk'\n")
        wanted = "twistchat: cluster.nkey: node.nk cannot be read: No such file or directory"
        self.assertEqual(wanted, self.refused("check-config"))
        Path("node.nk").write_text("SU")
        Path("node.nk").chmod(0o604)
        self.assertIn("Warning: cluster.nkey: node.nk is a secret", self.command("check-config"))

    def test_default(self) -> None:
        """The default configuration is good, and changes nothing."""
        Path("twistchat.toml").write_text("nonsense")
        text = self.command("default-config")
        self.assertIn('\n#ping = "90s"\n', text)
        self.assertEqual((ROOT / "docs/twistchat.toml").read_text("utf-8"), text)
        Path("twistchat.toml").write_text(text)
        self.assertEqual("twistchat.toml is good\n", self.command("check-config"))
        self.assertIn("argument too many", self.refused("default-config", "x"))

    def test_printAtStart(self) -> None:
        """Without a server, the configuration of the next start is printed."""
        Path("twistchat.toml").write_text("[limits]\nping = 60\n")
        printed = self.command("print-config", "--set=limits.nick=9")
        self.assertIn("# No server runs with this data directory.", printed)
        limits = tomllib.loads(printed)["limits"]
        self.assertEqual(("1m", 9), (limits["ping"], limits["nick"]))
        shown = json.loads(self.command("print-config", "--json"))
        self.assertEqual((False, 60), (shown["running"], shown["settings"]["limits"]["ping"]))
        Path("twistchat.toml").write_text("[limits]\nping = 'soon'\n")
        self.assertIn("twistchat.toml:2: ", self.refused("print-config", "--data=x"))

    def test_printRunning(self) -> None:
        """A server prints its own, and what the file has changed."""
        answer = {
            "running": True,
            "toml": "[server]\n",
            "settings": {"server": {}},
            "applied": ["limits.ping"],
            "deferred": ["server.name", "chat.lobby"],
            "mistake": None,
        }
        data = f"--data={self.directory}"
        self.serve(json.dumps({"answer": answer}).encode() + b"\n")
        self.assertEqual(
            "[server]\n\n# A server runs with this configuration.\n# twistchat reload changes: limits.ping\n"
            "# The next start changes: server.name, chat.lobby\n",
            self.command("print-config", data),
        )
        Path("control").unlink()
        self.serve(json.dumps({"answer": {**answer, "mistake": "x.toml:1: no", "applied": []}}).encode() + b"\n")
        self.assertIn("# The file has a mistake now: x.toml:1: no\n", self.command("print-config", data))
        Path("control").unlink()
        self.serve(json.dumps({"answer": answer}).encode() + b"\n")
        shown = json.loads(self.command("print-config", data, "--json"))
        self.assertEqual({*answer} - {"toml"}, {*shown})
