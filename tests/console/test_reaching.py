"""Tests of L{twistchat.console.reaching}."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from tests.console.test_client import ClientTestCase
from twistchat.config import ServerSettings, Settings
from twistchat.config.settings import JournalSettings
from twistchat.console.options import Refused
from twistchat.console.reaching import ATTEMPTS, perform
from twistchat.journal.sqlite.files import lock


class ReachingTests(ClientTestCase):
    """Through the server, or on its journal."""

    def setUp(self) -> None:
        super().setUp()
        self.settings = Settings(server=ServerSettings(data=str(self.directory)))
        self.waits = 0

    def create(self, name: str = "alice", creates: bool = True) -> Any:
        """Register an account."""
        return perform(self.settings, "account.create", {"name": name}, creates=creates, wait=self.wait)

    def wait(self, seconds: float) -> None:
        """Count the waits."""
        self.waits += 1

    def refusal(self) -> str:
        """Return why an account cannot be registered."""
        return str(self.assertRaises(Refused, self.create, creates=False))

    def test_server(self) -> None:
        """A server that runs gets the command, and the journal is not touched."""
        self.serve(b'{"answer": {"account": "Alice"}}\n')
        self.assertEqual({"account": "Alice"}, self.create())
        self.assertEqual("account.create", self.requests[0]["command"])
        self.assertEqual(["control"], [path.name for path in self.directory.iterdir()])

    def test_journal(self) -> None:
        """Without a server the command works on the journal."""
        self.assertIn("there is no journal in", self.refusal())
        self.assertEqual("alice", self.create()["account"])
        self.assertEqual("bob", self.create("bob", creates=False)["account"])

    def test_locked(self) -> None:
        """While another process uses the journal, the command waits for it, and for the server to listen."""
        self.create()
        descriptor = lock(self.directory)
        self.wait = lambda seconds: os.close(descriptor)  # type: ignore[method-assign]
        self.assertEqual("bob", self.create("bob")["account"])

        descriptor = lock(self.directory)
        self.addCleanup(os.close, descriptor)
        self.wait = lambda seconds: self.serve(b'{"answer": {}}\n')  # type: ignore[method-assign]
        self.assertEqual({}, self.create("carol"))

    def test_unreachable(self) -> None:
        """A server without a control socket is named in the error."""
        self.create()
        descriptor = lock(self.directory)
        self.addCleanup(os.close, descriptor)
        self.assertEqual(
            f"another command or a server (process {os.getpid()}) uses {self.directory}; stop it first, or"
            " name another directory with --data, because no command can reach it while it runs; its log says why",
            self.refusal(),
        )
        self.assertEqual(ATTEMPTS, self.waits)

    def test_otherJournals(self) -> None:
        """A journal in memory has no accounts, and the journal of a plugin is left to its server."""
        self.settings = replace(self.settings, journal=JournalSettings(kind="memory"))
        self.assertIn("the journal is in memory", self.refusal())
        self.settings = replace(self.settings, journal=JournalSettings(kind="other"))
        self.assertIn("a journal of the kind other; start the server first", self.refusal())
