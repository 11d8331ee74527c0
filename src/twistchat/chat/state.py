"""
The state of the chat, and the one function that changes it: L{State.apply}.

It is deterministic: the same entries give the same state, on every node and in every test.  An entry that cannot be
applied any more (two users proposed the same nick at once) changes nothing and raises the L{ChatError} that its
proposer is to get; the same on every node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.model.events import Entry, Event
from twistchat.chat.model.origin import Origin
from twistchat.chat.model.rooms import Rooms
from twistchat.chat.model.serverbans import ServerBans
from twistchat.chat.model.users import Session, Users
from twistchat.chat.model.watching import Watchers
from twistchat.chat.model.whowas import Whowas
from twistchat.chat.rules.peopleevents import PEOPLE_APPLIERS, PeopleAppliers
from twistchat.chat.rules.roomevents import ROOM_APPLIERS, RoomAppliers


class State(RoomAppliers, PeopleAppliers):
    """
    Users, rooms, and the sessions of this process.

    @ivar users: everyone who is here.
    @ivar rooms: every room there is.
    @ivar sessions: the sessions whose connections this process holds, by id.
    @ivar broadcast: the way to their outlets.
    @ivar whowas: who was here.
    @ivar watchers: which of the sessions watch whom.
    @ivar serverBans: who is kept from the server.
    @ivar mostUsers: how many users there were at most at one time, since this process began.
    @ivar sequence: the sequence number of the entry last applied.
    """

    def __init__(self, broadcast: Broadcast, tend: Callable[[], None] = lambda: None) -> None:
        """
        @param tend: see L{Appliers <twistchat.chat.rules.appliers.Appliers>}.  It proposes, and changes nothing itself.
        """
        self.tend = tend
        self.users = Users()
        self.rooms = Rooms()
        self.sessions: dict[str, Session] = {}
        self.broadcast = broadcast
        self.whowas = Whowas()
        self.watchers = Watchers()
        self.serverBans = ServerBans()
        self.mostUsers = 0
        self.sequence = 0
        self._appliers: Mapping[type[Event], Callable[[State, Entry, Origin | None], None]] = {
            **ROOM_APPLIERS,
            **PEOPLE_APPLIERS,
        }

    def apply(self, entry: Entry, origin: Origin | None = None) -> None:
        """
        Let an entry happen: change the state, then tell its audience.

        @param origin: the request that led to it, for the session that asked; it has no influence on the state.
        @raise ChatError: what was proposed is no longer possible; nothing has changed.
        """
        self.sequence = entry.sequence
        self._appliers[type(entry.event)](self, entry, origin)
