"""
The state of the chat, and the one function that changes it: L{State.apply}.

It is deterministic: the same entries give the same state, on every node and in every test.  An entry that cannot be
applied any more (two users proposed the same nick at once) changes nothing and raises the L{ChatError} that its
proposer is to get; the same on every node.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twistchat.chat import peopleevents
from twistchat.chat.audience import Broadcast
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
from twistchat.chat.rooms import Member, Room, Rooms, Topic
from twistchat.chat.serverbans import ServerBans
from twistchat.chat.users import Session, User, Users
from twistchat.chat.watching import Watchers
from twistchat.chat.whowas import Whowas


class State:
    """
    Users, rooms, and the sessions of this process.

    @ivar users: everyone who is here.
    @ivar rooms: every room there is.
    @ivar sessions: the sessions whose connections this process holds, by id.
    @ivar broadcast: the way to their outlets.
    @ivar whowas: who was here.
    @ivar watchers: which of the sessions watch whom.
    @ivar serverBans: who is kept from the server.
    @ivar sequence: the sequence number of the entry last applied.
    """

    def __init__(self, broadcast: Broadcast) -> None:
        self.users = Users()
        self.rooms = Rooms()
        self.sessions: dict[str, Session] = {}
        self.broadcast = broadcast
        self.sequence = 0
        self.whowas = Whowas()
        self.watchers = Watchers()
        self.serverBans = ServerBans()
        self._appliers: dict[type[Event], Callable[[Entry], None]] = {
            **{kind: partial(apply, self) for kind, apply in peopleevents.APPLIERS.items()},
            Said: self._said,
            Told: self._told,
            Joined: self._joined,
            Parted: self._parted,
            Kicked: self._kicked,
            Invited: self._invited,
            TopicSet: self._topicSet,
            ModesSet: self._modesSet,
        }

    def apply(self, entry: Entry) -> None:
        """
        Let an entry happen: change the state, then tell its audience.

        @raise ChatError: what was proposed is no longer possible; nothing has changed.
        """
        self.sequence = entry.sequence
        self._appliers[type(entry.event)](entry)

    # Texts

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

    # Rooms

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

    def _user(self, entry: Entry) -> User:
        return self.users.of(entry.event.source)

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

    def leaveRooms(self, user: User) -> None:
        """Take a user out of every room, without telling anyone."""
        for room in list(user.rooms.values()):
            self._leave(room, user)

    def _leave(self, room: Room, user: User) -> None:
        for session in user.sessions.values():
            room.audience.remove(session)
        del room.members[user.source.uid]
        del user.rooms[fold(room.name)]
        self._forgetIfOver(room)

    def _forgetIfOver(self, room: Room) -> None:
        if not room.members and not room.kept:
            self.rooms.remove(room)
