"""The verbs of users: coming and going, what they are called and shown as, and what they want to hear."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.events import (
    AccountSet,
    AwaySet,
    Entered,
    HostSet,
    OperatorSet,
    Quit,
    RealnameSet,
    Renamed,
    Source,
    UserModesSet,
)
from twistchat.chat.model.names import fold, normalizeNick, skeleton
from twistchat.chat.model.origin import Asker
from twistchat.chat.model.serverbans import ServerBan, wordServerBan
from twistchat.chat.model.texts import checkText, withoutDelimiters
from twistchat.chat.model.usermodes import OPERATORS_ONLY, SETTABLE, parseUserModes, sortUserModes
from twistchat.chat.model.users import Session, User
from twistchat.chat.rules.verbs import Verbs

if TYPE_CHECKING:
    from twistchat.interfaces import IOutlet, Receipt

LONGEST_HOST = 63
"""Characters of a username or a host: what IRC servers advertise as HOSTLEN."""


class PeopleVerbs(Verbs):
    """
    What a session may ask for its user, and for itself.

    """

    _ids: Callable[[], str]
    _reserved: frozenset[str]

    # Coming and going

    def open(
        self, outlet: IOutlet, exempt: bool = False, *, address: str | None = None, secure: bool = False
    ) -> Session:
        """
        Begin a session for a connection that came in through a door.

        @param exempt: whether limits on rates do not bind it.
        @param address: the IP address from which it comes, where there is one.
        @param secure: whether it is encrypted.
        """
        session = Session(self._ids(), outlet, exempt, self._now(), address, secure)
        self.state.sessions[session.id] = session
        return session

    def checkAddress(self, address: str | None) -> None:
        """
        Hold that connections from an IP address are welcome.

        @raise ServerBanned: they are not.
        """
        self._checkServerBans(None, address)

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
        checkText("the realname", realname, self.limits.realname)
        if away is not None:
            checkText("the reason", away, self.limits.reason)
        source = Source(self._ids(), nick, username, host, None, realname, "B" in modes)
        self._checkServerBans(source, session.address)
        await self._propose(asker, Entered(source, session.id, sortUserModes((SETTABLE - OPERATORS_ONLY) & set(modes))))
        if session.closed:
            user = self.state.users.get(source.uid)
            if user is not None and not user.sessions:
                await self._journal.append(Quit(user.source, "connection lost"))
            return
        ban = self._serverBan(source, session.address)
        if ban is not None:
            self.state.broadcast.disconnect(session, wordServerBan(ban.reason))
        elif away is not None and session.user is not None:
            await self._journal.append(AwaySet(session.user.source, away))

    def attach(self, session: Session, user: User) -> None:
        """
        Make a session another of a user's: in all their rooms from now on, under their name.

        @param user: whose it is, of which the caller has made sure.
        """
        session.user = user
        user.sessions[session.id] = session
        for room in user.rooms.values():
            room.audience.add(session)

    def close(self, session: Session, reason: str) -> Receipt | None:
        """
        End a session; and with the last of a user's sessions, that user's presence.

        @param reason: why, for those who see the user go.  It is cut to its limit, and what must not be in it becomes
            spaces: nobody is kept here for a bad reason.
        @return: the proposal of the user's going, or C{None} where they stay or never came.
        """
        if session.closed:
            return None
        session.closed = True
        del self.state.sessions[session.id]
        self.state.watchers.forget(session)
        user = session.user
        if user is None:
            return None
        for room in user.rooms.values():
            room.audience.remove(session)
        session.user = None
        del user.sessions[session.id]
        if user.sessions:
            return None
        return self._journal.append(Quit(user.source, withoutDelimiters(reason[: self.limits.reason])))

    # What users are called and shown as

    def checkNick(self, session: Session, nick: str) -> str:
        """
        Hold that a nick can be had just now, by a session that has come in or has yet to.

        @return: its display form.
        @raise ChatError: it cannot be a nick, or is reserved or in use.
        """
        nick = normalizeNick(nick, self.limits.nick)
        if skeleton(nick) in self._reserved:
            raise errors.NickReserved(nick)
        holder = self.state.users.lookalike(nick)
        if holder is not None and holder is not session.user:
            raise errors.NickInUse(nick, holder.nick)
        return nick

    def rename(self, asker: Asker, nick: str) -> Receipt | None:
        """
        Take another nick.

        @return: C{None} where it is the one they have, to the letter.
        """
        user = self._user(asker)
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
        if any(self._serverBan(replace(user.source, nick=nick), own.address) for own in user.sessions.values()):
            raise errors.NickReserved(nick)
        self._checkRenames(asker, user, "change your nick")
        return self._propose(asker, Renamed(user.source, nick))

    def setRealname(self, asker: Asker, realname: str) -> Receipt | None:
        """
        Take another realname.

        @return: C{None} where it is the one they have.
        """
        user = self._user(asker)
        checkText("the realname", realname, self.limits.realname)
        if realname == user.source.realname:
            return None
        for room in user.rooms.values():
            if room.silenced(room.members[user.source.uid]):
                raise errors.Banned(room.name)
        self._checkRenames(asker, user, "change your realname")
        return self._propose(asker, RealnameSet(user.source, realname))

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
        return self._journal.append(HostSet(source, username, host))

    def setAccount(self, user: User, account: str | None) -> Receipt | None:
        """
        Let a user be logged in to an account, or to none.  That it is theirs is for the caller to know.

        @return: C{None} where it is so.
        """
        if account == user.source.account:
            return None
        return self._journal.append(AccountSet(user.source, account))

    def setAway(self, asker: Asker, message: str | None) -> Receipt:
        """Be away with a message, or back with C{None}.  Where it is so already, nobody hears of it."""
        user = self._user(asker)
        if message is not None:
            checkText("the reason", message, self.limits.reason)
        if message != user.away and not self._unbound(asker, user):
            now = self._now()
            if user.absences is None:
                user.absences = TokenBucket(self.limits.awayBurst, self.limits.awayRate, now)
            if wait := user.absences.take(now):
                raise errors.TooFast("go away and come back", wait)
        return self._propose(asker, AwaySet(user.source, message))

    async def setUserModes(self, asker: Asker, text: str) -> str:
        """
        Change one's own modes.  What is known takes effect, whatever else was asked for; what is for operators of the
        server only is passed over for others.

        @param text: as in C{"+i-w"}.
        @return: the letters of which there is no user mode.
        """
        user = self._user(asker)
        asked, unknown = parseUserModes(text)
        if asked.pop("o", True) is False and (resigning := self.resign(asker)) is not None:
            await resigning
        barred = frozenset() if user.operator is not None else OPERATORS_ONLY
        added = sortUserModes({letter for letter, adding in asked.items() if adding} - user.flags - barred)
        removed = sortUserModes({letter for letter, adding in asked.items() if not adding} & user.flags)
        if added or removed:
            await self._propose(asker, UserModesSet(user.source, added, removed))
        return unknown

    def resign(self, asker: Asker) -> Receipt | None:
        """
        Be an operator of the server no more.

        @return: C{None} where they are none.
        """
        user = self._user(asker)
        if user.operator is None:
            return None
        return self._propose(asker, OperatorSet(user.source, None))

    # Whom a session watches

    def watch(self, session: Session, nicks: Iterable[str]) -> tuple[list[User], list[str]]:
        """
        Let a session hear when someone comes and goes under these nicks, or has news.

        A nick that nobody can have is not watched; it counts as one that nobody has.

        @return: as L{presence} has it.
        @raise WatchListFull: some do not fit; those before them are watched, and L{presence} tells about them.
        """
        self._user(session)
        nicks = list(dict.fromkeys(nicks))
        refused = []
        for nick in nicks:
            watched = self._watchable(nick)
            if watched is None:
                continue
            if fold(watched) not in session.watched and len(session.watched) >= self.limits.watched:
                refused.append(nick)
            else:
                self.state.watchers.add(session, watched)
        if refused:
            raise errors.WatchListFull(self.limits.watched, tuple(refused))
        return self.presence(nicks)

    def unwatch(self, session: Session, nicks: Iterable[str]) -> None:
        """Let a session hear no more of these nicks."""
        for nick in nicks:
            watched = self._watchable(nick)
            if watched is not None:
                self.state.watchers.remove(session, watched)

    def unwatchAll(self, session: Session) -> None:
        """Let a session watch nobody any more."""
        self.state.watchers.forget(session)

    def watched(self, session: Session) -> list[str]:
        """The nicks that a session watches, as it asked for them."""
        return list(session.watched.values())

    def presence(self, nicks: Iterable[str]) -> tuple[list[User], list[str]]:
        """
        Who of these is here.

        @return: the users of nicks that somebody has, each once; and the nicks that nobody has.
        """
        here: dict[str, User] = {}
        gone: dict[str, str] = {}
        for nick in nicks:
            user = self.state.users.named(self._watchable(nick) or nick)
            if user is None:
                gone.setdefault(fold(nick), nick)
            else:
                here[user.source.uid] = user
        return list(here.values()), list(gone.values())

    # What a session hears

    def setEcho(self, session: Session, echo: bool) -> None:
        """Let a session hear what it says itself, from now on, or not."""
        self.state.broadcast.settle(session)
        session.echo = echo

    def ignore(self, session: Session, nick: str) -> User:
        """
        Let a session hear no text of a user, and no invitation, under any nick that they take.

        @return: the user.
        """
        user = self._named(nick)
        self.state.broadcast.settle(session)
        session.ignored.setdefault(fold(user.nick), fold(user.nick))
        self.state.broadcast.regroup(session)
        return user

    def unignore(self, session: Session, nick: str) -> bool:
        """
        End that, for every nick that this user is known to have had meanwhile.

        @return: whether that nick was ignored.
        """
        self.state.broadcast.settle(session)
        first = session.ignored.get(fold(nick))
        session.ignored = {known: since for known, since in session.ignored.items() if since != first}
        self.state.broadcast.regroup(session)
        return first is not None

    # Questions

    def find(self, nick: str) -> User:
        """
        The user of a nick.

        @raise NoSuchNick: nobody is called that.
        """
        return self._named(nick)

    # Checks

    def _watchable(self, nick: str) -> str | None:
        """The display form of a nick that somebody could have; otherwise C{None}."""
        try:
            return normalizeNick(nick, self.limits.nick)
        except errors.BadNick:
            return None

    def _checkRenames(self, asker: Asker, user: User, what: str) -> None:
        if self._unbound(asker, user):
            return
        now = self._now()
        if user.renames is None:
            user.renames = TokenBucket(self.limits.nickBurst, self.limits.nickRate, now)
        if wait := user.renames.take(now):
            raise errors.TooFast(what, wait)

    def _checkServerBans(self, source: Source | None, address: str | None) -> None:
        ban = self._serverBan(source, address)
        if ban is not None:
            raise errors.ServerBanned(ban.reason, ban.until)

    def _serverBan(self, source: Source | None, address: str | None) -> ServerBan | None:
        return self.state.serverBans.banned(source, address, self._today())

    def _today(self) -> int:
        """What time it is, in milliseconds since the epoch."""
        return int(self._wall() * 1000)


def _checkShown(what: str, text: str) -> None:
    """Check what is to stand in a user's C{nick!user@host}."""
    checkText(what, text, LONGEST_HOST)
    if not text:
        raise errors.NothingSaid
    for character in text:
        if not character.isprintable() or character in " !@,*?" or text[0] == ":":
            raise errors.BadText(what, character)
