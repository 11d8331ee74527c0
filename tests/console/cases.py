"""A base for tests of the command C{twistchat}."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import (
    Event,
    Source,
)
from twistchat.console import main
from twistchat.console.accounts import passwords
from twistchat.interfaces import ILog
from twistchat.journal.kinds import sqliteJournal
from twistchat.testing.workers import InlineWorker

ALICE = Source("1", "alice", "~line", "a.cloak", "alice", "Alice")
BOB = Source("2", "bob", "~line", "b.cloak")


class CommandTestCase(SynchronousTestCase):
    """Tests of commands."""

    def command(self, *arguments: str) -> str:
        """Return the output of a command."""
        printed = StringIO()
        with redirect_stdout(printed):
            main(arguments)
        return printed.getvalue()

    def refused(self, *arguments: str) -> str:
        """Return the error with which a command ends."""
        with redirect_stdout(StringIO()):
            why = self.assertRaises(SystemExit, main, arguments).code
        assert isinstance(why, str)
        self.assertNotIn("\n", why)
        return why


class ConsoleTestCase(CommandTestCase):
    """Tests of commands on a journal whose server runs."""

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)
        self.data = self.folder / "data"

    def serve(self, *events: Event) -> ILog:
        """Open a journal, and append these events."""
        journal = self.journal(bytes(range(32)))
        self.successResultOf(journal.open(lambda entry, origin: None))
        self.addCleanup(journal.close)
        for event in events:
            self.successResultOf(journal.append(event))
        return journal

    def journal(self, key: bytes) -> ILog:
        """Make the journal of the data directory.  A new journal gets this key for its cloaks."""
        return sqliteJournal(
            str(self.data), lambda: 1_767_268_800.25, lambda: "j", lambda: key, lambda name: InlineWorker()
        ).log

    def change(self, statement: str, name: str = "data/journal.sqlite") -> None:
        """Change the bytes of a journal on disk."""
        with closing(sqlite3.connect(name, isolation_level=None)) as connection:
            connection.execute(statement)

    def typed(self, *answers: str | type[BaseException]) -> None:
        """Answer the questions of a command at a terminal."""
        terminal, typed = StringIO(), iter(answers)
        self.patch(terminal, "isatty", lambda: True)
        self.patch(sys, "stdin", terminal)
        self.patch(sys, "stderr", StringIO())

        def ask(prompt: str) -> str:
            answer = next(typed)
            if isinstance(answer, type):
                raise answer
            return answer

        self.patch(passwords, "getpass", ask)
