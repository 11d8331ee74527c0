"""Tests of L{twistchat.journal.rows}."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.test_encoding import SAMPLES
from twistchat.chat.events import Entry, Event, Said, Source
from twistchat.journal import rows
from twistchat.journal.encoding import decode, encode
from twistchat.journal.rows import RowWriter

TEXTS = st.text(st.characters(), max_size=40)
"""Any text, lone surrogates included."""

ANN = Source("1", "ann")


class RowTests(SynchronousTestCase):
    """Entries as rows."""

    def row(self, event: Event, conversation: str | None = "#r") -> list[object]:
        """The row of an event as it would reach the disk, from a writer that has written another before."""
        writer = RowWriter()
        writer.row(Entry(1, "j-1", 1, Said(ANN, "#r", "s", "before")), "#r")
        read: list[object] = json.loads(writer.row(Entry(2, "j-2", 3, event), conversation).encode())
        return read

    @given(SAMPLES)
    def test_everyEvent(self, event: Event) -> None:
        """Each event is written with its kind and its body."""
        kind, body = encode(event)
        self.assertEqual([2, 3, kind, "#r", body], self.row(event))

    @given(TEXTS, TEXTS, TEXTS, TEXTS)
    def test_message(self, nick: str, room: str, session: str, text: str) -> None:
        """A message is read as it was written, whatever is in its fields."""
        event = Said(Source("1", nick, account=text or None), room, session, text, "action")
        sequence, time, kind, conversation, body = self.row(event, room)
        self.assertEqual((2, 3, room), (sequence, time, conversation))
        assert isinstance(kind, str)
        self.assertEqual(event, decode(kind, json.dumps(body)))

    def test_rare(self) -> None:
        """A message with tags, or for those of a rank, or by a program, has that in its row."""
        bot = Source("2", "bot", bot=True)
        for event in (
            Said(ANN, "#r", "s", "x", tags=(("reply", "j-1"),)),
            Said(ANN, "#r", "s", "x", rank="v"),
            Said(bot, "#r", "s", "two\nlines"),
        ):
            kind, body = self.row(event)[2:5:2]
            assert isinstance(kind, str)
            self.assertEqual(event, decode(kind, json.dumps(body)))

    def test_sameUser(self) -> None:
        """Who was renamed is written under the new name from then on."""
        names = [self.row(Said(Source("1", nick), "#r", "s", "x"))[4] for nick in ("ann", "anna")]
        self.assertEqual(["ann", "anna"], [body["by"][1] for body in names if isinstance(body, dict)])

    def test_bounded(self) -> None:
        """No more sources are remembered than may be."""
        self.patch(rows, "KNOWN", 3)
        writer = RowWriter()
        for number in range(10):
            row = json.loads(writer.row(Entry(1, "j-1", 1, Said(Source(f"{number}", "a"), "#r", "s", "x")), "#r"))
            self.assertEqual(f"{number}", row[4]["by"][0])
            self.assertLessEqual(len(writer._sources), 3)
