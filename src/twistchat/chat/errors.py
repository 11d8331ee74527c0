"""
What the chat refuses, and why: one class a reason, with the facts as fields.

Each class has a code, which never changes, and a plain text.  A protocol that can word an error better does so (a
numeric, advice for a person), and a test of that protocol checks that no error is forgotten; a protocol without words
of its own shows the code and the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import ClassVar


class ChatError(Exception):
    """
    A verb was refused.  Nothing has changed, and nobody but the asker knows.

    @cvar code: names the error for programs, as the codes of standard replies do (IRCv3 standard-replies); unique.
    @cvar wording: the text, with the names of fields in braces.
    """

    code: ClassVar[str] = "REFUSED"
    wording: ClassVar[str] = "That was refused"

    @property
    def text(self) -> str:
        """What is wrong, for people: a sentence in plain English without its full stop."""
        return self.wording.format_map(vars(self))


@dataclass
class NotEntered(ChatError):
    """The asker has not come in yet."""

    code = "NOT_ENTERED"
    wording = "You have no name yet"


# Names


@dataclass
class BadNick(ChatError):
    """C{nick} cannot be a nick; C{why} ends the sentence "the nick …"."""

    code = "BAD_NICK"
    wording = "The nick {nick} {why}"
    nick: str
    why: str


@dataclass
class NickInUse(ChatError):
    """C{nick} is taken; by C{holder}, which is another spelling or a look-alike where it differs."""

    code = "NICK_IN_USE"
    nick: str
    holder: str

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        if self.nick == self.holder:
            return f"The nick {self.nick} is in use"
        return f"The nick {self.nick} looks like {self.holder}, which is in use"


@dataclass
class NickReserved(ChatError):
    """C{nick} is the name of a service or of a server."""

    code = "NICK_RESERVED"
    wording = "The nick {nick} is reserved"
    nick: str


@dataclass
class NoSuchNick(ChatError):
    """Nobody is called C{nick}."""

    code = "NO_SUCH_NICK"
    wording = "Nobody here is called {nick}"
    nick: str


@dataclass
class BadRoomName(ChatError):
    """C{room} cannot be the name of a room; C{why} ends the sentence "the room name …"."""

    code = "BAD_ROOM_NAME"
    wording = "The room name {room} {why}"
    room: str
    why: str


@dataclass
class RoomLookalike(ChatError):
    """C{room} would look like the room C{existing}, which is another."""

    code = "ROOM_LOOKALIKE"
    wording = "{room} looks like the room {existing}"
    room: str
    existing: str


@dataclass
class NoSuchRoom(ChatError):
    """There is no room C{room}."""

    code = "NO_SUCH_ROOM"
    wording = "There is no room {room}"
    room: str


# Membership


@dataclass
class NotInRoom(ChatError):
    """The asker is not in C{room}."""

    code = "NOT_IN_ROOM"
    wording = "You are not in {room}"
    room: str


@dataclass
class TargetNotInRoom(ChatError):
    """C{nick} is not in C{room}."""

    code = "TARGET_NOT_IN_ROOM"
    wording = "{nick} is not in {room}"
    nick: str
    room: str


@dataclass
class AlreadyInRoom(ChatError):
    """C{nick}, whom the asker would invite, is in C{room}."""

    code = "ALREADY_IN_ROOM"
    wording = "{nick} is in {room} already"
    nick: str
    room: str


@dataclass
class TooManyRooms(ChatError):
    """The asker is in C{limit} rooms and can be in no more."""

    code = "TOO_MANY_ROOMS"
    limit: int

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"You are in {_counted(self.limit, 'room')}, and can be in no more"


# Locks on a room


@dataclass
class Banned(ChatError):
    """A ban of C{room} keeps the asker out, or silent."""

    code = "BANNED"
    wording = "A ban keeps you out of {room}, or silent in it"
    room: str


@dataclass
class InviteOnly(ChatError):
    """C{room} lets only those in who were invited."""

    code = "INVITE_ONLY"
    wording = "Only those who were invited come into {room}"
    room: str


@dataclass
class BadKey(ChatError):
    """C{room} has a key, and this is not it; or none was C{given}."""

    code = "BAD_KEY"
    room: str
    given: bool

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"That is not the key of {self.room}" if self.given else f"{self.room} needs a key"


@dataclass
class RoomFull(ChatError):
    """C{room} has its C{limit} of members."""

    code = "ROOM_FULL"
    wording = "{room} is full: it takes {limit}"
    room: str
    limit: int


@dataclass
class CannotSpeak(ChatError):
    """C{room} is moderated, or takes nothing from outside, and the asker has no voice in it."""

    code = "CANNOT_SPEAK"
    wording = "Only those with a voice may speak in {room}"
    room: str


@dataclass
class RegisteredOnly(ChatError):
    """C{room} lets only those in who are logged in to an account."""

    code = "REGISTERED_ONLY"
    wording = "Only those with an account come into {room}"
    room: str


@dataclass
class SecureOnly(ChatError):
    """C{room} lets only those in whose connections are encrypted."""

    code = "SECURE_ONLY"
    wording = "Only those with encrypted connections come into {room}"
    room: str


@dataclass
class OperatorsOnly(ChatError):
    """C{room} lets only operators of the server in."""

    code = "OPERATORS_ONLY"
    wording = "Only operators of the server come into {room}"
    room: str


@dataclass
class LobbyLock(ChatError):
    """Mode C{letter} keeps people out of the lobby, C{room}: it is for operators of the server."""

    code = "LOBBY_LOCK"
    wording = "Only operators of the server set or lift mode {letter} in {room}"
    room: str
    letter: str


@dataclass
class Forwarded(ChatError):
    """C{room} does not let the asker in, for C{why}, and sends them to the room C{to}, which they are to ask for."""

    code = "FORWARDED"
    room: str
    to: str
    why: ChatError

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"{self.why.text}.  You may join {self.to} instead"


# What a room or a user does not let through


@dataclass
class TextBlocked(ChatError):
    """Mode C{letter} of C{room} does not let this text through; C{why} ends the sentence "no texts …"."""

    code = "TEXT_BLOCKED"
    wording = "{room} takes no texts {why} (mode {letter})"
    room: str
    letter: str
    why: str


@dataclass
class NickFixed(ChatError):
    """C{room}, where the asker is, lets nobody change their nick."""

    code = "NICK_FIXED"
    wording = "Nobody changes their nick in {room}"
    room: str


@dataclass
class TextRefused(ChatError):
    """C{nick} does not take this; C{why} ends the sentence "they take no texts …"."""

    code = "TEXT_REFUSED"
    wording = "{nick} takes no texts {why}"
    nick: str
    why: str


# Rank and modes


@dataclass
class NotOperator(ChatError):
    """The asker's rank in C{room} does not reach for this."""

    code = "NOT_OPERATOR"
    wording = "You need to be an operator of {room} for that"
    room: str


