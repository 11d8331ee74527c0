"""Makes registered rooms of the rooms of another server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import RoomNameInUse
from twistchat.chat.model.events import (
    Event,
    ModeChange,
    ModesSet,
    RoomRegistered,
    RoomSettingSet,
    Source,
    TopicSet,
)
from twistchat.chat.model.names import fold
from twistchat.importing.naming import FreeNames, roomFrom
from twistchat.importing.people import IMPORTED, People, Rules
from twistchat.importing.records import Room
from twistchat.importing.texts import oneLine

if TYPE_CHECKING:
    from twistchat.importing.destination import Destination
    from twistchat.importing.report import Report


class Rooms:
    """
    The rooms of an export.

    A room that has the name of another one gets a suffix, and is not joined with it: what was said in private must not
    appear in a room that others can read.  The room remembers its id, so that a later import finds it, whatever it is
    named by then.
    """

    def __init__(self, destination: Destination, source: str, rules: Rules, report: Report, people: People) -> None:
        """
        @param source: the team that made the export.
        """
        self._destination = destination
        self._setting = f"{IMPORTED} {source}"
        self._rules, self._report, self._people = rules, report, people
        self._free = FreeNames(rules.limits.room, self._checkFree)
        self._rooms: dict[str, Room] = {}
        self._names: dict[str, str] = {}
        for room in destination.state.rooms:
            id = room.settings.get(self._setting)
            if id is not None:
                self._names[id] = room.name

    def add(self, room: Room) -> None:
        """Take a room from the export.  Nothing is written.  If it is there twice, a private one wins."""
        known = self._rooms.get(room.id)
        if known is None or (room.private and not known.private):
            self._rooms[room.id] = room

    def check(self) -> None:
        """
        Check that each room can have an owner, and report who may still join a private room that they have left.

        @raise ImportProblem: a room can have no owner.
        """
        self._reportFormer()
        for room in self._rooms.values():
            if room.id not in self._names and not self._people.isActive(room.creator):
                self._people.owner()
                return

    def named(self, id: str) -> str | None:
        """The name of a room that exists already; C{None} if there is none."""
        return self._names.get(id)

    def isExposed(self, id: str) -> bool:
        """Whether a room is private there, while here others can find or join the room that it became."""
        room = self._rooms.get(id)
        if room is None or not room.private:
            return False
        here = self._destination.state.rooms.get(self._names.get(id, ""))
        return here is not None and not here.modes.keys() >= {"s", "i"}

    def isKnown(self, id: str) -> bool:
        """Whether the export has this room."""
        return id in self._rooms

    def register(self, id: str, time: int) -> str:
        """
        Register a room of the export.  One transaction stores all of it, so a private room is never open.

        @param time: the time of its first text.
        @return: its name.
        """
        room, limits = self._rooms[id], self._rules.limits
        name = self._free.find(roomFrom(room.name, limits.room), roomFrom(room.id, limits.room))
        creator, owner = room.creator, self._people.source
        founder = owner(creator) if creator is not None and self._people.isActive(creator) else self._people.owner()
        events: list[Event] = [
            RoomRegistered(founder, name, founder.account or ""),
            RoomSettingSet(founder, name, self._setting, id),
        ]
        changes = self._changes(room, founder)
        if changes:
            events.append(ModesSet(founder, name, changes))
        topic = oneLine(room.topic, limits.topic)
        if topic:
            events.append(TopicSet(founder, name, topic))
        self._destination.together(len(events))
        for event in events:
            self._destination.propose(event, time)
        self._names[id] = name
        self._report.rooms += 1
        if name != f"#{room.name.removeprefix('#')}":
            key = room.name if room.name not in self._report.roomNames else f"{room.name} ({id})"
            self._report.roomNames[key] = name
        return name

    def waiting(self) -> list[str]:
        """The ids of the rooms that have not been registered."""
        return [id for id in self._rooms if id not in self._names]

    def _reportFormer(self) -> None:
        """Report the people who are no members of a private room there any more, but may join it here."""
        for id, name in self._names.items():
            room, here = self._rooms.get(id), self._destination.state.rooms.get(name)
            if room is None or here is None or not room.private:
                continue
            invited = here.lists.get("I", {})
            former = [a for person, a in self._people.known() if person not in room.members]
            names = [account for account in former if f"~a:{fold(account)}" in invited]
            if names:
                self._report.former[name] = sorted(names)

    def _changes(self, room: Room, founder: Source) -> tuple[ModeChange, ...]:
        """The modes of a new room: who may come in, and whether anybody may speak."""
        changes = [ModeChange(True, "m")] if room.archived else []
        if room.private:
            accounts = [self._people.source(member).account or "" for member in room.members]
            masks = dict.fromkeys(f"~a:{fold(account)}" for account in accounts if account != founder.account)
            changes += [ModeChange(True, "s"), ModeChange(True, "i")]
            changes += [ModeChange(True, "I", mask) for mask in masks]
        return tuple(changes)

    def _checkFree(self, name: str) -> None:
        """
        Check that a new room can have a name.

        @raise ChatError: it cannot, because there is such a room, or the journal has texts of one.
        """
        rooms = self._destination.state.rooms
        if rooms.get(name) is not None or fold(name) == self._rules.lobby or self._destination.newest(fold(name)) >= 0:
            raise RoomNameInUse(name)
        rooms.checkFree(name)
