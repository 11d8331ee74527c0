"""The identity of users: nick, realname, host, account, and user modes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.limits import bucketOf
from twistchat.chat.model.bans.server import wordServerBan
from twistchat.chat.model.events import (
    AccountSet,
    AwaySet,
    Entered,
    Entry,
    HostSet,
    OperatorSet,
    Quit,
    RealnameSet,
    Renamed,
    SessionEnded,
    Source,
    UserModesSet,
)
from twistchat.chat.model.modes.user import OPERATORS_ONLY, SETTABLE, parseUserModes, sortUserModes
from twistchat.chat.model.names import fold, normalizeNick, skeleton
from twistchat.chat.model.sessions import Asker, Origin, Session
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.users import ABSENT, ADMINISTRATOR, PRIVILEGES, Operator, User, neighboursOf
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import notifyWatchers
from twistchat.chat.rules.users.attempts import Coming, repeat
from twistchat.chat.rules.users.claims import claim, guestNick, isForeign
from twistchat.chat.rules.users.inbox import announceInbox
from twistchat.chat.rules.users.presence import Presence
from twistchat.chat.rules.users.profile import changeModes
from twistchat.chat.rules.users.websessions import LOGGED_OUT

if TYPE_CHECKING:
    from twistchat.chat.model.accounts import Account
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

LONGEST_HOST = 63
"""The maximum length of a username or a host, in characters (the ISUPPORT token HOSTLEN)."""

UNSURE: Final = "It is not known whether you came in; connect again"
"""What a client is told whose entry was not stored in time, and not refused either."""


class Identity:
    """The verbs with which users enter the chat and change their identity."""

    def __init__(self, core: Core, presence: Presence) -> None:
        """
        @param presence: adds sessions to users who are here already.
        """
        self._core = core
        self._presence = presence
        self._coming = Coming(core)

    async def enter(
        self,
        asker: Asker,
        nick: str,
        username: str,
        host: str,
        realname: str = "",
        *,
        modes: str = "",
        away: str | None = None,
    ) -> Entry:
        """
        Enter the chat: as a guest, or with the account that the session has logged in to (C{session.account}).

        If the account's user is here already, the session becomes another session of that user, in all their rooms.
        Then they keep their nick and other names.

        @param nick: the nick, if the user is not here already.
        @param username: the IRC username that others see.
        @param host: the host that others see: a cloak, not the address.
        @param modes: letters of L{SETTABLE} user modes to start with.  Modes for server operators are ignored.
        @param away: the away message to start with, or C{None}.
        @return: the entry of the L{Entered}; or of the L{SessionStarted} if the user was here already.
        @raise NotLoggedIn: the session had logged in, but the account was dropped or the web session has ended.  It is
            not logged in any more.
        @raise ChatError: the nick is not available, a server ban matches these names, or the account cannot be used.
        """
        session = asker.session
        checkText("the realname", realname, self._core.limits.realname)
        if away is not None:
            checkText("the reason", away, self._core.limits.reason)

        async def attempt() -> Entry:
            account = self._accountOf(session)
            present = None if account is None else self._core.state.users.ofAccount(account)
            if present is not None:
                return await self._attach(session, present, away)
            source = Source(
                self._core.ids(), self.checkNick(session, nick), username, host, account, realname, "B" in modes
            )
            return await self._enter(asker, source, modes, away)

        try:
            entry = await repeat(attempt)
        except errors.OutcomeUnknown:
            # The session may still get this user.  It must not try again, and get two.
            self._core.state.broadcast.disconnect(session, UNSURE)
            raise
        self._endIfLoggedOut(session)
        if away != ABSENT:
            announceInbox(self._core.state, session)
        return entry

    async def _attach(self, session: Session, user: User, away: str | None) -> Entry:
        """Add a session to a user of the same account."""
        self._core.checkServerBans(user.source, session.address)
        with self._coming.counted(user.source.account):
            return await self._presence.attach(session, user, away)

    async def _enter(self, asker: Asker, source: Source, modes: str, away: str | None) -> Entry:
        """Enter the chat as a new user."""
        session = asker.session
        self._core.checkServerBans(source, session.address)
        initial = sortUserModes((SETTABLE - OPERATORS_ONLY) & set(modes))
        with self._coming.counted(source.account):
            entry = await self._core.propose(asker, Entered(source, session.id, initial, self._core.node))
        if session.closed:
            user = self._core.state.users.get(source.uid)
            if user is not None:
                ended = SessionEnded(user.source, session.id, self._core.node, "connection lost")
                await self._core.log.append(ended)
            return entry
        ban = self._core.serverBan(source, session.address)
        if ban is not None:
            self._core.state.broadcast.disconnect(session, wordServerBan(ban.reason))
        elif away is not None and session.user is not None:
            await self._core.log.append(AwaySet(session.user.source, away, session.id))
        return entry

    def checkNick(self, session: Session, nick: str) -> str:
        """
        Check that a nick is available to a session, whether or not it has entered the chat.

        @return: the display form of the nick.
        @raise ChatError: the nick is invalid, reserved, in use, or belongs to an account that the session is not logged
            in to.
        """
        nick = normalizeNick(nick, self._core.limits.nick)
        if skeleton(nick) in self._core.reserved:
            raise errors.NickReserved(nick)
        if isForeign(self._core.state, nick, session.currentAccount) and self._core.protection().strict:
            raise errors.NickOwned(nick)
        user = session.user
        if user is None and session.account is not None:
            user = self._core.state.users.ofAccount(session.account)
        self._core.state.users.checkFree(nick, user)
        return nick

    def rename(self, asker: Asker, nick: str) -> Receipt | None:
        """
        Change the asker's nick.

        @return: C{None} if they have this nick already, including case.
        """
        user = self._core.user(asker)
        nick = self.checkNick(asker.session, nick)
        if nick == user.nick:
            return None
        for room in user.rooms.values():
            if not room.lists["b"] and "N" not in room.modes:
                continue
            member = room.members[user.source.uid]
            if room.silenced(member):
                raise errors.Banned(room.name)
            if room.preventsNickChange(member):
                raise errors.NickFixed(room.name)
        if any(self._core.serverBan(replace(user.source, nick=nick), own.address) for own in user.sessions.values()):
            raise errors.NickReserved(nick)
        self._checkRenames(asker, user, "change your nick")
        return self._core.propose(asker, Renamed(user.source, nick, tuple(user.rooms)))

    def setRealname(self, asker: Asker, realname: str) -> Receipt | None:
        """
        Change the asker's realname.

        @return: C{None} if they have this realname already.
        """
        user = self._core.user(asker)
        checkText("the realname", realname, self._core.limits.realname)
        if realname == user.source.realname:
            return None
        for room in user.rooms.values():
            if room.silenced(room.members[user.source.uid]):
                raise errors.Banned(room.name)
        self._checkRenames(asker, user, "change your realname")
        return self._core.propose(asker, RealnameSet(user.source, realname))

    def setHost(self, user: User, host: str, username: str | None = None) -> Receipt | None:
        """
        Change the host of a user that others see.  The caller checks whether this is allowed.

        @param username: the new username; C{None} to keep the current one.
        @return: C{None} if nothing would change.
        @raise ChatError: the host or the username is invalid.
        """
        source = user.source
        username = source.username if username is None else username
        _checkShown("the host", host)
        _checkShown("the username", username)
        if (username, host) == (source.username, source.host):
            return None
        return self._core.log.append(HostSet(source, username, host))

    def setAccount(self, user: User, account: str | None) -> Receipt | None:
        """
        Log a user in to an account, or out with C{None}.  The caller has authenticated the user.

        @return: C{None} if nothing would change.
        """
        if account == user.source.account:
            return None
        return self._core.log.append(AccountSet(user.source, account))

    async def login(self, asker: Asker, name: str, webSession: str | None = None) -> None:
        """
        Log a session in to an account.  The caller has authenticated it.

        Before the session has entered, this takes effect when it enters.  Afterwards, its user gets the account; or, if
        the account's user is here already, the session goes over to that user (see L{IOutlet.attached
        <twistchat.interfaces.IOutlet.attached>}).

        @param name: the name of the account.
        @param webSession: the hash of the secret of the web session that it logged in with; C{None} for other
            credentials.  When the web session ends, the session is disconnected.
        @raise AlreadyLoggedIn: the user is logged in to another account.
        @raise TooManySessions: the account has too many sessions.
        @raise ChatError: the account cannot be used.
        """
        session = asker.session
        account = self._core.state.accounts.named(name).name
        self._core.state.accounts.checkUsable(account)
        if session.user is None:
            self._coming.check(account)
            session.account, session.webSession = account, webSession
            return
        if session.currentAccount is None:
            session.webSession = webSession
        await repeat(lambda: self._login(asker, account))
        self._endIfLoggedOut(session)
        announceInbox(self._core.state, session)

    async def _login(self, asker: Asker, account: str) -> None:
        """Log the asker's user in to an account, or move the session to the account's user."""
        session, user, target = asker.session, self._core.user(asker), self._core.state.users.ofAccount(account)
        if target is user:
            return
        if user.source.account is not None:
            raise errors.AlreadyLoggedIn(user.source.account)
        with self._coming.counted(account):
            if target is None:
                if user.sessionCount > 1:
                    # The user's other sessions have not authenticated.
                    raise errors.TooManySessions(1)
                await self._core.propose(asker, AccountSet(user.source, account))
                return
            self._core.checkServerBans(target.source, session.address)
            await self._presence.move(asker, target)

    async def logout(self, asker: Asker) -> None:
        """
        Log a session out of its account.

        If its user has other sessions, this one is disconnected, and the others stay.  Otherwise the user becomes a
        guest, with a guest nick if the nick belongs to the account; or, where no guests may be, is disconnected.

        @raise NotLoggedIn: it is not logged in.
        """
        session, user = asker.session, asker.user
        if session.currentAccount is None:
            raise errors.NotLoggedIn
        session.account = session.webSession = None
        if user is None:
            return
        if user.sessionCount > 1 or not self._core.guests():
            stay = "; your other sessions stay" if user.sessionCount > 1 else ""
            self._core.state.broadcast.disconnect(session, f"You are logged out{stay}")
            return
        if isForeign(self._core.state, user.nick, None):
            renamed = Renamed(user.source, guestNick(self._core.state, user), tuple(user.rooms))
            await self._core.log.append(renamed)
        await self._core.propose(asker, AccountSet(user.source, None))

    async def release(self, asker: Asker, nick: str) -> None:
        """
        Take a nick of the asker's account from another user, who gets a guest nick.

        @raise NotLoggedIn: the asker is not logged in.
        @raise NoSuchCredential: the nick does not belong to the account.
        """
        user = self._core.user(asker)
        account = user.source.account
        if account is None:
            raise errors.NotLoggedIn
        state = self._core.state
        if state.accounts.ownerOf(nick) is None or isForeign(state, nick, account):
            raise errors.NoSuchCredential("nick", nick)
        holder = state.users.lookalike(nick)
        if holder is not None and holder is not user:
            await self._core.log.append(Renamed(holder.source, guestNick(state, holder), tuple(holder.rooms)))

    async def regain(self, asker: Asker, nick: str) -> None:
        """Give the asker a nick of their account, and a guest nick to another user who has it.  See L{release}."""
        await self.release(asker, nick)
        renaming = self.rename(asker, nick)
        if renaming is not None:
            await renaming

    async def setUserModes(self, asker: Asker, text: str) -> str:
        """
        Change the asker's own user modes.  Unknown letters do not prevent the other changes.  Modes that only server
        operators can have are ignored for other users.

        @param text: the mode string, as in C{"+i-w"}.
        @return: the unknown letters.
        """
        user = self._core.user(asker)
        asked, unknown = parseUserModes(text)
        if asked.pop("o", True) is False and (resigning := self.resign(asker)) is not None:
            await resigning
        barred = frozenset() if user.operator is not None else OPERATORS_ONLY
        added = sortUserModes({letter for letter, adding in asked.items() if adding} - user.flags - barred)
        removed = sortUserModes({letter for letter, adding in asked.items() if not adding} & user.flags)
        if added or removed:
            await self._core.propose(asker, UserModesSet(user.source, added, removed))
        return unknown

    def resign(self, asker: Asker) -> Receipt | None:
        """
        Give up the asker's status as server operator.

        @return: C{None} if they are not a server operator.
        """
        user = self._core.user(asker)
        if user.operator is None:
            return None
        return self._core.propose(asker, OperatorSet(user.source, None))

    # Questions

    def find(self, nick: str) -> User:
        """
        The user with this nick.

        @raise NoSuchNick: no user has it.
        """
        return self._core.named(nick)

    # Checks

    def _accountOf(self, session: Session) -> str | None:
        """
        The account that a session enters with; C{None} for a guest.

        @raise AccountRequired: it is a guest, and this server lets none in.
        @raise NotLoggedIn: the account was dropped in the meantime, or the web session has ended.
        @raise Suspended: the account was suspended in the meantime.
        """
        if session.account is None:
            if not self._core.guests():
                raise errors.AccountRequired
            return None
        account = self._core.state.accounts.get(session.account)
        if account is None or self._isLoggedOut(session, account):
            session.account = session.webSession = None
            raise errors.NotLoggedIn
        self._core.state.accounts.checkUsable(account.name)
        return account.name

    def _isLoggedOut(self, session: Session, account: Account) -> bool:
        """Whether the web session has ended with which a session logged in to an account."""
        if session.webSession is None:
            return False
        found = self._core.state.accounts.withWebSession(session.webSession)
        return found is None or found[0] is not account

    def _endIfLoggedOut(self, session: Session) -> None:
        """Disconnect a session whose web session ended while the login was on its way."""
        account = self._core.state.accounts.get(session.currentAccount)
        if account is not None and self._isLoggedOut(session, account):
            self._core.state.broadcast.disconnect(session, LOGGED_OUT)

    def _checkRenames(self, asker: Asker, user: User, what: str) -> None:
        if self._core.isExempt(asker, user):
            return
        now = self._core.now()
        user.renames = bucketOf(user.renames, self._core.limits.nickBurst, self._core.limits.nickRate, now)
        if wait := user.renames.take(now):
            raise errors.TooFast(what, wait)


def _checkShown(what: str, text: str) -> None:
    """Check a username or host, which becomes part of C{nick!user@host}."""
    checkText(what, text, LONGEST_HOST)
    if not text:
        raise errors.NothingSaid
    for character in text:
        if not character.isprintable() or character in " !@,*?" or text[0] == ":":
            raise errors.BadText(what, character)


# Effects


def _entered(state: State, entry: Entry, event: Entered, origin: Origin | None) -> None:
    account = event.source.account
    if account is not None:
        state.accounts.checkUsable(account)
        if state.users.ofAccount(account) is not None:
            raise errors.AlreadyLoggedIn(account)
    state.users.checkFree(event.source.nick, None)
    user = User(event.source, entry.time)
    if account is not None and (registered := state.accounts.get(account)) is not None and registered.isAdmin:
        user.operator = Operator(ADMINISTRATOR, frozenset(PRIVILEGES))
    changeModes(user, event.modes, "")
    state.users.add(user)
    state.mostUsers = max(state.mostUsers, len(state.users))
    user.addSession(event.session, state.sessionOf(event.session, event.node), event.node)
    state.started(user, event.session, event.node)
    claim(state, user)
    notifyWatchers(state, entry, user.nick, origin)
    if account is not None:
        state.presenceChanged(account)


def _renamed(state: State, entry: Entry, event: Renamed, origin: Origin | None) -> None:
    user = state.userOf(entry)
    state.users.checkFree(event.nick, user)
    source = user.source
    old, new = fold(user.nick), fold(event.nick)
    neighbours = list(neighboursOf(user))
    state.users.rename(user, replace(source, nick=event.nick))
    state.changed(user)
    claim(state, user)
    for session in state.sessions.values():
        if old in session.ignored:
            session.ignored[new] = session.ignored[old]
    state.broadcast.send(replace(entry, event=replace(event, source=source)), neighbours, origin=origin)
    if old != new:
        # Sessions that watch one of the nicks must not learn the other: MONITOR reports the old one as offline and
        # the new one as online.
        state.whowas.add(source, entry.time)
        notifyWatchers(state, replace(entry, event=Quit(source, "")), old, origin)
        notifyWatchers(state, replace(entry, event=Entered(user.source, "")), new, origin)


EFFECTS: Effects = {
    Entered: _entered,
    Renamed: _renamed,
}
"""The effect of each class of event."""
