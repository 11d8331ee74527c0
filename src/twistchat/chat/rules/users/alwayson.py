"""
Always-on accounts: their users stay in the chat when their last session ends.

The journal keeps the presence of such a user (L{PresenceKept}): their names, modes, rooms and ranks.  L{AlwaysOn}
decides for which accounts, and proposes a new entry when something of that changes.  A restart restores what is kept as
L{Account.presence <twistchat.chat.model.accounts.Account>}.  It brings no user back, because other entries must be
applied first.  Once the log is open, L{AlwaysOn.begin} proposes a L{PresenceResumed} for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.limits import AlwaysOnPolicy
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import (
    SERVER,
    AccountEvent,
    Entered,
    Entry,
    KeptRoom,
    PresenceEnded,
    PresenceKept,
    PresenceResumed,
    Quit,
)
from twistchat.chat.model.modes.user import OPERATORS_ONLY, sortUserModes
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Member
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import User
from twistchat.chat.model.vacancies import Vacancy
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import derive, notifyWatchers
from twistchat.chat.rules.rooms.succession import vacate
from twistchat.chat.rules.users.claims import claim
from twistchat.chat.rules.users.presence import remove
from twistchat.chat.rules.users.profile import changeModes

if TYPE_CHECKING:
    from twistchat.chat.state import State

MOST_PROPOSED: Final = 100
"""The number of accounts whose changes are on their way to the journal at the same time."""

RETRY: Final = 5.0
"""Seconds until a change is proposed again that could not be stored."""


class AlwaysOn:
    """Proposes what the journal keeps of the presence of users."""

    def __init__(self, core: Core, later: Callable[[float], None], leads: Callable[[], bool]) -> None:
        """
        @param later: requests a call of L{tend} in this many seconds, or earlier.
        @param leads: returns whether this node proposes what no user asks for.
        """
        self._core = core
        self._later = later
        self._leads = leads
        self._stale: dict[str, None] = {}
        self._others: dict[str, None] = {}  # accounts whose changes the leader has to propose
        self._refused: set[str] = set()  # accounts whose changes could not be stored, until the next tend
        self._proposed: set[str] = set()
        self._begun = False
        self._asked = False

    def __bool__(self) -> bool:
        return bool(self._stale or self._refused or self._core.state.users.detached)

    def begin(self) -> None:
        """
        Start to propose, and bring back the users whose presence the journal keeps.  Call this once, after the log was
        opened.
        """
        self._begun = True
        self._stale.clear()
        present = [user.source.account for user in self._core.state.users if user.source.account is not None]
        self._stale.update(dict.fromkeys(map(fold, present)))
        self.lead()

    def lead(self) -> None:
        """If this node leads, bring back those users who are not here, and propose what an earlier leader has not."""
        if not self._leads():
            self._ask()
            return
        state, now = self._core.state, self._core.timestamp()
        self._stale.update(self._others)
        self._others.clear()
        kept = [(account, account.presence) for account in state.accounts if account.presence is not None]
        for account, presence in sorted(kept, key=lambda one: now if one[1].detached is None else one[1].detached):
            if state.users.ofAccount(account.name) is not None:
                continue
            if isAlwaysOn(account, self._core.alwaysOn()) and not self._isOver(presence.detached, now):
                self._resume(account.name, presence)
            else:
                self._stale[fold(account.name)] = None
        self._ask()

    def changed(self, account: str) -> None:
        """
        Compare the presence of an account's user with what the journal keeps, after the entries that are on their way.

        See L{State.presenceChanged <twistchat.chat.state.State>}.
        """
        self._stale[fold(account)] = None
        self._ask()

    def tend(self) -> float | None:
        """
        Propose what is overdue, and end the presence of users who were without a session for too long.

        @return: the seconds until the next call is needed; C{None} if none is.
        """
        now, time = self._core.timestamp(), self._core.alwaysOn().time
        wait = None
        self._stale.update(dict.fromkeys(sorted(self._refused)))
        self._refused.clear()
        if time and self._leads():
            for user in self._core.state.users.detached.values():
                assert user.detached is not None
                if not self._isOver(user.detached, now):
                    wait = (user.detached - now) / 1000 + time
                    break
                self._stale[fold(user.source.account or "")] = None
        self._ask()
        return wait

    def _ask(self) -> None:
        """Request a call of L{_proposeStale}: no effect is in progress then, and a turn's changes are one entry."""
        if self._begun and self._stale and not self._asked:
            self._asked = True
            self._core.log.settled(self._proposeStale)

    def _proposeStale(self) -> None:
        if not self._leads():
            self._leaveStale()
        while ready := self._ready():
            for key in ready:
                del self._stale[key]
                event = self._due(key)
                if event is not None:
                    self._propose(key, event)
        self._asked = False

    def _leaveStale(self) -> None:
        """Leave to the leader what is to be proposed, but remember it until it has been applied."""
        for key in self._stale:
            self._others.pop(key, None)
            if self._due(key) is not None:
                self._others[key] = None
        self._stale.clear()

    def _ready(self) -> list[str]:
        """The folded names of the accounts for which something can be proposed now."""
        waiting = (key for key in self._stale if key not in self._proposed)
        return list(islice(waiting, MOST_PROPOSED - len(self._proposed)))

    def _propose(self, key: str, event: AccountEvent) -> None:
        self._proposed.add(key)

        def stored(_: object) -> None:
            self._proposed.discard(key)
            self._ask()
            time = self._core.alwaysOn().time
            if time and isinstance(event, PresenceKept) and event.detached is not None:
                self._later(time)

        def failed(failure: Any) -> None:
            self._proposed.discard(key)
            if failure.check(errors.NotStored, errors.OutcomeUnknown) is not None:
                self._refused.add(key)
                self._later(RETRY)

        self._core.log.append(event).addCallbacks(stored, failed)

    def _resume(self, account: str, presence: PresenceKept) -> None:
        resuming = self._core.log.append(PresenceResumed(presence.source))
        resuming.addErrback(lambda _: self.changed(account))

    def _due(self, key: str) -> AccountEvent | None:
        """
        The event that makes the journal keep what is true of an account now; C{None} if it does.

        @param key: the folded name of the account.
        """
        state = self._core.state
        account = state.accounts.get(key)
        if account is None:
            return None
        user = state.users.ofAccount(account.name)
        why = "Always-on is not available any more"
        if user is not None and isAlwaysOn(account, self._core.alwaysOn()):
            if not self._isOver(user.detached, self._core.timestamp()):
                kept = presenceOf(user, account.name)
                return None if kept == account.presence else kept
            why = "Not connected for too long"
        if account.presence is None and not (user is not None and user.stays):
            return None
        return PresenceEnded(SERVER, account.name, why)

    def _isOver(self, detached: int | None, now: int) -> bool:
        """
        Whether somebody was without a session for too long.

        @param detached: when their last session ended; C{None} if they have one.  Both are in milliseconds.
        """
        time = self._core.alwaysOn().time
        return bool(time) and detached is not None and now >= detached + time * 1000


