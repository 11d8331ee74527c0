"""Tests of L{twistchat.journal.memory}."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.passing import PassingContract
from twistchat.chat.model.spans import Span
from twistchat.interfaces import Journal
from twistchat.journal.kinds import memoryJournal
from twistchat.journal.memory import MemoryLog
from twistchat.journal.stamp import Stamp
from twistchat.testing.contract import JournalContract, said


class MemoryTests(JournalContract, SynchronousTestCase):
    """The contract, and the behaviour of the journal in memory."""

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{JournalContract.makeJournal}."""
        return memoryJournal(Stamp(now, "m"), key=bytes(32))

    def test_withinTheCall(self) -> None:
        """An event is applied within the call that proposes it."""
        self.assertEqual(self.successResultOf(self.log.append(said("now"))), self.applied[-1])

    def test_keep(self) -> None:
        """It keeps the newest entries, up to the number, of all conversations together."""
        self.log, self.history = memoryJournal(Stamp(lambda: 1.0, "m"), keep=3)
        self.openJournal(self.applied.append)
        self.append(said("a"), said("b", "#other"), said("c"), said("d"))
        self.assertEqual(self.texts(Span("#room", 9)), ["c", "d"])
        self.assertEqual(self.texts(Span("#other", 9)), ["b"])
        self.append(said("e"), said("f"))
        self.assertEqual(self.texts(Span("#other", 9)), [])

    def test_noKey(self) -> None:
        """Without a key of the cloaks, C{cloakKey} raises an error."""
        self.assertRaises(ValueError, MemoryLog(Stamp(lambda: 1.0, "m")).cloakKey)


class MemoryPassingTests(PassingContract, SynchronousTestCase):
    """The journal in memory shows the comings and goings of rooms, if it keeps them."""

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{PassingContract.makeJournal}."""
        return memoryJournal(Stamp(now, "m"), keepPassing=True)
