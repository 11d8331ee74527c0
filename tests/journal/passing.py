"""Tests that both journals pass which keep passing events."""

from __future__ import annotations

from msgspec.structs import replace

from twistchat.chat.model.events import Joined, Kicked, Killed, Parted, Quit, Renamed, RoomRenamed, SessionEnded
from twistchat.chat.model.spans import TEXTS, Around, Kinds, Span
from twistchat.testing.contract.opened import ANN, BOB, OpenedJournal, said


class PassingContract(OpenedJournal):
    """A room's history has the comings and goings of its members."""

    def test_passing(self) -> None:
        """Joins, parts and kicks are kept in their room, and quits, kills and nicks in all rooms of the user."""
        kept = self.append(
            Joined(ANN, "#Room"),
            said("a"),
            Renamed(ANN, "anna", ("#room", "#other")),
            Killed(ANN, BOB, "spam", ("#room",)),
            Kicked(ANN, "#other", BOB, "out"),
            SessionEnded(ANN, "s1", "local", "bye", ("#room", "#other")),
            Parted(BOB, "#room", ""),
        )
        quit = replace(kept[5], event=Quit(ANN, "bye"))
        self.assertEqual(self.read(Span("#room", 9)), [*kept[:4], quit, kept[6]])
        self.assertEqual(self.read(Span("#other", 9)), [kept[2], kept[4], quit])
        self.assertEqual(self.read(Span("#room", 2)), [quit, kept[6]])
        self.assertEqual(self.read(Span("#room", 2, kept[1].sequence, oldest=True)), kept[2:4])
        self.assertEqual(self.read(Around("#other", 1, kept[5].sequence)), [quit])
        self.assertEqual(self.read(Span("#room", 9, kinds=TEXTS)), [kept[1]])
        wanted: Kinds = frozenset({Quit, Renamed})
        self.assertEqual(self.read(Span("#room", 9, kinds=wanted)), [kept[2], quit])
        self.assertEqual(self.read(Span("#room", 9, first=kept[3].sequence, kinds=wanted)), [quit])

    def test_passingElsewhere(self) -> None:
        """A session that ends while the user stays, and a nick of a user in no room, are in no history."""
        self.append(said("a"), SessionEnded(ANN, "s1", "local", "bye"), Renamed(ANN, "anna"))
        self.assertEqual(len(self.read(Span("#room", 9))), 1)

    def test_passingRenamed(self) -> None:
        """They move with a room that is renamed, also to a name under which another room showed the same entry."""
        kept = self.append(
            Renamed(BOB, "rob", ("#room",)),
            SessionEnded(ANN, "s1", "local", "", ("#room", "#new")),
            said("a", "#new"),
            RoomRenamed(BOB, "#room", "#new"),
            Renamed(BOB, "bob", ("#new",)),
        )
        wanted = [kept[0], replace(kept[1], event=Quit(ANN, "")), *kept[2:]]
        self.assertEqual(self.read(Span("#new", 9)), wanted)
        self.assertEqual(self.read(Span("#new", 4)), wanted[-4:])
        self.assertEqual(self.read(Span("#room", 9)), [])