@dataclass
class UnknownMode(ChatError):
    """There is no room mode C{letter}."""

    code = "UNKNOWN_MODE"
    wording = "There is no mode {letter}"
    letter: str


@dataclass
class BadModeParameter(ChatError):
    """
    Mode C{letter} wants a parameter and had none, or C{parameter} is none for it; C{why} says what would be.  Where
    there was none, C{sign} says whether the mode was to be set (C{"+"}) or lifted (C{"-"}).
    """

    code = "BAD_MODE_PARAMETER"
    letter: str
    parameter: str | None
    why: str
    sign: str = "+"

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        if self.parameter is None:
            return f"Mode {self.letter} needs {self.why}"
        return f"Mode {self.letter} wants {self.why}, and found {self.parameter}"


@dataclass
class ListFull(ChatError):
    """C{room}'s list C{letter} holds C{limit} masks and takes no more."""

    code = "LIST_FULL"
    wording = "The list {letter} of {room} is full: it takes {limit}"
    room: str
    letter: str
    limit: int


@dataclass
class UnknownUserMode(ChatError):
    """There is no user mode C{letter}, or nobody sets it for themselves."""

    code = "UNKNOWN_USER_MODE"
    wording = "There is no user mode {letter} that you could change"
    letter: str


# Operators of the server


@dataclass
class NotPrivileged(ChatError):
    """
    This is for operators of the server who have C{privilege}, one of L{twistchat.chat.model.privileges.PRIVILEGES}.
    """

    code = "NOT_PRIVILEGED"
    wording = "That is for operators of the server with the privilege {privilege}"
    privilege: str


