"""What the server does by itself in rooms that nobody owns.  Each thing that it does is an entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat.model.events import SERVER, ModeChange, ModesSet
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.rules.core import Core

if TYPE_CHECKING:
    from twistchat.chat.model.users import User

AT_ONCE = 50
"""In how many rooms a rank passes in one turn of the reactor."""

AGAIN = 5.0
"""Seconds after which to look again at what should have happened by now, or did not fit into one turn."""


class Upkeep:
    """What nobody asks for."""

    def __init__(self, core: Core, later: Callable[[float | None], None]) -> None:
        """
        @param later: called with a number of seconds, after which C{tend} is to be called; or with C{None}, where it
            need not be.  The last call counts.
        """
        self._core = core
        self._later = later
        self._due: float | None = None
        self._passing: set[str] = set()

    def tend(self) -> None:
        """
        Propose what rooms need by now, and say when to look again.

        Where the last operator of a room is gone for too long, the rank passes.  What the journal has not taken yet of
        what empty rooms have lost, it is told again.
        """
        self._due = None
        self._tellUnlocked()
        rooms, now = self._core.state.rooms, int(self._core.wall() * 1000)
        waits = [AGAIN] if rooms.unlocked else []
        for name, vacancy in list(rooms.vacancies.items()):
            if not vacancy.isOver(now):
                waits.append((vacancy.end - now) / 1000)
                continue
            heir = vacancy.heir(rooms.get(name))
            if heir is not None:
                waits.append(AGAIN)
                if len(self._passing) < AT_ONCE:
                    self._pass(name, heir)
        self._tendIn(min(waits, default=None))

    def needed(self) -> None:
        """
        Take notice of what is new about rooms: see C{State.tend}.  This takes no longer for any number of them.

        The journal is told at once what an empty room has lost, before anybody owns that room, so that a restart does
        not bring it back.
        """
        self._tellUnlocked()
        rooms = self._core.state.rooms
        if not len(rooms) and not rooms.unlocked:
            self._tendIn(None)
        elif rooms.vacancies:
            last = next(reversed(rooms.vacancies.values()))
            self._tendSoon(max(0.0, last.end / 1000 - self._core.wall()))

    def _tendSoon(self, seconds: float) -> None:
        """Tend to the rooms in so many seconds, if that is not to be done earlier."""
        if self._due is None or self._core.now() + seconds < self._due:
            self._tendIn(seconds)

    def _tendIn(self, seconds: float | None) -> None:
        self._due = None if seconds is None else self._core.now() + seconds
        self._later(seconds)

    def _pass(self, name: str, heir: User) -> None:
        """
        Give someone the rank of a room's last operator, unless that is on its way.

        It is theirs for as long as they are there.  Their account gets nothing: it would own the room.

        @param name: the room's folded name.
        """
        if name in self._passing:
            return
        self._passing.add(name)
        change = ModeChange(True, "o", heir.nick, replace(heir.source, account=None))
        passing = self._core.log.append(ModesSet(SERVER, heir.rooms[name].name, (change,)))
        passing.addBoth(lambda _: self._passing.discard(name))

    def _tellUnlocked(self) -> None:
        """Tell the journal what rooms have lost."""
        rooms = self._core.state.rooms
        unlocked, rooms.unlocked = rooms.unlocked, []
        for room, changes in unlocked:
            self._record(room, changes)

    def _record(self, room: Room, changes: tuple[ModeChange, ...]) -> None:
        """Tell the journal what a room has lost, under the name that it has; again, where that fails."""
        there = self._core.state.rooms.get(room.name)
        lost = tuple([change for change in changes if there is None or there.isSo(change)])
        if not lost:
            return
        event = ModesSet(SERVER, room.name, lost)

        def taken(_: object) -> None:
            if fold(room.name) != fold(event.room):
                self._record(room, changes)

        def failed(_: object) -> None:
            self._core.state.rooms.unlocked.append((room, changes))
            self._tendSoon(AGAIN)

        self._core.log.append(event).addCallbacks(taken, failed)
