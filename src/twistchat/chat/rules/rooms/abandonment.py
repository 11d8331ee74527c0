"""
Abandoned rooms: nobody is in them, nobody owns them, and a topic or a mode keeps them.

Any guest can leave such rooms behind, so their number is limited.  L{Abandonment} proposes a L{RoomRemoved} for each
room beyond the limit.  Its effect removes the room only if it is still abandoned: a user who joined before this entry
finds the room as it was.  The register of current entries releases all that the room held, so a restart does not
restore it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Final

from twistchat.chat import errors
from twistchat.chat.model.events import SERVER, Entry, RoomRemoved
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.sessions import Origin
from twistchat.chat.rules.core import Core, Effects

if TYPE_CHECKING:
    from twistchat.chat.state import State

MOST_REMOVED: Final = 20
"""The number of rooms whose removal is on its way to the journal at the same time."""

RETRY: Final = 5.0
"""Seconds until the next try, if no removal of a share succeeded."""


class Abandonment:
    """Proposes to remove the rooms that were abandoned first, if there are more than C{limits.abandonedRooms}."""

    def __init__(self, core: Core, later: Callable[[float], None], leads: Callable[[], bool]) -> None:
        """
        @param later: requests a call of L{tend} in this many seconds, or earlier.
        @param leads: returns whether this node proposes what no user asks for.
        """
        self._core = core
        self._later = later
        self._leads = leads
        self._pending = 0
        self._progress = False  # whether a room of this share was removed
        self._begun = False
        self._asked = False
        self._waits = False  # until the next tend

    def begin(self) -> None:
        """
        Start to propose.  Call this once, after the log was opened and the return of always-on users was proposed:
        their rooms are not abandoned.
        """
        self._begun = True
        self.check()

    def tend(self) -> float | None:
        """
        Propose what was postponed.

        @return: the seconds until the next call is needed; C{None} if none is.
        """
        self._waits = False
        self.check()
        if self._waits:
            return RETRY
        return 0.0 if self._isDue() else None

    def check(self) -> None:
        """
        React to a change of the abandoned rooms or of their limit, in constant time.

        The proposals follow when the entries on their way are applied: no effect is in progress then.
        """
        if self._isDue():
            self._asked = True
            self._core.log.settled(self._propose)

    def _isDue(self) -> bool:
        """Whether there is something to propose now."""
        mayPropose = self._begun and not (self._asked or self._pending or self._waits)
        return mayPropose and self._exceeding() > 0 and self._leads()

    def _exceeding(self) -> int:
        """How many abandoned rooms are over the limit.  The lobby does not count."""
        rooms = self._core.state.rooms
        return len(rooms.abandoned) - (self._lobby() in rooms.abandoned) - self._core.limits.abandonedRooms

    def _lobby(self) -> Room | None:
        return self._core.state.rooms.get(self._core.lobby)

    def _propose(self) -> None:
        """Propose to remove a share of the rooms that are over the limit, those first that were abandoned first."""
        rooms, lobby, count = self._core.state.rooms, self._lobby(), min(self._exceeding(), MOST_REMOVED)
        chosen = list(islice((room for room in rooms.abandoned if room is not lobby), max(0, count)))
        self._pending, self._progress = len(chosen), False
        for room in chosen:
            removal = self._core.log.append(RoomRemoved(SERVER, room.name, rooms.sealed.get(room.key, 0)))
            removal.addCallbacks(self._removed, self._failed)
        self._asked = False
        if chosen and self._isDue():
            # The journal has decided at once, as the one in memory does.  The rest waits for a later turn.
            self._later(0.0)

    def _removed(self, _: object) -> None:
        self._progress = True
        self._decided()

    def _failed(self, _: object) -> None:
        """React to a removal that was refused, because the room changed in the meantime, or could not be stored."""
        self._decided()

    def _decided(self) -> None:
        """Continue after the last removal of a share; later, if there was no progress, as on a full disk."""
        self._pending -= 1
        if self._pending:
            return
        if self._progress:
            self.check()
        else:
            self._waits = True
            self._later(RETRY)


# Effects


def _roomRemoved(state: State, entry: Entry, event: RoomRemoved, origin: Origin | None) -> None:
    rooms, room = state.rooms, state.rooms.get(event.room)
    if room is None and event.sealed and not state.users:
        # A replay, in which the room is not restored, seals its name all the same.
        rooms.sealed[fold(event.room)] = event.sealed
        return
    if room is None:
        raise errors.NoSuchRoom(event.room)
    if not room.abandoned or rooms.sealed.get(room.key, 0) != event.sealed:
        raise errors.RoomNameInUse(room.name)
    rooms.abandoned.pop(room, None)
    rooms.remove(room)


EFFECTS: Effects = {RoomRemoved: _roomRemoved}
"""The effect of each class of event."""
