"""Registered rooms: their founders, access lists and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import RoomNotRegistered, RoomRegisteredAlready
from twistchat.chat.model.events import (
    AccessSet,
    Entry,
    RoomDropped,
    RoomEvent,
    RoomRegistered,
    RoomSettingSet,
    RoomTransferred,
)
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import NO_SETTINGS, Room
from twistchat.chat.model.sessions import Origin
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.succession import removeIfUnused

if TYPE_CHECKING:
    from twistchat.chat.state import State


class Ownership:
    """The verbs that register rooms and change registered rooms."""

    def __init__(self, core: Core) -> None:
        self._core = core


# Effects


def _roomRegistered(state: State, entry: Entry, event: RoomRegistered, origin: Origin | None) -> None:
    room = state.roomFor(event.room, entry.time)
    if room.founder is not None:
        raise RoomRegisteredAlready(room.name)
    room.founder = event.account
    state.rooms.vacancies.pop(room.key, None)


def _roomTransferred(state: State, entry: Entry, event: RoomTransferred, origin: Origin | None) -> None:
    room = _registered(state, event)
    if state.accounts.get(event.account) is None:
        # The account was dropped in the meantime.
        free(state, room)
    else:
        room.founder = event.account


def _roomDropped(state: State, entry: Entry, event: RoomDropped, origin: Origin | None) -> None:
    free(state, _registered(state, event))


def _accessSet(state: State, entry: Entry, event: AccessSet, origin: Origin | None) -> None:
    room = _registered(state, event)
    if event.ranks and state.accounts.get(event.account) is not None:
        room.granted[fold(event.account)] = event.ranks
    else:
        room.granted.pop(fold(event.account), None)


def _roomSettingSet(state: State, entry: Entry, event: RoomSettingSet, origin: Origin | None) -> None:
    room = _registered(state, event)
    settings = {name: value for name, value in room.settings.items() if name != event.name}
    if event.value is not None:
        settings[event.name] = event.value
    room.settings = settings or NO_SETTINGS


def _registered(state: State, event: RoomEvent) -> Room:
    room = state.roomOf(event)
    if room is None or room.founder is None:
        raise RoomNotRegistered(event.room)
    return room


def free(state: State, room: Room) -> None:
    """End the registration of a room, and with it its access list and settings."""
    room.founder, room.settings = None, NO_SETTINGS
    room.granted.clear()
    removeIfUnused(state, room)


EFFECTS: Effects = {
    RoomRegistered: _roomRegistered,
    RoomTransferred: _roomTransferred,
    RoomDropped: _roomDropped,
    AccessSet: _accessSet,
    RoomSettingSet: _roomSettingSet,
}
"""The effect of each class of event."""
