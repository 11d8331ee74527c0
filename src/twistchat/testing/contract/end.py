"""The end of a journal."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Event, Quit
from twistchat.testing.contract.opened import ANN, BOB, OpenedJournal, said


class EndContract(OpenedJournal):
    """A journal that is closed finishes what it has, and takes nothing more; nor does one that was never opened."""

    def test_beforeOpen(self) -> None:
        """A journal that is not open takes nothing."""
        log, _ = self.makeJournal(lambda: self.time)
        for event in (said("a"), Quit(ANN, "")):
            self.failureResultOf(log.append(event), NotStored)

    def test_closeFinishes(self) -> None:
        """Closing finishes what was proposed, then takes nothing more, not even a passing event."""
        self.applied.clear()
        receipts = [self.log.append(event) for event in (said("a"), Quit(BOB, ""), said("b"))]
        closed = self.log.close()
        late = [self.log.append(event) for event in (said("c"), Quit(ANN, ""))]
        refused: list[object] = []
        self.log.post(said("d"), lambda event, failure: refused.append((event, failure.value)))
        self.settle()
        self.successResultOf(closed)
        self.assertEqual(refused, [(said("d"), NotStored("the journal is closed"))])
        self.assertEqual([self.successResultOf(receipt) for receipt in receipts], self.applied)
        for receipt in late:
            self.assertEqual(self.failureResultOf(receipt, NotStored).value.why, "the journal is closed")

    def test_closeWhileApplying(self) -> None:
        """A journal that is closed by what it applies finishes the rest first."""
        closings: list[Deferred[None]] = []

        def apply(entry: Entry) -> None:
            self.applied.append(entry)
            if entry.event == said("a"):
                closings.append(self.log.close())
                self.assertNoResult(closings[0])

        self.applied.clear()
        self.reopen(apply)
        receipts = [self.log.append(said(text)) for text in "ab"]
        self.settle()
        self.successResultOf(closings[0])
        kept = [event for receipt in receipts for event in self.eventOf(receipt)]
        self.assertEqual([entry.event for entry in self.applied], kept)
        self.assertEqual(kept[0], said("a"))

    def eventOf(self, receipt: Deferred[Entry]) -> list[Event]:
        """The event of a receipt, or nothing where it was not stored."""
        result: list[Any] = []
        receipt.addCallbacks(lambda entry: result.append(entry.event), lambda failure: failure.trap(NotStored) and None)
        return result

    def test_closeTwice(self) -> None:
        """Closing twice is harmless, at once and later."""
        self.log.append(said("a"))
        closings = [self.log.close(), self.log.close()]
        self.settle()
        for closed in [*closings, self.log.close()]:
            self.assertIsNone(self.result(closed))
