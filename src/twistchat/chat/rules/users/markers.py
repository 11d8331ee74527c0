"""
Read markers: up to which time a user has read a conversation, on all devices.

The marker of a room, or of a private conversation between accounts, belongs to the user's account, and survives a
restart.  All other markers last as long as the session: those of guests, and those of conversations with guests, whose
texts cannot be read back either.  Only the sessions of the same user learn of a marker.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from twistchat.chat import errors
from twistchat.chat.model.events import SERVER, Entry, MarkerSet, Source
from twistchat.chat.model.names import fold, normalizeNick
from twistchat.chat.model.sessions import Origin, Session
from twistchat.chat.model.spans import pair, targetOf
from twistchat.chat.model.users import User
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.rooms.visibility import readablePrivate, readableRoom

if TYPE_CHECKING:
    from twistchat.chat.model.accounts import Account
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.rules.users.inbox import Inbox
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

MOVED_TOGETHER = 200
"""The number of markers that are moved to a room's new name at the same time."""


class Markers:
    """
    The verbs for read markers.

    A target is the name of a room, or a nick.  A room must be readable
    (L{twistchat.chat.rules.rooms.visibility.readableRoom}).
    """

    def __init__(self, core: Core, inbox: Inbox) -> None:
        """
        @param inbox: the texts that wait for accounts.
        """
        self._core = core
        self._inbox = inbox
        self._storing: dict[tuple[str, str], int] = {}

    def marker(self, session: Session, target: str) -> int | None:
        """
        The time of the last text that a user has read in a conversation, in milliseconds since the epoch.

        @return: C{None} if it is not known.
        @raise ChatError: the user may not read the room, or the nick is invalid.
        """
        user = self._core.user(session)
        key, account = self._place(user, target)
        return (session if account is None else account).markers.get(key)

    def name(self, target: str) -> str:
        """The name of a target as it is written: that of the room, or the present nick, or the name of the account."""
        state = self._core.state
        if target.startswith("#"):
            return shownTarget(state, target)
        user, owner = state.users.named(target), state.accounts.withNick(target)
        if user is not None:
            return user.nick
        return target if owner is None else shownTarget(state, fold(owner.name))

    def mark(self, session: Session, target: str, time: int) -> Receipt | None:
        """
        Move a read marker forward.  It never moves back, and not beyond the present.  Texts of a private conversation
        up to it do not wait in the inbox any more.

        @param time: the time of the last text that the user has read, in milliseconds since the epoch.
        @return: C{None} if nothing is left to do; or if a marker of this target is being stored.  Then this one is
            stored after it, unless a later one comes meanwhile.
        @raise ChatError: see L{marker}.
        """
        user, time = self._core.user(session), min(time, self._core.timestamp())
        key, account = self._place(user, target)
        if account is None:
            self._keep(user, session, key, self.name(target), time)
            return None
        self._inbox.markUntil(session, {pair(account.name, key): time})
        if time <= account.markers.get(key, -1):
            return None
        return self._store(user.source, account, key, time)

    def markShown(self, session: Session, until: int, target: str | None = None, last: int = 0) -> None:
        """
        Mark as read what a session was shown.  The protocol of a client that cannot say what was read calls this.

        The marker has the time of the last text that the session was shown.  A room without any is marked only if it
        has no marker yet.  So few entries are needed.  Guests have no markers that would outlive the session, and bots
        do not read.

        @param until: the time until which the client has certainly been there, in milliseconds since the epoch.
        @param target: the folded name of a room, or of the account on the other side; C{None} for all rooms and private
            conversations.
        @param last: the time of the last text of C{target} that was shown, if it is not one that came just now.
        """
        user = session.user
        if user is None or user.source.bot:
            return
        account = self._core.state.accounts.get(user.source.account)
        if account is None:
            return
        if target is None:
            shown = {**{room.key: _lastShown(session, room) for room in user.rooms.values()}, **user.writers}
        elif target in user.rooms:
            shown = {target: _lastShown(session, user.rooms[target])}
        else:
            last = last or user.writers.get(target, 0)
            shown = {target: last} if last else {}
        for key, spoken in shown.items():
            read, time = account.markers.get(key), min(spoken or until, until)
            if read is None or (spoken and time > read):
                self._storeIfPossible(user.source, account, key, time)

    def noteShown(self, session: Session, target: str, time: int) -> None:
        """
        Note that a session was shown the history of a room.  See L{markShown}.

        @param target: the folded name of the room.
        @param time: the time of the newest text that it was shown, in milliseconds since the epoch.
        """
        if session.user is not None and session.user.source.account is not None:
            rooms = session.user.rooms
            session.shown = {key: known for key, known in session.shown.items() if key in rooms} | {target: time}

    def moveAll(self, old: str, new: str) -> None:
        """
        Move the markers of a room that was renamed to its new name, some at a time.

        @param old: the former folded name.
        @param new: the folded name.
        """
        self._moveSome(deque(self._core.state.accounts.readers(old)), old, new)

    def _moveSome(self, accounts: deque[Account], old: str, new: str) -> None:
        moving: Any = None
        for _ in range(min(MOVED_TOGETHER, len(accounts))):
            account = accounts.popleft()
            time = account.markers.get(old)
            if time is not None:
                event = MarkerSet(SERVER, account.name, new, time, (old,))
                moving = self._core.log.append(event).addErrback(_ignoreRefusal)
        if moving is not None:
            moving.addCallback(lambda _: self._moveSome(accounts, old, new))

    def _place(self, user: User, target: str) -> tuple[str, Account | None]:
        """
        Where the marker of a target is kept.

        @return: the key in C{markers}, and the account; C{None} if the session keeps it.
        """
        state, own = self._core.state, user.source.account
        account = state.accounts.get(own)
        if target.startswith("#"):
            return readableRoom(state, user, target).conversation, account
        try:
            conversation = readablePrivate(state, user, target).conversation
        except (errors.NoSuchNick, errors.NotKept):
            return fold(normalizeNick(target, self._core.limits.nick)), None
        return targetOf(conversation, own), account

    def _keep(self, user: User, session: Session, key: str, target: str, time: int) -> None:
        """Keep a marker in the user's sessions."""
        if time <= session.markers.get(key, -1):
            return
        for each in user.sessions.values():
            markers = {known: read for known, read in each.markers.items() if known != key}
            if len(markers) >= self._core.limits.markers:
                del markers[next(iter(markers))]
            each.markers = {**markers, key: time}
            self._core.state.broadcast.markerMoved(each, target, time)

    def _storeIfPossible(self, source: Source, account: Account, key: str, time: int) -> None:
        """Store a marker that nobody waits for.  See L{_store}."""
        storing = self._store(source, account, key, time)
        if storing is not None:
            storing.addErrback(_ignoreRefusal)

    def _store(self, source: Source, account: Account, key: str, time: int) -> Receipt | None:
        """
        Store a marker, and then the last of those that come meanwhile.

        @return: C{None} if this one comes while another of the same target is being stored.
        """
        place = (fold(account.name), key)
        if place in self._storing:
            self._storing[place] = max(self._storing[place], time)
            return None
        self._storing[place] = time
        full = len(account.markers) + (key not in account.markers) - self._core.limits.markers
        forgets = tuple([known for known in account.markers if known != key][: max(0, full)])

        def stored(outcome: Any) -> Any:
            latest = self._storing.pop(place)
            if latest > time:
                self._storeIfPossible(source, account, key, latest)
            # If the marker was read already, another node has stored a later one.
            return None if isinstance(getattr(outcome, "value", None), errors.AlreadyRead) else outcome

        return self._core.log.append(MarkerSet(source, account.name, key, time, forgets)).addBoth(stored)


