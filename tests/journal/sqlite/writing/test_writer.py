"""Tests of L{twistchat.journal.sqlite.writing.writer}, beside those of the log and its faults."""

from __future__ import annotations

from tests.journal.disk import DiskTestCase, connectionOf, writerOf
from twistchat.chat.model.events import Entry
from twistchat.journal.sqlite.rows import Row, RowWriter
from twistchat.journal.sqlite.writing.writer import MAX_ROWS, SIZES, STATEMENTS
from twistchat.testing.contract import said


class BatchTests(DiskTestCase):
    """Batches of texts."""

    def rows(self, count: int) -> list[Row]:
        """Make the rows of new texts."""
        first = self.onDisk("SELECT coalesce(max(sequence), 0) + 1 FROM entry")[0]
        writer = RowWriter()
        return [writer.row(Entry(first + step, "", 1000, said(f"x{step}"))) for step in range(count)]

    def test_sizes(self) -> None:
        """A batch of any size is stored as it is, in one statement, and few statements are prepared for all sizes."""
        statements: list[str] = []
        connection = connectionOf(writerOf(self.journal))
        connection.set_trace_callback(statements.append)
        for count in (*range(1, 40), 767, 768, 769, MAX_ROWS):
            rows = self.rows(count)
            statements.clear()
            writerOf(self.journal).write(rows)
            self.assertEqual(1, len(statements))
            columns = "sequence, time, kind, conversation, checksum, body"
            stored = connection.execute(f"SELECT {columns} FROM entry WHERE sequence >= ?", (rows[0][0],)).fetchall()
            self.assertEqual(rows, stored)
        self.assertLess(len(SIZES), STATEMENTS)

    def test_direct(self) -> None:
        """SQLite makes no temporary copy of the rows, as it does if there is a trigger on inserts."""
        statements: list[str] = []
        connection = connectionOf(writerOf(self.journal))
        connection.set_trace_callback(statements.append)
        writerOf(self.journal).write(self.rows(3))
        connection.set_trace_callback(None)
        program = connection.execute(f"EXPLAIN {statements[0]}").fetchall()
        self.assertIn("MakeRecord", {row[1] for row in program})
        self.assertNotIn("OpenEphemeral", {row[1] for row in program})
