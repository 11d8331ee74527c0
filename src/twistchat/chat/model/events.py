"""
What can happen in the chat, as frozen values; and the stamp that the journal puts on each.

An event says I{who} as a L{Source}: the user's names as they were when it happened, so that an entry can be read back
years later without asking who that user is today.  State is changed by the source's C{uid}, which no rename changes.

Durable events (messages, topics, modes and ranks) are kept by the journal.  Passing events (comings and goings, away)
take their place in the order and are gone with the process, unless the journal is told to keep them for playback.

A text may have several lines, with LF between them; no other field of an event has a line's end in it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct


class Source(Struct, frozen=True, gc=False, array_like=True):
    """
    One user's names at one moment: what IRC calls the source of a message (modern.ircdocs.horse, "Source").

    @ivar uid: the user's identity while connected; never shown, never used again.
    @ivar nick: the display form of the nick.
    @ivar username: the IRC username, C{"~"}-marked by the door where nobody vouches for it.
    @ivar host: the host shown to others: a cloak, never an address.
    @ivar account: the account, or C{None} for a guest.
    @ivar realname: the free text that IRC calls realname or GECOS.
    @ivar bot: whether they say that they are a program (IRCv3 bot mode).
    """

    uid: str
    nick: str
    username: str = "user"
    host: str = "localhost"
    account: str | None = None
    realname: str = ""
    bot: bool = False


SERVER = Source("", "")
"""The source of what the server does by itself: every door has its own name for the server."""


Tags = tuple[tuple[str, str], ...]
"""Client-only tags of a text (IRCv3 message-tags): names without the C{+}, each with its value, which may be empty."""

Cuts = tuple[int, ...]
"""
Where the sender of a text cut its long lines, to send them in parts: offsets into the text, in characters, ascending.
Whoever has to cut these lines as well cuts them there first, for the sender saw to it that the parts can be read.
"""

Kind = Literal["message", "action", "notice"]
"""How a text is meant: said, done (C{/me}), or remarked without asking for an answer (IRC's NOTICE)."""


class Event(Struct, frozen=True, gc=False, omit_defaults=True, rename={"source": "by", "recipient": "to"}):
    """
    Something that happened, by someone.

    @cvar durable: whether the journal keeps it.
    @ivar source: who did it.
    """

    durable: ClassVar[bool] = False
    source: Source


class Entered(Event, frozen=True, gc=False):
    """
    A user came into the chat under C{source.nick}.

    @ivar session: the id of their first session.
    @ivar modes: letters of the user modes that they have from the start.
    @ivar node: the id of the node that holds the session's connection.
    """

    session: str
    modes: str = ""
    node: str = ""


class SessionStarted(Event, frozen=True, gc=False):
    """
    A user, who is here already, has one more session.

    @ivar session: the session's id.
    @ivar node: the id of the node that holds its connection.
    """

    session: str
    node: str = ""


class SessionEnded(Event, frozen=True, gc=False):
    """
    A user's session ended.  With their last one the user leaves, which is shown as a L{Quit}.

    @ivar session: the session's id.
    @ivar node: the id of the node that held its connection.
    @ivar reason: why, for those who see the user leave.
    """

    session: str
    node: str
    reason: str


class Quit(Event, frozen=True, gc=False):
    """
    A user left, for C{reason}.  Audiences are told this when a user's last session ends (L{SessionEnded}); journals of
    earlier versions hold it as an event of its own.
    """

    reason: str


class Renamed(Event, frozen=True, gc=False):
    """A user, C{source.nick} until now, is called C{nick}."""

    nick: str


class AwaySet(Event, frozen=True, gc=False):
    """A user is away with C{message}, or back where it is C{None}."""

    message: str | None


class RealnameSet(Event, frozen=True, gc=False):
    """A user changed their realname."""

    realname: str


class HostSet(Event, frozen=True, gc=False):
    """A user is shown with another username and host from now on."""

    username: str
    host: str


class AccountSet(Event, frozen=True, gc=False):
    """A user logged in to an account, or out where it is C{None}."""

    account: str | None


class UserModesSet(Event, frozen=True, gc=False):
    """
    A user's own modes were changed.

    @ivar added: letters, of L{twistchat.chat.model.usermodes.SETTABLE}.
    @ivar removed: letters.
    """

    added: str
    removed: str


class OperatorSet(Event, frozen=True, gc=False):
    """
    A user became an operator of the server, or is none any more.

    @ivar title: what they are, for those who ask; C{None} where they are none.
    @ivar privileges: what they may do: members of L{twistchat.chat.model.privileges.PRIVILEGES}.
    """

    title: str | None
    privileges: frozenset[str] = frozenset()


class Killed(Event, frozen=True, gc=False):
    """A user was disconnected by an operator of the server."""

    killed: Source
    reason: str


class Announced(Event, frozen=True, gc=False):
    """Something was said to everyone who listens for it (IRC's WALLOPS)."""

    text: str


class ServerBanSet(Event, frozen=True, gc=False):
    """
    Someone is kept from the server.

    @ivar mask: C{nick!user@host}; or, where there is no C{!} in it, an IP network in CIDR notation.
    @ivar reason: why, for whom it meets.
    @ivar until: when it ends, in milliseconds since the epoch; C{None} for never.
    """

    durable: ClassVar[bool] = True
    mask: str
    reason: str
    until: int | None = None


class ServerBanLifted(Event, frozen=True, gc=False):
    """A ban from the server ended before its time."""

    durable: ClassVar[bool] = True
    mask: str


class PrivateMessage(Event, frozen=True, gc=False):
    """
    A private text from one user to another.

    @ivar session: the id of the session that sent it, which hears it again only where it asked for its echo.
    @ivar recipient: whom it is for, named as they were then.
    @ivar cuts: where the sender cut its long lines; empty for nearly every text.
    """

    durable: ClassVar[bool] = True
    session: str
    recipient: Source
    text: str
    kind: Kind = "message"
    tags: Tags = ()
    cuts: Cuts = ()


class PrivateTagMessage(Event, frozen=True, gc=False):
    """
    Tags without a text, from one user to another (IRC's TAGMSG): that they are typing, say.

    @ivar session: as L{PrivateMessage} has it.
    """

    session: str
    recipient: Source
    tags: Tags


class PrivateMessageRedacted(Event, frozen=True, gc=False):
    """
    A private text was taken back.

    @ivar recipient: whom it was for, or who had written it.
    @ivar sequence: the sequence number of its entry, which the journal no longer has.
    @ivar msgid: its id for clients.
    """

    durable: ClassVar[bool] = True
    recipient: Source
    sequence: int
    msgid: str
    reason: str = ""


class Invited(Event, frozen=True, gc=False):
    """A user was invited into a room; they may pass its locks once."""

    room: str
    invitee: Source


class RoomEvent(Event, frozen=True, gc=False):
    """
    Something that happened in a room, for those in it.

    @ivar room: the room's name in its display form.
    """

    room: str


class RoomMessage(RoomEvent, frozen=True, gc=False):
    """
    A text said in a room.

    @ivar session: the id of the session that sent it, which hears it again only where it asked for its echo.
    @ivar rank: the letter of the rank from which on one hears it (IRC's STATUSMSG); empty where all do.
    @ivar tags: its client-only tags.
    @ivar cuts: as L{PrivateMessage} has it.
    """

    durable: ClassVar[bool] = True
    session: str
    text: str
    kind: Kind = "message"
    rank: str = ""
    tags: Tags = ()
    cuts: Cuts = ()


class RoomTagMessage(RoomEvent, frozen=True, gc=False):
    """
    Tags without a text, for those in a room (IRC's TAGMSG): that someone is typing, say.

    @ivar session: as L{RoomMessage} has it.
    @ivar rank: as L{RoomMessage} has it.
    """

    session: str
    tags: Tags
    rank: str = ""


class RoomMessageRedacted(RoomEvent, frozen=True, gc=False):
    """
    A text was taken back.

    @ivar sequence: the sequence number of its entry, which the journal no longer has.
    @ivar msgid: its id for clients.
    """

    durable: ClassVar[bool] = True
    sequence: int
    msgid: str
    reason: str = ""


class RoomRenamed(RoomEvent, frozen=True, gc=False):
    """
    A room, C{room} until now, is called C{name}; its history goes with it.

    @ivar reason: why; may be empty.
    """

    durable: ClassVar[bool] = True
    name: str
    reason: str = ""


class Joined(RoomEvent, frozen=True, gc=False):
    """
    A user came into a room, which begins with its first member.

    @ivar away: why they are away, or C{None}.
    @ivar ranks: the ranks that they have there, which is found out when the event is applied: empty until then.
    @ivar first: whether they are the only one there; likewise.
    """

    away: str | None = None
    ranks: str = ""
    first: bool = False


class Parted(RoomEvent, frozen=True, gc=False):
    """A user left a room, for C{reason} (which may be empty)."""

    reason: str


class Kicked(RoomEvent, frozen=True, gc=False):
    """A user was put out of a room by an operator."""

    kicked: Source
    reason: str


class TopicSet(RoomEvent, frozen=True, gc=False):
    """A room's topic was set, or cleared where it is empty."""

    durable: ClassVar[bool] = True
    topic: str


class ModeChange(Struct, frozen=True, gc=False, omit_defaults=True):
    """
    One change of a room's modes.

    @ivar adding: whether the mode is set (C{+}) or taken away (C{-}).
    @ivar letter: the mode's letter, a key of L{twistchat.chat.model.modes.ROOM_MODES}.
    @ivar parameter: the mode's parameter in its normal form (a nick for a rank), or C{None}.
    @ivar subject: for a rank, the one who gains or loses it; C{None} for every other mode.
    """

    adding: bool
    letter: str
    parameter: str | None = None
    subject: Source | None = None


class ModesSet(RoomEvent, frozen=True, gc=False):
    """
    A room's modes, lists or ranks were changed, in this order.

    Its source is L{SERVER} where an empty room lost its locks, or the rank of its last operator passed to another.
    """

    durable: ClassVar[bool] = True
    changes: tuple[ModeChange, ...]


class Entry(Struct, frozen=True, gc=False):
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
