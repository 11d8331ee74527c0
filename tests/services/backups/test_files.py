"""Tests of L{twistchat.services.backups.files}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import temporary
from twistchat.services.backups.files import Backup, BackupDirectory, nameAt, timeOf

NOON = 1796040000
"""2026-11-30, 12:00 UTC."""


class NameTests(SynchronousTestCase):
    """L{nameAt} and L{timeOf}."""

    def test_name(self) -> None:
        """A name has the time in UTC, and is read again."""
        self.assertEqual("journal-2026-11-30T120000Z.sqlite", nameAt(NOON))
        self.assertEqual(NOON, timeOf(nameAt(NOON)))
        self.assertEqual("journal-2026-11-30T120000Z.damaged.sqlite", nameAt(NOON, True))
        self.assertEqual(NOON, timeOf(nameAt(NOON, True)))

    def test_others(self) -> None:
        """Other names, and times that do not exist, are none of ours."""
        for name in ("journal.sqlite", f"{nameAt(NOON)}.part", f"x{nameAt(NOON)}", "journal-2026-02-30T120000Z.sqlite"):
            self.assertIsNone(timeOf(name), name)


class BackupDirectoryTests(SynchronousTestCase):
    """L{BackupDirectory}."""

    def setUp(self) -> None:
        self.path = Path(temporary(self), "a", "backups")
        self.directory = BackupDirectory(self.path, lambda path: path.read_text() != "strange")

    def add(self, *times: int, isDamaged: bool = False) -> list[Backup]:
        """Add backups of these times."""
        self.directory.make()
        for time in times:
            (self.path / nameAt(time, isDamaged)).write_text("x")
        return [Backup(self.path / nameAt(time, isDamaged), time, 1, isDamaged) for time in times]

    def test_missing(self) -> None:
        """A directory that does not exist has no backups.  It is made for its owner only."""
        self.assertEqual([], self.directory.all())
        self.directory.removeUnfinished()
        self.directory.make()
        self.directory.make()
        self.assertEqual(0o40700, self.path.stat().st_mode)

    def test_all(self) -> None:
        """The backups are listed oldest first, without other files, directories and links."""
        newer, older = self.add(NOON, NOON - 5)
        (self.path / "notes").write_text("mine")
        (self.path / nameAt(NOON + 1)).mkdir()
        (self.path / nameAt(NOON + 2)).symlink_to(newer.path)
        self.assertEqual([older, newer], self.directory.all())

    def test_strange(self) -> None:
        """A file that has the name of a backup, and is none of this journal, is neither listed nor removed."""
        old, new = self.add(NOON - 5, NOON)
        strange = self.path / nameAt(NOON - 100)
        strange.write_text("strange")
        self.assertEqual([old, new], self.directory.all())
        self.assertEqual({strange}, self.directory.ignored)
        self.assertEqual([old.path], self.directory.prune(1, new))
        self.assertTrue(strange.exists())

    def test_unfinishedDirectory(self) -> None:
        """A directory with the name of an unfinished backup stays, and disturbs nothing."""
        self.add(NOON)
        (self.path / f"{nameAt(5)}.part").mkdir()
        (self.path / f"{nameAt(6)}.part").symlink_to(self.path)
        self.directory.removeUnfinished()
        self.assertEqual(3, len(list(self.path.iterdir())))

    def test_pruneDamaged(self) -> None:
        """A damaged backup pushes out damaged ones only.  A good one pushes out the oldest."""
        good = self.add(NOON, NOON + 1)
        damaged = self.add(*range(NOON + 2, NOON + 5), isDamaged=True)
        self.assertEqual([damaged[0].path], self.directory.prune(2, damaged[-1]))
        self.assertEqual([*good, *damaged[1:]], self.directory.all())
        (newest,) = self.add(NOON + 9)
        self.assertEqual([backup.path for backup in good], self.directory.prune(3, newest))

    def test_unfinished(self) -> None:
        """Only unfinished backups are removed."""
        (whole,) = self.add(NOON)
        mine = [self.path / name for name in ("mine.part", "journal.sqlite.part")]
        for path in (*mine, self.path / f"{nameAt(5)}.part", self.path / f"{nameAt(5)}.part-journal"):
            path.write_text("x")
        self.directory.removeUnfinished()
        self.assertEqual({whole.path, *mine}, set(self.path.iterdir()))

    def test_free(self) -> None:
        """A new backup does not get the name of another."""
        self.add(NOON)
        self.add(NOON + 1, isDamaged=True)
        self.assertEqual((self.path / nameAt(NOON + 2), NOON + 2), self.directory.free(NOON + 0.9))

    def test_prune(self) -> None:
        """The oldest backups are removed, and no other file."""
        backups = self.add(*range(NOON, NOON + 5))
        (self.path / "journal-old.sqlite").write_text("mine")
        self.assertEqual([backup.path for backup in backups[:2]], self.directory.prune(3, backups[-1]))
        self.assertEqual(backups[2:], self.directory.all())
        self.assertEqual([], self.directory.prune(3, backups[-1]))
        self.assertTrue((self.path / "journal-old.sqlite").exists())

    def test_pruneFuture(self) -> None:
        """Backups from a time when the clock was wrong do not push out the newest."""
        older, newest, wrong, wronger = self.add(NOON - 5, NOON, NOON + 10**8, NOON + 10**8 + 1)
        self.assertEqual([wrong.path, wronger.path], self.directory.prune(2, newest))
        self.assertEqual([older.path], self.directory.prune(1, newest))
        self.assertEqual([newest], self.directory.all())
