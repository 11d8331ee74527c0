"""Events of single users: their sessions, names, modes and absence."""

from __future__ import annotations

from twistchat.chat.model.events.base import Event, Source


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
    @ivar away: the away message of the session, or C{None}.
    """

    session: str
    node: str = ""
    away: str | None = None


class SessionEnded(Event, frozen=True, gc=False):
    """
    A user's session ended.  If it was the last one, the user leaves, and audiences see a L{Quit}.

    @ivar session: the session's id.
    @ivar node: the id of the node that held its connection.
    @ivar reason: the quit message.
    @ivar rooms: the folded names of the rooms that the user was in, if this ends their last session.
    """

    session: str
    node: str
    reason: str
    rooms: tuple[str, ...] = ()


class SessionMoved(Event, frozen=True, gc=False):
    """
    A session of a user went over to another user, because it logged in to that user's account.

    @ivar session: the session's id.
    @ivar node: the id of the node that holds its connection.
    @ivar user: the names of the user to whom the session belongs from now on.
    """

    session: str
    node: str
    user: Source


class Quit(Event, frozen=True, gc=False):
    """
    A user left, with the quit message C{reason}.  Audiences get this event when a user's last session ends
    (L{SessionEnded}).  Journals of earlier versions contain it as an event of its own.
    """

    reason: str


class Renamed(Event, frozen=True, gc=False):
    """
    A user changed their nick from C{source.nick} to C{nick}.

    @ivar rooms: the folded names of the rooms that the user was in.
    """

    nick: str
    rooms: tuple[str, ...] = ()


class AwaySet(Event, frozen=True, gc=False):
    """
    A user went away with C{message}, or came back if it is C{None}.

    @ivar session: the id of the session that went away.  The user is away when all their sessions are.  Empty for all.
    """

    message: str | None
    session: str = ""


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
