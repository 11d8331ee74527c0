"""
The errors of the chat: one class for each reason why a verb is refused, with the facts as fields.

Each class has a code, which never changes, and a text in plain English.  A protocol replaces the texts that it can word
better (a numeric, advice for a person); a test of that protocol checks that it covers every error.  A protocol without
texts of its own shows the code and the text.
"""

from twistchat.chat.errors.general import ChatError, NotEntered, NotRead, NotStored, Overloaded, TooFast, WatchListFull
from twistchat.chat.errors.membership import (
    AlreadyInRoom,
    BadKey,
    Banned,
    Forwarded,
    InviteOnly,
    NotInRoom,
    OperatorsOnly,
    RegisteredOnly,
    RoomFull,
    RoomTooFast,
    SecureOnly,
    TargetNotInRoom,
    TooManyRooms,
)
from twistchat.chat.errors.modes import BadModeParameter, ListFull, LobbyLock, NotOperator, UnknownMode, UnknownUserMode
from twistchat.chat.errors.names import (
    BadNick,
    BadRoomName,
    NickFixed,
    NickInUse,
    NickReserved,
    NoSuchNick,
    NoSuchRoom,
    RoomLookalike,
    RoomNameInUse,
)
from twistchat.chat.errors.operators import BadServerBan, NoSuchServerBan, NotPrivileged, ServerBanned
from twistchat.chat.errors.texts import (
    BadText,
    CannotSpeak,
    NoSuchText,
    NothingSaid,
    NotYours,
    TextBlocked,
    TextRefused,
    TooLong,
)

LIMITS_REACHED = (TooManyRooms, RoomFull, ListFull, WatchListFull, TooLong, TooFast, RoomTooFast, Overloaded)
"""The errors that report that a limit was reached."""

__all__ = [
    "LIMITS_REACHED",
    "AlreadyInRoom",
    "BadKey",
    "BadModeParameter",
    "BadNick",
    "BadRoomName",
    "BadServerBan",
    "BadText",
    "Banned",
    "CannotSpeak",
    "ChatError",
    "Forwarded",
    "InviteOnly",
    "ListFull",
    "LobbyLock",
    "NickFixed",
    "NickInUse",
    "NickReserved",
    "NoSuchNick",
    "NoSuchRoom",
    "NoSuchServerBan",
    "NoSuchText",
    "NotEntered",
    "NotInRoom",
    "NotOperator",
    "NotPrivileged",
    "NotRead",
    "NotStored",
    "NotYours",
    "NothingSaid",
    "OperatorsOnly",
    "Overloaded",
    "RegisteredOnly",
    "RoomFull",
    "RoomLookalike",
    "RoomNameInUse",
    "RoomTooFast",
    "SecureOnly",
    "ServerBanned",
    "TargetNotInRoom",
    "TextBlocked",
    "TextRefused",
    "TooFast",
    "TooLong",
    "TooManyRooms",
    "UnknownMode",
    "UnknownUserMode",
    "WatchListFull",
]
