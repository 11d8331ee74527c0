"""Tests of reading ranges of a conversation, and of locating an entry."""

from __future__ import annotations

from collections.abc import Sequence

from twistchat.chat.model.events import Entry, Joined, ModeChange, ModesSet, PrivateMessage, RoomMessage, TopicSet
from twistchat.chat.model.spans import TEXTS, Around, At, Kinds, Point, Span, pair
from twistchat.testing.contract.opened import ANN, BOB, GUEST, OpenedJournal, said


class ReadingContract(OpenedJournal):
    """Stored entries can be read by conversation, from any point and around it."""

    def fill(self) -> list[Entry]:
        """Append the texts "0" to "9", one per second from 1000 on, but "3" and "4" at once; and others between."""
        entries = []
        for number in range(10):
            self.time = 1000.0 + (number if number != 4 else 3)
            entries += self.append(said(str(number)))
            self.append(said("elsewhere", "#other"), Joined(BOB, "#room"))
        return entries

    def test_last(self) -> None:
        """Read the last entries of a conversation, oldest first."""
        entries = self.fill()
        self.assertEqual(self.read(Span("#room", 3)), entries[-3:])
        self.assertEqual(self.read(Span("#room", 10)), entries)
        self.assertEqual(self.read(Span("#room", 500)), entries)
        self.assertEqual(self.read(Span("#nowhere", 5)), [])

    def test_ends(self) -> None:
        """Read before, after and between points, by sequence number and by time.  Both ends are exclusive."""
        entries = self.fill()
        s = [entry.sequence for entry in entries]
        cases: Sequence[tuple[Point | None, Point | None, int, bool, str]] = [
            (None, s[5], 3, False, "234"),
            (None, s[5], 3, True, "012"),
            (s[5], None, 3, False, "789"),
            (s[5], None, 3, True, "678"),
            (s[2], s[6], 10, False, "345"),
            (s[2], s[6], 2, False, "45"),
            (s[2], s[6], 2, True, "34"),
            (s[2] + 1, None, 2, True, "34"),
            (None, s[2] + 1, 1, False, "2"),
            (None, s[0], 5, False, ""),
            (s[9], None, 5, False, ""),
            (s[4], s[5], 5, False, ""),
            (s[6], s[2], 5, False, ""),
            (s[6], s[2], 5, True, ""),
            (0, s[9] + 1000, 100, True, "0123456789"),
            (At(1_003_000), None, 2, True, "56"),
            (None, At(1_003_000), 2, False, "12"),
            (At(1_002_999), At(1_003_001), 9, False, "34"),
            (At(1_003_000), At(1_003_001), 9, False, ""),
            (At(0), None, 2, True, "01"),
            (At(9_999_999_999), None, 5, False, ""),
            (None, At(9_999_999_999), 2, False, "89"),
            (None, At(0), 5, False, ""),
            (s[1], At(1_003_000), 5, False, "2"),
            (At(1_006_000), s[9], 5, True, "78"),
        ]
        for after, before, limit, oldest, wanted in cases:
            span = Span("#room", limit, after, before, oldest)
            self.assertEqual("".join(self.texts(span)), wanted, span)

    def test_around(self) -> None:
        """Read around a point: half before it, and half from it on; more from one side if the other has too few."""
        entries = self.fill()
        s = [entry.sequence for entry in entries]
        cases: Sequence[tuple[Point, int, str]] = [
            (s[5], 5, "34567"),
            (s[5], 4, "3456"),
            (s[5], 1, "5"),
            (s[0], 4, "0123"),
            (s[1], 5, "01234"),
            (s[9], 4, "6789"),
            (s[9] + 100, 3, "789"),
            (s[5], 100, "0123456789"),
            (s[5] + 1, 2, "56"),
            (At(1_003_000), 3, "234"),
            (At(1_003_500), 2, "45"),
            (At(0), 2, "01"),
            (At(9_999_999_999), 2, "89"),
        ]
        for point, limit, wanted in cases:
            self.assertEqual("".join(self.texts(Around("#room", limit, point))), wanted, (point, limit))
        self.assertEqual(self.read(Around("#nowhere", 3, s[5])), [])

    def test_kinds(self) -> None:
        """Read only events of some classes, in any range.  The limit counts only these."""
        kept = self.append(
            said("0"),
            TopicSet(ANN, "#room", "1"),
            said("2"),
            ModesSet(ANN, "#room", (ModeChange(True, "m"),)),
            said("4"),
        )
        kinds: Kinds = frozenset({RoomMessage, ModesSet})
        some = [kept[0], *kept[2:]]
        self.assertEqual(self.read(Span("#room", 9, kinds=kinds)), some)
        self.assertEqual(self.read(Span("#room", 2, kinds=kinds)), some[-2:])
        self.assertEqual(self.read(Span("#room", 2, kinds=kinds, oldest=True)), some[:2])
        self.assertEqual(self.read(Span("#room", 9, kept[0].sequence, kept[3].sequence, kinds=kinds)), [kept[2]])
        self.assertEqual(self.read(Around("#room", 3, kept[1].sequence, kinds)), some[:3])
        self.assertEqual(self.read(Span("#room", 9, kinds=TEXTS, first=kept[1].sequence)), [kept[2], kept[4]])
        self.assertEqual(self.read(Span("#room", 9, kinds=frozenset({Joined}))), [])
        self.assertEqual(self.read(Span("#room", 3)), kept[-3:])
        self.assertEqual(self.read(Span("#room", 3, oldest=True)), kept[:3])

    def test_conversations(self) -> None:
        """A room has its folded name, two accounts have their pair, and texts of guests cannot be read."""
        kept = self.append(
            said("room", "#Über"),
            PrivateMessage(ANN, "s1", BOB, "hi"),
            TopicSet(ANN, "#über", "t"),
            ModesSet(ANN, "#über", (ModeChange(True, "b", "x!*@*"), ModeChange(True, "o", "Bob", BOB))),
            PrivateMessage(GUEST, "s3", BOB, "who am I"),
            PrivateMessage(BOB, "s2", ANN, "ho", "notice"),
        )
        self.assertEqual(self.read(Span("#Über", 9)), [kept[0]])
        self.assertEqual(self.read(Span("#über", 9)), [kept[2], kept[3]])
        self.assertEqual(self.read(Span(pair("ANN", "Bob"), 9)), [kept[1], kept[5]])
        self.assertEqual(self.read(Span("guest bob", 9)), [])

    def test_anyText(self) -> None:
        """Any text can be stored and read."""
        texts = ["", " ", "naïve ☃ 🦉", "a\u0000b", '"quoted" \\ \u2028', "\ud800", "x" * 5000, "'); DROP TABLE entry"]
        self.append(*map(said, texts))
        self.assertEqual(self.texts(Span("#room", 100)), texts)

    def test_locate(self) -> None:
        """C{locate} finds the sequence number in a message id of this journal, and in no other text."""
        entries = self.append(said("a"), said("b", "#other"), PrivateMessage(ANN, "s1", BOB, "c"))
        for entry in entries:
            self.assertEqual(self.history.locate(entry.msgid), entry.sequence)
            self.assertEqual(self.at(entry), [entry])
        msgid = entries[0].msgid
        for none in ("", "-", "x", f"x{msgid}", f"{msgid}x", f"{msgid} ", f"{msgid}-1", msgid.replace("-", "-0")):
            self.assertIsNone(self.history.locate(none), none)
        prefix = msgid.rpartition("-")[0]
        for digits in ("", "0", "-1", "+1", "1.0", "\u0661", "9" * 19, "9" * 5000, "1_0"):
            self.assertIsNone(self.history.locate(f"{prefix}-{digits}"), digits)
