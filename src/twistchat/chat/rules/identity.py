"""The identity of users: nick, realname, host, account, and user modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.limits import TokenBucket
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
from twistchat.chat.model.users import NO_FLAGS, User, neighboursOf
from twistchat.chat.rules.access import changeAccount
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import notifyNeighbours, notifyWatchers

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

LONGEST_HOST = 63
"""The maximum length of a username or a host, in characters (the ISUPPORT token HOSTLEN)."""


class Identity:
    """The verbs with which users enter the chat and change their identity."""

    def __init__(self, core: Core) -> None:
        self._core = core

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
    ) -> None:
        """
        Enter the chat as a guest.

        @param username: the IRC username that others see.
        @param host: the host that others see: a cloak, not the address.
        @param modes: letters of L{SETTABLE} user modes to start with.  Modes for server operators are ignored.
        @param away: the away message to start with, or C{None}.
        @raise ChatError: the nick is not available, or a server ban matches these names.
        """
        session = asker.session
        nick = self.checkNick(session, nick)
        checkText("the realname", realname, self._core.limits.realname)
        if away is not None:
            checkText("the reason", away, self._core.limits.reason)
        source = Source(self._core.ids(), nick, username, host, None, realname, "B" in modes)
        self._core.checkServerBans(source, session.address)
        initial = sortUserModes((SETTABLE - OPERATORS_ONLY) & set(modes))
        await self._core.propose(asker, Entered(source, session.id, initial, self._core.node))
        if session.closed:
            user = self._core.state.users.get(source.uid)
            if user is not None:
                ended = SessionEnded(user.source, session.id, self._core.node, "connection lost")
                await self._core.log.append(ended)
            return
        ban = self._core.serverBan(source, session.address)
        if ban is not None:
            self._core.state.broadcast.disconnect(session, wordServerBan(ban.reason))
        elif away is not None and session.user is not None:
            await self._core.log.append(AwaySet(session.user.source, away))

    def checkNick(self, session: Session, nick: str) -> str:
        """
        Check that a nick is available to a session, whether or not it has entered the chat.

        @return: the display form of the nick.
        @raise ChatError: the nick is invalid, reserved or in use.
        """
        nick = normalizeNick(nick, self._core.limits.nick)
        if skeleton(nick) in self._core.reserved:
            raise errors.NickReserved(nick)
        self._core.state.users.checkFree(nick, session.user)
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
        return self._core.propose(asker, Renamed(user.source, nick))

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

    def _checkRenames(self, asker: Asker, user: User, what: str) -> None:
        if self._core.isExempt(asker, user):
            return
        now = self._core.now()
        if user.renames is None:
            user.renames = TokenBucket(self._core.limits.nickBurst, self._core.limits.nickRate, now)
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
    state.users.checkFree(event.source.nick, None)
    user = User(event.source, entry.time)
    _changeModes(user, event.modes, "")
    state.users.add(user)
    state.mostUsers = max(state.mostUsers, len(state.users))
    user.addSession(event.session, state.sessions.get(event.session), event.node)
    notifyWatchers(state, entry, user.nick, origin)


def _renamed(state: State, entry: Entry, event: Renamed, origin: Origin | None) -> None:
    user = state.userOf(entry)
    state.users.checkFree(event.nick, user)
    source = user.source
    old, new = fold(user.nick), fold(event.nick)
    neighbours = list(neighboursOf(user))
    state.users.rename(user, replace(source, nick=event.nick))
    for session in state.sessions.values():
        if old in session.ignored:
            session.ignored[new] = session.ignored[old]
    state.broadcast.send(entry, neighbours, origin=origin)
    if old != new:
        # Sessions that watch one of the nicks must not learn the other: MONITOR reports the old one as offline and
        # the new one as online.
        state.whowas.add(source, entry.time)
        notifyWatchers(state, replace(entry, event=Quit(source, "")), old, origin)
        notifyWatchers(state, replace(entry, event=Entered(user.source, "")), new, origin)


def _realnameSet(state: State, entry: Entry, event: RealnameSet, origin: Origin | None) -> None:
    user = state.userOf(entry)
    _changeSource(state, entry, user, origin, replace(user.source, realname=event.realname))


def hostSet(state: State, entry: Entry, event: HostSet, origin: Origin | None) -> None:
    """Change the host of a user that others see."""
    user = state.userOf(entry)
    before = user.source
    _changeSource(state, entry, user, origin, replace(before, username=event.username, host=event.host))
    for session in neighboursOf(user):
        if session.id not in user.sessions:
            state.broadcast.hostChanged(session, entry, before)


def _accountSet(state: State, entry: Entry, event: AccountSet, origin: Origin | None) -> None:
    user = state.userOf(entry)
    before = user.source.account
    state.users.rename(user, replace(user.source, account=event.account))
    notifyNeighbours(state, entry, user, origin)
    changeAccount(state, entry, user, before, origin)


def userModesSet(state: State, entry: Entry, event: UserModesSet, origin: Origin | None) -> None:
    """Change a user's modes.  Modes for server operators are ignored for other users."""
    user = state.userOf(entry)
    if user.operator is None and OPERATORS_ONLY & set(event.added):
        event = replace(event, added=sortUserModes(set(event.added) - OPERATORS_ONLY))
    _changeModes(user, event.added, event.removed)
    state.users.count(user)
    state.broadcast.send(replace(entry, event=event), user.sessions.values(), origin=origin)


def _changeSource(state: State, entry: Entry, user: User, origin: Origin | None, source: Source) -> None:
    """Change the names of a user other than the nick, and notify the sessions that see them."""
    user.source = source
    notifyNeighbours(state, entry, user, origin)


def _changeModes(user: User, added: str, removed: str) -> None:
    settable = SETTABLE if user.operator is not None else SETTABLE - OPERATORS_ONLY
    user.flags = ((user.flags | (set(added) & settable)) - set(removed)) or NO_FLAGS
    if user.source.bot != ("B" in user.flags):
        user.source = replace(user.source, bot=not user.source.bot)


EFFECTS: Effects = {
    Entered: _entered,
    Renamed: _renamed,
    RealnameSet: _realnameSet,
    HostSet: hostSet,
    AccountSet: _accountSet,
    UserModesSet: userModesSet,
}
"""The effect of each class of event."""
