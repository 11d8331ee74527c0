"""Presence: the start and end of sessions, away status, and watching nicks (IRC's MONITOR)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.limits import bucketOf
from twistchat.chat.model.events import AwaySet, Entry, Quit, SessionEnded, SessionMoved, SessionStarted
from twistchat.chat.model.names import fold, normalizeNick
from twistchat.chat.model.sessions import Asker, Origin, Session
from twistchat.chat.model.texts import checkText, withoutDelimiters
from twistchat.chat.model.users import User, neighboursOf
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import derive, notifyNeighbours, notifyWatchers
from twistchat.chat.rules.rooms.succession import leave

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import IOutlet, Receipt


class Presence:
    """The verbs that start and end sessions, set the away status, and watch nicks."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def open(
        self,
        outlet: IOutlet,
        exempt: bool = False,
        *,
        address: str | None = None,
        secure: bool = False,
        door: str = "",
    ) -> Session:
        """
        Start a session for a connection that came in through a door.

        @param exempt: whether it is exempt from rate limits.
        @param address: the client's IP address, if it has one.
        @param secure: whether the connection is encrypted.
        @param door: the name of the door.
        """
        session = Session(self._core.ids(), outlet, exempt, self._core.now(), address, secure, door)
        self._core.state.sessions[session.id] = session
        return session

    def checkAddress(self, address: str | None) -> None:
        """
        Check that no server ban matches an IP address.

        @raise ServerBanned: a ban matches.
        """
        self._core.checkServerBans(None, address)

    def attach(self, session: Session, user: User, away: str | None = None) -> Receipt:
        """
        Add a session to a user.  Once the entry is applied, the session is in all rooms of the user.

        @param user: the user.  The caller has authenticated the session.
        @param away: the away message of the session, or C{None}.
        """
        starting = self._core.log.append(SessionStarted(user.source, session.id, self._core.node, away))
        starting.addCallback(self._started, session, user)
        return starting

    def move(self, asker: Asker, target: User) -> Receipt:
        """
        Move the asker's session to another user.  See L{IOutlet.attached <twistchat.interfaces.IOutlet.attached>}.

        @param target: the other user.  The caller has authenticated the session for their account.
        """
        user, session = self._core.user(asker), asker.session
        moving = self._core.propose(asker, SessionMoved(user.source, session.id, self._core.node, target.source))
        moving.addCallback(self._started, session, target)
        return moving

    def close(self, session: Session, reason: str) -> Receipt | None:
        """
        End a session.  A user leaves the chat with their last session.

        The session gets no more entries from now on.  It belongs to its user until the entry of its end is applied.

        @param reason: the quit message.  If it is too long it is truncated, and forbidden characters become spaces, so
            that an invalid reason cannot prevent the quit.
        @return: the receipt of the end; C{None} if the session never had a user.
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
        session.left, session.user = user.source, None
        return self._end(session, user, withoutDelimiters(reason[: self._core.limits.reason]))

    def endElsewhere(self, asker: Asker, id: str, reason: str) -> Receipt:
        """
        End a session of the asker's user that is on another node.  That node disconnects it.

        @param id: its id, one of C{User.elsewhere}.
        @param reason: what its client is told.
        """
        user = self._core.user(asker)
        return self._core.propose(asker, SessionEnded(user.source, id, user.elsewhere[id], reason))

    def setAway(self, asker: Asker, message: str | None) -> Receipt:
        """
        Set the away message of the asker's session, or clear it with C{None}.

        The user is away when all their sessions are.  If that does not change, nobody is notified.
        """
        user, session = self._core.user(asker), asker.session
        if message is not None:
            checkText("the reason", message, self._core.limits.reason)
        if message != user.absences.get(session.id) and not self._core.isExempt(asker, user):
            now = self._core.now()
            limits = self._core.limits
            user.awayChanges = bucketOf(user.awayChanges, limits.awayBurst, limits.awayRate, now)
            if wait := user.awayChanges.take(now):
                raise errors.TooFast("go away and come back", wait)
        return self._core.propose(asker, AwaySet(user.source, message, session.id))

    # Watching nicks

    def watch(self, session: Session, nicks: Iterable[str]) -> tuple[list[User], list[str]]:
        """
        Notify a session of users who come, leave or change under these nicks.

        An invalid nick is not watched, and counts as a nick that is not in use.

        @return: see L{whoIsHere}.
        @raise WatchListFull: some nicks exceed the limit.  The others are watched; use L{whoIsHere} to look them up.
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
        """Stop watching these nicks."""
        for nick in nicks:
            watched = self._watchable(nick)
            if watched is not None:
                self._core.state.watchers.remove(session, watched)

    def unwatchAll(self, session: Session) -> None:
        """Stop watching all nicks."""
        self._core.state.watchers.forget(session)

    def watched(self, session: Session) -> list[str]:
        """The nicks that a session watches, spelled as it asked for them."""
        return list(session.watched.values())

    def whoIsHere(self, nicks: Iterable[str]) -> tuple[list[User], list[str]]:
        """
        Look up which of these nicks are in use.

        @return: the users of the nicks in use, each once; and the nicks that are not in use.
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
        """Called after a session was added to a user: end it, if its connection was lost meanwhile."""
        if session.closed:
            self._end(session, user, "connection lost").addErrback(lambda failure: None)
        return entry

    def _end(self, session: Session, user: User, reason: str) -> Receipt:
        remaining = any(not other.closed for other in user.sessions.values())
        remaining = remaining or any(id != session.id for id in user.elsewhere)
        rooms = () if user.stays or remaining else tuple(user.rooms)
        return self._core.log.append(SessionEnded(user.source, session.id, self._core.node, reason, rooms))

    # Checks

    def _watchable(self, nick: str) -> str | None:
        """The display form of a nick; C{None} if the nick is invalid."""
        try:
            return normalizeNick(nick, self._core.limits.nick)
        except errors.BadNick:
            return None


# Effects


def _quit(state: State, entry: Entry, event: Quit, origin: Origin | None) -> None:
    remove(state, entry, state.userOf(entry), origin)


def _awaySet(state: State, entry: Entry, event: AwaySet, origin: Origin | None) -> None:
    user = state.userOf(entry)
    before = user.away
    user.setAway(event.session, event.message)
    if user.away != before:
        notified = replace(entry, event=replace(event, message=user.away))
        notifyNeighbours(state, notified, user, origin, themselves=False)


def notifyAway(state: State, entry: Entry, user: User, before: str | None) -> None:
    """
    Notify others if a user went away or came back because the number of their sessions changed.

    @param before: their away message before that.
    """
    if user.away != before:
        changed = derive(entry, AwaySet(user.source, user.away), "away")
        notifyNeighbours(state, changed, user, None, themselves=False)


def remove(state: State, entry: Entry, user: User, origin: Origin | None) -> None:
    """Remove a user, and notify the sessions that shared a room with them or watch their nick."""
    neighbours = neighboursOf(user)
    rooms, user.rooms = user.rooms, {}
    for room in rooms.values():
        leave(state, entry, room, user)
    state.users.remove(user)
    state.nodes.ended(user.elsewhere)
    state.whowas.add(user.source, entry.time)
    for session in user.sessions.values():
        session.left, session.user = user.source, None
    others = [session for session in neighbours if session.id not in user.sessions]
    state.broadcast.send(entry, others, origin=origin)
    notifyWatchers(state, entry, user.nick, origin, gone=user)
    state.changed(user)


EFFECTS: Effects = {
    Quit: _quit,
    AwaySet: _awaySet,
}
"""The effect of each class of event."""
