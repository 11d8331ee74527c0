"""Tests of renamed rooms."""

from __future__ import annotations

from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.events import Entry, Quit, RoomEvent, RoomMessage, RoomMessageRedacted, RoomRenamed
from twistchat.chat.model.spans import Search, Span, shownIn
from twistchat.testing.contract.opened import ANN, BOB, OpenedJournal, said


class RenameContract(OpenedJournal):
    """The history of a room moves to its new name."""

    def test_renamed(self) -> None:
        """
        The history of a renamed room is read and searched under its new name, and not under the old one.  Its entries
        have the new name; only the rename has both.
        """
        entries = self.append(
            said("one word", "#Old"), said("two word", "#old"), RoomMessage(ANN, "#old", "s1", "three word", rank="o")
        )
        elsewhere = self.append(said("elsewhere", "#older"))
        (renamed,) = self.append(RoomRenamed(ANN, "#Old", "#New", "better"))
        after = self.append(said("four word", "#New"))
        shown = [shownIn(entry, "#new") for entry in entries]
        self.assertEqual({entry.event.room for entry in shown if isinstance(entry.event, RoomEvent)}, {"#new"})
        self.assertEqual(self.read(Span("#new", 9)), [*shown[:2], renamed, *after])
        self.assertEqual(self.read(Span("@#new", 9)), shown[2:])
        self.assertEqual([*self.read(Span("#old", 9)), *self.read(Span("@#old", 9))], [])
        self.assertEqual(self.read(Span("#older", 9)), elsewhere)
        found = self.found(Search("word", 9, {"#new": 0}))
        self.assertEqual(found, [*shown[:2], *after])
        self.assertEqual(self.found(Search("word", 9, {"#old": 0, "@#old": 0})), [])
        self.assertEqual(self.found(Search("word", 1, {"#new": 0}, before=after[0].sequence)), [shown[1]])
        self.append(RoomMessageRedacted(ANN, "#New", entries[0].sequence, entries[0].msgid))
        self.assertEqual(self.texts(Span("#new", 9)), ["two word", "four word"])

    def test_renamedThenNew(self) -> None:
        """A new room with the old name has an empty history."""
        self.append(said("before", "#old"), RoomRenamed(ANN, "#old", "#new"), said("after", "#old"))
        self.assertEqual(self.texts(Span("#old", 9)), ["after"])
        self.assertEqual(self.texts(Span("#new", 9)), ["before"])
        self.assertEqual(self.texts(Span("#old", 9, after=0, oldest=True)), ["after"])

    def test_renamedAtOnce(self) -> None:
        """Renames and texts that are proposed at once give the same result."""
        events = [
            said("a", "#one"),
            RoomRenamed(ANN, "#one", "#two"),
            said("b", "#one"),
            said("c", "#two"),
            RoomRenamed(ANN, "#two", "#three"),
            RoomRenamed(ANN, "#one", "#two"),
            said("d", "#two"),
        ]
        receipts = [self.log.append(event) for event in events]
        self.settle()
        self.assertEqual([self.successResultOf(receipt).event for receipt in receipts], events)
        self.assertEqual([entry.event for entry in self.applied[-7:]], events)
        names = ("#one", "#two", "#three")
        self.assertEqual([self.texts(Span(name, 9)) for name in names], [[], ["b", "d"], ["a", "c"]])

    def test_renamedChains(self) -> None:
        """After several renames, and back again, the room has all of its history, in order."""
        self.append(said("a", "#one"), RoomRenamed(ANN, "#one", "#two"), said("b", "#two"))
        self.append(RoomRenamed(ANN, "#two", "#three"), said("c", "#three"))
        self.assertEqual(self.texts(Span("#three", 99)), ["a", "b", "c"])
        self.append(RoomRenamed(ANN, "#three", "#one"), said("d", "#one"))
        self.assertEqual(self.texts(Span("#one", 99)), ["a", "b", "c", "d"])
        self.append(RoomRenamed(ANN, "#one", "#two"), RoomRenamed(ANN, "#two", "#one"), said("e", "#one"))
        self.assertEqual(self.texts(Span("#one", 99)), ["a", "b", "c", "d", "e"])
        self.assertEqual(self.texts(Span("#one", 4)), ["d", "e"])
        self.assertEqual(self.texts(Span("#two", 99)) + self.texts(Span("#three", 99)), [])

    def test_renamedCase(self) -> None:
        """A rename that changes only the case keeps the history."""
        self.append(said("a", "#room"), RoomRenamed(ANN, "#room", "#ROOM"), said("b", "#ROOM"))
        self.assertEqual(self.texts(Span("#room", 9)), ["a", "b"])

    def test_notRenamed(self) -> None:
        """If C{apply} refuses a rename, nothing moves, and later events are applied."""

        def apply(entry: Entry) -> None:
            if isinstance(entry.event, RoomRenamed):
                raise NoSuchNick("Bob")

        self.reopen(apply)
        self.append(said("a", "#old"), said("x", "#new"))
        receipts = [
            self.log.append(event)
            for event in (RoomRenamed(ANN, "#old", "#new"), said("b", "#old"), said("y", "#new"), Quit(BOB, ""))
        ]
        self.settle()
        self.failureResultOf(receipts[0], NoSuchNick)
        for receipt in receipts[1:]:
            self.successResultOf(receipt)
        self.assertEqual(self.texts(Span("#old", 9)), ["a", "b"])
        self.assertEqual(len(self.read(Span("#new", 9))), 2)
        self.assertEqual(self.found(Search("a", 9, {"#new": 0})), [])
