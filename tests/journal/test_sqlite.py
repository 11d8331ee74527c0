"""Tests of L{twistchat.journal.sqlite}, without threads: the tests say when the disk is done."""

from __future__ import annotations

from collections.abc import Callable
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from twistchat.interfaces import IJournal
from twistchat.journal.sqlite import SqliteJournal
from twistchat.testing.contract import JournalContract
from twistchat.testing.workers import HeldWorker, InlineWorker


def temporary(case: SynchronousTestCase) -> str:
    """A directory that is gone when the test is over."""
    directory = mkdtemp()
    case.addCleanup(rmtree, directory)
    return directory


class InlineTests(JournalContract, SynchronousTestCase):
    """The journal on disk does what every journal does, on a disk that takes no time."""

    def makeJournal(self, now: Callable[[], float]) -> IJournal:
        """See L{JournalContract.makeJournal}."""
        return SqliteJournal(temporary(self), now, lambda: "j", lambda name: InlineWorker())


class HeldTests(JournalContract, SynchronousTestCase):
    """And so it does on a disk that takes its time."""

    def makeJournal(self, now: Callable[[], float]) -> IJournal:
        """See L{JournalContract.makeJournal}."""
        self.workers: list[HeldWorker] = getattr(self, "workers", [])
        return SqliteJournal(temporary(self), now, lambda: "j", self.makeWorker)

    def makeWorker(self, name: str) -> HeldWorker:
        """A thread that is none."""
        self.workers.append(HeldWorker())
        return self.workers[-1]

    def settle(self) -> None:
        """See L{JournalContract.settle}."""
        while any(self.workers):
            for worker in self.workers:
                worker.run()
