"""Tests of L{twistchat.journal.sqlite.maintenance.backup}."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

from zope.interface.verify import verifyObject

from tests.journal.disk import DiskTestCase
from twistchat.chat.model.events import RoomMessage, Source
from twistchat.interfaces import CopyFailed, IJournalCopying, JournalCopy
from twistchat.journal.kinds import SqliteKind
from twistchat.journal.sqlite.constants import Constants, writeConstants
from twistchat.journal.sqlite.maintenance import backup, copying
from twistchat.journal.sqlite.maintenance.backup import COPYING, RESERVE, copyJournal, nameOf

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
        copy = kind.copyJournal(self.directory, str(self.copy), lambda part: None)
        self.assertEqual(JournalCopy(self.copy.stat().st_size, 0), copy)
        self.assertEqual(300, self.count(self.copy))

    def test_isCopy(self) -> None:
        """A copy of this journal is known by the name in it.  Other files are none, whatever they are."""
        kind = SqliteKind()
        copyJournal(Path(self.directory), self.copy, lambda part: None)
        self.assertTrue(kind.isCopy(self.directory, str(self.copy)))
        with closing(sqlite3.connect(self.copy)) as connection:
            key = connection.execute("SELECT value FROM constant WHERE name = 'cloak key'").fetchone()[0]
            connection.execute("DELETE FROM constant")
            connection.commit()
            connection.isolation_level = None
            writeConstants(connection, Constants("another", key))
        self.assertFalse(kind.isCopy(self.directory, str(self.copy)))
        others = {
            name: self.copy.with_name(name) for name in ("empty", "garbage", "database", "link", "pipe", "folder")
        }
        others["empty"].touch()
        others["garbage"].write_bytes(b"x" * 5000)
        with closing(sqlite3.connect(others["database"])) as connection:
            connection.execute("CREATE TABLE journal (name)")
            connection.execute("INSERT INTO journal VALUES (?)", (nameOf(self.path),))
            connection.commit()
        others["link"].symlink_to(self.path)
        os.mkfifo(others["pipe"])
        others["folder"].mkdir()
        for name, path in [*others.items(), ("missing", Path("/nowhere/x"))]:
            self.assertFalse(kind.isCopy(self.directory, str(path)), name)

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

    def damage(self, path: Path) -> None:
        """Change an entry in a file."""
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE entry SET body = replace(body, 'text 7\"', 'text 8\"') WHERE sequence = 8")
            connection.commit()

    def test_damagedJournal(self) -> None:
        """A copy that has the damage of the journal is kept, and the number of problems is told."""
        self.damage(self.path)
        self.assertEqual(1, copyJournal(Path(self.directory), self.copy, lambda part: None).damaged)
        self.connection.execute("INSERT INTO correspondent (account, conversation) VALUES ('x', 'x y')")
        self.assertEqual(2, copyJournal(Path(self.directory), self.copy, lambda part: None).damaged)
        self.assertEqual(300, self.count(self.copy))

    def test_damagedCopy(self) -> None:
        """A copy with a damaged entry that is good in the journal does not count, and is removed."""

        def progress(part: float) -> None:
            if part == COPYING:
                self.damage(self.copy.with_name(f"{self.copy.name}.part"))

        error: CopyFailed = self.assertRaises(CopyFailed, copyJournal, Path(self.directory), self.copy, progress)
        self.assertTrue(error.bad)
        self.assertEqual("the copy is damaged; entries that changed on disk: 8", str(error))
        self.assertEqual([], list(self.copy.parent.iterdir()))

    def test_broken(self) -> None:
        """A copy whose structure is damaged does not count, even if the journal is the same."""
        self.connection.execute("UPDATE constant SET value = x'00' WHERE name = 'name'")
        error = self.failure()
        self.assertTrue(error.bad)
        self.assertIn("its name or the key of the cloaks changed on disk", str(error))

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
