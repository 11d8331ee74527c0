"""
The events of the chat, as frozen values, and the entries that the journal makes of them.

An event names its author as a L{Source}: the user's names at the time of the event.  So an entry can be read years
later without the user's current names.  To apply an event, find the user by the source's C{uid}, which never changes.

The journal stores durable events (messages, topics, modes and ranks).  Passing events (joins, quits, away) have a place
in the order; the journal stores them only if it is configured to keep them for playback.

A text may have several lines, with LF between them.  No other field of an event contains line breaks.
"""

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


class Entered(Event, frozen=True, gc=False):
    """
    A user entered the chat under C{source.nick}.

    @ivar session: the id of their first session.
    @ivar modes: the letters of their initial user modes.
    @ivar node: the id of the node that holds the session's connection.
    """

    session: str
    modes: str = ""
    node: str = ""


class SessionStarted(Event, frozen=True, gc=False):
    """
    A user who is already here got another session.

    @ivar session: the session's id.
    @ivar node: the id of the node that holds its connection.
    """

    session: str
    node: str = ""


class SessionEnded(Event, frozen=True, gc=False):
    """
    A user's session ended.  If it was the last one, the user leaves, and audiences see a L{Quit}.

    @ivar session: the session's id.
    @ivar node: the id of the node that held its connection.
    @ivar reason: the quit message.
    """

    session: str
    node: str
    reason: str


class Quit(Event, frozen=True, gc=False):
    """
    A user left, with the quit message C{reason}.  Audiences get this event when a user's last session ends
    (L{SessionEnded}).  Journals of earlier versions contain it as an event of its own.
    """

    reason: str


class Renamed(Event, frozen=True, gc=False):
    """A user changed their nick from C{source.nick} to C{nick}."""

    nick: str


class AwaySet(Event, frozen=True, gc=False):
    """A user went away with C{message}, or came back if it is C{None}."""

    message: str | None


class RealnameSet(Event, frozen=True, gc=False):
    """A user changed their realname."""

    realname: str


class HostSet(Event, frozen=True, gc=False):
    """The username and host of a user changed."""

    username: str
    host: str


class AccountSet(Event, frozen=True, gc=False):
    """A user logged in to an account, or out if it is C{None}."""

    account: str | None


class UserModesSet(Event, frozen=True, gc=False):
    """
    A user's modes were changed.

    @ivar added: the letters of modes that were set, from L{twistchat.chat.model.modes.user.SETTABLE}.
    @ivar removed: the letters of modes that were unset.
    """

    added: str
    removed: str


class OperatorSet(Event, frozen=True, gc=False):
    """
    A user became a server operator, or is no longer one.

    @ivar title: a description of the operator, as shown in WHOIS; C{None} if they are no longer one.
    @ivar privileges: members of L{twistchat.chat.model.users.PRIVILEGES}.
    """

    title: str | None
    privileges: frozenset[str] = frozenset()


class Killed(Event, frozen=True, gc=False):
    """A server operator disconnected a user."""

    killed: Source
    reason: str


class Announced(Event, frozen=True, gc=False):
    """A server operator sent a text to all users who want such texts (IRC's WALLOPS)."""

    text: str


class ServerBanSet(Event, frozen=True, gc=False):
    """
    A mask was banned from the server.

    @ivar mask: C{nick!user@host}; or, without a C{!}, an IP network in CIDR notation.
    @ivar reason: the reason, which banned clients are sent.
    @ivar until: the end of the ban, in milliseconds since the epoch; C{None} if it is permanent.
    """

    durable: ClassVar[bool] = True
    mask: str
    reason: str
    until: int | None = None


class ServerBanLifted(Event, frozen=True, gc=False):
    """A ban from the server was lifted."""

    durable: ClassVar[bool] = True
    mask: str


class PrivateMessage(Event, frozen=True, gc=False):
    """
    A private text from one user to another.

    @ivar session: the id of the session that sent it, which gets it only if it asked for its echo.
    @ivar recipient: the names of the recipient at that time.
    @ivar cuts: the places where the sender split long lines; usually empty.
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
    Tags without a text, from one user to another (IRC's TAGMSG), such as a typing notification.

    @ivar session: see L{PrivateMessage}.
    """

    session: str
    recipient: Source
    tags: Tags


class PrivateMessageRedacted(Event, frozen=True, gc=False):
    """
    A private text was redacted.

    @ivar recipient: the other user of the conversation: the recipient of the text, or its author.
    @ivar sequence: the sequence number of the text's entry, which the journal has deleted.
    @ivar msgid: the message id of the text.
    """

    durable: ClassVar[bool] = True
    recipient: Source
    sequence: int
    msgid: str
    reason: str = ""


class Invited(Event, frozen=True, gc=False):
    """A user was invited to a room.  The invitation overrides the room's locks once."""

    room: str
    invitee: Source


class RoomEvent(Event, frozen=True, gc=False):
    """
    Something that happened in a room.

    @ivar room: the room's name in its display form.
    """

    room: str


class RoomMessage(RoomEvent, frozen=True, gc=False):
    """
    A text to a room.

    @ivar session: the id of the session that sent it, which gets it only if it asked for its echo.
    @ivar rank: the letter of the lowest rank that gets it (IRC's STATUSMSG); empty for all members.
    @ivar tags: its client-only tags.
    @ivar cuts: see L{PrivateMessage}.
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
    Tags without a text, to a room (IRC's TAGMSG), such as a typing notification.

    @ivar session: see L{RoomMessage}.
    @ivar rank: see L{RoomMessage}.
    """

    session: str
    tags: Tags
    rank: str = ""


class RoomMessageRedacted(RoomEvent, frozen=True, gc=False):
    """
    A text in a room was redacted.

    @ivar sequence: the sequence number of the text's entry, which the journal has deleted.
    @ivar msgid: the message id of the text.
    """

    durable: ClassVar[bool] = True
    sequence: int
    msgid: str
    reason: str = ""


class RoomRenamed(RoomEvent, frozen=True, gc=False):
    """
    A room was renamed from C{room} to C{name}.  Its history stays with it.

    @ivar reason: the reason; may be empty.
    """

    durable: ClassVar[bool] = True
    name: str
    reason: str = ""


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


class Entry(Struct, frozen=True, gc=False):
    """
    An event with the stamp of the journal.

    @ivar sequence: its place in the order of all events.  It strictly increases, not always by one.
    @ivar msgid: its id for clients (IRCv3 message-ids), unique across restarts.
    @ivar time: its time in milliseconds since the epoch, UTC.  It never decreases.
    @ivar event: the event.
    """

    sequence: int
    msgid: str
    time: int
    event: Event
