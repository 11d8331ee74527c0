"""Tests of L{twistchat.console.offline}.  Those of its commands are in C{tests/console/accounts/test_commands.py}."""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from tests.console.cases import ConsoleTestCase
from twistchat.console.offline import adviseOwner


class AdviseOwnerTests(ConsoleTestCase):
    """The advice about a data directory that belongs to root."""

    def advice(self, directory: str, user: int) -> str:
        """What a user is told about a directory."""
        printed = StringIO()
        self.patch(os, "geteuid", lambda: user)
        with redirect_stdout(printed):
            adviseOwner(Path(directory))
        return printed.getvalue()

    def test_root(self) -> None:
        """Root is told how to give its directory away; others cannot, and are told nothing."""
        self.assertTrue(self.advice("/", 0).startswith("/ belongs to root.  Give it to the user of the server, "))
        self.assertTrue(self.advice("/", 0).endswith(": chown -R USER /\n"))
        self.assertEqual("", self.advice("/", 1000))
        self.assertEqual("", self.advice("nothere", 0))

    def test_commands(self) -> None:
        """C{restore} and C{import} end with the advice, if root has made the directory."""
        self.serve().close()
        self.command("export", "--data=data", "--all", "all.jsonl")
        for folder, command in (("new", ("restore", "data/journal.sqlite")), ("imported", ("import", "all.jsonl"))):
            printed = self.command(command[0], f"--data={folder}", command[1])
            self.assertEqual(os.geteuid() == 0, f"chown -R USER {self.folder}/{folder}" in printed, printed)
