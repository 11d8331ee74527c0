"""Which texts of a room may be hidden from its members, from the entries alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.events import (
    Event,
    Kicked,
    Killed,
    ModesSet,
    Parted,
    RoomDropped,
    RoomRenamed,
    RoomSettingSet,
    SessionEnded,
    SessionMoved,
)
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.chat.state import State

LOCKS: Final = frozenset("iklRzOsbeI")
"""The modes and lists that keep people out."""

LEAVING: Final = (Parted, Kicked, Killed, SessionEnded, SessionMoved)
"""The events with which a room may become empty."""


class Readable:
    """
    The first text of each room that its members must be able to read.

    If a room that had a lock is empty, strangers can join it from then on, and cannot read what was said before.  The
    founder of a room can choose that members read what was said since they joined.  This allows the server to hide more
    than it does: it does not look at owners.
    """

    def __init__(self, history: Mapping[str, Sequence[int]]) -> None:
        """
        @param history: the numbers of the texts of each room, by its folded name.
        """
        self._history = history
        self._firsts: dict[str, float] = {}
        self._locked: set[str] = set()

    def first(self, key: str) -> float:
        """
        Return how many texts at the beginning of a room may be hidden.

        @param key: the folded name of the room.
        """
        return self._firsts.get(key, 0)

    def note(self, event: Event, state: State) -> None:
        """Note an event that was applied."""
        if isinstance(event, ModesSet):
            if any(change.letter in LOCKS for change in event.changes):
                self._locked.add(fold(event.room))
        elif isinstance(event, RoomSettingSet):
            if event.name == "history":
                self._firsts[fold(event.room)] = inf
        elif isinstance(event, RoomDropped):
            self._hide(fold(event.room))
        elif isinstance(event, RoomRenamed):
            old, new = fold(event.room), fold(event.name)
            if old in self._firsts or new in self._firsts:
                self._hide(new)
            if old in self._locked:
                self._locked.add(new)
        elif isinstance(event, LEAVING):
            for key in self._locked:
                room = state.rooms.get(key)
                if room is None or not room.members:
                    self._hide(key)

    def restart(self) -> None:
        """All connections were lost."""
        for key in self._locked:
            self._hide(key)

    def _hide(self, key: str) -> None:
        self._firsts[key] = max(self._firsts.get(key, 0), len(self._history.get(key, ())))
