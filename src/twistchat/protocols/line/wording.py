"""The wording of the chat's errors: what was wrong, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from typing import Any

from twistchat.chat import errors
from twistchat.chat.phrasing import counted

WORDINGS: dict[type[errors.ChatError], Callable[[Any], str]] = {
    errors.NotEntered: lambda e: f"{e.text}.  Type one.",
    errors.BadNick: lambda e: f"The nick {_quoted(e.nick)} {e.why}.  Choose another.",
    errors.NickInUse: lambda e: f"{e.text}.  Choose another.",
    errors.NickReserved: lambda e: f"{e.text}.  Choose another.",
    errors.NoSuchNick: lambda e: f"Nobody here is called {_quoted(e.nick)}.  /who lists who is in this room.",
    errors.BadRoomName: lambda e: f"{e.text}.  Choose another.",
    errors.RoomLookalike: lambda e: f"{e.text}.  Join that, or choose another name.",
    errors.NoSuchRoom: lambda e: f"{e.text}.  /rooms lists the rooms.",
    errors.NotInRoom: lambda e: f"{e.text}.  /join {e.room} first.",
    errors.TargetNotInRoom: lambda e: f"{e.text}.  /who {e.room} lists who is.",
    errors.AlreadyInRoom: lambda e: f"{e.nick} is in {e.room} already, and needs no invitation.",
    errors.TooManyRooms: lambda e: f"{e.text}.  /leave one first.",
    errors.Banned: lambda e: f"{e.text}.  Ask one of its operators.",
    errors.InviteOnly: lambda e: f"{e.text}.  Ask someone in it to /invite you.",
    errors.BadKey: lambda e: f"{e.text}.  Usage: /join {e.room} KEY",
    errors.RoomFull: lambda e: f"{e.text}.  Try again later.",
    errors.RegisteredOnly: lambda e: f"{e.text}.  Ask someone in it to /invite you.",
    errors.SecureOnly: lambda e: f"{e.text}.  Connect with TLS.",
    errors.OperatorsOnly: lambda e: f"{e.text}.  /rooms lists other rooms.",
    errors.LobbyLock: lambda e: (
        f"Only operators of the server set or lift {_lock(e.letter)} in {e.room}, where everyone arrives."
        "  /join a room of your own."
    ),
    errors.Forwarded: lambda e: f"{wordError(e.why)}  Or /join {e.to} instead, where it sends you.",
    errors.TextBlocked: lambda e: f"{e.text}.  Say it otherwise.",
    errors.NickFixed: lambda e: f"{e.text}.  /leave {e.room} first.",
    errors.TextRefused: lambda e: f"{e.text}.  Meet them in a room.",
    errors.CannotSpeak: lambda e: f"{e.text}.  Ask one of its operators.",
    errors.NotOperator: lambda e: f"{e.text}.  Ask one of those who are (@ in /who).",
    errors.UnknownMode: lambda e: f"{e.text}.  /help mode lists them.",
    errors.BadModeParameter: lambda e: _badParameter(e),
    errors.ListFull: lambda e: f"{e.text}.  Remove one first.",
    errors.UnknownUserMode: lambda e: f"{e.text}.  Leave it out.",
    errors.NotPrivileged: lambda e: f"{e.text}.  Ask one of them.",
    errors.BadServerBan: lambda e: f"{e.text}.  Choose another.",
    errors.NoSuchServerBan: lambda e: f"{e.text}.  Look for it in the list.",
    errors.ServerBanned: lambda e: (
        f"You are banned from this server {_until(e.until)} ({e.reason}).  Ask its administrator."
    ),
    errors.WatchListFull: lambda e: f"{e.text}.  Watch fewer.",
    errors.RoomNameInUse: lambda e: f"{e.text}.  Choose another name.",
    errors.NoSuchText: lambda e: f"{e.text}.  Look again.",
    errors.AlreadyRead: lambda e: f"{e.text}.  Nothing else is needed.",
    errors.NotKept: lambda e: f"{e.text}.  /register makes an account.",
    errors.NotYours: lambda e: f"{e.text}.  Ask one of the operators.",
    errors.BadMetadataKey: lambda e: f"{e.text}.  Choose another.",
    errors.BadMetadataValue: lambda e: f"{e.text}.  Choose another.",
    errors.MetadataForbidden: lambda e: f"{e.text}.  Change your own.",
    errors.NothingSaid: lambda e: f"{e.text}.  Type a text.",
    errors.TooLong: lambda e: f"{e.text}.  Say it shorter.",
    errors.BadText: lambda e: f"{e.text}.  Say it without.",
    errors.TooFast: lambda e: f"You {e.what} too fast.  Try again in {ceil(e.wait)} s.",
    errors.RoomTooFast: lambda e: f"Too many are joining {e.room} just now.  Try again in {ceil(e.wait)} s.",
    errors.NickOwned: lambda e: f"{e.text}.  Or choose another.",
    errors.NoSuchAccount: lambda e: f"{e.text}.  Look at the spelling.",
    errors.AccountExists: lambda e: f"{e.text}.  Log in to it, or choose another name.",
    errors.NameRetired: lambda e: f"{e.text}.  Choose another.",
    errors.NoAlwaysOn: lambda e: f"{e.text}.  Your rooms are left when you disconnect.",
    errors.BadName: lambda e: f"{e.text}.  Choose another.",
    errors.LoginFailed: lambda e: f"{e.text}.  Try again.",
    errors.CodeRequired: lambda e: (
        f"The account {e.account} has a second factor.  Type /login {e.account}, or use an app token."
    ),
    errors.WrongCode: lambda e: f"{e.text}.  Try the next one.",
    errors.Suspended: lambda e: f"{e.text}.  Ask an administrator of this server.",
    errors.NotVerified: lambda e: (
        f"The mail address of {e.account} is not verified yet.  /verify takes the code in the mail."
    ),
    errors.AccountRequired: lambda e: "This server does not let guests in.  Type /login NAME with your account.",
    errors.NotLoggedIn: lambda e: f"{e.text}.  /login first.",
    errors.AlreadyLoggedIn: lambda e: f"{e.text}.  /logout first.",
    errors.TooManySessions: lambda e: f"This account has {e.limit} sessions already.  End one of them first.",
    errors.TooManyOf: lambda e: f"{e.text}.  Remove one first.",
    errors.NoSuchCredential: lambda e: f"{e.text}.  Look at the list.",
    errors.LastCredential: lambda e: "This is the only way left to log in to the account.  Set a password first.",
    errors.BadPassword: lambda e: f"{e.text}.  Choose another.",
    errors.BadCredential: lambda e: f"{e.text}.  Give another.",
    errors.RegistrationClosed: lambda e: f"{e.text.partition(';')[0]}.  Ask an administrator of this server.",
    errors.InvitationNeeded: lambda e: f"{e.text}.  Ask an administrator of this server.",
    errors.NotEncrypted: lambda e: "Your connection is not encrypted, so do not send a password.  Use TLS.",
    errors.RoomRegisteredAlready: lambda e: f"{e.text}.  /room info says by whom.",
    errors.RoomNotRegistered: lambda e: f"{e.text}.  /room register does that.",
    errors.FounderNotListed: lambda e: f"{e.text}.  Name another account.",
    errors.CannotRegister: lambda e: f"{e.text}.  Make a room of your own.",
    errors.NoAccess: lambda e: f"{e.text}.  Ask its founder.",
    errors.BadSetting: lambda e: f"{e.text}.  Choose another.",
    errors.BadRank: lambda e: f"{e.text}.  Choose another.",
    errors.NotFounder: lambda e: f"{e.text}.  Ask them.",
    errors.AccountAway: lambda e: f"Nobody here is called {e.nick} now.  /login to leave a message.",
    errors.UserAway: lambda e: f"The user {e.text}.  /login to leave one.",
    errors.InboxFull: lambda e: f"The inbox of {e.nick} is full, with {counted(e.limit, 'message')}.  Try again later.",
    errors.SearchTooBroad: lambda e: "That search takes too long.  Add a word, from:NICK, in:#ROOM or after:TIME.",
    errors.NotRead: lambda e: f"{e.text}.  Try /history later.",
    errors.NotStored: lambda e: f"{e.text}.  Try again later.",
    errors.OutcomeUnknown: lambda e: (
        "It is not known whether this was accepted.  Look at /history before you send it again."
    ),
    errors.Overloaded: lambda e: f"{e.text}.  Try again in a minute.",
}
"""The wording of each error: usually its text and an advice.  An error without an entry is shown with its text."""


def wordError(error: errors.ChatError) -> str:
    """Word an error."""
    words = WORDINGS.get(type(error))
    return f"{error.text}." if words is None else words(error)


def formatDuration(seconds: float) -> str:
    """Format a duration, as in C{"30 seconds"} or C{"3 minutes"}."""
    if seconds >= 60 and not seconds % 60:
        return counted(int(seconds // 60), "minute")
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"


def _lock(letter: str) -> str:
    return "bans of your own host, or wider than one nick, account or host," if letter == "b" else f"mode {letter}"


def _until(time: int | None) -> str:
    if time is None:
        return "for good"
    return f"until {datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _badParameter(error: errors.BadModeParameter) -> str:
    if error.parameter is None:
        what = error.why.rpartition(" ")[2].upper()
        return f"{error.text}.  Usage: /mode {error.sign}{error.letter} {what}"
    return f"{error.text}.  /help mode lists the modes."


def _quoted(nick: str) -> str:
    """Quote a nick if its beginning or end would not be visible."""
    return nick if nick.split() == [nick] else f'"{nick}"'
