"""Which journal the settings select: L{twistchat.tap.makeJournal}."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.spans import Span
from twistchat.config import SettingsBuilder
from twistchat.interfaces import IHistory, ILog
from twistchat.journal.memory import MemoryLog
from twistchat.journal.sqlite.log import SqliteLog
from twistchat.tap import makeJournal
from twistchat.testing.contract import said


class PretendReactor(Clock):
    """A clock for calls from threads that never runs them."""

    def callFromThread(self, *args: Any) -> None:
        """Ignore the call."""


class MakeJournalTests(SynchronousTestCase):
    """Tests of settings and the journals they select."""

    def made(self, *assignments: str) -> ILog:
        """Make the journal of these settings."""
        builder = SettingsBuilder({})
        for assignment in assignments:
            builder.set(assignment)
        self.clock = PretendReactor()
        log, self.history = makeJournal(builder.finish(), self.clock)
        self.assertTrue(ILog.providedBy(log))
        self.assertTrue(IHistory.providedBy(self.history))
        return log

    def test_memory(self) -> None:
        """The journal in memory announces what it keeps, and keeps as much as its setting says."""
        journal = self.made('journal.kind="memory"', "journal.keep=2")
        self.assertIsInstance(journal, MemoryLog)
        self.assertIn("nothing that is said outlives this process", journal.promise)
        self.successResultOf(journal.open(lambda entry, origin: None))
        for text in "abc":
            self.successResultOf(journal.append(said(text)))
        self.assertEqual(len(self.successResultOf(self.history.read(Span("#room", 9)))), 2)

    def test_sqlite(self) -> None:
        """The journal on disk announces its place, and writes nothing before it is opened."""
        directory = Path(mkdtemp())
        self.addCleanup(rmtree, directory)
        journal = self.made('journal.kind="sqlite"', f'server.data="{directory}/data"')
        self.assertIsInstance(journal, SqliteLog)
        self.assertEqual(
            journal.promise,
            f"The journal is on disk, in {directory}/data; messages are stored before anyone sees them.",
        )
        self.assertEqual(list(directory.iterdir()), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_relative(self) -> None:
        """A relative directory begins at the working directory of the start."""
        journal = self.made('journal.kind="sqlite"', 'server.data="some/data"')
        self.assertIn(f"in {Path.cwd()}/some/data;", journal.promise)

    def test_relaxed(self) -> None:
        """With relaxed durability it announces the risk."""
        journal = self.made('journal.kind="sqlite"', 'journal.durability="relaxed"')
        self.assertIn(
            "a power failure or a crash of the system loses what was said in the last moments", journal.promise
        )
