"""Tests of tags, lines, ranks, origins and redactions."""

from __future__ import annotations

from twistchat.chat.model.events import (
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    RoomMessage,
    RoomMessageRedacted,
    RoomTagMessage,
    Source,
    TopicSet,
)
from twistchat.chat.model.sessions import Origin, Session
from twistchat.chat.model.spans import Around, Span, pair
from twistchat.testing.contract.opened import ANN, BOB, GUEST, OpenedJournal, said


class TextContract(OpenedJournal):
    """Tags, lines and ranks are stored.  Origins and tag messages are not.  Redacted texts are deleted."""

    def test_tags(self) -> None:
        """Client-only tags are stored in order, with any values."""
        tags = (("reply", "j-7"), ("draft/react", "\U0001f44d; \\ \n"), ("empty", ""))
        events = [RoomMessage(ANN, "#room", "s1", "x", tags=tags), PrivateMessage(ANN, "s1", BOB, "y", tags=tags)]
        self.append(*events)
        self.assertEqual([entry.event for entry in self.read(Span("#room", 9))], events[:1])
        self.assertEqual([entry.event for entry in self.read(Span(pair("ann", "bob"), 9))], events[1:])

    def test_lines(self) -> None:
        """A text of several lines is stored, and a search finds the words of each line."""
        text = "first line\n\n  second line\nthird"
        self.append(said(text))
        self.assertEqual(self.texts(Span("#room", 9)), [text])
        for words in ("first", "second", "third first"):
            self.assertEqual(self.search(words), [text])

    def test_origin(self) -> None:
        """An origin is passed to C{apply} with its entry, and not stored."""
        session = Session("s1", None)  # type: ignore[arg-type]  # nothing is sent to it
        origin = Origin(session, "42")
        entry = self.result(self.log.append(said("x", "#room"), origin))
        self.append(said("y", "#room"))
        self.assertEqual((self.applied[0], self.origins), (entry, [origin, None]))
        self.assertEqual(
            [found.event for found in self.read(Span("#room", 9))], [said("x", "#room"), said("y", "#room")]
        )

    def test_ranks(self) -> None:
        """Texts to a rank are a separate conversation, and not in the room's history or search."""
        ranked = RoomMessage(ANN, "#Room", "s1", "secret word", rank="o")
        voiced = RoomMessage(ANN, "#Room", "s1", "secret voice", rank="v")
        (open_, entry, _) = self.append(said("open word"), ranked, voiced)
        self.assertEqual(self.read(Span("#room", 9)), [open_])
        self.assertEqual(self.read(Around("#room", 9, entry.sequence)), [open_])
        self.assertEqual(self.search("word", account="Ann"), ["open word"])
        self.assertEqual(self.read(Span("@#room", 9)), [entry])
        self.assertEqual(self.texts(Span("+#room", 9)), ["secret voice"])

    def test_signals(self) -> None:
        """Tag messages that are not kept are applied and cannot be read."""
        tags = (("typing", "active"),)
        events = [RoomTagMessage(ANN, "#room", "s1", tags), PrivateTagMessage(ANN, "s1", BOB, tags)]
        self.append(*events)
        self.assertEqual([entry.event for entry in self.applied[-2:]], events)
        self.assertEqual([*self.read(Span("#room", 9)), *self.read(Span(pair("ann", "bob"), 9))], [])

    def test_keptSignals(self) -> None:
        """Kept tag messages can be read, in order with the texts.  A search does not find them."""
        tags = (("draft/reply", "j-7"), ("draft/react", "word"))
        first, room, ranked, private, last = self.append(
            said("one"),
            KeptRoomTagMessage(ANN, "#Room", "s1", tags),
            KeptRoomTagMessage(ANN, "#room", "s1", tags, "o"),
            KeptPrivateTagMessage(ANN, "s1", BOB, tags),
            said("two"),
        )
        self.append(KeptPrivateTagMessage(ANN, "s1", GUEST, tags))
        self.assertEqual(self.read(Span("#room", 9)), [first, room, last])
        self.assertEqual(self.read(Around("#room", 1, room.sequence)), [room])
        self.assertEqual(self.read(Span("@#room", 9)), [ranked])
        self.assertEqual(self.read(Span(pair("ann", "bob"), 9)), [private])
        self.assertEqual(self.search("word", account="ann"), [])

    def test_keptSignalsUnsaid(self) -> None:
        """Redacted tags cannot be read.  The redaction of a text leaves the tags that refer to it."""
        tags = (("draft/react", "x"),)
        text, room, private = self.append(
            said("one"), KeptRoomTagMessage(ANN, "#room", "s1", tags), KeptPrivateTagMessage(ANN, "s1", BOB, tags)
        )
        (unsaid,) = self.append(RoomMessageRedacted(ANN, "#room", text.sequence, text.msgid))
        self.assertEqual(self.read(Span("#room", 9)), [room, unsaid])
        (again,) = self.append(RoomMessageRedacted(ANN, "#room", room.sequence, room.msgid))
        self.assertEqual(self.read(Span("#room", 9)), [unsaid, again])
        (untold,) = self.append(PrivateMessageRedacted(BOB, ANN, private.sequence, private.msgid))
        self.assertEqual(self.read(Span(pair("ann", "bob"), 9)), [untold])

    def test_unsaid(self) -> None:
        """A redacted text cannot be read or found.  The redaction can be read."""
        entries = self.append(said("one word"), said("two word"), said("three word"))
        (unsaid,) = self.append(RoomMessageRedacted(ANN, "#room", entries[1].sequence, entries[1].msgid, "oops"))
        self.assertEqual(self.applied[-1], unsaid)
        self.assertEqual(self.read(Span("#room", 9)), [entries[0], entries[2], unsaid])
        self.assertEqual(self.search("word"), ["one word", "three word"])
        self.assertEqual(self.search("two"), [])
        self.assertEqual(self.at(entries[1]), [])
        self.append(RoomMessageRedacted(ANN, "#room", entries[1].sequence, entries[1].msgid))
        self.assertEqual(self.texts(Span("#room", 9)), ["one word", "three word"])

    def test_untold(self) -> None:
        """Either account can redact a private text."""
        told = self.append(PrivateMessage(ANN, "s1", BOB, "one word"), PrivateMessage(BOB, "s2", ANN, "two word"))
        (untold,) = self.append(PrivateMessageRedacted(BOB, ANN, told[0].sequence, told[0].msgid))
        self.assertEqual(self.read(Span(pair("ann", "bob"), 9)), [told[1], untold])
        self.assertEqual(self.search("word", account="ann"), ["two word"])

    def test_unsaidElsewhere(self) -> None:
        """A redaction deletes only a text of the same conversation."""
        carol = Source("u4", "Carol", account="carol")
        kept = self.append(
            said("room"),
            said("other", "#other"),
            PrivateMessage(ANN, "s1", BOB, "told"),
            TopicSet(ANN, "#room", "topic"),
        )
        for room, entry in (("#room", kept[1]), ("#room", kept[2]), ("#room", kept[3]), ("#other", kept[0])):
            self.append(RoomMessageRedacted(ANN, room, entry.sequence, entry.msgid))
        for recipient, entry in ((BOB, kept[0]), (carol, kept[2]), (GUEST, kept[2])):
            self.append(PrivateMessageRedacted(ANN, recipient, entry.sequence, entry.msgid))
        self.append(RoomMessageRedacted(ANN, "#room", kept[-1].sequence + 1000, "x"))
        for entry in kept:
            self.assertEqual(self.at(entry), [entry])
        self.assertEqual(self.search("room"), ["room"])

    def test_unsaidOfRank(self) -> None:
        """A redaction in a room can delete a text to a rank."""
        (entry,) = self.append(RoomMessage(ANN, "#room", "s1", "secret", rank="o"))
        self.append(RoomMessageRedacted(ANN, "#other", entry.sequence, entry.msgid))
        self.assertEqual(self.texts(Span("@#room", 9)), ["secret"])
        self.append(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid))
        self.assertEqual(self.read(Span("@#room", 9)), [])
        (entry,) = self.append(RoomMessage(ANN, "#room", "s1", "secret", rank="o"))
        (unsaid,) = self.append(RoomMessageRedacted(ANN, "#Room", entry.sequence, entry.msgid, rank="o"))
        self.assertEqual(self.read(Span("@#room", 9)), [unsaid])
