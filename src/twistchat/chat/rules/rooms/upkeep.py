"""Automatic maintenance of rooms without an owner, and of nicks that belong to accounts.  Every change is an entry."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat.model.events import SERVER, ModeChange, ModesSet
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.rules.core import Core
from twistchat.chat.rules.nodes import Orphans
from twistchat.chat.rules.rooms.abandonment import Abandonment
from twistchat.chat.rules.users.alwayson import AlwaysOn
from twistchat.chat.rules.users.claims import Claims, claim

if TYPE_CHECKING:
    from twistchat.chat.model.users import User

MOST_PROMOTIONS = 50
"""The number of rooms that may get a new operator at the same time."""

RETRY = 5.0
"""Seconds until the next check, if work was postponed or has not completed."""

UNCERTAIN = 60.0
"""
Seconds in which the leader of a cluster has recorded the locks that rooms have lost.  Another node that leads before
that records them again, which changes nothing.
"""


class Upkeep:
    """
    Proposes the changes that rooms and nicks need without a request of a user.

    In a cluster only the leader proposes them.  The other nodes follow what is needed, so that each of them can lead.
    """

    def __init__(self, core: Core, later: Callable[[float | None], None]) -> None:
        """
        @param later: schedules a call of C{tend} in this many seconds, in place of an earlier schedule.  C{None}
            cancels it.
        """
        self._core = core
        self._claims = Claims(core, self._leads)
        self._alwaysOn = AlwaysOn(core, self._tendSoon, self._leads)
        self._abandonment = Abandonment(core, self._tendSoon, self._leads)
        self._orphans = Orphans(core, self._tendSoon, self._leads)
        self._later = later
        self._due: float | None = None
        self._promoting: set[str] = set()
        self._begun = False
        self._led = False
        self._left: deque[tuple[float, Room, tuple[ModeChange, ...]]] = deque()

    def tend(self) -> None:
        """
        Propose the changes that rooms and nicks need now, and schedule the next call.

        If the last operator of a room has been gone for too long, another member gets the rank.  If the journal refused
        to record the locks that empty rooms lost, propose that again.  See L{Claims} for nicks, and
        L{Abandonment} for rooms that everybody has left.
        """
        self._due = None
        self._recordUnlocked()
        self._orphans.tend()
        rooms, now = self._core.state.rooms, self._core.timestamp()
        waits = [RETRY] if rooms.unlocked else []
        tended = (self._claims.tend(), self._alwaysOn.tend(), self._abandonment.tend())
        waits += [wait for wait in tended if wait is not None]
        for name, vacancy in list(rooms.vacancies.items()) if self._leads() else ():
            if not vacancy.hasExpired(now):
                waits.append((vacancy.end - now) / 1000)
                continue
            successor = vacancy.successor(rooms.get(name))
            if successor is not None:
                waits.append(RETRY)
                if len(self._promoting) < MOST_PROMOTIONS:
                    self._promote(name, successor)
        self._tendIn(min(waits, default=None))

    def needed(self) -> None:
        """
        React to a change of C{rooms.vacancies}, C{rooms.unlocked} or C{rooms.abandoned} (see C{State.tend}), in
        constant time.

        The locks that an empty room lost are recorded at once, before anybody owns that room, so that a restart does
        not restore them.
        """
        self._recordUnlocked()
        self._abandonment.check()
        rooms = self._core.state.rooms
        if not (len(rooms) or rooms.unlocked or self._claims or self._alwaysOn or self._orphans):
            self._tendIn(None)
        elif rooms.vacancies and self._leads():
            last = next(reversed(rooms.vacancies.values()))
            self._tendSoon(max(0.0, last.end / 1000 - self._core.wall()))

    def begin(self) -> None:
        """
        Start to propose, and bring back the users of always-on accounts.  Call this once, after the log was opened.
        """
        state = self._core.state
        self._begun, self._led = True, state.nodes.leads
        if state.nodes.live:
            # Who led until now has recorded them.
            state.rooms.unlocked = []
        for user in state.users:
            claim(state, user)
        self._recordUnlocked()
        self._alwaysOn.begin()
        self._abandonment.begin()
        self._orphans.check()
        if self._alwaysOn or state.rooms.vacancies:
            self._tendSoon(0.0)

    def presenceChanged(self, account: str) -> None:
        """See C{State.presenceChanged}."""
        self._alwaysOn.changed(account)

    def nodesChanged(self) -> None:
        """See C{State.nodesChanged}.  If this node leads from now on, it proposes at once what is needed."""
        led, self._led = self._led, self._leads()
        if self._led and not led:
            self._core.log.settled(self._lead)
        self._orphans.check()

    def _lead(self) -> None:
        if not self._leads():
            return
        self._alwaysOn.lead()
        since = self._core.now() - UNCERTAIN
        left, self._left = self._left, deque()
        for time, room, changes in left:
            if time >= since:
                self._record(room, changes)
        self.tend()

    def _leads(self) -> bool:
        """Whether this node proposes what is needed."""
        return self._begun and self._core.state.nodes.leads

    def claimed(self, user: User) -> None:
        """A user has a nick that belongs to another account (see C{State.claimed}).  L{tend} asks them to log in."""
        self._claims.add(user)
        self._tendSoon(0.0)

    def _tendSoon(self, seconds: float) -> None:
        """Schedule a call of L{tend}, unless an earlier one is scheduled."""
        if self._due is None or self._core.now() + seconds < self._due:
            self._tendIn(seconds)

    def _tendIn(self, seconds: float | None) -> None:
        self._due = None if seconds is None else self._core.now() + seconds
        self._later(seconds)

    def _promote(self, name: str, successor: User) -> None:
        """
        Make a member the operator of a room that has none, unless that is already proposed.

        The member has the rank until they leave.  Their account does not get it, because it would then own the room.

        @param name: the room's folded name.
        """
        if name in self._promoting:
            return
        self._promoting.add(name)
        change = ModeChange(True, "o", successor.nick, replace(successor.source, account=None))
        promotion = self._core.log.append(ModesSet(SERVER, successor.rooms[name].name, (change,)))
        promotion.addBoth(lambda _: self._promoting.discard(name))

    def _recordUnlocked(self) -> None:
        """Record the locks that rooms have lost, or remember for a while that the leader has to."""
        rooms = self._core.state.rooms
        if not rooms.unlocked or not self._begun:
            return
        unlocked, rooms.unlocked = rooms.unlocked, []
        if self._leads():
            for room, changes in unlocked:
                self._record(room, changes)
            return
        now = self._core.now()
        while self._left and self._left[0][0] < now - UNCERTAIN:
            self._left.popleft()
        self._left += [(now, room, changes) for room, changes in unlocked]

    def _record(self, room: Room, changes: tuple[ModeChange, ...]) -> None:
        """Record the locks that a room has lost, under its current name.  Repeat that if it fails."""
        there = self._core.state.rooms.get(room.name)
        lost = tuple([change for change in changes if there is None or there.isInEffect(change)])
        if not lost:
            return
        event = ModesSet(SERVER, room.name, lost)

        def recorded(_: object) -> None:
            if room.key != fold(event.room):
                self._record(room, changes)

        def failed(_: object) -> None:
            self._core.state.rooms.unlocked.append((room, changes))
            self._tendSoon(RETRY)

        self._core.log.append(event).addCallbacks(recorded, failed)
