"""How rooms change: the appliers of what happens in them, and of what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from twistchat.chat.errors import NoSuchNick, NotInRoom, RoomLookalike, RoomNameInUse, TargetNotInRoom
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import (
    SERVER,
    Entry,
    Event,
    Invited,
    Joined,
    Kicked,
    ModesSet,
    Parted,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    RoomEvent,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    RoomTagMessage,
    Source,
    TopicSet,
)
from twistchat.chat.model.modes import HALF_OPERATOR, OPERATOR, RANK_BY_LETTER, sortRanks
from twistchat.chat.model.names import fold
from twistchat.chat.model.origin import Origin
from twistchat.chat.model.rooms import Member, Room, Topic
from twistchat.chat.model.users import Session
from twistchat.chat.rules.appliers import Appliers
from twistchat.chat.rules.succession import Vacancy


class RoomAppliers(Appliers):
    """What happens in rooms, and texts."""

    def _said(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, (RoomMessage, RoomTagMessage))
        room = self._present(event)
        if room is not None:
            room.audience.tell(entry, origin, event.session, _audibleTo(room, event) if event.rank else None)

    def _unsaid(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, RoomMessageRedacted)
        room = self._present(event)
        if room is not None:
            room.audience.tell(entry, origin)

    def _told(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, (PrivateMessage, PrivateTagMessage))
        recipient = self.users.get(event.recipient.uid)
        if recipient is None:
            raise NoSuchNick(event.recipient.nick)
        if isinstance(event, PrivateMessage):
            for session in recipient.sessions.values():
                if not isIgnored(session, event):
                    session.correspondent = event.source.uid
        if recipient.source.uid == event.source.uid:
            # It is heard once as what was received, and once more as the echo, which alone has the label.
            received = replace(entry, event=replace(event, session=""))
            self.broadcast.tell(received, recipient.sessions.values())
            sender = [own for own in recipient.sessions.values() if own.id == event.session]
            self.broadcast.tell(entry, sender, origin=origin)
            return
        self.broadcast.tell(entry, self._both(event.source, event.recipient), origin=origin)

    def _untold(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, PrivateMessageRedacted)
        self.broadcast.tell(entry, self._both(event.source, event.recipient), origin=origin)

    def _invited(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, Invited)
        self._user(entry)
        invitee = self.users.get(event.invitee.uid)
        if invitee is None:
            raise NoSuchNick(event.invitee.nick)
        room = self.rooms.get(event.room)
        if room is None:
            raise NotInRoom(event.room)
        inviter = room.members.get(event.source.uid)
        if inviter is not None and inviter.level >= HALF_OPERATOR:
            invitee.invitations[room] = room.bansSet
        else:
            invitee.invitations.setdefault(room, None)
        self.broadcast.tell(entry, invitee.sessions.values(), origin=origin)
        if invitee.source.uid not in room.members:
            room.audience.tell(entry, origin)

    def _joined(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, Joined)
        user = self._user(entry)
        room = self._room(event.room, entry.time)
        if event.source.uid in room.members:
            return
        self._unlock(room)
        ranks = room.ranksFor(user.source)
        vacancy = self.rooms.vacancies.get(fold(room.name))
        if vacancy is not None and vacancy.awaits(user, self.users, entry.time):
            ranks = sortRanks(ranks + vacancy.ranks)
            del self.rooms.vacancies[fold(room.name)]
        room.members[event.source.uid] = Member(user, ranks)
        user.invitations.pop(room, None)
        user.rooms[fold(room.name)] = room
        user.moves += 1
        for session in user.sessions.values():
            room.audience.add(session)
        room.audience.tell(replace(entry, event=replace(event, ranks=ranks, first=len(room.members) == 1)), origin)
        if len(room.members) == 2 and not room.led:
            # The other one has laid the rank down, and there was nobody whom it could pass to.
            self._vacate(entry, room, self.rooms.vacancies.get(fold(room.name)) or Vacancy(entry.time))

    def _parted(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, Parted)
        room, member = self._membership(event.room, event.source)
        if member is None:
            raise NotInRoom(event.room)
        room.audience.tell(entry, origin)
        del member.user.rooms[fold(room.name)]
        self._leave(entry, room, member.user)

    def _kicked(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, Kicked)
        room, member = self._membership(event.room, event.kicked)
        if member is None:
            raise TargetNotInRoom(event.kicked.nick, event.room)
        room.audience.tell(entry, origin)
        del member.user.rooms[fold(room.name)]
        self._leave(entry, room, member.user)

    def _topicSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, TopicSet)
        room = self._present(event) or self._room(event.room, entry.time)
        room.topic = Topic(event.topic, event.source.nick, entry.time) if event.topic else None
        room.audience.tell(entry, origin)
        self._forgetIfOver(room)

    def _modesSet(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, ModesSet)
        room = self._present(event)
        if event.source == SERVER and (heirs := _operators(event, True)):
            self._checkHeir(event.room, heirs[0], entry.time)
        room = room or self._room(event.room, entry.time)
        for change in event.changes:
            room.change(change, event.source.nick, entry.time)
        room.audience.tell(entry, origin)
        if any(change.subject is not None or change.letter == "P" for change in event.changes):
            self._findOperator(entry, room, event)
        self._forgetIfOver(room)

    def _checkHeir(self, name: str, uid: str, time: int) -> None:
        """Hold that a member may have the rank of a room's last operator, who has not come back meanwhile."""
        room, vacancy = self.rooms.get(name), self.rooms.vacancies.get(fold(name))
        if room is None or uid not in room.members or room.led or vacancy is None or not vacancy.isOver(time):
            raise NotInRoom(name)

    def _findOperator(self, entry: Entry, room: Room, event: ModesSet) -> None:
        """
        See to it, now that ranks have changed or the room is permanent no more, that it has an operator or will have.

        Whoever left as its last operator has a claim no more where the rank has passed to another, where somebody owns
        the room now, or where an operator of the server has chosen another.
        """
        name, vacancies, asker = fold(room.name), self.rooms.vacancies, self.users.get(event.source.uid)
        chosen = event.source == SERVER or (asker is not None and asker.may("rooms"))
        if room.owned or (chosen and _operators(event, True)):
            vacancies.pop(name, None)
        elif room.members and not room.led:
            vacancy, lost = vacancies.get(name), _operators(event, False)
            if vacancy is None or (lost and vacancy.isOver(entry.time)):
                vacancy = Vacancy(entry.time)
            self._vacate(entry, room, replace(vacancy, resigned=lost[-1] if lost else vacancy.resigned))

    def _roomRenamed(self, entry: Entry, origin: Origin | None) -> None:
        event = entry.event
        assert isinstance(event, RoomRenamed)
        room = self._present(event)
        if room is None:
            return
        holder = self.rooms.lookalike(event.name)
        if holder is not None and holder is not room:
            if fold(holder.name) == fold(event.name):
                raise RoomNameInUse(holder.name)
            raise RoomLookalike(event.name, holder.name)
        old, new = fold(room.name), fold(event.name)
        room.audience.tell(entry, origin)
        room.audience.move(new)
        self.rooms.rename(room, event.name)
        sessions: list[Session] = []
        for member in room.members.values():
            user = member.user
            user.rooms = {new if name == old else name: place for name, place in user.rooms.items()}
            user.moves += 1
            sessions += user.sessions.values()
        for session in sessions:
            self.broadcast.moved(session, old, entry, origin)
            room.audience.add(session)

    # What they share

    def _present(self, event: RoomEvent) -> Room | None:
        """
        The room of an event, or C{None} where there is none.

        @raise NotInRoom: it was renamed while the event was on its way, and whoever proposed it is to do so again.
            (Nobody is here in a replay, and so nobody was late.)
        """
        room = self.rooms.get(event.room)
        if room is None and self.rooms.isVacated(event.room) and self.users.get(event.source.uid) is not None:
            raise NotInRoom(event.room)
        return room

    def _both(self, source: Source, recipient: Source) -> Iterable[Session]:
        """The sessions of two users, as far as they are here; each once."""
        users = [user for user in (self.users.get(recipient.uid), self.users.get(source.uid)) if user is not None]
        return {session.id: session for user in users for session in user.sessions.values()}.values()

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


