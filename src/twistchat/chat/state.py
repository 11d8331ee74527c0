"""
The state of the chat, and the one function that changes it: L{State.apply}.

It is deterministic: the same entries give the same state, on every node and in every test.  An entry that cannot be
applied any more (two users proposed the same nick at once) changes nothing and raises the L{ChatError} that its
proposer is to get; the same on every node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from twistchat.chat.audience import Broadcast
from twistchat.chat.events import AwaySet, Entered, Entry, Event, Quit, Renamed
from twistchat.chat.names import fold
from twistchat.chat.roomevents import ROOM_APPLIERS, RoomAppliers
from twistchat.chat.rooms import Rooms
from twistchat.chat.users import Session, User, Users, audienceOf


class State(RoomAppliers):
    """
    Users, rooms, and the sessions of this process.

    @ivar users: everyone who is here.
    @ivar rooms: every room there is.
    @ivar sessions: the sessions whose connections this process holds, by id.
    @ivar broadcast: the way to their outlets.
    @ivar sequence: the sequence number of the entry last applied.
    """

    def __init__(self, broadcast: Broadcast) -> None:
        self.users = Users()
        self.rooms = Rooms()
        self.sessions: dict[str, Session] = {}
        self.broadcast = broadcast
        self.sequence = 0
        self._appliers: Mapping[type[Event], Callable[[State, Entry], None]] = {
            **ROOM_APPLIERS,
            Entered: State._entered,
            Quit: State._quit,
            Renamed: State._renamed,
            AwaySet: State._awaySet,
        }

    def apply(self, entry: Entry) -> None:
        """
        Let an entry happen: change the state, then tell its audience.

        @raise ChatError: what was proposed is no longer possible; nothing has changed.
        """
        self.sequence = entry.sequence
        self._appliers[type(entry.event)](self, entry)

    # Users

    def _entered(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Entered)
        self._claim(event.source.nick, None)
        user = User(event.source)
        self.users.add(user)
        session = self.sessions.get(event.session)
        if session is not None:
            user.sessions[session.id] = session
            session.user = user

    def _quit(self, entry: Entry) -> None:
        user = self._user(entry)
        heard = audienceOf(user)
        for room in list(user.rooms.values()):
            self._leave(room, user)
        self.users.remove(user)
        for session in user.sessions.values():
            session.user = None
        self.broadcast.tell(entry, [session for session in heard if session.id not in user.sessions])

    def _renamed(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, Renamed)
        user = self._user(entry)
        self._claim(event.nick, user)
        old, new = fold(user.nick), fold(event.nick)
        heard = list(audienceOf(user))
        self.users.rename(user, replace(user.source, nick=event.nick))
        for room in user.rooms.values():
            room.members[event.source.uid].banned = None
        for session in self.sessions.values():
            if old in session.ignored:
                session.ignored[new] = session.ignored[old]
        self.broadcast.tell(entry, heard)

    def _awaySet(self, entry: Entry) -> None:
        event = entry.event
        assert isinstance(event, AwaySet)
        user = self._user(entry)
        user.away = event.message
        self.broadcast.tell(entry, audienceOf(user))
