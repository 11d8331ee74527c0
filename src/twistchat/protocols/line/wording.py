"""What the line door says when the chat refuses: what was wrong, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from typing import Any

from twistchat.chat import errors
from twistchat.chat.model.texts import counted

WORDS: dict[type[errors.ChatError], Callable[[Any], str]] = {
    errors.NotEntered: lambda e: "You have no name yet.  Type one.",
    errors.BadNick: lambda e: f"The nick {_quoted(e.nick)} {e.why}.  Choose another.",
    errors.NickInUse: lambda e: _inUse(e),
    errors.NickReserved: lambda e: f"The nick {e.nick} is reserved.  Choose another.",
    errors.NoSuchNick: lambda e: f"Nobody here is called {_quoted(e.nick)}.  /who lists who is in this room.",
    errors.BadRoomName: lambda e: f"The room name {e.room} {e.why}.  Choose another.",
    errors.RoomLookalike: lambda e: f"{e.room} looks like the room {e.existing}.  Join that, or choose another name.",
    errors.NoSuchRoom: lambda e: f"There is no room {e.room}.  /rooms lists the rooms.",
    errors.NotInRoom: lambda e: f"You are not in {e.room}.  /join {e.room} first.",
    errors.TargetNotInRoom: lambda e: f"{e.nick} is not in {e.room}.  /who {e.room} lists who is.",
    errors.AlreadyInRoom: lambda e: f"{e.nick} is in {e.room} already, and needs no invitation.",
    errors.TooManyRooms: lambda e: f"You are in {counted(e.limit, 'room')}, and can be in no more.  /leave one first.",
    errors.Banned: lambda e: f"A ban keeps you out of {e.room}, or silent in it.  Ask one of its operators.",
    errors.InviteOnly: lambda e: f"Only those who were invited come into {e.room}.  Ask someone in it to /invite you.",
    errors.BadKey: lambda e: (
        f"{'That is not the key of ' + e.room if e.given else e.room + ' needs a key'}.  Usage: /join {e.room} KEY"
    ),
    errors.RoomFull: lambda e: f"{e.room} is full: it takes {e.limit}.  Try again later.",
    errors.RegisteredOnly: lambda e: (
        f"Only those with an account come into {e.room}.  Ask someone in it to /invite you."
    ),
    errors.SecureOnly: lambda e: f"Only those with encrypted connections come into {e.room}.  Connect with TLS.",
    errors.OperatorsOnly: lambda e: f"Only operators of the server come into {e.room}.  /rooms lists other rooms.",
    errors.LobbyLock: lambda e: (
        f"Only operators of the server set or lift {_lock(e.letter)} in {e.room}, where everyone arrives."
        "  /join a room of your own."
    ),
    errors.Forwarded: lambda e: f"{word(e.why)}  Or /join {e.to} instead, where it sends you.",
    errors.TextBlocked: lambda e: f"{e.room} takes no texts {e.why} (mode {e.letter}).  Say it otherwise.",
    errors.NickFixed: lambda e: f"Nobody changes their nick in {e.room}.  /leave {e.room} first.",
    errors.TextRefused: lambda e: f"{e.nick} takes no texts {e.why}.  Meet them in a room.",
    errors.CannotSpeak: lambda e: f"Only those with a voice may speak in {e.room}.  Ask one of its operators.",
    errors.NotOperator: lambda e: (
        f"You need to be an operator of {e.room} for that.  Ask one of those who are (@ in /who)."
    ),
    errors.UnknownMode: lambda e: f"There is no mode {e.letter}.  /help mode lists them.",
    errors.BadModeParameter: lambda e: _badParameter(e),
    errors.ListFull: lambda e: f"The list {e.letter} of {e.room} is full: it takes {e.limit}.  Remove one first.",
    errors.UnknownUserMode: lambda e: f"There is no user mode {e.letter} that you could change.  Leave it out.",
    errors.NotPrivileged: lambda e: (
        f"That is for operators of the server with the privilege {e.privilege}.  Ask one of them."
    ),
    errors.BadServerBan: lambda e: f"The mask {e.mask} cannot be banned from the server: {e.why}.  Choose another.",
    errors.NoSuchServerBan: lambda e: f"There is no ban from the server on {e.mask}.  Look for it in the list.",
    errors.ServerBanned: lambda e: (
        f"You are banned from this server {_until(e.until)} ({e.reason}).  Ask its administrator."
    ),
    errors.WatchListFull: lambda e: (
        f"You watch {counted(e.limit, 'nick')}, and can watch no more: not {', '.join(e.refused)}.  Watch fewer."
    ),
    errors.RoomNameInUse: lambda e: f"There is a room {e.room} already.  Choose another name.",
    errors.NoSuchText: lambda e: f"There is no text {e.msgid} in {e.target}, or none any more.  Look again.",
    errors.NotYours: lambda e: (
        f"The text {e.msgid} in {e.target} is not yours to take back.  Ask one of the operators."
    ),
    errors.NothingSaid: lambda e: "There is nothing to say in that line.  Type a text.",
    errors.TooLong: lambda e: (
        f"{_sentence(e.what)} is too long: it has {e.length} {e.unit}, and {e.limit} fit.  Say it shorter."
    ),
    errors.BadText: lambda e: f"{_sentence(e.what)} has U+{ord(e.character):04X} in it.  Say it without.",
    errors.TooFast: lambda e: f"You {e.what} too fast.  Try again in {ceil(e.wait)} s.",
    errors.RoomTooFast: lambda e: f"Too many are joining {e.room} just now.  Try again in {ceil(e.wait)} s.",
    errors.NotRead: lambda e: f"What was said before cannot be read just now: {e.why}.  Try /history later.",
    errors.NotStored: lambda e: f"That was not taken, and nobody has seen it: {e.why}.  Try again later.",
    errors.Overloaded: lambda e: f"The server has too many {e.what} just now.  Try again in a minute.",
}
"""For each error, its words."""


def word(error: errors.ChatError) -> str:
    """An error in words."""
    return WORDS[type(error)](error)


def wordTime(seconds: float) -> str:
    """A length of time: C{"30 seconds"}, C{"3 minutes"}."""
    if seconds >= 60 and not seconds % 60:
        return counted(int(seconds // 60), "minute")
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"


def _lock(letter: str) -> str:
    return "bans of your own host, or wider than one nick, account or host," if letter == "b" else f"mode {letter}"


def _inUse(error: errors.NickInUse) -> str:
    if error.nick == error.holder:
        return f"The nick {error.nick} is in use.  Choose another."
    return f"The nick {error.nick} looks like {error.holder}, which is in use.  Choose another."


def _until(time: int | None) -> str:
    if time is None:
        return "for good"
    return f"until {datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _badParameter(error: errors.BadModeParameter) -> str:
    if error.parameter is None:
        what = error.why.rpartition(" ")[2].upper()
        return f"Mode {error.letter} needs {error.why}.  Usage: /mode {error.sign}{error.letter} {what}"
    return f"Mode {error.letter} wants {error.why}, and found {error.parameter}.  /help mode lists the modes."


def _quoted(nick: str) -> str:
    """A nick, in quotes where nobody would see where it ends."""
    return nick if nick.split() == [nick] else f'"{nick}"'


def _sentence(what: str) -> str:
    return what[:1].upper() + what[1:]
