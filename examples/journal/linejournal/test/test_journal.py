"""Tests of the journal: the contract, and its own behaviour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase

from linejournal.kind import LineKind, LineSettings
from linejournal.log import LineLog
from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Quit, RoomMessageRedacted, TopicSet
from twistchat.chat.model.spans import Span
from twistchat.interfaces import IJournalKind, Journal, JournalContext
from twistchat.journal.stamp import Stamp
from twistchat.testing import JournalContract, MemoryServer
from twistchat.testing.contract import ANN, BOB, said
from twistchat.testing.workers import InlineWorker


def contextIn(directory: str, now: Callable[[], float] = lambda: 1.0) -> JournalContext:
    """The context that the server makes a journal with."""
    return JournalContext(
        None, LineSettings(), directory, now, lambda: "lines", lambda: bytes(32), lambda name: InlineWorker(), Clock()
    )


class LineTestCase(SynchronousTestCase):
    """A directory of its own for each test."""

    def directory(self) -> str:
        """Make a directory, which is removed after the test."""
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        return directory


class ContractTests(JournalContract, LineTestCase):
    """The contract of all journals."""

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{JournalContract.makeJournal}."""
        return LineKind().make(contextIn(self.directory(), now))


class RestartTests(LineTestCase):
    """Restarts."""

    def setUp(self) -> None:
        """Make a journal."""
        self.where = self.directory()
        self.start()

    def start(self) -> None:
        """Open the journal in the directory."""
        self.applied: list[Entry] = []
        self.journal = LineKind().make(contextIn(self.where))
        self.successResultOf(self.journal.log.open(lambda entry, origin: self.applied.append(entry)))
        self.addCleanup(self.journal.log.close)

    def restart(self) -> None:
        """Close the journal and open it again."""
        self.successResultOf(self.journal.log.close())
        self.start()

    def read(self) -> list[Any]:
        """Read the room."""
        reading: Deferred[Any] = self.journal.history.read(Span("#room", 99))
        return list(self.successResultOf(reading))

    def test_kept(self) -> None:
        """History, key and state are restored, sequence numbers and time continue, and redacted texts are gone."""
        log = self.journal.log
        events = [said("one"), said("secret"), TopicSet(ANN, "#Room", "old"), TopicSet(ANN, "#Room", "new")]
        entries = [self.successResultOf(log.append(event)) for event in events]
        redaction = RoomMessageRedacted(ANN, "#Room", entries[1].sequence, entries[1].msgid)
        entries.append(self.successResultOf(log.append(redaction)))
        last = self.successResultOf(log.append(Quit(BOB, "")))
        key = log.cloakKey()
        self.restart()
        self.assertEqual(self.read(), [entries[0], *entries[2:]])
        self.assertEqual(self.applied, [entries[3]])
        self.assertEqual(self.journal.log.cloakKey(), key)
        self.assertGreater(self.successResultOf(self.journal.log.append(said("two"))).sequence, last.sequence)
        self.assertNotIn(b"secret", Path(self.where, "journal.lines").read_bytes())

    def test_damaged(self) -> None:
        """A line that changed on disk, or is incomplete, is logged and left out."""
        entries = [self.successResultOf(self.journal.log.append(said(text))) for text in ("one", "two", "three")]
        self.successResultOf(self.journal.log.close())
        path = Path(self.where, "journal.lines")
        path.write_bytes(path.read_bytes().replace(b"two", b"tow") + b"00000000 {")
        with capturedLogs() as logs:
            self.start()
        self.assertEqual([event["log_level"] for event in logs], [LogLevel.critical])
        self.assertEqual(self.read(), [entries[0], entries[2]])

    def test_fullDisk(self) -> None:
        """An event that cannot be written is refused and not stored.  Passing events are applied."""
        log = self.journal.log
        assert isinstance(log, LineLog)
        lines = log._lines  # the disk, which a test cannot fill
        self.patch(lines, "append", lambda record: self.full())
        self.failureResultOf(log.append(said("lost")), NotStored)
        self.successResultOf(log.append(Quit(BOB, "")))
        self.assertEqual([entry.event for entry in self.applied], [Quit(BOB, "")])

    def full(self) -> None:
        """Fail as a full disk does."""
        raise OSError("No space left on device")


class ServerTests(LineTestCase):
    """A whole server with this journal."""

    def test_plugin(self) -> None:
        """The kind is a plugin."""
        self.assertTrue(IPlugin.providedBy(LineKind()))
        self.assertTrue(IJournalKind.providedBy(LineKind()))

    def test_history(self) -> None:
        """A message can be read after a restart."""
        where = self.directory()

        def journal(stamp: Stamp) -> Journal:
            return LineKind().make(contextIn(where, lambda: 1_767_268_800.0))

        server = MemoryServer(journal=journal)
        server.person("ann").send("hello")
        server.close()
        again = MemoryServer(journal=journal)
        self.addCleanup(again.close)
        bob = again.connect()
        bob.send("bob")
        bob.until("[12:00] <ann> hello")
