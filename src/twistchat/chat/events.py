"""
What can happen in the chat, as frozen values; and the stamp that the journal puts on each.

An event says I{who} as a L{Source}: the user's names as they were when it happened, so that an entry can be read back
years later without asking who that user is today.  State is changed by the source's C{uid}, which no rename changes.

Durable events (messages, topics, modes and ranks) are kept by the journal.  Passing events (comings and goings, away)
take their place in the order and are gone with the process, unless the journal is told to keep them for playback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Source:
    """
    One user's names at one moment: what IRC calls the source of a message (modern.ircdocs.horse, "Source").

    @ivar uid: the user's identity while connected; never shown, never used again.
    @ivar nick: the display form of the nick.
    @ivar username: the IRC username, C{"~"}-marked by the door where nobody vouches for it.
    @ivar host: the host shown to others: a cloak, never an address.
    @ivar account: the account, or C{None} for a guest.
    @ivar realname: the free text that IRC calls realname or GECOS.
    """

    uid: str
    nick: str
    username: str = "user"
    host: str = "localhost"
    account: str | None = None
    realname: str = ""


Kind = Literal["message", "action", "notice"]
"""How a text is meant: said, done (C{/me}), or remarked without asking for an answer (IRC's NOTICE)."""


@dataclass(frozen=True, slots=True)
class Event:
    """
    Something that happened, by someone.

    @cvar durable: whether the journal keeps it.
    @ivar source: who did it.
    """

    durable: ClassVar[bool] = False
    source: Source


@dataclass(frozen=True, slots=True)
class Entered(Event):
    """
    A user came into the chat under C{source.nick}.

    @ivar session: the id of the session that brought them.
    """

    session: str


@dataclass(frozen=True, slots=True)
class Quit(Event):
    """A user's last session ended, for C{reason}."""

    reason: str


@dataclass(frozen=True, slots=True)
class Renamed(Event):
    """A user, C{source.nick} until now, is called C{nick}."""

    nick: str


@dataclass(frozen=True, slots=True)
class AwaySet(Event):
    """A user is away with C{message}, or back where it is C{None}."""

    message: str | None


@dataclass(frozen=True, slots=True)
class Told(Event):
    """
    A private text from one user to another.

    @ivar session: the id of the session that sent it, which hears it again only where it asked for its echo.
    @ivar recipient: whom it is for, named as they were then.
    """

    durable: ClassVar[bool] = True
    session: str
    recipient: Source
    text: str
    kind: Kind = "message"


@dataclass(frozen=True, slots=True)
class Invited(Event):
    """A user was invited into a room; they may pass its locks once."""

    room: str
    invitee: Source


@dataclass(frozen=True, slots=True)
class RoomEvent(Event):
    """
    Something that happened in a room, for those in it.

    @ivar room: the room's name in its display form.
    """

    room: str


@dataclass(frozen=True, slots=True)
class Said(RoomEvent):
    """
    A text said in a room.

    @ivar session: the id of the session that sent it, which hears it again only where it asked for its echo.
    """

    durable: ClassVar[bool] = True
    session: str
    text: str
    kind: Kind = "message"


@dataclass(frozen=True, slots=True)
class Joined(RoomEvent):
    """A user came into a room, which begins with its first member."""


@dataclass(frozen=True, slots=True)
class Parted(RoomEvent):
    """A user left a room, for C{reason} (which may be empty)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Kicked(RoomEvent):
    """A user was put out of a room by an operator."""

    kicked: Source
    reason: str


@dataclass(frozen=True, slots=True)
class TopicSet(RoomEvent):
    """A room's topic was set, or cleared where it is empty."""

    durable: ClassVar[bool] = True
    topic: str


@dataclass(frozen=True, slots=True)
class ModeChange:
    """
    One change of a room's modes.

    @ivar adding: whether the mode is set (C{+}) or taken away (C{-}).
    @ivar letter: the mode's letter, a key of L{twistchat.chat.modes.ROOM_MODES}.
    @ivar parameter: the mode's parameter in its normal form (a nick for a rank), or C{None}.
    @ivar subject: for a rank, the one who gains or loses it; C{None} for every other mode.
    """

    adding: bool
    letter: str
    parameter: str | None = None
    subject: Source | None = None


@dataclass(frozen=True, slots=True)
class ModesSet(RoomEvent):
    """A room's modes, lists or ranks were changed, in this order."""

    durable: ClassVar[bool] = True
    changes: tuple[ModeChange, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """
    An event as the journal stamped it.

    @ivar sequence: its place in the one order of events; grows by at least one, and never repeats or goes back.
    @ivar msgid: its id for clients (IRCv3 message-ids); unique over restarts.
    @ivar time: when, in milliseconds since the epoch, UTC; never less than that of the entry before.
    @ivar event: what happened.
    """

    sequence: int
    msgid: str
    time: int
    event: Event
