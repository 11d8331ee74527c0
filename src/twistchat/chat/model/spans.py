"""
Queries of the history, as values.

A I{span} selects a range of one conversation, by sequence number or by time, like the subcommands of IRCv3 chathistory
(BEFORE, AFTER, LATEST, AROUND, BETWEEN).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from msgspec.structs import replace

from twistchat.chat.model.events import (
    AdministrativeAct,
    Entry,
    Event,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    Killed,
    PrivateMessage,
    PrivateMessageRedacted,
    Quit,
    Renamed,
    RoomEvent,
    RoomMessage,
    RoomMessageRedacted,
    RoomMetadataSet,
    RoomRenamed,
    RoomTagMessage,
    SessionEnded,
)
from twistchat.chat.model.modes.room import RANK_BY_LETTER, RANKS
from twistchat.chat.model.names import fold


@dataclass(frozen=True, slots=True)
class At:
    """A time as one end of a range, in milliseconds since the epoch."""

    time: int


Point = int | At
"""One end of a range: a sequence number, or a time."""


def following(point: Point) -> Point:
    """The next point.  To include a point in a range, begin after the one before it, or end before this one."""
    return At(point.time + 1) if isinstance(point, At) else point + 1


Kinds: TypeAlias = frozenset[type[Event]]
"""Classes of events to select.  An empty set selects all."""

ALL: Final[Kinds] = frozenset()
"""All events."""

TEXTS: Final[Kinds] = frozenset({RoomMessage, PrivateMessage})
"""Texts only."""


SHARED: Final = (Killed, Renamed, SessionEnded)
"""Events that the history of several rooms contains: those that the user was in.  See L{roomsOf}."""


@dataclass(frozen=True, slots=True)
class Span:
    """
    A range of one conversation.  The result is always sorted, oldest entry first.

    Both ends are exclusive.  Without C{after} and C{before}, this selects the last C{limit} entries.  If the range has
    more than C{limit} entries, the newest are selected, or the oldest if C{oldest} is true.

    @ivar conversation: the name of the conversation, see L{conversation}.
    @ivar limit: the maximum number of entries, at least 1.
    @ivar after: select only later entries.
    @ivar before: select only earlier entries.
    @ivar oldest: whether to select the oldest entries if there are more than C{limit}.
    @ivar kinds: select only events of these classes, as the history shows them (L{Quit}, not L{SessionEnded}).
    @ivar first: select no entries before this sequence number, because the reader has no access to them.
    """

    conversation: str
    limit: int
    after: Point | None = None
    before: Point | None = None
    oldest: bool = False
    kinds: Kinds = ALL
    first: int = 0


@dataclass(frozen=True, slots=True)
class Around:
    """
    The C{limit} entries nearest to a point: half before it, half after it, and the entry at the point if there is one.

    @ivar conversation: the name of the conversation, see L{conversation}.
    @ivar limit: the maximum number of entries, at least 1.
    @ivar point: the middle of the selection.
    @ivar kinds: select only events of these classes.
    @ivar first: select no entries before this sequence number, because the reader has no access to them.
    """

    conversation: str
    limit: int
    point: Point
    kinds: Kinds = ALL
    first: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """
    A search for texts.  A text must have all words, and fit all filters.  The result is sorted, oldest first.

    @ivar words: as a user types them.  Case and diacritics are ignored, and no character has a special meaning.  A word
        matches a whole word of the text; in scripts without spaces (Chinese, Japanese, Thai, Korean) it matches any
        part.  A word with neither letter nor digit is ignored, and if there are only such words, nothing is found.
        C{""} finds all texts that fit the filters.
    @ivar limit: the maximum number of texts, at least 1.
    @ivar places: the conversations to search, by name (see L{conversation}); each with the sequence number of the first
        entry that the reader may see.
    @ivar account: if given, search all private conversations of this account too.
    @ivar sender: if given, find only texts whose author had this nick or account.
    @ivar after: find only later texts.
    @ivar before: find only earlier texts.
    @ivar oldest: whether to find the oldest texts if there are more than C{limit}, instead of the newest.
    """

    words: str
    limit: int
    places: Mapping[str, int]
    account: str | None = None
    sender: str | None = None
    after: Point | None = None
    before: Point | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class Acts:
    """
    A selection of the audit trail (L{AdministrativeAct}).  The result is sorted, newest first.  An act must fit all
    filters.  Case is ignored.

    @ivar limit: the maximum number of acts, at least 1.
    @ivar after: select only later acts.
    @ivar before: select only earlier acts.  To read on, give the sequence number of the last act of the result.
    @ivar who: if given, select only acts of who had this name or this account.
    @ivar act: if given, select only acts with this name, or with this part of a name that has dots: C{account} and
        C{suspend} both select C{account.suspend}.
    @ivar target: if given, select only acts that concern this target.
    @ivar matching: if given, select only acts that C{who}, C{act} or C{target} would select with this value.
    """

    limit: int
    after: Point | None = None
    before: Point | None = None
    who: str | None = None
    act: str | None = None
    target: str | None = None
    matching: str | None = None

    def fits(self, event: Event) -> bool:
        """Whether an event is an act that fits the filters; without the points."""
        if not isinstance(event, AdministrativeAct):
            return False
        names = {fold(event.who), fold(event.source.account or event.who)}
        tests: dict[str, Callable[[str], bool]] = {
            "who": lambda name: name in names,
            "act": lambda name: f".{name}." in f".{fold(event.act)}.",
            "target": lambda name: name == fold(event.target),
        }
        if self.matching is not None and not any(test(fold(self.matching)) for test in tests.values()):
            return False
        wanted = {name: getattr(self, name) for name in tests}
        return all(value is None or tests[name](fold(value)) for name, value in wanted.items())


@dataclass(frozen=True, slots=True)
class Damaged:
    """
    Replaces an entry whose bytes changed on disk, in the result of a query.  Its content is never shown.

    @ivar sequence: its probable sequence number.
    """

    sequence: int


Kept: TypeAlias = Entry | Damaged
"""An item in the result of a query."""


@dataclass(frozen=True, slots=True)
class Latest:
    """
    The newest text of a conversation.

    @ivar conversation: the name of the conversation, see L{conversation}.
    @ivar sequence: the sequence number of the text.
    @ivar time: its time, in milliseconds since the epoch.
    """

    conversation: str
    sequence: int
    time: int


@dataclass(frozen=True, slots=True)
class Count:
    """
    How many texts a part of a conversation has.

    @ivar texts: the number of texts.
    @ivar matching: how many of them contain one of the phrases.
    @ivar more: whether there are more texts, which were not examined because of the limit.
    @ivar since: the time of the first text that is not left out, in milliseconds since the epoch; 0 for none.  If there
        are more texts, it is looked for among the oldest, as many as the limit, and then among those that were counted.
    """

    texts: int
    matching: int
    more: bool = False
    since: int = 0


def conversation(event: Event) -> str | None:
    """
    The name of the conversation that an event belongs to.

    @return: for an event in a room, the room's folded name, with the prefix of the rank if it is a text or tags to a
        rank, or redacts them; for a rename, the new name; for private texts and tags between two accounts, the
        L{pair}.  C{None} for any other event, which cannot be read back.  Tags and metadata that are not kept are among
        these; so are private texts of guests, because another guest may take the same nick.
    """
    if isinstance(event, (RoomMessage, KeptRoomTagMessage, RoomMessageRedacted)):
        room = fold(event.room)
        return RANK_BY_LETTER[event.rank].prefix + room if event.rank else room
    if isinstance(event, RoomRenamed):
        return fold(event.name)
    if isinstance(event, RoomEvent):
        return None if type(event) in (RoomTagMessage, RoomMetadataSet) else fold(event.room)
    if (
        isinstance(event, (PrivateMessage, PrivateMessageRedacted, KeptPrivateTagMessage))
        and event.source.account is not None
        and event.recipient.account is not None
    ):
        return pair(event.source.account, event.recipient.account)
    return None


def roomsOf(event: Event) -> tuple[str, ...]:
    """The folded names of the rooms whose history contains an event of the classes L{SHARED}.  Empty for others."""
    return event.rooms if isinstance(event, SHARED) else ()


def inRoom(entry: Entry) -> Entry:
    """An entry as the history of a room shows it: with a L{Quit} in place of the end of a user's last session."""
    event = entry.event
    if isinstance(event, SessionEnded):
        return replace(entry, event=Quit(event.source, event.reason))
    return entry