def _lastShown(session: Session, room: Room) -> int:
    """The time of the last text in a room that a session was shown; 0 if there was none."""
    return max(room.spoken, session.shown.get(room.key, 0))


def _ignoreRefusal(failure: Any) -> None:
    """Ignore that a marker cannot be moved: its account has a later one, is gone, or the journal is full."""
    failure.trap(errors.ChatError)


def shownTarget(state: State, target: str) -> str:
    """The name of a target as clients know it: the room's name, or the nick of the account's user."""
    if target.startswith("#"):
        room = state.rooms.get(target)
        return target if room is None else room.name
    user, account = state.users.ofAccount(target), state.accounts.get(target)
    if user is not None:
        return user.nick
    return target if account is None else account.name


# Effects


def _markerSet(state: State, entry: Entry, event: MarkerSet, origin: Origin | None) -> None:
    account, time = state.accounts.named(event.account), min(event.read, entry.time)
    if time <= account.markers.get(event.target, -1):
        raise errors.AlreadyRead(event.target)
    state.accounts.mark(account, event.target, time, event.forgets)
    user = state.users.ofAccount(account.name)
    if user is not None:
        target = shownTarget(state, event.target)
        for session in list(user.sessions.values()):
            state.broadcast.markerMoved(session, target, time)


EFFECTS: Effects = {
    MarkerSet: _markerSet,
}
"""The effect of each class of event."""
