"""Tests of L{twistchat.chat.model.spans}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import (
    Joined,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Renamed,
    RoomMessage,
    RoomRenamed,
    RoomTagMessage,
    Source,
    TopicSet,
)
from twistchat.chat.model.spans import conversation, pair

GUEST = Source("u1", "guest")
ALICE = Source("u2", "al", account="Alice")
BOB = Source("u3", "bobby", account="bob")


class ConversationTests(SynchronousTestCase):
    """The conversation of an event."""

    def test_room(self) -> None:
        """Events in a room belong to it, with any case of its name."""
        self.assertEqual(conversation(RoomMessage(GUEST, "#Room", "s1", "hello")), "#room")
        self.assertEqual(conversation(Joined(GUEST, "#ROOM")), "#room")
        self.assertEqual(conversation(TopicSet(GUEST, "#room", "x")), "#room")

    def test_rank(self) -> None:
        """A text for a rank is a conversation of its own."""
        self.assertEqual(conversation(RoomMessage(GUEST, "#Room", "s1", "hello", rank="o")), "@#room")
        self.assertEqual(conversation(RoomMessage(GUEST, "#Room", "s1", "hello", rank="v")), "+#room")

    def test_renamed(self) -> None:
        """A rename belongs to the old name."""
        self.assertEqual(conversation(RoomRenamed(GUEST, "#old", "#New")), "#new")

    def test_signals(self) -> None:
        """Tags without a text belong to a conversation if they are kept, under the rules for texts."""
        self.assertIsNone(conversation(RoomTagMessage(GUEST, "#room", "s1", ())))
        self.assertIsNone(conversation(PrivateTagMessage(ALICE, "s1", BOB, ())))
        self.assertEqual(conversation(KeptRoomTagMessage(GUEST, "#Room", "s1", ())), "#room")
        self.assertEqual(conversation(KeptRoomTagMessage(GUEST, "#Room", "s1", (), "o")), "@#room")
        self.assertEqual(conversation(KeptPrivateTagMessage(ALICE, "s1", BOB, ())), pair("alice", "bob"))
        self.assertIsNone(conversation(KeptPrivateTagMessage(ALICE, "s1", GUEST, ())))

    def test_private(self) -> None:
        """A private text belongs to the pair of accounts, in both directions and with any nick."""
        there, back = (
            conversation(PrivateMessage(ALICE, "s1", BOB, "x")),
            conversation(PrivateMessage(BOB, "s2", ALICE, "y")),
        )
        self.assertEqual(there, back)
        self.assertEqual(there, pair("BOB", "alice"))
        self.assertEqual(conversation(PrivateMessageRedacted(ALICE, BOB, 1, "m1")), there)

    def test_guests(self) -> None:
        """Private texts of guests, in both directions, cannot be read back: the next guest may have their nick."""
        for source, recipient in ((GUEST, ALICE), (ALICE, GUEST), (GUEST, GUEST)):
            self.assertIsNone(conversation(PrivateMessage(source, "s1", recipient, "x")))

    def test_others(self) -> None:
        """Other events belong to no conversation."""
        self.assertIsNone(conversation(Renamed(ALICE, "alice")))

    def test_pairs(self) -> None:
        """Two pairs have different names, and none is that of a room."""
        names = {pair(one, other) for one in ("a", "b", "ab", "A") for other in ("a", "b", "ab")}
        self.assertEqual(len(names), 6)
        self.assertFalse(any(name.startswith("#") for name in names))
