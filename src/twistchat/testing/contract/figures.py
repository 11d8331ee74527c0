"""Tests of what a journal says about itself: whether it accepts events, and what it has done."""

from __future__ import annotations

from twistchat.chat.model.events import Joined
from twistchat.interfaces import JournalFigures
from twistchat.testing.contract.opened import ANN, BOB, OpenedJournal, said


class FiguresContract(OpenedJournal):
    """The trouble and the figures of a log."""

    def test_trouble(self) -> None:
        """A log accepts no events before it is opened and after it was closed, and says so in one line."""
        self.assertIsNone(self.log.trouble)
        closed, _ = self.makeJournal(lambda: self.time)
        self.assertIsInstance(closed.trouble, str)
        self.closeJournal()
        self.assertIsInstance(self.log.trouble, str)
        self.assertNotIn("\n", self.log.trouble)

    def test_events(self) -> None:
        """The log counts the events that it has accepted, durable and passing, by their class."""
        self.assertIsInstance(self.log.figures, JournalFigures)
        before = self.log.figures.events.copy()
        for event in (said("a"), Joined(BOB, "#room"), said("b")):
            self.log.append(event)
        self.settle()
        self.assertEqual(self.log.figures.events - before, {"RoomMessage": 2, "Joined": 1})

    def test_readings(self) -> None:
        """The readings are numbers, also before the log is opened.  Nothing waits after all was stored."""
        closed, _ = self.makeJournal(lambda: self.time)
        self.log.append(said("a", source=ANN))
        self.settle()
        for figures in (closed.figures, self.log.figures):
            self.assertEqual(figures.waiting(), 0)
            for number in (figures.unindexed(), figures.size(), *figures.tasks().values()):
                self.assertGreaterEqual(number, 0)