ROOM_APPLIERS: Mapping[type[Event], Callable[[RoomAppliers, Entry, Origin | None], None]] = {
    RoomMessage: RoomAppliers._said,
    RoomTagMessage: RoomAppliers._said,
    RoomMessageRedacted: RoomAppliers._unsaid,
    PrivateMessage: RoomAppliers._told,
    PrivateTagMessage: RoomAppliers._told,
    PrivateMessageRedacted: RoomAppliers._untold,
    Joined: RoomAppliers._joined,
    Parted: RoomAppliers._parted,
    Kicked: RoomAppliers._kicked,
    Invited: RoomAppliers._invited,
    TopicSet: RoomAppliers._topicSet,
    ModesSet: RoomAppliers._modesSet,
    RoomRenamed: RoomAppliers._roomRenamed,
}
"""The applier of each of these events."""


def _operators(event: ModesSet, adding: bool) -> list[str]:
    """The ids of those who were made operators, or something higher; or who were so and lost it."""
    return [
        change.subject.uid
        for change in event.changes
        if change.adding == adding and change.subject is not None and RANK_BY_LETTER[change.letter].level >= OPERATOR
    ]


def _audibleTo(room: Room, event: RoomMessage | RoomTagMessage) -> set[str]:
    """The sessions of those in a room whom a text for a rank is for, and of its speaker."""
    least = RANK_BY_LETTER[event.rank].level
    return {
        id
        for uid, member in room.members.items()
        if member.level >= least or uid == event.source.uid
        for id in member.user.sessions
    }
