"""
The consequences for a room when members leave: it is removed or abandoned, loses its locks, or needs another operator.

Effects call these functions, which change the state.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from twistchat.chat.model.events import Entry
from twistchat.chat.model.modes.room import OPERATOR
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.users import User
from twistchat.chat.model.vacancies import Vacancy

if TYPE_CHECKING:
    from twistchat.chat.state import State


def leave(state: State, entry: Entry, room: Room, user: User) -> None:
    """Remove a user from a room.  The caller has already removed the room from C{user.rooms}."""
    for session in user.sessions.values():
        room.audience.remove(session)
    member = room.members.pop(user.source.uid)
    user.moves += 1
    state.changed(user)
    if not room.members:
        unlock(state, room)
        keepOrRemove(state, room)
        if room.key in state.rooms.vacancies:
            state.tend()
    elif member.level >= OPERATOR and not room.hasOperator:
        vacate(state, entry, room, Vacancy(entry.time, user.source, member.ranks))


def unlock(state: State, room: Room) -> None:
    """
    Remove the locks of an empty room that nobody could lift.  Nobody can read its earlier entries any more, from this
    entry on and not only when the removal has been recorded.
    """
    changes = room.unlock() if room.abandoned and room.persistent else ()
    if changes:
        state.rooms.sealed[room.key] = state.sequence
        state.rooms.unlocked.append((room, changes))
        state.tend()


def vacate(state: State, entry: Entry, room: Room, vacancy: Vacancy) -> None:
    """
    Record that a room has no operator.

    Each call also drops a few expired vacancies of rooms that need no operator.
    """
    name, vacancies = room.key, state.rooms.vacancies
    for earlier, other in list(islice(vacancies.items(), 10)):
        place = state.rooms.get(earlier)
        if other.hasExpired(entry.time) and (place is None or not place.members or place.hasOperator):
            del vacancies[earlier]
    vacancies.pop(name, None)
    vacancies[name] = vacancy
    state.tend()


def keepOrRemove(state: State, room: Room) -> None:
    """
    Remove a room that has no members and no persistent data.  Record whether it is abandoned (see L{Rooms.abandoned
    <twistchat.chat.model.rooms.Rooms>}) after its members, its owner or its data changed.
    """
    state.rooms.abandoned.pop(room, None)
    if not room.abandoned:
        return
    if room.persistent:
        state.rooms.abandoned[room] = None
        state.tend()
    else:
        state.rooms.remove(room)
