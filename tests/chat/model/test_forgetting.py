"""Tests of L{twistchat.chat.model.forgetting}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import (
    SERVER,
    AccountMetadataSet,
    Entry,
    Event,
    Joined,
    KeptRoomMetadataSet,
    KeptRoomTagMessage,
    Kicked,
    Parted,
    PrivateMessageRedacted,
    Quit,
    RoomMessage,
    RoomMetadataSet,
    RoomRenamed,
    TopicSet,
)
from twistchat.chat.model.forgetting import isBy, remainder, withoutTexts
from twistchat.testing.contract import ANN, BOB, GUEST


class RemainderTests(SynchronousTestCase):
    """What is left of the entries of an account."""

    def test_texts(self) -> None:
        """Nothing is left of a text, a reaction, an earlier topic or earlier metadata of a room."""
        for event in (
            RoomMessage(ANN, "#room", "s", "x"),
            KeptRoomTagMessage(ANN, "#room", "s", (("draft/react", "x"),)),
            TopicSet(ANN, "#room", "x"),
            KeptRoomMetadataSet(ANN, "#room", "s", "url", "x"),
            RoomMetadataSet(ANN, "#room", "s", "url", "x"),
        ):
            self.assertIsNone(remainder(event, False))

    def test_reasons(self) -> None:
        """An event stays without its reason."""
        pairs: list[tuple[Event, Event]] = [
            (Parted(ANN, "#room", "x"), Parted(ANN, "#room", "")),
            (Kicked(ANN, "#room", BOB, "x"), Kicked(ANN, "#room", BOB, "")),
            (Quit(ANN, "x"), Quit(ANN, "")),
            (RoomRenamed(ANN, "#a", "#b", "x"), RoomRenamed(ANN, "#a", "#b", "")),
            (PrivateMessageRedacted(ANN, BOB, 1, "id", "x"), PrivateMessageRedacted(ANN, BOB, 1, "id")),
        ]
        for event, left in pairs:
            self.assertEqual(remainder(event, True), left)

    def test_others(self) -> None:
        """An event without a text is the same; so are a current topic, and current metadata."""
        for event in (
            Joined(ANN, "#room"),
            TopicSet(ANN, "#room", "x"),
            Parted(ANN, "#room", ""),
            KeptRoomMetadataSet(ANN, "#room", "s", "url", "x"),
            AccountMetadataSet(ANN, "ann", "s", "url", "x"),
        ):
            self.assertIs(remainder(event, True), event)

    def test_author(self) -> None:
        """The author is the account, in any case."""
        event = RoomMessage(ANN, "#room", "s", "x")
        self.assertTrue(isBy(event, "ann"))
        self.assertFalse(isBy(event, "bob"))
        self.assertFalse(isBy(RoomMessage(GUEST, "#room", "s", "x"), "guest"))
        self.assertFalse(isBy(RoomMessage(SERVER, "#room", "s", "x"), ""))

    def test_metadata(self) -> None:
        """The last value of each key of a registered room is its current one."""
        events: list[Event] = [
            KeptRoomMetadataSet(ANN, "#room", "s", "url", "one"),
            KeptRoomMetadataSet(ANN, "#Room", "s", "url", "two"),
            KeptRoomMetadataSet(ANN, "#room", "s", "color", "three"),
            KeptRoomMetadataSet(ANN, "#other", "s", "url", "four"),
            KeptRoomMetadataSet(BOB, "#other", "s", "url", "five"),
            RoomMetadataSet(ANN, "#free", "s", "url", "six"),
        ]
        entries = [Entry(number, f"id{number}", 0, event) for number, event in enumerate(events)]
        self.assertEqual([entry.sequence for entry in withoutTexts(entries, "ann")], [1, 2, 4])

    def test_list(self) -> None:
        """The last topic of a room is its current one."""
        events: list[Event] = [
            TopicSet(ANN, "#room", "one"),
            TopicSet(ANN, "#Room", "two"),
            TopicSet(ANN, "#other", "three"),
            TopicSet(BOB, "#other", "four"),
            RoomMessage(BOB, "#room", "s", "x"),
            RoomMessage(ANN, "#room", "s", "y"),
        ]
        entries = [Entry(number, f"id{number}", 0, event) for number, event in enumerate(events)]
        self.assertEqual([entry.sequence for entry in withoutTexts(entries, "ann")], [1, 3, 4])
