"""Tests of L{twistchat.journal.sqlite.backup}."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

from zope.interface.verify import verifyObject

from tests.journal.disk import DiskTestCase
from twistchat.chat.model.events import RoomMessage, Source
from twistchat.interfaces import CopyFailed, IJournalCopying
from twistchat.journal.kinds import SqliteKind
from twistchat.journal.sqlite import backup, copying
from twistchat.journal.sqlite.backup import RESERVE, copyJournal

ALICE = Source("u", "alice", "~line", "a.cloak")


class CopyJournalTests(DiskTestCase):
    """L{copyJournal}."""

    def setUp(self) -> None:
        super().setUp()
        self.copy = Path(self.directory, "copies", "copy.sqlite")
        self.copy.parent.mkdir()
        self.say(300)

    def say(self, count: int) -> None:
        """Append texts."""
        self.append(*(RoomMessage(ALICE, "#lobby", "1", f"text {number}") for number in range(count)))

    def count(self, path: Path) -> int:
        """The number of entries in a file."""
        with closing(sqlite3.connect(path)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM entry").fetchone()
        return int(count)

    def failure(self) -> CopyFailed:
        """Return why the journal was not copied.  No file is left."""
        error: CopyFailed = self.assertRaises(
            CopyFailed, copyJournal, Path(self.directory), self.copy, lambda part: None
        )
        self.assertEqual([], list(self.copy.parent.iterdir()))
        return error

    def test_kind(self) -> None:
        """The kind of journals on disk can copy them."""
        kind = SqliteKind()
        self.assertTrue(verifyObject(IJournalCopying, kind))
        size = kind.copyJournal(self.directory, str(self.copy), lambda part: None)
        self.assertEqual((size, 300), (self.copy.stat().st_size, self.count(self.copy)))

    def test_writing(self) -> None:
        """
        The copy has the journal as it was at the start.  What is written meanwhile is not in it and does not start the
        copy again.  It gets its name at the end, and only its owner can read it.
        """
        self.patch(copying, "PAGES", 1)
        parts: list[float] = []

        def progress(part: float) -> None:
            parts.append(part)
            self.assertFalse(self.copy.exists())
            if len(parts) < 20:
                self.say(1)

        copyJournal(Path(self.directory), self.copy, progress)
        self.assertGreater(len(parts), 20)
        self.assertEqual(sorted(parts), parts)
        self.assertEqual((300, 319), (self.count(self.copy), self.count(self.path)))
        self.assertEqual(0o100600, self.copy.stat().st_mode)
        self.assertEqual([self.copy], list(self.copy.parent.iterdir()))

    def test_abandoned(self) -> None:
        """An error of C{progress} ends the work at any moment, and no file is left."""
        self.patch(copying, "PAGES", 1)
        for end in (0.0, 0.1, 0.2, 0.5, 1.0):

            def progress(part: float, end: float = end) -> None:
                if part >= end:
                    raise KeyError(end)

            self.assertRaises(KeyError, copyJournal, Path(self.directory), self.copy, progress)
            self.assertEqual([], list(self.copy.parent.iterdir()))
        self.say(1)

    def test_damaged(self) -> None:
        """A copy with a damaged entry does not count, and is removed."""
        self.connection.execute("UPDATE entry SET body = replace(body, 'text 7\"', 'text 8\"') WHERE sequence = 8")
        error = self.failure()
        self.assertTrue(error.bad)
        self.assertEqual("the copy is damaged; entries that changed on disk: 8", str(error))

    def test_unreadable(self) -> None:
        """A copy that a changed table makes wrong does not count either."""
        self.connection.execute("INSERT INTO correspondent (account, conversation) VALUES ('x', 'x y')")
        self.assertIn("the list of private conversations changed on disk", str(self.failure()))

    def test_fullDisk(self) -> None:
        """If the disk has no space for the copy and some more, it is not even begun."""
        free = self.path.stat().st_size + RESERVE - 1
        self.patch(backup, "shutil", SimpleNamespace(disk_usage=lambda path: SimpleNamespace(free=free)))
        error = self.failure()
        self.assertFalse(error.bad)
        self.assertIn(f"the disk is too full: a copy needs {free + 1:,} bytes", str(error))

    def test_noJournal(self) -> None:
        """If there is no journal, or no directory for the copy, the error names it."""
        shutil.rmtree(self.copy.parent)
        error = self.assertRaises(CopyFailed, copyJournal, Path(self.directory), self.copy, lambda part: None)
        self.assertEqual(f"{self.copy.parent}: No such file or directory", str(error))
