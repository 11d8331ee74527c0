"""Errors about nicks and the names of rooms."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.errors.general import ChatError


@dataclass
class BadNick(ChatError):
    """C{nick} cannot be a nick; C{why} ends the sentence "the nick …"."""

    code = "BAD_NICK"
    wording = "The nick {nick} {why}"
    nick: str
    why: str


@dataclass
class NickInUse(ChatError):
    """C{nick} is in use, or looks like a nick that is.  C{holder} is the nick of the user who has it."""

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
class NickFixed(ChatError):
    """The asker is in C{room}, whose members cannot change their nicks."""

    code = "NICK_FIXED"
    wording = "Nobody changes their nick in {room}"
    room: str


@dataclass
class NoSuchNick(ChatError):
    """No user has the nick C{nick}."""

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
    """C{room} looks like the name of another room, C{existing}."""

    code = "ROOM_LOOKALIKE"
    wording = "{room} looks like the room {existing}"
    room: str
    existing: str


@dataclass
class RoomNameInUse(ChatError):
    """The room C{room} already exists."""

    code = "ROOM_NAME_IN_USE"
    wording = "There is a room {room} already"
    room: str


@dataclass
class NoSuchRoom(ChatError):
    """There is no room C{room}."""

    code = "NO_SUCH_ROOM"
    wording = "There is no room {room}"
    room: str
