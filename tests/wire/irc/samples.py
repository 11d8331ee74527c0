"""At least one entry of every event, for the tests of the dialect."""

from __future__ import annotations

from datetime import UTC, datetime

from twistchat.chat.model.events import (
    SERVER,
    AccountMetadataSet,
    AccountSet,
    AdministrativeAct,
    Announced,
    AwaySet,
    Entered,
    Entry,
    Event,
    HostSet,
    Invited,
    Joined,
    KeptPrivateTagMessage,
    KeptRoomMetadataSet,
    KeptRoomTagMessage,
    Kicked,
    Killed,
    ModeChange,
    ModesSet,
    NodeJoined,
    NodeLost,
    OperatorSet,
    Parted,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RealnameSet,
    Renamed,
    RoomMessage,
    RoomMessageRedacted,
    RoomMetadataSet,
    RoomRemoved,
    RoomRenamed,
    RoomTagMessage,
    ServerBanLifted,
    ServerBanSet,
    SessionEnded,
    SessionMoved,
    SessionStarted,
    Source,
    TopicSet,
    UserMetadataSet,
    UserModesSet,
    accounts,
    presence,
)
from twistchat.testing.samples import eventClasses, everyEvent

TIME = int(datetime(2026, 1, 2, 9, 5, 59, tzinfo=UTC).timestamp() * 1000) + 7
ALICE = Source("u1", "Alice", "~al", "a.cloak", "alice", "Alice A.")
BOB = Source("u2", "bob", "bo", "b.cloak", None, "Bob B.")
ROBOT = Source("u3", "robot", "ro", "r.cloak", None, "Robot", bot=True)

REPLY = (("draft/reply", "x-1"), ("typing", ""))

REACTION = (("draft/reply", "x-1"), ("draft/react", "\N{THUMBS UP SIGN}"))

EVENTS: tuple[Event, ...] = (
    RoomMessage(ALICE, "#a", "s1", "hello, all"),
    RoomMessage(BOB, "#a", "s2", "waves", "action", tags=REPLY),
    RoomMessage(ROBOT, "#a", "s3", "psst", "notice", "o"),
    RoomMessage(ALICE, "#a", "s1", "one\n\ntwo " + "words " * 200),
    PrivateMessage(ALICE, "s1", BOB, "hey", tags=REPLY),
    PrivateMessage(ALICE, "s1", BOB, "winks\nand goes", "action"),
    PrivateTagMessage(ALICE, "s1", BOB, (("typing", "active"),)),
    RoomTagMessage(ALICE, "#a", "s1", (("typing", "done"),), "v"),
    KeptPrivateTagMessage(ALICE, "s1", BOB, REACTION),
    KeptRoomTagMessage(ALICE, "#a", "s1", REACTION),
    RoomMessageRedacted(ALICE, "#a", 3, "x-3", "oops"),
    RoomMessageRedacted(ALICE, "#a", 3, "x-3", "oops", "o"),
    PrivateMessageRedacted(ALICE, BOB, 3, "x-3"),
    Joined(ALICE, "#a", "lunch", "qo"),
    Joined(BOB, "#a", None, "o", True),
    Parted(ALICE, "#a", ""),
    Parted(BOB, "#a", "bye"),
    Kicked(ALICE, "#a", BOB, "enough"),
    Kicked(ALICE, "#a", BOB, ""),
    TopicSet(ALICE, "#a", "x: y"),
    ModesSet(ALICE, "#a", (ModeChange(True, "o", "bob", BOB), ModeChange(False, "m"), ModeChange(False, "t"))),
    ModesSet(ALICE, "#a", tuple(ModeChange(True, "b", f"{number}!*@*") for number in range(40))),
    RoomRenamed(ALICE, "#a", "#b", "typo"),
    Invited(ALICE, "#a", BOB),
    Entered(ALICE, "s1"),
    SessionStarted(ALICE, "s2"),
    SessionEnded(ALICE, "s2", "local", "bye"),
    Quit(ALICE, "later"),
    Killed(ALICE, BOB, "spam"),
    Renamed(ALICE, "alicia"),
    AwaySet(ALICE, "lunch"),
    AwaySet(ALICE, None),
    RealnameSet(ALICE, "Alice B."),
    HostSet(ALICE, "al", "staff"),
    AccountSet(ALICE, None),
    AccountSet(BOB, "robert"),
    UserModesSet(ALICE, "iw", "B"),
    OperatorSet(ALICE, "oper", frozenset({"kill"})),
    OperatorSet(ALICE, None),
    AdministrativeAct(ALICE, "kill", "Alice", "bob", "spam", "irc", "192.0.2.1"),
    Announced(ALICE, "going down"),
    Announced(SERVER, "going down", everyone=True),
    Killed(SERVER, BOB, "spam"),
    Kicked(SERVER, "#a", BOB, "spam"),
    ServerBanSet(ALICE, "*!*@x", "spam", TIME),
    ServerBanLifted(ALICE, "*!*@x"),
    *[event for event in everyEvent("x") if type(event).__module__ in (accounts.__name__, presence.__name__)],
    AccountMetadataSet(ALICE, "alice", "s1", "color", "#102030"),
    UserMetadataSet(ALICE, "s1", "color", "#102030"),
    UserMetadataSet(ALICE, "s1", "color", None),
    RoomMetadataSet(ALICE, "#a", "s1", "color", "#102030"),
    KeptRoomMetadataSet(ALICE, "#a", "s1", "color", None),
    RoomRemoved(SERVER, "#a"),
    SessionMoved(BOB, "s2", "local", ALICE),
    NodeJoined(SERVER, "n-1", "n"),
    NodeLost(SERVER, "n-1", "it stopped"),
)
"""Every kind of event."""

KINDS = set(eventClasses())
"""All classes of events."""


def entry(event: Event) -> Entry:
    """Make an entry with this event."""
    return Entry(7, "x-7", TIME, event)
