"""The wording of the chat's errors: a numeric, or a standard reply if there is no numeric."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, TypeAlias

from twistchat.chat import errors
from twistchat.chat.model.users import PRIVILEGES
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n

Wording: TypeAlias = "tuple[str, ...]"
"""
A numeric and its parameters after the client's nick; or C{"FAIL"} and the code, context and description of a standard
reply (IRCv3 standard-replies).
"""


TEXTS: dict[type[errors.ChatError], Callable[[Any], str]] = {
    errors.BadRoomName: lambda e: f"The channel name {e.room} {e.why}",
    errors.RoomLookalike: lambda e: f"{e.room} looks like the channel {e.existing}",
    errors.RoomNameInUse: lambda e: f"There is a channel {e.room} already",
    errors.NoSuchRoom: lambda e: f"There is no channel {e.room}",
    errors.SearchTooBroad: lambda e: "That search takes too long; add a word, or name a channel, a sender or a time",
    errors.TooManyRooms: lambda e: f"You are on {e.limit} channels, the most",
    errors.TooManyOf: lambda e: f"There are {e.limit} {_calledHere(e.what)} already, and no more can be added",
}
"""The texts of errors whose own text has the word C{room}, which IRC calls a channel."""


def describeError(error: errors.ChatError) -> str:
    """Describe an error in one sentence, without its full stop.  Use this where no numeric is sent."""
    words = TEXTS.get(type(error))
    return error.text if words is None else words(error)


def _fail(error: errors.ChatError, context: str) -> Wording:
    """Word an error as a standard reply with its own code."""
    return ("FAIL", error.code, describeError(error))


WORDINGS: dict[type[errors.ChatError], Callable[[Any, str], Wording]] = {
    errors.NotEntered: lambda e, c: (n.ERR_NOTREGISTERED, "You have not registered"),
    errors.BadNick: lambda e, c: (n.ERR_ERRONEUSNICKNAME, middle(e.nick), f"The nick {e.why}"),
    errors.NickInUse: lambda e, c: (n.ERR_NICKNAMEINUSE, e.nick, _inUse(e)),
    errors.NickReserved: lambda e, c: (n.ERR_ERRONEUSNICKNAME, e.nick, "This nick is reserved"),
    errors.NoSuchNick: lambda e, c: (n.ERR_NOSUCHNICK, middle(e.nick), "No such nick"),
    errors.BadRoomName: lambda e, c: (n.ERR_BADCHANMASK, middle(e.room), f"The channel name {e.why}"),
    errors.RoomLookalike: lambda e, c: (n.ERR_BADCHANMASK, e.room, f"This name looks like {e.existing}, which exists"),
    errors.NoSuchRoom: lambda e, c: (n.ERR_NOSUCHCHANNEL, middle(e.room), "No such channel"),
    errors.NotInRoom: lambda e, c: (n.ERR_NOTONCHANNEL, e.room, "You're not on that channel"),
    errors.TargetNotInRoom: lambda e, c: (
        n.ERR_USERNOTINCHANNEL,
        middle(e.nick),
        e.room,
        "They aren't on that channel",
    ),
    errors.AlreadyInRoom: lambda e, c: (n.ERR_USERONCHANNEL, e.nick, e.room, "is already on channel"),
    errors.TooManyRooms: lambda e, c: (
        n.ERR_TOOMANYCHANNELS,
        middle(c),
        describeError(e),
    ),
    errors.Banned: lambda e, c: (n.ERR_BANNEDFROMCHAN, e.room, "Cannot join channel (+b)"),
    errors.InviteOnly: lambda e, c: (n.ERR_INVITEONLYCHAN, e.room, "Cannot join channel (+i)"),
    errors.BadKey: lambda e, c: (n.ERR_BADCHANNELKEY, e.room, "Cannot join channel (+k)"),
    errors.RoomFull: lambda e, c: (n.ERR_CHANNELISFULL, e.room, f"Cannot join channel (+l), it takes {e.limit}"),
    errors.RegisteredOnly: lambda e, c: (n.ERR_NEEDREGGEDNICK, e.room, "Cannot join channel (+R), log in first"),
    errors.SecureOnly: lambda e, c: (n.ERR_SECUREONLYCHAN, e.room, "Cannot join channel (+z), connect with TLS"),
    errors.OperatorsOnly: lambda e, c: (n.ERR_OPERONLY, e.room, "Cannot join channel (+O), for server operators"),
    errors.LobbyLock: lambda e, c: (
        n.ERR_CHANOPRIVSNEEDED,
        e.room,
        f"Only server operators set or lift {_lock(e.letter)} on this channel, where everyone arrives",
    ),
    errors.Forwarded: lambda e, c: (n.ERR_LINKCHANNEL, e.room, e.to, "Forwarding to another channel"),
    errors.TextBlocked: lambda e, c: (
        n.ERR_CANNOTSENDTOCHAN,
        e.room,
        f"Cannot send to channel (+{e.letter}): no texts {e.why}",
    ),
    errors.NickFixed: lambda e, c: (n.ERR_CANTCHANGENICK, e.room, "Cannot change nick while on this channel (+N)"),
    errors.TextRefused: lambda e, c: (n.ERR_CANTSENDTOUSER, e.nick, f"They take no texts {e.why}"),
    errors.CannotSpeak: lambda e, c: (n.ERR_CANNOTSENDTOCHAN, e.room, f"Cannot send to channel (+{e.letter})"),
    errors.NotOperator: lambda e, c: (n.ERR_CHANOPRIVSNEEDED, e.room, "You're not a channel operator of that rank"),
    errors.UnknownMode: lambda e, c: (n.ERR_UNKNOWNMODE, middle(e.letter), "is unknown mode char to me"),
    errors.BadModeParameter: lambda e, c: _badParameter(e, c),
    errors.ListFull: lambda e, c: (n.ERR_BANLISTFULL, e.room, e.letter, f"The list is full, it takes {e.limit}"),
    errors.UnknownUserMode: lambda e, c: (n.ERR_UMODEUNKNOWNFLAG, f"Unknown MODE flag {e.letter}"),
    errors.NotPrivileged: lambda e, c: (
        n.ERR_NOPRIVILEGES,
        f"Permission Denied - This is for operators who may {PRIVILEGES[e.privilege]} ({e.privilege})",
    ),
    errors.BadServerBan: lambda e, c: ("FAIL", e.code, middle(e.mask), f"This cannot be banned: {e.why}"),
    errors.NoSuchServerBan: lambda e, c: ("FAIL", e.code, middle(e.mask), "There is no such ban"),
    errors.ServerBanned: lambda e, c: (n.ERR_YOUREBANNEDCREEP, f"You are banned from this server: {e.reason}"),
    errors.WatchListFull: lambda e, c: (
        n.ERR_MONLISTFULL,
        str(e.limit),
        ",".join(e.refused),
        "Monitor list is full",
    ),
    errors.RoomNameInUse: lambda e, c: (
        "FAIL",
        "CHANNEL_NAME_IN_USE",
        middle(c),
        e.room,
        "That channel exists already",
    ),
    errors.NoSuchText: lambda e, c: (
        "FAIL",
        e.code,
        middle(e.target),
        middle(e.msgid),
        "This message does not exist, or does not any more",
    ),
    errors.AlreadyRead: _fail,
    errors.NotKept: lambda e, c: ("FAIL", e.code, middle(e.nick), e.text),
    errors.NotYours: lambda e, c: (
        "FAIL",
        e.code,
        e.target,
        middle(e.msgid),
        "You are not authorised to delete this message",
    ),
    errors.BadMetadataKey: lambda e, c: ("FAIL", e.code, middle(e.key), e.text),
    errors.BadMetadataValue: lambda e, c: ("FAIL", e.code, middle(e.key), e.text),
    errors.MetadataForbidden: lambda e, c: ("FAIL", e.code, middle(e.target), middle(e.key), e.text),
    errors.NothingSaid: lambda e, c: (n.ERR_NOTEXTTOSEND, "No text to send"),
    errors.TooLong: lambda e, c: (
        "FAIL",
        e.code,
        *((middle(c),) if c else ()),
        f"{_sentence(e.what)} has {e.length} {e.unit}, and {e.limit} fit",
    ),
    errors.BadText: lambda e, c: (
        "FAIL",
        e.code,
        *((middle(c),) if c else ()),
        e.text,
    ),
    errors.TooFast: lambda e, c: (n.RPL_TRYAGAIN, middle(c), e.text),
    errors.RoomTooFast: lambda e, c: (
        n.ERR_UNAVAILRESOURCE,
        e.room,
        f"Too many are joining just now; try again in {ceil(e.wait)} s",
    ),
    errors.Overloaded: lambda e, c: (
        "FAIL",
        "TEMPORARILY_UNAVAILABLE",
        f"The server has too many {e.what} just now; try again in a minute",
    ),
    errors.NickOwned: lambda e, c: (n.ERR_NICKNAMEINUSE, e.nick, "This nick belongs to an account; log in to use it"),
    errors.NoSuchAccount: _fail,
    errors.AccountExists: _fail,
    errors.NameRetired: _fail,
    errors.NoAlwaysOn: _fail,
    errors.BadName: _fail,
    errors.LoginFailed: lambda e, c: (n.ERR_PASSWDMISMATCH, e.text),
    errors.CodeRequired: _fail,
    errors.WrongCode: _fail,
    errors.Suspended: _fail,
    errors.NotVerified: _fail,
    errors.AccountRequired: _fail,
    errors.NotLoggedIn: _fail,
    errors.AlreadyLoggedIn: _fail,
    errors.TooManySessions: _fail,
    errors.TooManyOf: _fail,
    errors.NoSuchCredential: _fail,
    errors.LastCredential: _fail,
    errors.BadPassword: _fail,
    errors.BadCredential: _fail,
    errors.RegistrationClosed: _fail,
    errors.InvitationNeeded: _fail,
    errors.NotEncrypted: _fail,
    errors.RoomRegisteredAlready: _fail,
    errors.RoomNotRegistered: _fail,
    errors.CannotRegister: _fail,
    errors.FounderNotListed: _fail,
    errors.NoAccess: _fail,
    errors.BadRank: _fail,
    errors.BadSetting: _fail,
    errors.NotFounder: _fail,
    errors.InboxFull: _fail,
    errors.SearchTooBroad: _fail,
    errors.AccountAway: lambda e, c: (n.ERR_NOSUCHNICK, middle(e.nick), "No such nick now; log in to leave a message"),
    errors.UserAway: lambda e, c: (
        n.ERR_CANTSENDTOUSER,
        e.nick,
        f"{e.nick} is away, and gets messages only from accounts; log in to leave one",
    ),
    errors.OutcomeUnknown: _fail,
    errors.NotRead: lambda e, c: ("FAIL", "TEMPORARILY_UNAVAILABLE", f"What was said cannot be read now: {e.why}"),
    errors.NotStored: lambda e, c: ("FAIL", "TEMPORARILY_UNAVAILABLE", f"Not taken, and nobody has seen it: {e.why}"),
}
"""
The wording of each error.  The second argument is the target of the command (a room, a nick), or C{""}.  An error
without an entry becomes a standard reply with its code and text.
"""


def _unsent(why: str) -> Callable[[Any, str], Wording]:
    """Word the refusal of a text to a channel."""
    return lambda e, c: (n.ERR_CANNOTSENDTOCHAN, e.room, f"Cannot send to channel ({why})")


COMMAND_WORDINGS: dict[tuple[type[errors.ChatError], str], Callable[[Any, str], Wording]] = {
    **{(errors.NotInRoom, command): _unsent("+n") for command in ("PRIVMSG", "NOTICE", "TAGMSG", "BATCH")},
    **{(errors.Banned, command): _unsent("+b") for command in ("PRIVMSG", "NOTICE", "TAGMSG", "BATCH")},
    **{
        (errors.BadServerBan, command): lambda e, c: ("FAIL", e.code, middle(e.mask), f"Invalid mask: {e.why}")
        for command in ("UNKLINE", "UNDLINE")
    },
    (errors.Banned, "NICK"): lambda e, c: (
        n.ERR_BANNICKCHANGE,
        middle(c),
        e.room,
        "Cannot change nick while banned on this channel",
    ),
}
"""The wording of errors that have a special meaning for one command.  The values are like those of L{WORDINGS}."""


def wordError(error: errors.ChatError, command: str, context: str) -> Wording:
    """
    Word an error for IRC.

    @param command: the refused command.
    @param context: the target of the command, for errors that do not contain it.
    """
    if isinstance(error, errors.TooFast):
        context = command
    words = COMMAND_WORDINGS.get((type(error), command)) or WORDINGS.get(type(error))
    return _fail(error, context) if words is None else words(error, context)


def _calledHere(what: str) -> str:
    """Name a kind of things as IRC does."""
    return "channels" if what == "rooms" else what


def _lock(letter: str) -> str:
    return "bans of your own host, or wider than one nick, account or host," if letter == "b" else f"+{letter}"


def _inUse(error: errors.NickInUse) -> str:
    if error.nick == error.holder:
        return "Nickname is already in use"
    return f"Nickname looks like {error.holder}, which is in use"


def _badParameter(error: errors.BadModeParameter, context: str) -> Wording:
    if error.letter == "k" and error.parameter is not None:
        return (n.ERR_INVALIDKEY, middle(context), f"Invalid key: {error.why} are wanted")
    return (
        n.ERR_INVALIDMODEPARAM,
        middle(context),
        error.letter,
        middle(error.parameter or "*"),
        f"Invalid parameter: {error.why} is wanted",
    )


def _sentence(what: str) -> str:
    return what[:1].upper() + what[1:]