@dataclass
class BadServerBan(ChatError):
    """C{mask} cannot be banned from the server; C{why} says what could be."""

    code = "BAD_MASK"
    wording = "The mask {mask} cannot be banned from the server: {why}"
    mask: str
    why: str


@dataclass
class NoSuchServerBan(ChatError):
    """There is no ban from the server on C{mask}."""

    code = "NO_SUCH_BAN"
    wording = "There is no ban from the server on {mask}"
    mask: str


@dataclass
class ServerBanned(ChatError):
    """The asker is banned from the server, for C{reason}, until C{until} (milliseconds since the epoch, or never)."""

    code = "SERVER_BANNED"
    wording = "You are banned from this server ({reason})"
    reason: str
    until: int | None


# Watching, renaming, taking back


@dataclass
class WatchListFull(ChatError):
    """The asker watches C{limit} nicks and can watch no more; C{refused} are those that were asked for in vain."""

    code = "WATCH_LIST_FULL"
    limit: int
    refused: tuple[str, ...]

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"You watch {_counted(self.limit, 'nick')}, and can watch no more: not {', '.join(self.refused)}"


@dataclass
class RoomNameInUse(ChatError):
    """There is a room C{room} already."""

    code = "ROOM_NAME_IN_USE"
    wording = "There is a room {room} already"
    room: str


@dataclass
class NoSuchText(ChatError):
    """There is no text C{msgid} in the conversation C{target}, or none any more."""

    code = "UNKNOWN_MSGID"
    wording = "There is no text {msgid} in {target}, or none any more"
    target: str
    msgid: str


@dataclass
class NotYours(ChatError):
    """The text C{msgid} in C{target} is not the asker's to take back."""

    code = "REDACT_FORBIDDEN"
    wording = "The text {msgid} in {target} is not yours to take back"
    target: str
    msgid: str


# Texts and rates


@dataclass
class NothingSaid(ChatError):
    """The text is empty."""

    code = "NOTHING_SAID"
    wording = "There is nothing to say in that line"


@dataclass
class TooLong(ChatError):
    """C{what} has C{length} of C{unit} ("bytes", "characters"), over its C{limit}."""

    code = "TOO_LONG"
    what: str
    length: int
    limit: int
    unit: str = "characters"

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"{_sentence(self.what)} is too long: it has {self.length} {self.unit}, and {self.limit} fit"


@dataclass
class BadText(ChatError):
    """C{what} holds C{character}, which has no place in it: CR, LF or NUL."""

    code = "BAD_TEXT"
    what: str
    character: str

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"{_sentence(self.what)} has U+{ord(self.character):04X} in it"


@dataclass
class TooFast(ChatError):
    """The asker does C{what} ("join rooms") too often; C{wait} seconds from now it will be taken."""

    code = "TOO_FAST"
    what: str
    wait: float

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"You {self.what} too fast; try again in {ceil(self.wait)} s"


@dataclass
class RoomTooFast(ChatError):
    """C{room} takes no more joins just now; C{wait} seconds from now it will."""

    code = "ROOM_TOO_FAST"
    room: str
    wait: float

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"Too many are joining {self.room} just now; try again in {ceil(self.wait)} s"


# The server's own


@dataclass
class NotStored(ChatError):
    """The journal could not keep the event; C{why} says what is wrong with it."""

    code = "NOT_STORED"
    wording = "That was not taken, and nobody has seen it: {why}"
    why: str


@dataclass
class NotRead(ChatError):
    """The journal could not be read; C{why} says what is wrong with it."""

    code = "NOT_READ"
    wording = "What was said before cannot be read just now: {why}"
    why: str


@dataclass
class Overloaded(ChatError):
    """The server has more C{what} ("passwords to check") than it takes at once."""

    code = "OVERLOADED"
    wording = "The server has too many {what} just now"
    what: str


LIMITS_REACHED = (TooManyRooms, RoomFull, ListFull, WatchListFull, TooLong, TooFast, RoomTooFast, Overloaded)
"""The errors that say that a limit refuses what was asked for."""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _sentence(what: str) -> str:
    return what[:1].upper() + what[1:]
