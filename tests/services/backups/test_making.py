"""Tests of L{twistchat.services.backups.making}."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.journal.disk import temporary
from twistchat.interfaces import CopyFailed, IJournalCopying, JournalCopy
from twistchat.services.backups.files import Backup, BackupDirectory, nameAt
from twistchat.services.backups.making import LONGEST_REST, Abandoned, Making

STRANGE = "strange"
"""What is in a file that is no copy of the journal."""


@implementer(IJournalCopying)
class Copying:
    """
    Copies a journal of one text.

    @ivar during: called with the progress, instead of the work.
    @ivar damaged: the number of problems of the journal.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self.during: Callable[[Callable[[float], None]], None] = lambda progress: progress(0.5)

    def copyJournal(self, directory: str, path: str, progress: Callable[[float], None]) -> JournalCopy:
        """See L{IJournalCopying.copyJournal}."""
        part = Path(f"{path}.part")
        part.write_text("unfinished")
        try:
            self.during(progress)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        return JournalCopy(len("unfinished"), self.damaged)

    def isCopy(self, directory: str, path: str) -> bool:
        """See L{IJournalCopying.isCopy}."""
        return Path(path).read_text() != STRANGE


class Rests(Event):
    """
    An event that nobody waits for.

    @ivar waits: how long the thread was to wait.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """See L{Event.wait}."""
        self.waits.append(timeout)
        return self.is_set()


class MakingTests(SynchronousTestCase):
    """L{Making}."""

    def setUp(self) -> None:
        self.now = 0.0
        self.copying = Copying()
        self.directory = BackupDirectory(Path(temporary(self), "backups"), lambda path: True)
        self.making = Making(lambda: self.now, 3.0)

    def run_(self) -> Backup:
        """Make a backup."""
        return self.making.run(self.copying, Path("data"), self.directory, 1000.5)

    def test_made(self) -> None:
        """A backup has the name of its time."""
        path = self.directory.path / nameAt(1000)
        self.assertEqual(Backup(path, 1000, 10), self.run_())
        self.assertEqual((path, 0.5), (self.making.path, self.making.part))

    def test_damaged(self) -> None:
        """The name of a backup with the damage of the journal says so."""
        self.copying.damaged = 3
        path = self.directory.path / nameAt(1000, True)
        self.assertEqual(Backup(path, 1000, 10, True), self.run_())
        self.assertEqual((path, 3), (self.making.path, self.making.damaged))
        self.assertEqual([path], list(self.directory.path.iterdir()))

    def test_rest(self) -> None:
        """The thread sleeps in proportion to its work, and not for long."""
        rests = self.making._abandoned = Rests()  # private: nobody else needs to know how the thread sleeps

        def work(progress: Callable[[float], None]) -> None:
            for seconds in (0.1, 0.2, 10.0):
                self.now += seconds
                progress(0.1)

        self.copying.during = work
        self.run_()
        self.assertEqual([0.3, 0.6, LONGEST_REST], [round(wait or 0, 6) for wait in rests.waits])

    def test_abandoned(self) -> None:
        """An abandoned backup ends at its next step, and leaves nothing."""
        self.making.abandon()
        self.assertRaises(Abandoned, self.run_)
        self.assertEqual([], list(self.directory.path.iterdir()))

    def test_noDirectory(self) -> None:
        """A directory that cannot be made is named."""
        self.directory.path.write_text("a file")
        error = self.assertRaises(CopyFailed, self.run_)
        self.assertEqual(f"{self.directory.path}: File exists", str(error))
