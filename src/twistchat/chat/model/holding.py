"""
The register of current entries: those that determine the present state of rooms and server bans.

Each topic, mode, mask and rank of a room has a key, and so have a room's new name and each ban from the server.  An
event I{sets} keys: its entry then holds them, until another entry sets or I{releases} them.  A restart applies the
entries that hold keys, in order, to an empty state.  That restores the topics, modes, masks, ranks and names of all
rooms and the bans from the server.  So a restart does not read messages, and retention must not delete these entries.

Only this module defines how each event changes these keys.  L{Holding} is the register in memory; a log on disk
keeps the same register in a table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from twistchat.chat.model.events import (
    Entry,
    Event,
    ModeChange,
    ModesSet,
    RoomRenamed,
    ServerBanLifted,
    ServerBanSet,
    TopicSet,
)
from twistchat.chat.model.modes.room import ROOM_MODES, Shape
from twistchat.chat.model.names import fold

SERVER_WIDE = ""
"""The room name used for keys of the whole server."""

RENAMED = "renamed "
"""The prefix of the key of a room's new name.  The sequence number follows."""


@dataclass(frozen=True, slots=True)
class HoldingChange:
    """
    How an event changes the register.

    @ivar room: the room's folded name, or L{SERVER_WIDE}.
    @ivar sets: the keys that its entry holds from now on, in place of another entry.
    @ivar releases: the keys that no entry holds any more.
    @ivar renamed: the folded name that the room has from now on: all keys of the room move to it, and its entry holds
        L{renamedKey}.  C{None} if the event renames no room.
    """

    room: str
    sets: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    renamed: str | None = None


def holdingChange(event: Event) -> HoldingChange | None:
    """How an event changes the register; C{None} for most events, which do not."""
    found = _CHANGES.get(type(event))
    return None if found is None else found(event)


def remaining(event: Event, sequence: int, keys: Collection[str]) -> Event | None:
    """
    The part of an event that is still current.

    @param sequence: the event's sequence number.
    @param keys: the keys that its entry holds.
    @return: for a L{ModesSet}, the event with only the current changes, because later entries undid the others.
        C{None} if nothing of the event is current.
    """
    if isinstance(event, ModesSet):
        changes = tuple([change for change in event.changes if modeKey(change) in keys])
        return replace(event, changes=changes) if changes else None
    return event if keysOf(event, sequence) & set(keys) else None


def keysOf(event: Event, sequence: int) -> set[str]:
    """The keys that an event's entry held right after it was applied."""
    change = holdingChange(event)
    if change is None:
        return set()
    return {*change.sets, renamedKey(sequence)} if change.renamed is not None else set(change.sets)


def renamedKey(sequence: int) -> str:
    """The key of a room's new name, from the sequence number of the entry that renamed it."""
    return f"{RENAMED}{sequence}"


def banKey(mask: str) -> str:
    """The key of a ban from the server."""
    return f"ban {mask}"


TOPIC = "topic"
"""The key of a room's topic."""


def modeKey(change: ModeChange) -> str | None:
    """
    The key of a mode change: for the rank of an account, a mode with one parameter, a mask, or a flag.

    @return: C{None} for the rank of a guest, which ends when they leave.
    """
    if change.subject is not None:
        account = change.subject.account
        return None if account is None else f"{change.letter} {account}"
    mode = ROOM_MODES.get(change.letter)
    if mode is not None and mode.shape in (Shape.ALWAYS, Shape.ON_SET):
        return change.letter
    return f"{change.letter} {change.parameter or ''}"


def _modesSet(event: ModesSet) -> HoldingChange:
    keys = [modeKey(change) for change in event.changes]
    return HoldingChange(fold(event.room), tuple([key for key in keys if key is not None]))


_CHANGES: Mapping[type[Event], Callable[[Any], HoldingChange]] = {
    TopicSet: lambda event: HoldingChange(fold(event.room), (TOPIC,)),
    ModesSet: _modesSet,
    RoomRenamed: lambda event: HoldingChange(fold(event.room), renamed=fold(event.name)),
    ServerBanSet: lambda event: HoldingChange(SERVER_WIDE, (banKey(event.mask),)),
    ServerBanLifted: lambda event: HoldingChange(SERVER_WIDE, releases=(banKey(event.mask),)),
}
"""How events change the register, by their class."""


class Holding:
    """The register in memory."""

    __slots__ = ("_rooms",)

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, int]] = {}

    def note(self, entry: Entry) -> None:
        """Update the register after an entry was applied."""
        change = holdingChange(entry.event)
        if change is None:
            return
        keys = self._rooms.setdefault(change.room, {})
        keys.update(dict.fromkeys(change.sets, entry.sequence))
        for key in change.releases:
            keys.pop(key, None)
        if change.renamed is not None:
            self._rename(change.room, change.renamed, entry.sequence)

    def entries(self) -> dict[int, set[str]]:
        """The keys that each entry holds, by ascending sequence number, without entries that hold none."""
        found: dict[int, set[str]] = {}
        for keys in self._rooms.values():
            for key, sequence in keys.items():
                found.setdefault(sequence, set()).add(key)
        return dict(sorted(found.items()))

    def _rename(self, origin: str, target: str, sequence: int) -> None:
        """
        Move the keys of a room to its new name.

        The new name was not in use, so its old keys are void.  Earlier entries contain the name that the room had at
        the time.  So an entry that renamed the room must stay current while any earlier entry holds a key.
        """
        keys = self._rooms.pop(origin)
        oldest = min([held for key, held in keys.items() if not key.startswith(RENAMED)], default=None)
        self._rooms[target] = {
            key: held
            for key, held in {**keys, renamedKey(sequence): sequence}.items()
            if not key.startswith(RENAMED) or (oldest is not None and held > oldest)
        }
