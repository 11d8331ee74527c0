"""Tests of closing a journal."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Event, Quit
from twistchat.testing.contract.opened import ANN, BOB, OpenedJournal, said


class EndContract(OpenedJournal):
    """A closed log finishes all pending proposals and accepts no more.  A log that was not opened accepts none."""

    def test_beforeOpen(self) -> None:
        """A log that is not open accepts no events."""
        log, _ = self.makeJournal(lambda: self.time)
        for event in (said("a"), Quit(ANN, "")):
            self.failureResultOf(log.append(event), NotStored)

    def test_closeFinishes(self) -> None:
        """A closed log finishes all pending proposals and accepts no more events, not even passing ones."""
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
        """If C{apply} closes the log, the pending proposals are finished first."""
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
        """The event of a receipt; nothing if it was not stored."""
        result: list[Any] = []
        receipt.addCallbacks(lambda entry: result.append(entry.event), lambda failure: failure.trap(NotStored) and None)
        return result

    def test_closeTwice(self) -> None:
        """A second call of C{close} is harmless, at once and later."""
        self.log.append(said("a"))
        closings = [self.log.close(), self.log.close()]
        self.settle()
        for closed in [*closings, self.log.close()]:
            self.assertIsNone(self.result(closed))
