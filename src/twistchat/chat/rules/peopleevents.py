"""How users change: the appliers of what they do, and of what operators of the server do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from twistchat.chat.errors import NoSuchNick
from twistchat.chat.fanout.audience import NOTICES, RESHOWN, WATCHED
from twistchat.chat.model.events import (
    AccountSet,
    Announced,
    AwaySet,
    Entered,
    Entry,
    Event,
    HostSet,
    Joined,
    Killed,
    OperatorSet,
    Quit,
    RealnameSet,
    Renamed,
    ServerBanLifted,
    ServerBanSet,
    Source,
    UserModesSet,
)
from twistchat.chat.model.names import fold
from twistchat.chat.model.origin import Origin
from twistchat.chat.model.serverbans import ServerBan, ServerBans, ServerBanTest, wordServerBan
from twistchat.chat.model.usermodes import OPERATORS_ONLY, SETTABLE, sortUserModes
from twistchat.chat.model.users import NO_FLAGS, Operator, User, audienceOf
from twistchat.chat.model.watching import Watchers
from twistchat.chat.model.whowas import Whowas
from twistchat.chat.rules.appliers import Appliers, following


class PeopleAppliers(Appliers):
    """
    What users do, and what operators of the server do to them.

    @ivar whowas: who was here.
    @ivar watchers: which of the sessions watch whom.
    @ivar serverBans: who is kept from the server.
    @ivar mostUsers: how many users there were at most at one time.
    """

    whowas: Whowas
    watchers: Watchers
    serverBans: ServerBans
    mostUsers: int

    def _entered(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, Entered)
        self._claim(event.source.nick, None)
        user = User(event.source, entry.time)
        _changeModes(user, event.modes, "")
        self.users.add(user)
        self.mostUsers = max(self.mostUsers, len(self.users))
        session = self.sessions.get(event.session)
        if session is not None:
            user.sessions[session.id] = session
            session.user = user
        self._tellWatchers(entry, user.nick, origin)

    def _quit(self, entry: Entry, origin: Origin | None) -> None:
        user = self._user(entry)
        self._remove(entry, user, origin)

    def _killed(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, Killed)
        user = self.users.get(event.killed.uid)
        if user is None:
            raise NoSuchNick(event.killed.nick)
        self._remove(entry, user, origin)
        self._tellOperators(entry, origin)
        why = f"{event.source.nick} ({event.reason})" if event.reason else event.source.nick
        for session in list(user.sessions.values()):
            self.broadcast.disconnect(session, f"Killed ({why})")

    def _renamed(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, Renamed)
        user = self._user(entry)
        self._claim(event.nick, user)
        source = user.source
        old, new = fold(user.nick), fold(event.nick)
        heard = list(audienceOf(user))
        self.users.rename(user, replace(source, nick=event.nick))
        for session in self.sessions.values():
            if old in session.ignored:
                session.ignored[new] = session.ignored[old]
        self.broadcast.tell(entry, heard, origin=origin)
        if old != new:
            # Who watches one of the two nicks is not to learn of the other.
            self.whowas.add(source, entry.time)
            self._tellWatchers(replace(entry, event=Quit(source, "")), old, origin)
            self._tellWatchers(replace(entry, event=Entered(user.source, "")), new, origin)

    def _awaySet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, AwaySet)
        user = self._user(entry)
        if event.message != user.away:
            user.away = event.message
            self._tellOfUser(entry, user, origin, themselves=False)

    def _realnameSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, RealnameSet)
        user = self._user(entry)
        self._changeSource(entry, user, origin, replace(user.source, realname=event.realname))

    def _hostSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, HostSet)
        user = self._user(entry)
        before = user.source
        self._changeSource(entry, user, origin, replace(before, username=event.username, host=event.host))
        self._showAgain(entry, user, before)

    def _accountSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, AccountSet)
        user = self._user(entry)
        self._changeSource(entry, user, origin, replace(user.source, account=event.account))

    def _userModesSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, UserModesSet)
        user = self._user(entry)
        if user.operator is None and OPERATORS_ONLY & set(event.added):
            event = replace(event, added=sortUserModes(set(event.added) - OPERATORS_ONLY))
        _changeModes(user, event.added, event.removed)
        self.users.count(user)
        self.broadcast.tell(replace(entry, event=event), user.sessions.values(), origin=origin)

    def _operatorSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, OperatorSet)
        user = self._user(entry)
        before = user.operator
        if event.title is None:
            if before is None:
                return
            user.operator = None
        else:
            host = user.source.host if before is None else before.host
            user.operator = Operator(event.title, event.privileges, host)
        self.users.count(user)
        self.broadcast.tell(entry, user.sessions.values(), origin=origin)
        if before is not None and user.operator is None:
            self._resigned(entry, user, before, origin)
        self._tellOperators(entry, origin)

    def _announced(self, entry: Entry, origin: Origin | None) -> None:
        listening = [user for user in self.users if "w" in user.flags or user.operator is not None]
        sessions = [session for user in listening for session in user.sessions.values()]
        self.broadcast.tell(entry, sessions, origin=origin)

    def _serverBanSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, ServerBanSet)
        self._tellOperators(entry, origin, "ban")
        self.serverBans.add(ServerBan(event.mask, event.reason, event.source.nick, entry.time, event.until))
        if event.until is not None and event.until <= entry.time:
            return
        test = ServerBanTest(event.mask)
        met = [
            session
            for session in self.sessions.values()
            if test.meets(None if session.user is None else session.user.source, session.address)
        ]
        self.broadcast.departures.disconnect(met, wordServerBan(event.reason))

    def _serverBanLifted(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, ServerBanLifted)
        self.serverBans.remove(event.mask)
        self._tellOperators(entry, origin, "ban")

    # What they share

    def _remove(self, entry: Entry, user: User, origin: Origin | None) -> None:
        """Let a user go, and tell those who shared a room with them, and those who watch their nick."""
        heard = audienceOf(user)
        rooms, user.rooms = user.rooms, {}
        for room in rooms.values():
            self._leave(entry, room, user)
        self.users.remove(user)
        self.whowas.add(user.source, entry.time)
        for session in user.sessions.values():
            session.user = None
        others = [session for session in heard if session.id not in user.sessions]
        self.broadcast.tell(entry, others, origin=origin)
        self._tellWatchers(entry, user.nick, origin, gone=user)

    def _resigned(self, entry: Entry, user: User, before: Operator, origin: Origin | None) -> None:
        """Take from a user what they had as an operator of the server: their modes, and their host."""
        modes = sortUserModes(user.flags & OPERATORS_ONLY)
        if modes:
            self._userModesSet(following(entry, UserModesSet(user.source, "", modes), "modes"), origin)
        if before.host is not None and before.host != user.source.host:
            host = HostSet(user.source, user.source.username, before.host)
            self._hostSet(following(entry, host, "host"), origin)

    def _showAgain(self, entry: Entry, user: User, before: Source) -> None:
        """
        Tell others of a user's new host as if that user went and came again (IRCv3 chghost, "Fallback"): those whose
        outlets hear anything from L{RESHOWN}.

        @param before: the user's names until now.
        """
        others = [session for session in audienceOf(user) if session.id not in user.sessions]
        if not others:
            return
        self.broadcast.tell(following(entry, Quit(before, "Changing hostname"), "quit"), others, RESHOWN)
        for number, room in enumerate(user.rooms.values()):
            joined = Joined(user.source, room.name, user.away, room.members[before.uid].ranks)
            members = [member.user for member in room.members.values() if member.user is not user]
            sessions = [session for other in members for session in other.sessions.values()]
            self.broadcast.tell(following(entry, joined, f"join{number}"), sessions, RESHOWN)

    def _tellOperators(self, entry: Entry, origin: Origin | None, privilege: str | None = None) -> None:
        """
        Tell the operators of the server who want to know.

        @param privilege: which they need to have to hear of it; C{None} where all may.
        """
        listening = [
            session
            for user in self.users
            if "s" in user.flags and (privilege is None or user.may(privilege))
            for session in user.sessions.values()
        ]
        if listening:
            self.broadcast.tell(entry, listening, NOTICES, origin)

    def _changeSource(self, entry: Entry, user: User, origin: Origin | None, source: Source) -> None:
        """Give a user other names behind their nick, and tell who sees these."""
        user.source = source
        self._tellOfUser(entry, user, origin)

    def _tellOfUser(self, entry: Entry, user: User, origin: Origin | None, themselves: bool = True) -> None:
        """
        Tell what is new about a user to those who share a room with them, and those others who watch their nick.

        @param themselves: whether their own sessions hear it too.
        """
        near = {session.id: session for session in audienceOf(user)}
        watching = [session for session in self.watchers.of(user.nick) if session.id not in near]
        self.broadcast.tell(
            entry,
            [session for session in near.values() if themselves or session.id not in user.sessions],
            origin=origin,
        )
        if watching:
            self.broadcast.tell(entry, watching, WATCHED, origin)

    def _tellWatchers(self, entry: Entry, nick: str, origin: Origin | None, gone: User | None = None) -> None:
        """
        Tell those who watch a nick that someone came under it, or went.

        @param gone: a user who hears of nothing any more.
        """
        watching = self.watchers.of(nick)
        if watching and gone is not None:
            watching = [session for session in watching if session.id not in gone.sessions]
        if watching:
            self.broadcast.tell(entry, watching, WATCHED, origin)


PEOPLE_APPLIERS: Mapping[type[Event], Callable[[PeopleAppliers, Entry, Origin | None], None]] = {
    Entered: PeopleAppliers._entered,
    Quit: PeopleAppliers._quit,
    Killed: PeopleAppliers._killed,
    Renamed: PeopleAppliers._renamed,
    AwaySet: PeopleAppliers._awaySet,
    RealnameSet: PeopleAppliers._realnameSet,
    HostSet: PeopleAppliers._hostSet,
    AccountSet: PeopleAppliers._accountSet,
    UserModesSet: PeopleAppliers._userModesSet,
    OperatorSet: PeopleAppliers._operatorSet,
    Announced: PeopleAppliers._announced,
    ServerBanSet: PeopleAppliers._serverBanSet,
    ServerBanLifted: PeopleAppliers._serverBanLifted,
}
"""The applier of each of these events."""


def _changeModes(user: User, added: str, removed: str) -> None:
    settable = SETTABLE if user.operator is not None else SETTABLE - OPERATORS_ONLY
    user.flags = ((user.flags | (set(added) & settable)) - set(removed)) or NO_FLAGS
    if user.source.bot != ("B" in user.flags):
        user.source = replace(user.source, bot=not user.source.bot)
