"""The commands of server operators.  Each needs a privilege."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.bans.server import ServerBan, ServerBanTest, checkReach, normalizeServerBan, wordServerBan
from twistchat.chat.model.events import (
    SERVER,
    Announced,
    Entry,
    HostSet,
    Killed,
    OperatorSet,
    Quit,
    ServerBanLifted,
    ServerBanSet,
    Source,
    UserModesSet,
)
from twistchat.chat.model.modes.user import OPERATORS_ONLY, sortUserModes
from twistchat.chat.model.sessions import Asker, Origin, Session
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.users import ADMINISTRATOR, PRIVILEGES, Operator, User
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import derive, notifyOperators
from twistchat.chat.rules.users.identity import Identity
from twistchat.chat.rules.users.presence import remove
from twistchat.chat.rules.users.profile import hostSet, userModesSet

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

LONGEST_BAN = 100 * 365 * 86400.0
"""The longest duration of a ban in seconds.  Only a permanent ban lasts longer."""


class Operators:
    """
    The verbs of server operators.

    In some of them, C{None} as the asker is an administrator who is not in the chat, such as a user of the console.
    The server acts for them.
    """

    def __init__(self, core: Core, identity: Identity) -> None:
        """
        @param identity: changes the host of users who become server operators.
        """
        self._core = core
        self._identity = identity
        self._audit = Audit(core)

    async def become(
        self,
        asker: Asker,
        title: str,
        privileges: Iterable[str],
        host: str | None = None,
        name: str = "",
    ) -> None:
        """
        Make the asker a server operator.  The caller has authenticated them.

        @param title: a description of the operator, as shown in WHOIS.
        @param privileges: members of L{PRIVILEGES <twistchat.chat.model.users.PRIVILEGES>}.
        @param host: their new host; C{None} to keep the current one.
        @param name: the name of the operator in the configuration, for the audit trail.
        """
        user = self._core.user(asker)
        self._audit.note(asker, "oper", name, title)
        await self._core.propose(asker, OperatorSet(user.source, title, frozenset(privileges)))
        if host is not None and (showing := self._identity.setHost(user, host)) is not None:
            await showing

    async def promote(self, user: User, title: str, privileges: Iterable[str], host: str, before: str) -> None:
        """
        Replace the status of a server operator, because the configuration has changed.

        @param title: see L{become}, as for the privileges.
        @param host: the host that goes with the status now; C{""} for none.
        @param before: the host that went with it until now.
        """
        status = user.operator
        if status is None:
            return
        await self._core.propose(None, OperatorSet(user.source, title, frozenset(privileges)))
        shown = host or status.host
        if host != before and shown is not None and (showing := self._identity.setHost(user, shown)) is not None:
            await showing

    async def dismiss(self, user: User) -> None:
        """
        End the status of a server operator that the configuration gave.  An administrator is an operator for that
        reason, and stays one.
        """
        if user.operator is None:
            return
        await self._core.propose(None, OperatorSet(user.source, None))
        if isAdministrator(self._core.state, user):
            await self._core.propose(None, OperatorSet(user.source, ADMINISTRATOR, frozenset(PRIVILEGES)))

    def requirePrivilege(self, asker: Asker, privilege: str) -> User:
        """
        Check that the asker is a server operator with a privilege.

        @param privilege: one of L{PRIVILEGES <twistchat.chat.model.users.PRIVILEGES>}.
        @return: the user of the asker.
        @raise NotPrivileged: they do not have the privilege.
        """
        user = self._core.user(asker)
        if not user.may(privilege):
            raise errors.NotPrivileged(privilege)
        return user

    def kill(self, asker: Asker | None, nick: str, reason: str) -> Receipt:
        """Disconnect all sessions of a user."""
        source = self._source(asker, "kill")
        victim = self._core.named(nick)
        checkText("the reason", reason, self._core.limits.reason)
        self._audit.note(asker, "kill", victim.nick, reason)
        return self._core.propose(asker, Killed(source, victim.source, reason, tuple(victim.rooms)))

    def announce(self, asker: Asker | None, text: str, everyone: bool = False) -> Receipt:
        """
        Send a text to all server operators, and to all users with mode C{w} (IRC's WALLOPS).

        @param everyone: whether to send it to all other users, too.
        """
        source = self._source(asker, "wallops")
        if not text.strip():
            raise errors.NothingSaid
        checkText("the announcement", text, self._core.limits.reason)
        self._audit.note(asker, "wallops")
        return self._core.propose(asker, Announced(source, text, everyone))

    # Bans from the server

    def banFromServer(self, asker: Asker | None, mask: str, seconds: float | None, reason: str = "") -> Receipt:
        """
        Ban a mask from the server, and disconnect all sessions that match.

        @param mask: see L{normalizeServerBan}.  A ban on the same mask is replaced.
        @param seconds: the duration; C{None} for a permanent ban.
        @param reason: the reason, which banned clients are sent.
        """
        source = self._source(asker, "ban")
        asked, mask = mask, normalizeServerBan(mask)
        checkReach(mask, asked)
        checkText("the reason", reason, self._core.limits.reason)
        if seconds is not None and not 0 < seconds <= LONGEST_BAN:
            raise errors.BadServerBan(asked, "a ban lasts more than 0 seconds and not over 100 years, or for ever")
        if asker is not None and _isMet(ServerBanTest(mask), self._core.user(asker)):
            raise errors.BadServerBan(asked, "it would meet you")
        until = None if seconds is None else int((self._core.wall() + seconds) * 1000)
        self._audit.note(asker, "ban", mask, _term(until, reason))
        return self._core.propose(asker, ServerBanSet(source, mask, reason, until))

    def liftServerBan(self, asker: Asker | None, mask: str) -> Receipt:
        """End a ban from the server."""
        source = self._source(asker, "ban")
        asked, mask = mask, normalizeServerBan(mask)
        if self._core.state.serverBans.get(mask, self._core.timestamp()) is None:
            raise errors.NoSuchServerBan(asked)
        self._audit.note(asker, "unban", mask)
        return self._core.propose(asker, ServerBanLifted(source, mask))

    def serverBans(self, session: Session | None) -> list[ServerBan]:
        """The active bans from the server, oldest first."""
        self._source(session, "ban")
        return self._core.state.serverBans.active(self._core.timestamp())

    def _source(self, asker: Asker | None, privilege: str) -> Source:
        """
        The source of an event that needs a privilege.

        @raise NotPrivileged: the asker does not have it.
        """
        return SERVER if asker is None else self.requirePrivilege(asker, privilege).source


def _term(until: int | None, reason: str) -> str:
    """
    Describe a ban for the audit trail, except for its mask.

    @param until: see L{ServerBanSet.until}.
    """
    ends = "for ever" if until is None else f"until {datetime.fromtimestamp(until / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"{ends}: {reason}" if reason else ends


def _isMet(test: ServerBanTest, user: User) -> bool:
    """Whether a ban matches a user, through any of their sessions."""
    return any(test.matches(user.source, own.address) for own in user.sessions.values())


# Effects


def operatorSet(state: State, entry: Entry, event: OperatorSet, origin: Origin | None) -> None:
    """Make a user a server operator, or end that."""
    user = state.userOf(entry)
    before = user.operator
    if event.title is None:
        if before is None:
            return
        user.operator = None
    else:
        host = user.source.host if before is None else before.host
        user.operator = Operator(event.title, event.privileges, host)
    state.users.count(user)
    state.broadcast.send(entry, user.sessions.values(), origin=origin)
    if before is not None and user.operator is None:
        _resigned(state, entry, user, before, origin)
    notifyOperators(state, entry, origin)


def _resigned(state: State, entry: Entry, user: User, before: Operator, origin: Origin | None) -> None:
    """Remove the modes and the host that a user had as a server operator."""
    modes = sortUserModes(user.flags & OPERATORS_ONLY)
    if modes:
        modesSet = UserModesSet(user.source, "", modes)
        userModesSet(state, derive(entry, modesSet, "modes"), modesSet, origin)
    if before.host is not None and before.host != user.source.host:
        host = HostSet(user.source, user.source.username, before.host)
        hostSet(state, derive(entry, host, "host"), host, origin)


def updateOperator(state: State, entry: Entry, user: User, wasAdministrator: bool) -> None:
    """
    Make a user a server operator if they have become an administrator, and end that if they are none any more.

    An administrator who resigned stays without that status.

    @param wasAdministrator: whether they were an administrator before this entry.
    """
    isNow = isAdministrator(state, user)
    if isNow and not wasAdministrator and user.operator is None:
        _setOperator(state, entry, OperatorSet(user.source, ADMINISTRATOR, frozenset(PRIVILEGES)))
    elif wasAdministrator and not isNow and user.operator is not None:
        _setOperator(state, entry, OperatorSet(user.source, None))


def isAdministrator(state: State, user: User) -> bool:
    """Whether a user is logged in to the account of an administrator."""
    account = state.accounts.get(user.source.account)
    return account is not None and account.isAdmin


def _setOperator(state: State, entry: Entry, event: OperatorSet) -> None:
    operatorSet(state, derive(entry, event, "operator"), event, None)


def _killed(state: State, entry: Entry, event: Killed, origin: Origin | None) -> None:
    user = state.users.get(event.killed.uid)
    if user is None:
        raise NoSuchNick(event.killed.nick)
    seen = replace(entry, event=replace(event, killed=user.source))
    remove(state, seen, user, origin)
    notifyOperators(state, seen, origin)
    why = f"{event.source.shown} ({event.reason})" if event.reason else event.source.shown
    for session in list(user.sessions.values()):
        state.broadcast.disconnect(session, f"Killed ({why})")


def _announced(state: State, entry: Entry, event: Announced, origin: Origin | None) -> None:
    listening = [user for user in state.users if event.everyone or "w" in user.flags or user.operator is not None]
    sessions = [session for user in listening for session in user.sessions.values()]
    state.broadcast.send(entry, sessions, origin=origin)


def _serverBanSet(state: State, entry: Entry, event: ServerBanSet, origin: Origin | None) -> None:
    notifyOperators(state, entry, origin, "ban")
    state.serverBans.add(ServerBan(event.mask, event.reason, event.source.shown, entry.time, event.until))
    if event.until is not None and event.until <= entry.time:
        return
    test = ServerBanTest(event.mask)
    met = [
        session
        for session in state.sessions.values()
        if test.matches(None if session.user is None else session.user.source, session.address)
    ]
    state.broadcast.departures.disconnect(met, wordServerBan(event.reason))
    for user in [user for user in state.users if user.detached is not None and test.matches(user.source, None)]:
        quit = Quit(user.source, wordServerBan(event.reason))
        remove(state, derive(entry, quit, f"quit-{user.source.uid}"), user, None)


def _serverBanLifted(state: State, entry: Entry, event: ServerBanLifted, origin: Origin | None) -> None:
    state.serverBans.remove(event.mask)
    notifyOperators(state, entry, origin, "ban")


EFFECTS: Effects = {
    OperatorSet: operatorSet,
    Killed: _killed,
    Announced: _announced,
    ServerBanSet: _serverBanSet,
    ServerBanLifted: _serverBanLifted,
}
"""The effect of each class of event."""
