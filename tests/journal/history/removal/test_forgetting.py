"""Tests of L{twistchat.journal.history.removal.forgetting} and of C{erasing}, with a journal on disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from tests.journal.disk import DiskTestCase
from twistchat.chat.errors import NotRead
from twistchat.chat.model.events import SERVER, PrivateMessage, RoomMessageRedacted, Source, TextsForgotten, TopicSet
from twistchat.chat.model.spans import Span
from twistchat.journal.history.removal.forgetting import ForgetPace
from twistchat.testing.contract import ANN, BOB, said

PAUSE = ForgetPace().pause

SECRETS = 120
"""The number of texts whose words must leave the file."""


class ForgettingTests(DiskTestCase):
    """The erasure of the texts of an account."""

    def begin(self) -> None:
        """Open the journal again, with a clock."""
        self.closeJournal()
        self.clock = Clock()
        self.openJournal(clock=self.clock)

    def fill(self) -> None:
        """Store texts of the account among those of others, and index most of them."""
        for number in range(SECRETS):
            self.append(
                said(f"secretword{number:03} 密碼{number}", f"#room{number % 3}"),
                said(f"ordinary text {number}", source=BOB),
            )
        self.append(PrivateMessage(ANN, "s", Source("", "eve", account="eve"), "secretword for an inbox"))
        self.append(RoomMessageRedacted(ANN, "#room", 1, "id", "secretword reason"))
        self.index()
        self.append(said("secretword that is not indexed"))

    def inFiles(self) -> list[str]:
        """The files of the journal with a word, or with a pair of its letters, which the index has in hexadecimal."""
        pair = "密碼".encode()
        words = (b"ecretword", pair, pair.hex().encode(), pair.hex().upper().encode())
        files = sorted(Path(self.directory).iterdir())
        return [file.name for file in files if any(word in file.read_bytes() for word in words)]

    def work(self, steps: int = 1000) -> int:
        """Let it work, and return the number of steps that it took."""
        for taken in range(steps):
            if not self.history.erasing.pending:
                return taken
            self.clock.advance(max(PAUSE, self.history.erasing.pace.retry if taken > 900 else PAUSE))
            self.settle()
        return steps

    def test_gone(self) -> None:
        """No file contains the words afterwards, and everything else is as it was."""
        self.fill()
        self.begin()
        self.assertTrue(self.inFiles())
        self.append(TextsForgotten(SERVER, "ann"))
        self.work()
        self.assertEqual(self.inFiles(), [])
        self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'ordinary'"), [SECRETS])
        self.assertEqual(self.onDisk("SELECT count(*) FROM holding WHERE key LIKE 'inbox%'"), [0])
        self.assertEqual(self.onDisk("SELECT count(*) FROM forgetting"), [0])
        self.checkWords()

    def test_atOnce(self) -> None:
        """No reader sees a text from the beginning on."""
        self.fill()
        self.begin()
        (entry,) = self.append(TextsForgotten(SERVER, "ann"))
        self.append(said("later"))
        texts = [getattr(found.event, "text", "") for found in self.read(Span("#room", 500))]
        self.assertEqual({text.split()[0] for text in texts if text}, {"ordinary", "later"})
        self.assertEqual(self.history.erasing.pending, {entry.sequence: "ann"})

    def test_crash(self) -> None:
        """After a crash, the next start continues, wherever it was interrupted."""
        self.fill()
        self.begin()
        self.append(TextsForgotten(SERVER, "ann"))
        for steps in (0, 1, 2, 3, 1):
            self.work(steps)
            self.die()
            self.clock = Clock()
            self.openJournal(clock=self.clock)
            texts = [getattr(found.event, "text", "") for found in self.read(Span("#room", 500))]
            self.assertFalse([text for text in texts if "secret" in text])
        self.work()
        self.assertEqual(self.inFiles(), [])

    def test_steps(self) -> None:
        """A step examines and changes a few entries only, and says how far it is."""
        self.fill()
        self.begin()
        self.history.erasing.pace = ForgetPace(scan=100, count=10)
        self.append(TextsForgotten(SERVER, "ann"))
        parts: list[float] = []
        while not parts or parts[-1] < 1:
            before = self.onDisk("SELECT count(*) FROM entry")[0]
            progress = self.history.forgetting("Ann")
            self.clock.advance(PAUSE)
            self.settle()
            parts.append(self.successResultOf(progress))
            self.assertLessEqual(before - self.onDisk("SELECT count(*) FROM entry")[0], 10)
        self.assertEqual(parts, sorted(parts))
        self.assertGreater(len(parts), SECRETS // 10)

    def test_withoutClock(self) -> None:
        """Without a clock, a step is taken for each question."""
        self.fill()
        self.append(TextsForgotten(SERVER, "ann"))
        for _ in range(1000):
            progress = self.history.forgetting("ann")
            self.settle()
            if self.successResultOf(progress) == 1:
                break
        self.assertEqual(self.inFiles(), [])

    def test_reader(self) -> None:
        """While another process reads the file, the bytes stay in SQLite's log, and it tries again."""
        self.fill()
        self.begin()
        other = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM entry").fetchone()
        self.append(TextsForgotten(SERVER, "ann"))
        self.work(60)
        self.assertTrue(self.history.erasing.pending)
        other.execute("COMMIT")
        self.clock.advance(ForgetPace().retry)
        self.settle()
        self.assertEqual(self.history.erasing.pending, {})
        self.assertEqual(self.inFiles(), [])

    def test_stop(self) -> None:
        """Whoever waits for the work is told that the server stops."""
        self.fill()
        self.begin()
        self.append(TextsForgotten(SERVER, "ann"))
        progress: Deferred[float] = self.history.forgetting("ann")
        self.closeJournal()
        self.assertIn("next start", self.failureResultOf(progress, NotRead).value.text)

    def test_damaged(self) -> None:
        """A text of the account that changed on disk is erased too; one whose author cannot be read stays."""
        self.append(said("secretword"), said("other"))
        self.connection.execute("UPDATE entry SET body = replace(body, 'secretword', 'secretwork')")
        self.connection.execute("UPDATE entry SET body = 'x' WHERE sequence = 2")
        self.append(TextsForgotten(SERVER, "ann"))
        for _ in range(9):
            self.history.forgetting("ann")
            self.settle()
        self.assertEqual(self.onDisk(), [2, 3])

    def test_topics(self) -> None:
        """The current topic stays, and is held."""
        topics = [TopicSet(ANN, "#room", "one"), TopicSet(ANN, "#room", "two")]
        self.append(*topics, TextsForgotten(SERVER, "ann"))
        self.history.forgetting("ann")
        self.settle()
        self.assertEqual([found.event for found in self.read(Span("#room", 9))], topics[1:])
