"""Tests of L{twistchat.console.cluster.leaving}."""

from __future__ import annotations

from pathlib import Path

from tests.console.cases import ConsoleTestCase
from twistchat.chat.model.events import RoomMessage, Source
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.sqlite.copy import SqliteCopy
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.testing.workers import InlineWorker

TEXT = RoomMessage(Source("1", "alice"), "#a", "1", "hello")


class LeaveTests(ConsoleTestCase):
    """The command as a whole."""

    def setUp(self) -> None:
        """Make the copy of a node."""
        super().setUp()
        self.successResultOf(self.serve(TEXT).close())
        copy = SqliteCopy(str(self.data), lambda: 0.0, lambda name: InlineWorker())
        SqliteHistory(copy)
        assert copy.open() is not None
        copy.rebuild(lambda entry, origin: None)
        self.successResultOf(copy.save(lambda: b"snapshot"))
        self.successResultOf(copy.close())

    def test_refused(self) -> None:
        """A single server does not use the copy of a node, and neither does a command."""
        opened = self.journal(bytes(32)).open(lambda entry, origin: None)
        why = self.failureResultOf(opened, JournalUnusable).getErrorMessage()
        self.assertIn("it is the copy of a node of a cluster", why)
        self.assertIn("run twistchat cluster leave", why)
        self.assertIn("the copy of a node", self.refused("account", "suspend", "ann", "--data", "data"))

    def test_leave(self) -> None:
        """With --yes, a single server can use it."""
        self.assertIn("Nothing was changed", self.command("cluster", "leave", "--data", "data"))
        self.test_refused()
        self.assertIn("is out of its cluster", self.command("cluster", "leave", "--data", "data", "--yes"))
        self.successResultOf(self.serve(TEXT).close())
        self.assertIn("is not the copy", self.refused("cluster", "leave", "--data", "data"))

    def test_none(self) -> None:
        """A directory without a journal cannot leave, and gets none."""
        self.assertIn("there is no journal in nothing", self.refused("cluster", "leave", "--data", "nothing"))
        self.assertFalse(Path("nothing").exists())
