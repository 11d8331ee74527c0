"""Tests of L{twistchat.testing.journals}: a journal that the test controls."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Joined, Parted, RoomMessage, Source
from twistchat.journal.stamp import Stamp
from twistchat.testing import ManualLog

ALICE = Source("1", "alice")
FIRST, SECOND = (RoomMessage(ALICE, "#a", "session", text) for text in ("first", "second"))
PASSING = Joined(ALICE, "#a")


class ManualLogTests(SynchronousTestCase):
    """The test decides when events are committed."""

    def setUp(self) -> None:
        self.applied: list[Entry] = []
        self.journal = ManualLog(Stamp(lambda: 0.0, "test"))
        self.successResultOf(self.journal.open(lambda entry, origin: self.applied.append(entry)))

    def test_holds(self) -> None:
        """An event waits."""
        receipt = self.journal.append(FIRST)
        self.assertNoResult(receipt)
        self.assertEqual(([FIRST], []), (self.journal.waiting, self.applied))

    def test_commit(self) -> None:
        """Committed events take effect in order."""
        receipts = [self.journal.append(event) for event in (FIRST, PASSING, SECOND)]
        self.journal.commit()
        self.assertEqual([FIRST, PASSING, SECOND], [entry.event for entry in self.applied])
        self.assertEqual(self.applied, [self.successResultOf(receipt) for receipt in receipts])
        self.assertEqual([], self.journal.waiting)

    def test_commitSome(self) -> None:
        """The test can commit a number of events."""
        self.journal.append(FIRST)
        second = self.journal.append(SECOND)
        self.journal.commit(1)
        self.assertEqual([SECOND], self.journal.waiting)
        self.assertNoResult(second)
        self.journal.commit(0)
        self.assertEqual([SECOND], self.journal.waiting)

    def test_commitWhatFollows(self) -> None:
        """Events that follow from others are committed too, unless the test gives a number."""

        def follow(entry: Entry) -> None:
            self.journal.append(SECOND)

        self.journal.append(FIRST).addCallback(follow)
        self.journal.commit(1)
        self.assertEqual([SECOND], self.journal.waiting)
        self.journal.append(FIRST).addCallback(follow)
        self.journal.commit()
        self.assertEqual([FIRST, SECOND, FIRST, SECOND], [entry.event for entry in self.applied])

    def test_refuse(self) -> None:
        """Refused events take no effect, except passing events."""
        first, passing, second = (self.journal.append(event) for event in (FIRST, PASSING, SECOND))
        self.journal.refuse("the disk is full")
        for receipt in (first, second):
            self.assertEqual("the disk is full", self.failureResultOf(receipt, NotStored).value.why)
        self.assertEqual(PASSING, self.successResultOf(passing).event)
        self.assertEqual(([PASSING], []), ([entry.event for entry in self.applied], self.journal.waiting))

    def test_close(self) -> None:
        """A closed log commits what it holds, and accepts nothing more."""
        first = self.journal.append(FIRST)
        self.successResultOf(self.journal.close())
        self.assertEqual(FIRST, self.successResultOf(first).event)
        self.failureResultOf(self.journal.append(Parted(ALICE, "#a", "")), NotStored)
