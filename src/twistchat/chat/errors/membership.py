"""Errors about joining rooms, and about being a member."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from twistchat.chat.errors.general import ChatError
from twistchat.chat.phrasing import counted


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
    """The asker invites C{nick}, who is already in C{room}."""

    code = "ALREADY_IN_ROOM"
    wording = "{nick} is in {room} already"
    nick: str
    room: str


@dataclass
class TooManyRooms(ChatError):
    """The asker is in C{limit} rooms, which is the limit."""

    code = "TOO_MANY_ROOMS"
    limit: int

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"You are in {counted(self.limit, 'room')}, and can be in no more"


@dataclass
class RoomTooFast(ChatError):
    """Too many users join C{room} at once.  It accepts another join in C{wait} seconds."""

    code = "ROOM_TOO_FAST"
    room: str
    wait: float

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"Too many are joining {self.room} just now; try again in {ceil(self.wait)} s"


@dataclass
class Banned(ChatError):
    """A ban of C{room} prevents the asker from joining, or from speaking."""

    code = "BANNED"
    wording = "A ban keeps you out of {room}, or silent in it"
    room: str


@dataclass
class InviteOnly(ChatError):
    """Only invited users can join C{room}."""

    code = "INVITE_ONLY"
    wording = "Only those who were invited come into {room}"
    room: str


@dataclass
class BadKey(ChatError):
    """C{room} has a key.  The asker gave a wrong one, or none at all (C{given} is false)."""

    code = "BAD_KEY"
    room: str
    given: bool

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"That is not the key of {self.room}" if self.given else f"{self.room} needs a key"


@dataclass
class RoomFull(ChatError):
    """C{room} has C{limit} members, which is its limit."""

    code = "ROOM_FULL"
    wording = "{room} is full: it takes {limit}"
    room: str
    limit: int


@dataclass
class RegisteredOnly(ChatError):
    """Only users who are logged in to an account can join C{room}."""

    code = "REGISTERED_ONLY"
    wording = "Only those with an account come into {room}"
    room: str


@dataclass
class SecureOnly(ChatError):
    """Only users with encrypted connections can join C{room}."""

    code = "SECURE_ONLY"
    wording = "Only those with encrypted connections come into {room}"
    room: str


@dataclass
class OperatorsOnly(ChatError):
    """Only server operators can join C{room}."""

    code = "OPERATORS_ONLY"
    wording = "Only operators of the server come into {room}"
    room: str


@dataclass
class Forwarded(ChatError):
    """C{room} refuses the asker with the error C{why}.  They can try to join the room C{to} instead."""

    code = "FORWARDED"
    room: str
    to: str
    why: ChatError

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"{self.why.text}.  You may join {self.to} instead"
