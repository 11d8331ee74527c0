"""The values that all events share: sources, tags, the base classes of events, and entries."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct


class Source(Struct, frozen=True, gc=False, array_like=True):
    """
    The names of a user at one moment: the source of a message in IRC (modern.ircdocs.horse, "Source").

    @ivar uid: the user's id while connected.  It is never shown and never reused.
    @ivar nick: the display form of the nick.
    @ivar username: the IRC username.  The door puts C{"~"} before a username that is not verified.
    @ivar host: the host that others see: a cloak, never an address.
    @ivar account: the account, or C{None} for a guest.
    @ivar realname: the free text that IRC calls realname or GECOS.
    @ivar bot: whether the user is marked as a bot (IRCv3 bot mode).
    """

    uid: str
    nick: str
    username: str = "user"
    host: str = "localhost"
    account: str | None = None
    realname: str = ""
    bot: bool = False

    @property
    def shown(self) -> str:
        """The nick, as texts for people show it.  That of L{SERVER} is C{"the server"}."""
        return self.nick or "the server"


SERVER = Source("", "")
"""The source of events of the server itself.  Each door has its own name for the server."""


Tags = tuple[tuple[str, str], ...]
"""Client-only tags (IRCv3 message-tags): pairs of a name without the C{+} and a value, which may be empty."""

Cuts = tuple[int, ...]
"""
The places where the sender split long lines of a text: ascending offsets into the text, in characters.  Dialects that
have to split these lines prefer these places, because the sender chose them to be readable.
"""

Kind = Literal["message", "action", "notice"]
"""The kind of a text: a message, an action (C{/me}), or a notice, which asks for no answer (IRC's NOTICE)."""


class Event(Struct, frozen=True, gc=False, omit_defaults=True, rename={"source": "by", "recipient": "to"}):
    """
    Something that happened in the chat.

    @cvar durable: whether the journal stores it.
    @ivar source: the user who caused it.
    """

    durable: ClassVar[bool] = False
    source: Source


class RoomEvent(Event, frozen=True, gc=False):
    """
    Something that happened in a room.

    @ivar room: the room's name in its display form.
    """

    room: str


class Entry(Struct, frozen=True, gc=False):
    """
    An event with the stamp of the journal.

    @ivar sequence: its place in the order of all events.  It strictly increases, not always by one.
    @ivar msgid: its id for clients (IRCv3 message-ids), unique across restarts.
    @ivar time: its time in milliseconds since the epoch, UTC.  It never decreases within a conversation; imported
        entries are older than others before them.
    @ivar event: the event.
    """

    sequence: int
    msgid: str
    time: int
    event: Event
