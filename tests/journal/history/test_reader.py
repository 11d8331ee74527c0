"""Tests of the results that L{twistchat.journal.history.reader} keeps decoded."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from twisted.internet.task import Clock

from tests.journal.disk import DiskTestCase
from twistchat.chat.model.events import Entry, RoomMessageRedacted
from twistchat.chat.model.spans import Damaged, Span
from twistchat.journal.history.reader import LONGEST_RECENT, MOST_RECENT
from twistchat.journal.history.sqlite import RECENT
from twistchat.journal.sqlite.reading import RowReader
from twistchat.testing.contract import ANN, said


class RecentTests(DiskTestCase):
    """Reads of the same entries, one after the other."""

    def setUp(self) -> None:
        """Open a journal with three texts, and count the rows that are decoded."""
        super().setUp()
        self.decoded = 0
        entry = RowReader.entry

        def counting(file: RowReader, *args: Any) -> Any:
            self.decoded += 1
            return entry(file, *args)

        self.patch(RowReader, "entry", counting)
        self.reopen()
        self.said = self.append(*[said(f"word {number}") for number in range(3)])

    def reopen(self, clock: Clock | None = None) -> None:
        """Open the journal again."""
        self.closeJournal()
        self.clock = clock or Clock()
        self.openJournal(clock=self.clock)
        self.decoded = 0

    def texts(self, room: str = "#room", limit: int = 9) -> tuple[list[Any], int]:
        """
        Read a room.

        @return: its texts, with C{None} for each damaged entry, and the number of rows that were decoded.
        """
        before = self.decoded
        kept = self.readAll(Span(room, limit))
        return [None if isinstance(item, Damaged) else item.event for item in kept], self.decoded - before

    def test_same(self) -> None:
        """The same rows are decoded once; with another limit they are decoded again."""
        events = [entry.event for entry in self.said]
        self.assertEqual(
            [(events, 3), (events, 0), (events[1:], 2), (events, 0)],
            [
                self.texts(),
                self.texts(),
                self.texts(limit=2),
                self.texts(),
            ],
        )

    def test_others(self) -> None:
        """Other rows are decoded: new ones, and those that a redaction changed."""
        self.texts()
        (entry,) = self.append(said("word 3"))
        events = [each.event for each in (*self.said, entry)]
        self.assertEqual(self.texts(), (events, 4))
        redacted = RoomMessageRedacted(ANN, "#room", self.said[1].sequence, self.said[1].msgid, "")
        (redaction,) = self.append(redacted)
        shown, decoded = self.texts()
        self.assertNotIn(events[1], shown)
        self.assertGreater(decoded, 0)
        self.assertEqual(redaction.event, redacted)

    def test_damaged(self) -> None:
        """A row that changes on disk after it was read is not shown, and is looked at each time."""
        self.texts()
        self.change(self.said[1], "body = replace(body, 'word', 'ward')")
        events = [self.said[0].event, None, self.said[2].event]
        self.assertEqual([(events, 3), (events, 3)], [self.texts(), self.texts()])

    def change(self, entry: Entry, change: str) -> None:
        """Change the row of an entry on disk."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER IF EXISTS entry_moved")
            connection.execute(f"UPDATE entry SET {change} WHERE sequence = ?", (entry.sequence,))

    def test_time(self) -> None:
        """Nothing is kept for longer than L{RECENT}, and the clock ends with the journal."""
        for _ in range(2):
            self.assertEqual(self.texts()[1], 3)
            self.clock.advance(RECENT - 1)
            self.settle()
            self.assertEqual(self.texts()[1], 0)
            self.clock.advance(1)
            self.settle()
        self.assertEqual(self.texts()[1], 3)
        self.closeJournal()
        self.clock.advance(RECENT)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_most(self) -> None:
        """The oldest results are dropped when there are too many, and those that are too long are not kept."""
        self.texts()
        for number in range(MOST_RECENT - 1):
            self.texts(limit=10 + number)
        self.assertEqual(self.texts()[1], 0)
        self.texts(limit=1)
        self.assertEqual(self.texts()[1], 3)
        self.append(*[said("x" * 4000, "#long") for _ in range(1 + LONGEST_RECENT // 4000)])
        self.assertEqual([self.texts("#long", 99)[1] for _ in range(2)], [1 + LONGEST_RECENT // 4000] * 2)

    def test_noClock(self) -> None:
        """Without a clock, nothing is kept."""
        self.closeJournal()
        self.openJournal()
        self.assertEqual([self.texts()[1] for _ in range(2)], [3, 3])
