"""Events of rooms: their members, topics, modes and names."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from twistchat.chat.model.events.base import Event, RoomEvent, Source


class Invited(Event, frozen=True, gc=False):
    """A user was invited to a room.  The invitation overrides the room's locks once."""

    room: str
    invitee: Source


class RoomRenamed(RoomEvent, frozen=True, gc=False):
    """
    A room was renamed from C{room} to C{name}.  Its history stays with it.

    @ivar reason: the reason; may be empty.
    """

    durable: ClassVar[bool] = True
    name: str
    reason: str = ""


class RoomRemoved(RoomEvent, frozen=True, gc=False):
    """
    A room that nobody was in and nobody owned was removed, with its topic and modes.  Its texts stay in the history.

    Its source is L{SERVER}.

    @ivar sealed: the sequence number before which nobody can read its entries, as it was already (see L{Rooms.sealed
        <twistchat.chat.model.rooms.Rooms>}); 0 for none.
    """

    durable: ClassVar[bool] = True
    sealed: int = 0


class Joined(RoomEvent, frozen=True, gc=False):
    """
    A user joined a room.  If the room did not exist, this created it.

    @ivar away: their away message, or C{None}.
    @ivar ranks: their ranks in the room, which C{apply} fills in for the audience.
    @ivar first: whether they are the only member; likewise.
    """

    away: str | None = None
    ranks: str = ""
    first: bool = False


class Parted(RoomEvent, frozen=True, gc=False):
    """A user left a room, with the message C{reason}, which may be empty."""

    reason: str


class Kicked(RoomEvent, frozen=True, gc=False):
    """An operator removed a user from a room."""

    durable: ClassVar[bool] = True
    kicked: Source
    reason: str


class TopicSet(RoomEvent, frozen=True, gc=False):
    """A room's topic was set, or cleared if it is empty."""

    durable: ClassVar[bool] = True
    topic: str


class ModeChange(Struct, frozen=True, gc=False, omit_defaults=True):
    """
    One change of a room's modes.

    @ivar adding: whether the mode is set (C{+}) or lifted (C{-}).
    @ivar letter: the mode's letter, a key of L{twistchat.chat.model.modes.room.ROOM_MODES}.
    @ivar parameter: the mode's parameter in its normal form (a nick for a rank), or C{None}.
    @ivar subject: for a rank, the user who gains or loses it; C{None} for every other mode.
    """

    adding: bool
    letter: str
    parameter: str | None = None
    subject: Source | None = None


class ModesSet(RoomEvent, frozen=True, gc=False):
    """
    A room's modes, lists or ranks were changed, in this order.

    Its source is L{SERVER} if an empty room lost its locks, or if a member succeeded the last operator.
    """

    durable: ClassVar[bool] = True
    changes: tuple[ModeChange, ...]
