"""Errors about accounts, logging in, and registered rooms."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.errors.general import ChatError


@dataclass
class NoSuchAccount(ChatError):
    """There is no account C{account}."""

    code = "NO_SUCH_ACCOUNT"
    wording = "There is no account {account}"
    account: str


@dataclass
class AccountExists(ChatError):
    """There is an account C{account} already."""

    code = "ACCOUNT_EXISTS"
    wording = "There is an account {account} already"
    account: str


@dataclass
class NickOwned(ChatError):
    """The nick C{nick}, or one that looks like it, belongs to an account that the asker is not logged in to."""

    code = "NICK_OWNED"
    wording = "The nick {nick} belongs to an account; log in to use it"
    nick: str


@dataclass
class NameRetired(ChatError):
    """C{name} is the name of an account that was dropped, or looks like one."""

    code = "NAME_RETIRED"
    wording = "An account named {name} was dropped, and nobody can register that name again"
    name: str


@dataclass
class BadName(ChatError):
    """C{name} cannot be the name of an account, a credential or a setting; C{why} ends the sentence "the name …"."""

    code = "BAD_NAME"
    wording = "The name {name} {why}"
    name: str
    why: str


@dataclass
class NoAlwaysOn(ChatError):
    """The server's policy does not let users stay without a connection."""

    code = "NO_ALWAYS_ON"
    wording = "This server does not let you stay without a connection"


@dataclass
class LoginFailed(ChatError):
    """The account does not exist, or the credential is wrong.  The asker is not told which."""

    code = "LOGIN_FAILED"
    wording = "The account or the password is wrong"


@dataclass
class CodeRequired(ChatError):
    """The password is right, but C{account} has a second factor, and there was no code."""

    code = "CODE_REQUIRED"
    wording = "The account {account} has a second factor: log in with an app token, a certificate or an SSH key"
    account: str


@dataclass
class WrongCode(ChatError):
    """A code of a second factor is wrong, or was used before."""

    code = "WRONG_CODE"
    wording = "The code is wrong, or was used before"


@dataclass
class Suspended(ChatError):
    """The account is suspended, for C{reason}.  Only someone with the right credential gets this error."""

    code = "ACCOUNT_SUSPENDED"
    reason: str

    @property
    def text(self) -> str:
        """See L{ChatError.text}."""
        return f"This account is suspended: {self.reason}" if self.reason else "This account is suspended"


@dataclass
class NotVerified(ChatError):
    """The mail address of C{account} is not verified yet.  Only someone with the right credential gets this error."""

    code = "ACCOUNT_NOT_VERIFIED"
    wording = "The mail address of {account} is not verified yet; use the code in the mail that was sent to you"
    account: str


@dataclass
class NotLoggedIn(ChatError):
    """The asker is not logged in to an account."""

    code = "NOT_LOGGED_IN"
    wording = "You are not logged in to an account"


@dataclass
class AccountRequired(ChatError):
    """This server lets no guests in."""

    code = "ACCOUNT_REQUIRED"
    wording = "This server does not let guests in; log in to an account"


@dataclass
class AlreadyLoggedIn(ChatError):
    """The asker is logged in to C{account} already."""

    code = "ALREADY_LOGGED_IN"
    wording = "You are logged in to {account} already"
    account: str


@dataclass
class TooManySessions(ChatError):
    """The account has C{limit} sessions already."""

    code = "TOO_MANY_SESSIONS"
    wording = "This account has {limit} sessions already; end one of them first"
    limit: int


@dataclass
class TooManyOf(ChatError):
    """The account, or the room, has C{limit} of C{what} already."""

    code = "TOO_MANY_OF_THESE"
    wording = "There are {limit} {what} already, and no more can be added"
    what: str
    limit: int


@dataclass
class NoSuchCredential(ChatError):
    """The account has no credential that is called C{name}; C{what} says of which kind."""

    code = "NO_SUCH_CREDENTIAL"
    wording = "This account has no {what} named {name}"
    what: str
    name: str


