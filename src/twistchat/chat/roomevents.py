"""How rooms change: the appliers of what happens in them, and of what is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twistchat.chat.appliers import Appliers
from twistchat.chat.errors import NoSuchNick, NotInRoom, RoomLookalike, TargetNotInRoom
from twistchat.chat.events import (
    Entry,
    Event,
    Invited,
    Joined,
    Kicked,
    ModesSet,
    Parted,
    Said,
    Source,
    Told,
    TopicSet,
)
from twistchat.chat.names import fold
from twistchat.chat.rooms import Member, Room, Topic


class RoomAppliers(Appliers):
    """What happens in rooms, and texts."""

    def _said(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Said)
        room = self.rooms.get(event.room)
        if room is not None:
            room.audience.tell(entry, event.session)

    def _told(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Told)
        recipient = self.users.get(event.recipient.uid)
        if recipient is None:
            raise NoSuchNick(event.recipient.nick)
        sessions = dict(recipient.sessions)
        sender = self.users.get(event.source.uid)
        if sender is not None:
            sessions.update(sender.sessions)
        self.broadcast.tell(entry, sessions.values())

    def _invited(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Invited)
        inviter = self._user(entry)
        invitee = self.users.get(event.invitee.uid)
        if invitee is None:
            raise NoSuchNick(event.invitee.nick)
        room = self.rooms.get(event.room)
        if room is None:
            raise NotInRoom(event.room)
        invitee.invitations.add(room)
        self.broadcast.tell(entry, (inviter.sessions | invitee.sessions).values())

    def _joined(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Joined)
        user = self._user(entry)
        room = self._room(event.room, entry.time)
        if event.source.uid in room.members:
            return
        room.members[event.source.uid] = Member(user, room.ranksFor(user.source))
        user.invitations.discard(room)
        user.rooms[fold(room.name)] = room
        for session in user.sessions.values():
            room.audience.add(session)
        room.audience.tell(entry)

    def _parted(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Parted)
        room, member = self._membership(event.room, event.source)
        if member is None:
            raise NotInRoom(event.room)
        room.audience.tell(entry)
        self._leave(room, member.user)

    def _kicked(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Kicked)
        room, member = self._membership(event.room, event.kicked)
        if member is None:
            raise TargetNotInRoom(event.kicked.nick, event.room)
        room.audience.tell(entry)
        self._leave(room, member.user)

    def _topicSet(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, TopicSet)
        room = self._room(event.room, entry.time)
        room.topic = Topic(event.topic, event.source.nick, entry.time) if event.topic else None
        room.audience.tell(entry)
        self._forgetIfOver(room)

    def _modesSet(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, ModesSet)
        room = self._room(event.room, entry.time)
        for change in event.changes:
            room.change(change, event.source.nick, entry.time)
        room.audience.tell(entry)
        self._forgetIfOver(room)

    # What they share

    def _room(self, name: str, now: int) -> Room:
        room = self.rooms.get(name)
        if room is None:
            twin = self.rooms.lookalike(name)
            if twin is not None:
                raise RoomLookalike(name, twin.name)
            room = Room(name, now, self.broadcast)
            self.rooms.add(room)
        return room

    def _membership(self, name: str, source: Source) -> tuple[Room, Member | None]:
        room = self.rooms.get(name)
        if room is None:
            raise NotInRoom(name)
        return room, room.members.get(source.uid)


ROOM_APPLIERS: Mapping[type[Event], Callable[[RoomAppliers, Entry], None]] = {
    Said: RoomAppliers._said,
    Told: RoomAppliers._told,
    Joined: RoomAppliers._joined,
    Parted: RoomAppliers._parted,
    Kicked: RoomAppliers._kicked,
    Invited: RoomAppliers._invited,
    TopicSet: RoomAppliers._topicSet,
    ModesSet: RoomAppliers._modesSet,
}
"""The applier of each of these events."""
