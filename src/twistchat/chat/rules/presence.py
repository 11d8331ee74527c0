"""Who is here: sessions that begin and end, absence, and the users that a session watches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.events import AwaySet, Entry, Quit, SessionEnded, SessionStarted
from twistchat.chat.model.names import fold, normalizeNick
from twistchat.chat.model.origin import Asker, Origin
from twistchat.chat.model.texts import checkText, withoutDelimiters
from twistchat.chat.model.users import Session, User, audienceOf
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.succession import leave, userOf
from twistchat.chat.rules.telling import tellOfUser, tellWatchers

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import IOutlet, Receipt


class Presence:
    """The verbs of sessions: they begin, end, are away, and watch others."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def open(
        self, outlet: IOutlet, exempt: bool = False, *, address: str | None = None, secure: bool = False
    ) -> Session:
        """
        Begin a session for a connection that came in through a door.

        @param exempt: whether limits on rates do not bind it.
        @param address: the IP address from which it comes, where there is one.
        @param secure: whether it is encrypted.
        """
        session = Session(self._core.ids(), outlet, exempt, self._core.now(), address, secure)
        self._core.state.sessions[session.id] = session
        return session

    def checkAddress(self, address: str | None) -> None:
        """
        Hold that connections from an IP address are welcome.

        @raise ServerBanned: they are not.
        """
        self._core.checkServerBans(None, address)

    def attach(self, session: Session, user: User) -> Receipt:
        """
        Give a user one more session: it is in all their rooms, under their name, once that is applied.

        @param user: whose it is; the caller has made sure of that.
        """
        starting = self._core.log.append(SessionStarted(user.source, session.id, self._core.node))
        starting.addCallback(self._started, session, user)
        return starting

    def close(self, session: Session, reason: str) -> Receipt | None:
        """
        End a session; and with the last of a user's sessions, that user's presence.  Nothing more is told to it, from
        now on; its user has it until the end is applied.

        @param reason: why, for those who see the user go.  It is cut to its limit, and what must not be in it becomes
            spaces: nobody is kept here for a bad reason.
        @return: the proposal of the end, or C{None} if it never became a user's.
        """
        if session.closed:
            return None
        session.closed = True
        del self._core.state.sessions[session.id]
        self._core.state.watchers.forget(session)
        user = session.user
        if user is None:
            return None
        for room in user.rooms.values():
            room.audience.remove(session)
        session.user = None
        return self._end(session, user, withoutDelimiters(reason[: self._core.limits.reason]))

    def setAway(self, asker: Asker, message: str | None) -> Receipt:
        """Be away with a message, or back with C{None}.  Where it is so already, nobody hears of it."""
        user = self._core.user(asker)
        if message is not None:
            checkText("the reason", message, self._core.limits.reason)
        if message != user.away and not self._core.unbound(asker, user):
            now = self._core.now()
            if user.absences is None:
                user.absences = TokenBucket(self._core.limits.awayBurst, self._core.limits.awayRate, now)
            if wait := user.absences.take(now):
                raise errors.TooFast("go away and come back", wait)
        return self._core.propose(asker, AwaySet(user.source, message))

    # Whom a session watches

    def watch(self, session: Session, nicks: Iterable[str]) -> tuple[list[User], list[str]]:
        """
        Let a session hear when someone comes and goes under these nicks, or has news.

        A nick that nobody can have is not watched; it counts as one that nobody has.

        @return: as L{whoIsHere} has it.
        @raise WatchListFull: some do not fit; those before them are watched, and L{whoIsHere} tells about them.
        """
        self._core.user(session)
        nicks = list(dict.fromkeys(nicks))
        refused = []
        for nick in nicks:
            watched = self._watchable(nick)
            if watched is None:
                continue
            if fold(watched) not in session.watched and len(session.watched) >= self._core.limits.watched:
                refused.append(nick)
            else:
                self._core.state.watchers.add(session, watched)
        if refused:
            raise errors.WatchListFull(self._core.limits.watched, tuple(refused))
        return self.whoIsHere(nicks)

    def unwatch(self, session: Session, nicks: Iterable[str]) -> None:
        """Let a session hear no more of these nicks."""
        for nick in nicks:
            watched = self._watchable(nick)
            if watched is not None:
                self._core.state.watchers.remove(session, watched)

    def unwatchAll(self, session: Session) -> None:
        """Let a session watch nobody any more."""
        self._core.state.watchers.forget(session)

    def watched(self, session: Session) -> list[str]:
        """The nicks that a session watches, as it asked for them."""
        return list(session.watched.values())

    def whoIsHere(self, nicks: Iterable[str]) -> tuple[list[User], list[str]]:
        """
        Who of these is here.

        @return: the users of nicks that somebody has, each once; and the nicks that nobody has.
        """
        here: dict[str, User] = {}
        gone: dict[str, str] = {}
        for nick in nicks:
            user = self._core.state.users.named(self._watchable(nick) or nick)
            if user is None:
                gone.setdefault(fold(nick), nick)
            else:
                here[user.source.uid] = user
        return list(here.values()), list(gone.values())

    # Sessions

    def _started(self, entry: Entry, session: Session, user: User) -> Entry:
        """A further session has started: end it, if its connection was lost meanwhile."""
        if session.closed:
            self._end(session, user, "connection lost").addErrback(lambda failure: None)
        return entry

    def _end(self, session: Session, user: User, reason: str) -> Receipt:
        return self._core.log.append(SessionEnded(user.source, session.id, self._core.node, reason))

    # Checks

    def _watchable(self, nick: str) -> str | None:
        """The display form of a nick that somebody could have; otherwise C{None}."""
        try:
            return normalizeNick(nick, self._core.limits.nick)
        except errors.BadNick:
            return None


# Effects


def _quit(state: State, entry: Entry, origin: Origin | None) -> None:
    user = userOf(state, entry)
    remove(state, entry, user, origin)


def _sessionStarted(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, SessionStarted)
    user = userOf(state, entry)
    session = state.sessions.get(event.session)
    user.begin(event.session, session, event.node)
    if session is not None:
        for room in user.rooms.values():
            room.audience.add(session)


def _sessionEnded(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, SessionEnded)
    user = userOf(state, entry)
    session = user.end(event.session)
    if session is not None:
        for room in user.rooms.values():
            room.audience.remove(session)
    if not (user.sessions or user.elsewhere):
        remove(state, replace(entry, event=Quit(event.source, event.reason)), user, origin)


def _awaySet(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, AwaySet)
    user = userOf(state, entry)
    if event.message != user.away:
        user.away = event.message
        tellOfUser(state, entry, user, origin, themselves=False)


def remove(state: State, entry: Entry, user: User, origin: Origin | None) -> None:
    """Let a user go, and tell those who shared a room with them, and those who watch their nick."""
    heard = audienceOf(user)
    rooms, user.rooms = user.rooms, {}
    for room in rooms.values():
        leave(state, entry, room, user)
    state.users.remove(user)
    state.whowas.add(user.source, entry.time)
    for session in user.sessions.values():
        session.user = None
    others = [session for session in heard if session.id not in user.sessions]
    state.broadcast.tell(entry, others, origin=origin)
    tellWatchers(state, entry, user.nick, origin, gone=user)


EFFECTS: Effects = {
    SessionStarted: _sessionStarted,
    SessionEnded: _sessionEnded,
    Quit: _quit,
    AwaySet: _awaySet,
}
"""What applying these events does."""
