"""
What the chat refuses, and why: one class a reason, with the facts as fields.

The core words nothing.  Each door has its own words (a numeric, a line that begins with C{!}) for each class, and a
test of that door holds that it has them for all.
"""

from __future__ import annotations

from dataclasses import dataclass


class ChatError(Exception):
    """A verb was refused.  Nothing has changed, and nobody but the asker knows."""


@dataclass
class NotEntered(ChatError):
    """The asker has not come in yet."""


# Names


@dataclass
class BadNick(ChatError):
    """C{nick} cannot be a nick; C{why} ends the sentence "the nick …"."""

    nick: str
    why: str


@dataclass
class NickInUse(ChatError):
    """C{nick} is taken; by C{holder}, which is another spelling or a look-alike where it differs."""

    nick: str
    holder: str


@dataclass
class NickReserved(ChatError):
    """C{nick} is the name of a service or of a server."""

    nick: str


@dataclass
class NoSuchNick(ChatError):
    """Nobody is called C{nick}."""

    nick: str


@dataclass
class BadRoomName(ChatError):
    """C{room} cannot be the name of a room; C{why} ends the sentence "the room name …"."""

    room: str
    why: str


@dataclass
class RoomLookalike(ChatError):
    """C{room} would look like the room C{existing}, which is another."""

    room: str
    existing: str


@dataclass
class NoSuchRoom(ChatError):
    """There is no room C{room}."""

    room: str


# Membership


@dataclass
class NotInRoom(ChatError):
    """The asker is not in C{room}."""

    room: str


@dataclass
class TargetNotInRoom(ChatError):
    """C{nick} is not in C{room}."""

    nick: str
    room: str


@dataclass
class AlreadyInRoom(ChatError):
    """C{nick}, whom the asker would invite, is in C{room}."""

    nick: str
    room: str


@dataclass
class TooManyRooms(ChatError):
    """The asker is in C{limit} rooms and can be in no more."""

    limit: int


# Locks on a room


@dataclass
class Banned(ChatError):
    """A ban of C{room} keeps the asker out, or silent."""

    room: str


@dataclass
class InviteOnly(ChatError):
    """C{room} lets only those in who were invited."""

    room: str


@dataclass
class BadKey(ChatError):
    """C{room} has a key, and this is not it; or none was C{given}."""

    room: str
    given: bool


@dataclass
class RoomFull(ChatError):
    """C{room} has its C{limit} of members."""

    room: str
    limit: int


@dataclass
class CannotSpeak(ChatError):
    """C{room} is moderated, or takes nothing from outside, and the asker has no voice in it."""

    room: str


@dataclass
class RegisteredOnly(ChatError):
    """C{room} lets only those in who are logged in to an account."""

    room: str


@dataclass
class SecureOnly(ChatError):
    """C{room} lets only those in whose connections are encrypted."""

    room: str


@dataclass
class OperatorsOnly(ChatError):
    """C{room} lets only operators of the server in."""

    room: str


@dataclass
class LobbyLock(ChatError):
    """Mode C{letter} keeps people out of the lobby, C{room}: it is for operators of the server."""

    room: str
    letter: str


@dataclass
class Forwarded(ChatError):
    """C{room} does not let the asker in, for C{why}, and sends them to the room C{to}, which they are to ask for."""

    room: str
    to: str
    why: ChatError


# What a room or a user does not let through


@dataclass
class TextBlocked(ChatError):
    """Mode C{letter} of C{room} does not let this text through; C{why} ends the sentence "no texts …"."""

    room: str
    letter: str
    why: str


@dataclass
class NickFixed(ChatError):
    """C{room}, where the asker is, lets nobody change their nick."""

    room: str


@dataclass
class TextRefused(ChatError):
    """C{nick} does not take this; C{why} ends the sentence "they take no texts …"."""

    nick: str
    why: str


# Rank and modes


@dataclass
class NotOperator(ChatError):
    """The asker's rank in C{room} does not reach for this."""

    room: str


@dataclass
class UnknownMode(ChatError):
    """There is no room mode C{letter}."""

    letter: str


@dataclass
class BadModeParameter(ChatError):
    """
    Mode C{letter} wants a parameter and had none, or C{parameter} is none for it; C{why} says what would be.  Where
    there was none, C{sign} says whether the mode was to be set (C{"+"}) or lifted (C{"-"}).
    """

    letter: str
    parameter: str | None
    why: str
    sign: str = "+"


@dataclass
class ListFull(ChatError):
    """C{room}'s list C{letter} holds C{limit} masks and takes no more."""

    room: str
    letter: str
    limit: int


@dataclass
class UnknownUserMode(ChatError):
    """There is no user mode C{letter}, or nobody sets it for themselves."""

    letter: str


# Operators of the server


@dataclass
class NotPrivileged(ChatError):
    """
    This is for operators of the server who have C{privilege}, one of L{twistchat.chat.model.privileges.PRIVILEGES}.
    """

    privilege: str


@dataclass
class BadServerBan(ChatError):
    """C{mask} cannot be banned from the server; C{why} says what could be."""

    mask: str
    why: str


@dataclass
class NoSuchServerBan(ChatError):
    """There is no ban from the server on C{mask}."""

    mask: str


@dataclass
class ServerBanned(ChatError):
    """The asker is banned from the server, for C{reason}, until C{until} (milliseconds since the epoch, or never)."""

    reason: str
    until: int | None


# Watching, renaming, taking back


@dataclass
class WatchListFull(ChatError):
    """The asker watches C{limit} nicks and can watch no more; C{refused} are those that were asked for in vain."""

    limit: int
    refused: tuple[str, ...]


@dataclass
class RoomNameInUse(ChatError):
    """There is a room C{room} already."""

    room: str


@dataclass
class NoSuchText(ChatError):
    """There is no text C{msgid} in the conversation C{target}, or none any more."""

    target: str
    msgid: str


@dataclass
class NotYours(ChatError):
    """The text C{msgid} in C{target} is not the asker's to take back."""

    target: str
    msgid: str


# Texts and rates


@dataclass
class NothingSaid(ChatError):
    """The text is empty."""


@dataclass
class TooLong(ChatError):
    """C{what} has C{length} of C{unit} ("bytes", "characters"), over its C{limit}."""

    what: str
    length: int
    limit: int
    unit: str = "characters"


@dataclass
class BadText(ChatError):
    """C{what} holds C{character}, which has no place in it: CR, LF or NUL."""

    what: str
    character: str


@dataclass
class TooFast(ChatError):
    """The asker does C{what} ("join rooms") too often; C{wait} seconds from now it will be taken."""

    what: str
    wait: float


@dataclass
class RoomTooFast(ChatError):
    """C{room} takes no more joins just now; C{wait} seconds from now it will."""

    room: str
    wait: float


# The server's own


@dataclass
class NotStored(ChatError):
    """The journal could not keep the event; C{why} says what is wrong with it."""

    why: str


@dataclass
class NotRead(ChatError):
    """The journal could not be read; C{why} says what is wrong with it."""

    why: str


@dataclass
class Overloaded(ChatError):
    """The server has more C{what} ("passwords to check") than it takes at once."""

    what: str


LIMITS_REACHED = (TooManyRooms, RoomFull, ListFull, WatchListFull, TooLong, TooFast, RoomTooFast, Overloaded)
"""The errors that say that a limit refuses what was asked for."""
