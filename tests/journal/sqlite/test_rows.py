"""Tests of L{twistchat.journal.sqlite.rows}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.test_codec import SAMPLES
from twistchat.chat.model.events import Entry, Event, RoomMessage, Source
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import conversation
from twistchat.journal.codec import decode, encode
from twistchat.journal.sqlite.rows import Row, RowWriter, checksum, conversationChecksum, isIntact, readText

TEXTS = st.text(st.characters(), max_size=40)
"""Any text, including lone surrogates."""

ANN = Source("1", "ann")


class RowTests(SynchronousTestCase):
    """Entries as rows."""

    def row(self, event: Event) -> Row:
        """The row of an event, from a writer that has encoded another event before."""
        writer = RowWriter()
        writer.row(Entry(1, "j-1", 1, RoomMessage(ANN, "#r", "s", "before")))
        row = writer.row(Entry(2, "j-2", 3, event))
        for field in row[2:]:
            str(field or "").encode()
        self.assertTrue(isIntact(*row))
        return row

    @given(SAMPLES)
    def test_everyEvent(self, event: Event) -> None:
        """The row of each event has its kind and its body."""
        kind, body = encode(event)
        *others, check, written = self.row(event)
        self.assertEqual([2, 3, kind, conversation(event)], others)
        self.assertEqual(checksum(2, 3, kind, conversation(event), written.encode()), check)
        self.assertEqual(body.decode(), written)

    @given(TEXTS, TEXTS, TEXTS, TEXTS)
    def test_message(self, nick: str, room: str, session: str, text: str) -> None:
        """A message with any text in its fields can be decoded."""
        event = RoomMessage(Source("1", nick, account=text or None), room, session, text, "action")
        sequence, time, kind, where, _, body = self.row(event)
        self.assertEqual((2, 3, fold(room).encode("utf-8", "replace").decode()), (sequence, time, where))
        self.assertEqual(event, decode(kind, body))

    def test_rare(self) -> None:
        """Tags, cuts, a rank and the bot flag are in the row."""
        bot = Source("2", "bot", bot=True)
        for event in (
            RoomMessage(ANN, "#r", "s", "x", tags=(("reply", "j-1"),)),
            RoomMessage(ANN, "#r", "s", "x", rank="v"),
            RoomMessage(ANN, "#r", "s", "one two", cuts=(3,)),
            RoomMessage(bot, "#r", "s", "two\nlines"),
        ):
            _, _, kind, _, _, body = self.row(event)
            self.assertEqual(event, decode(kind, body))

    def test_sameUser(self) -> None:
        """A new nick, or another room, is in the next row."""
        writer = RowWriter()
        for source, room in ((ANN, "#r"), (Source("1", "anna"), "#r"), (Source("1", "anna"), "#R2"), (ANN, "#r")):
            event = RoomMessage(source, room, "s", "x")
            _, _, kind, where, _, body = writer.row(Entry(1, "j-1", 1, event))
            self.assertEqual((fold(room), event), (where, decode(kind, body)))

    def test_bounded(self) -> None:
        """Rows do not depend on the cache of conversations."""
        writer = RowWriter(3)
        for number in (*range(10), *range(10)):
            row = writer.row(Entry(1, "j-1", 1, RoomMessage(ANN, f"#r{number}", "s", "x")))
            self.assertEqual(f"#r{number}", row[3])
            self.assertTrue(isIntact(*row))


class ChecksumTests(SynchronousTestCase):
    """The checksum of a row."""

    ROW: Row = RowWriter().row(Entry(7, "j-7", 1000, RoomMessage(ANN, "#r", "s", "tea at four")))

    def test_everyBit(self) -> None:
        """A row with one flipped bit in any column is not intact."""
        sequence, time, kind, place, check, body = self.ROW
        assert place is not None
        for bit in range(40):
            self.assertFalse(isIntact(sequence ^ 1 << bit, time, kind, place, check, body))
            self.assertFalse(isIntact(sequence, time ^ 1 << bit, kind, place, check, body))
        for bit in range(32):
            self.assertFalse(isIntact(sequence, time, kind, place, check ^ 1 << bit, body))
        for column, text in ((2, kind), (3, place), (5, body)):
            for bit in range(8 * len(text)):
                data = bytearray(text.encode())
                data[bit // 8] ^= 1 << bit % 8
                row: list[Any] = list(self.ROW)
                row[column] = readText(bytes(data))
                self.assertFalse(isIntact(*row), row)

    def test_nothing(self) -> None:
        """A column that is NULL, or a wrong checksum, is damage."""
        for column in range(1, 6):
            row: list[Any] = list(self.ROW)
            row[column] = None
            self.assertFalse(isIntact(*row), row)

    def test_moved(self) -> None:
        """The exclusive-or gives the checksum in another conversation, and a damaged row stays damaged."""
        sequence, time, kind, place, check, body = self.ROW
        moved = check ^ conversationChecksum(place) ^ conversationChecksum("#über")
        self.assertTrue(isIntact(sequence, time, kind, "#über", moved, body))
        self.assertFalse(isIntact(sequence, time, kind, "#über", moved, body.replace("tea", "pea")))
        self.assertTrue(
            isIntact(sequence, time, kind, None, check ^ conversationChecksum(place) ^ conversationChecksum(None), body)
        )
