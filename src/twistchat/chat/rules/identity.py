"""What users are: their nick, realname, host and account, and their own modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.errors import NickInUse
from twistchat.chat.limits import TokenBucket
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
from twistchat.chat.model.names import fold, normalizeNick, skeleton
from twistchat.chat.model.origin import Asker, Origin
from twistchat.chat.model.serverbans import wordServerBan
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.usermodes import OPERATORS_ONLY, SETTABLE, parseUserModes, sortUserModes
from twistchat.chat.model.users import NO_FLAGS, Session, User, audienceOf
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.succession import userOf
from twistchat.chat.rules.telling import tellOfUser, tellWatchers

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

LONGEST_HOST = 63
"""Characters of a username or a host: what IRC servers advertise as HOSTLEN."""


class Identity:
    """The verbs with which a user comes in, and changes what others see of them."""

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
        Let a session's user come in as a guest.

        @param username: the IRC username, to be shown.
        @param host: the host to be shown, not the address.
        @param modes: letters of L{SETTABLE} user modes that they are to have from the start; those for operators of the
            server are passed over.
        @param away: why they are away from the start, or C{None}.
        @raise ChatError: this nick cannot be had, or they are not welcome under these names.
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
        Hold that a nick can be had just now, by a session that has come in or has yet to.

        @return: its display form.
        @raise ChatError: it cannot be a nick, or is reserved or in use.
        """
        nick = normalizeNick(nick, self._core.limits.nick)
        if skeleton(nick) in self._core.reserved:
            raise errors.NickReserved(nick)
        holder = self._core.state.users.lookalike(nick)
        if holder is not None and holder is not session.user:
            raise errors.NickInUse(nick, holder.nick)
        return nick

    def rename(self, asker: Asker, nick: str) -> Receipt | None:
        """
        Take another nick.

        @return: C{None} where it is the one they have, to the letter.
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
            if room.fixesNick(member):
                raise errors.NickFixed(room.name)
        if any(self._core.serverBan(replace(user.source, nick=nick), own.address) for own in user.sessions.values()):
            raise errors.NickReserved(nick)
        self._checkRenames(asker, user, "change your nick")
        return self._core.propose(asker, Renamed(user.source, nick))

    def setRealname(self, asker: Asker, realname: str) -> Receipt | None:
        """
        Take another realname.

        @return: C{None} where it is the one they have.
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
        Show a user with another host.  Whether that may be is for the caller to say.

        @param username: with which to show them; C{None} leaves it as it is.
        @return: C{None} where they are shown so.
        @raise ChatError: it cannot be a host, or a username.
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
        Let a user be logged in to an account, or to none.  That it is theirs is for the caller to know.

        @return: C{None} where it is so.
        """
        if account == user.source.account:
            return None
        return self._core.log.append(AccountSet(user.source, account))

    async def setUserModes(self, asker: Asker, text: str) -> str:
        """
        Change one's own modes.  What is known takes effect, whatever else was asked for; what is for operators of the
        server only is passed over for others.

        @param text: as in C{"+i-w"}.
        @return: the letters of which there is no user mode.
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
        Be an operator of the server no more.

        @return: C{None} where they are none.
        """
        user = self._core.user(asker)
        if user.operator is None:
            return None
        return self._core.propose(asker, OperatorSet(user.source, None))

    # Questions

    def find(self, nick: str) -> User:
        """
        The user of a nick.

        @raise NoSuchNick: nobody is called that.
        """
        return self._core.named(nick)

    # Checks

    def _checkRenames(self, asker: Asker, user: User, what: str) -> None:
        if self._core.unbound(asker, user):
            return
        now = self._core.now()
        if user.renames is None:
            user.renames = TokenBucket(self._core.limits.nickBurst, self._core.limits.nickRate, now)
        if wait := user.renames.take(now):
            raise errors.TooFast(what, wait)


def _checkShown(what: str, text: str) -> None:
    """Check what is to stand in a user's C{nick!user@host}."""
    checkText(what, text, LONGEST_HOST)
    if not text:
        raise errors.NothingSaid
    for character in text:
        if not character.isprintable() or character in " !@,*?" or text[0] == ":":
            raise errors.BadText(what, character)


# Effects


def _entered(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, Entered)
    _claim(state, event.source.nick, None)
    user = User(event.source, entry.time)
    _changeModes(user, event.modes, "")
    state.users.add(user)
    state.mostUsers = max(state.mostUsers, len(state.users))
    user.begin(event.session, state.sessions.get(event.session), event.node)
    tellWatchers(state, entry, user.nick, origin)


def _renamed(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, Renamed)
    user = userOf(state, entry)
    _claim(state, event.nick, user)
    source = user.source
    old, new = fold(user.nick), fold(event.nick)
    heard = list(audienceOf(user))
    state.users.rename(user, replace(source, nick=event.nick))
    for session in state.sessions.values():
        if old in session.ignored:
            session.ignored[new] = session.ignored[old]
    state.broadcast.tell(entry, heard, origin=origin)
    if old != new:
        # Who watches one of the two nicks is not to learn of the other.
        state.whowas.add(source, entry.time)
        tellWatchers(state, replace(entry, event=Quit(source, "")), old, origin)
        tellWatchers(state, replace(entry, event=Entered(user.source, "")), new, origin)


def _realnameSet(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, RealnameSet)
    user = userOf(state, entry)
    _changeSource(state, entry, user, origin, replace(user.source, realname=event.realname))


def hostSet(state: State, entry: Entry, origin: Origin | None) -> None:
    """Show a user with another host."""
    event = entry.event
    assert isinstance(event, HostSet)
    user = userOf(state, entry)
    before = user.source
    _changeSource(state, entry, user, origin, replace(before, username=event.username, host=event.host))
    for session in audienceOf(user):
        if session.id not in user.sessions:
            state.broadcast.rehosted(session, entry, before)


def _accountSet(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, AccountSet)
    user = userOf(state, entry)
    _changeSource(state, entry, user, origin, replace(user.source, account=event.account))


def userModesSet(state: State, entry: Entry, origin: Origin | None) -> None:
    """Change a user's own modes; those for operators of the server are passed over for others."""
    event = entry.event
    assert isinstance(event, UserModesSet)
    user = userOf(state, entry)
    if user.operator is None and OPERATORS_ONLY & set(event.added):
        event = replace(event, added=sortUserModes(set(event.added) - OPERATORS_ONLY))
    _changeModes(user, event.added, event.removed)
    state.users.count(user)
    state.broadcast.tell(replace(entry, event=event), user.sessions.values(), origin=origin)


def _changeSource(state: State, entry: Entry, user: User, origin: Origin | None, source: Source) -> None:
    """Give a user other names behind their nick, and tell who sees these."""
    user.source = source
    tellOfUser(state, entry, user, origin)


def _claim(state: State, nick: str, claimant: User | None) -> None:
    """
    Check that a nick is free.

    @param claimant: the user who may have it already; C{None} for a new user.
    @raise NickInUse: another user has it, or one that looks like it.
    """
    holder = state.users.lookalike(nick)
    if holder is not None and holder is not claimant:
        raise NickInUse(nick, holder.nick)


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
"""What applying these events does."""