@dataclass
class LastCredential(ChatError):
    """The account would have no credential left to log in with."""

    code = "LAST_CREDENTIAL"
    wording = "This is the only way left to log in to the account; set a password first"


@dataclass
class BadPassword(ChatError):
    """
    A new password is not acceptable; C{why} ends the sentence "the password …".

    C{weak} says whether it is too easy to guess.
    """

    code = "BAD_PASSWORD"
    wording = "The password {why}"
    why: str
    weak: bool = False


@dataclass
class BadCredential(ChatError):
    """A new credential, mail address or code is not acceptable; C{what} names it and C{why} ends the sentence."""

    code = "BAD_CREDENTIAL"
    wording = "{what} {why}"
    what: str
    why: str


@dataclass
class RegistrationClosed(ChatError):
    """Nobody can register an account at this server by themselves."""

    code = "REGISTRATION_CLOSED"
    wording = "You cannot register an account here by yourself; ask an administrator of this server"


@dataclass
class InvitationNeeded(ChatError):
    """Registering an account needs an invitation code, and the asker gave none or a wrong one."""

    code = "INVITATION_NEEDED"
    wording = "You need a valid invitation code to register an account here"


@dataclass
class NotEncrypted(ChatError):
    """The asker may not send a password over this connection, because others could read it on the way."""

    code = "NOT_ENCRYPTED"
    wording = "Your connection is not encrypted, so do not send a password over it; connect with TLS"


@dataclass
class RoomRegisteredAlready(ChatError):
    """The room C{room} is registered already."""

    code = "ROOM_REGISTERED_ALREADY"
    wording = "{room} is registered already"
    room: str


@dataclass
class RoomNotRegistered(ChatError):
    """The room C{room} is not registered."""

    code = "ROOM_NOT_REGISTERED"
    wording = "{room} is not registered"
    room: str


@dataclass
class NotFounder(ChatError):
    """The asker is not the founder of C{room}."""

    code = "NOT_FOUNDER"
    wording = "Only the founder of {room} can do that"
    room: str


@dataclass
class FounderNotListed(ChatError):
    """C{account} is the founder of C{room}, and cannot be in its access list."""

    code = "FOUNDER_NOT_LISTED"
    wording = "The founder of {room}, {account}, has all ranks and cannot be in its access list"
    account: str
    room: str


@dataclass
class CannotRegister(ChatError):
    """Nobody can register the room C{room}; C{why} ends the sentence "… cannot be registered, because …"."""

    code = "CANNOT_REGISTER_ROOM"
    wording = "{room} cannot be registered, because {why}"
    room: str
    why: str


@dataclass
class NoAccess(ChatError):
    """The asker's rank in the access list of C{room} does not suffice, or they are not in it."""

    code = "NO_ACCESS"
    wording = "Your rank in the access list of {room} does not allow that"
    room: str


@dataclass
class BadSetting(ChatError):
    """A setting cannot have the value C{value}; C{why} ends the sentence "the value …"."""

    code = "BAD_SETTING"
    wording = "The value {value} {why}"
    value: str
    why: str


@dataclass
class BadRank(ChatError):
    """There is no rank C{rank} that the access list of a room can contain; C{known} names the ranks that there are."""

    code = "BAD_RANK"
    wording = "There is no rank {rank} to give; use {known}"
    rank: str
    known: str


@dataclass
class AccountAway(ChatError):
    """The owner of the nick C{nick} is not here.  Only those who are logged in can leave a message."""

    code = "ACCOUNT_AWAY"
    wording = "{nick} is not here; log in to leave a message"
    nick: str


@dataclass
class UserAway(ChatError):
    """The user C{nick} stays without a session (always-on).  Only those who are logged in can leave a message."""

    code = "USER_AWAY"
    wording = "{nick} is away, and gets messages only from accounts"
    nick: str


@dataclass
class InboxFull(ChatError):
    """C{nick} is away, and has C{limit} unread texts already."""

    code = "INBOX_FULL"
    wording = "{nick} is away, and has {limit} unread messages already"
    nick: str
    limit: int