def isAlwaysOn(account: Account, policy: AlwaysOnPolicy) -> bool:
    """Whether the user of an account may stay without a session, as the account and the server's policy say."""
    wish = account.settings.get("always-on", "on" if policy.who == "opt-out" else "off")
    return account.usable and policy.who != "off" and wish == "on"


def presenceOf(user: User, account: str) -> PresenceKept:
    """The event that keeps the presence of a user."""
    rooms = [(room.name, room.members[user.source.uid]) for room in user.rooms.values()]
    return PresenceKept(
        user.source,
        account,
        tuple([KeptRoom(name, member.ranks, member.since) for name, member in rooms]),
        sortUserModes(user.flags - OPERATORS_ONLY),
        user.since,
        user.absences.get("") if user.detached is not None else None,
        user.detached,
    )


# Effects


def _presenceKept(state: State, entry: Entry, event: PresenceKept, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    account.presence = event
    user = state.users.ofAccount(account.name)
    if user is not None and user.source.uid == event.source.uid:
        user.stays = True
    # The user may have changed or left in the meantime.
    state.presenceChanged(account.name)


def _presenceEnded(state: State, entry: Entry, event: PresenceEnded, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    account.presence = None
    user = state.users.ofAccount(account.name)
    if user is not None:
        user.stays = False
        removeDetached(state, entry, user, event.reason)
    state.presenceChanged(account.name)


def removeDetached(state: State, entry: Entry, user: User, reason: str) -> None:
    """
    Remove a user who has no session.  Nothing happens to others.

    @param reason: the quit message.
    """
    if user.detached is not None:
        remove(state, derive(entry, Quit(user.source, reason), "quit"), user, None)


def _presenceResumed(state: State, entry: Entry, event: PresenceResumed, origin: Origin | None) -> None:
    name = event.source.account or ""
    account = state.accounts.named(name)
    state.accounts.checkUsable(name)
    presence = account.presence
    if presence is None or presence.source.uid != event.source.uid:
        raise errors.NoSuchNick(event.source.nick)
    if state.users.ofAccount(name) is not None or state.users.get(event.source.uid) is not None:
        raise errors.AlreadyLoggedIn(name)
    state.users.checkFree(presence.source.nick, None)
    user = User(presence.source, presence.since)
    user.stays = True
    changeModes(user, presence.modes, "")
    state.users.add(user)
    state.users.detach(user, entry.time if presence.detached is None else presence.detached, presence.away)
    state.mostUsers = max(state.mostUsers, len(state.users))
    for kept in presence.rooms:
        _return(state, entry, user, kept)
    claim(state, user)
    notifyWatchers(state, replace(entry, event=Entered(user.source, "")), user.nick, origin)
    state.changed(user)


def _return(state: State, entry: Entry, user: User, kept: KeptRoom) -> None:
    """Let a user be in a room again, with the ranks that they had.  Its locks stay."""
    try:
        room = state.roomFor(kept.name, entry.time)
    except errors.RoomLookalike:
        return
    isFirst = not room.members
    room.members[user.source.uid] = Member(user, kept.ranks, kept.since)
    state.rooms.abandoned.pop(room, None)
    user.rooms[room.key] = room
    user.moves += 1
    if isFirst and not room.hasOperator:
        vacate(state, entry, room, Vacancy(entry.time))


EFFECTS: Effects = {
    PresenceKept: _presenceKept,
    PresenceEnded: _presenceEnded,
    PresenceResumed: _presenceResumed,
}
"""The effect of each class of event."""