def shownIn(entry: Entry, conversation: str) -> Entry:
    """
    An entry as the history of a conversation shows it, see also L{inRoom}.

    Events before a rename of the room get its present name, so that a client shows them in this room.  The renames
    themselves keep both names.

    @param conversation: its present name, see L{conversation}.
    """
    entry = inRoom(entry)
    event = entry.event
    if isinstance(event, RoomEvent) and not isinstance(event, RoomRenamed):
        room = roomOf(conversation)
        if event.room != room and fold(event.room) != room:
            return replace(entry, event=replace(event, room=room))
    return entry


def roomOf(conversation: str) -> str:
    """The name of the room that a conversation belongs to: without the prefix of a rank."""
    return conversation if conversation[:1] == "#" else conversation[1:]


def targetOf(conversation: str, account: str | None) -> str:
    """
    The folded name of the room that a conversation belongs to; or of the other account, if it is a L{pair}.

    @param account: the account of the reader.
    """
    one, space, two = conversation.partition(" ")
    if not space:
        return roomOf(one)
    return two if one == fold(account or "") else one


def conversationsOf(room: str) -> list[str]:
    """
    The names of all conversations of a room: of the room itself, and of the texts to each rank.

    @param room: the room's folded name.
    """
    return [room, *[rank.prefix + room for rank in RANKS]]


def pair(one: str, other: str) -> str:
    """The name of the conversation between two accounts.  The order of the arguments does not matter."""
    first, second = sorted((fold(one), fold(other)))
    return f"{first} {second}"
