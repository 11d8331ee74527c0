"""Tests of L{twistchat.chat.model.spans}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import (
    Joined,
    PrivateMessage,
    PrivateMessageRedacted,
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
    """Under which name an event is read back."""

    def test_room(self) -> None:
        """What happens in a room belongs to it, whatever its case."""
        self.assertEqual(conversation(RoomMessage(GUEST, "#Room", "s1", "hello")), "#room")
        self.assertEqual(conversation(Joined(GUEST, "#ROOM")), "#room")
        self.assertEqual(conversation(TopicSet(GUEST, "#room", "x")), "#room")

    def test_rank(self) -> None:
        """What was said to those of a rank only is a conversation of its own."""
        self.assertEqual(conversation(RoomMessage(GUEST, "#Room", "s1", "hello", rank="o")), "@#room")
        self.assertEqual(conversation(RoomMessage(GUEST, "#Room", "s1", "hello", rank="v")), "+#room")

    def test_renamed(self) -> None:
        """A room's new name is told under that name."""
        self.assertEqual(conversation(RoomRenamed(GUEST, "#old", "#New")), "#new")

    def test_signals(self) -> None:
        """Tags without a text are not read back."""
        self.assertIsNone(conversation(RoomTagMessage(GUEST, "#room", "s1", ())))

    def test_private(self) -> None:
        """A private text belongs to the pair of accounts, from either side and under any nick."""
        there, back = (
            conversation(PrivateMessage(ALICE, "s1", BOB, "x")),
            conversation(PrivateMessage(BOB, "s2", ALICE, "y")),
        )
        self.assertEqual(there, back)
        self.assertEqual(there, pair("BOB", "alice"))
        self.assertEqual(conversation(PrivateMessageRedacted(ALICE, BOB, 1, "m1")), there)

    def test_guests(self) -> None:
        """What a guest wrote or was written is nobody's to read back, for the next guest may have their nick."""
        for source, recipient in ((GUEST, ALICE), (ALICE, GUEST), (GUEST, GUEST)):
            self.assertIsNone(conversation(PrivateMessage(source, "s1", recipient, "x")))

    def test_others(self) -> None:
        """What belongs to no room is no conversation."""
        self.assertIsNone(conversation(Renamed(ALICE, "alice")))

    def test_pairs(self) -> None:
        """Two pairs have two names, and none is that of a room."""
        names = {pair(one, other) for one in ("a", "b", "ab", "A") for other in ("a", "b", "ab")}
        self.assertEqual(len(names), 6)
        self.assertFalse(any(name.startswith("#") for name in names))
