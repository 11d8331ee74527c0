"""
The state of the chat, and the one function that changes it: L{State.apply}.

It is deterministic: the same entries give the same state, on every node and in every test.  An entry that cannot be
applied any more (two users proposed the same nick at once) changes nothing and raises the L{ChatError} for the one who
proposed it; the same on every node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twistchat.chat.model.rooms import Rooms
from twistchat.chat.model.serverbans import ServerBans
from twistchat.chat.model.users import Session, Users
from twistchat.chat.model.watching import Watchers
from twistchat.chat.model.whowas import Whowas
from twistchat.chat.rules import channels, identity, membership, operators, presence, speaking

if TYPE_CHECKING:
    from twistchat.chat.fanout.audience import Broadcast
    from twistchat.chat.model.events import Entry
    from twistchat.chat.model.origin import Origin
    from twistchat.chat.rules.core import Effects

EFFECTS: Effects = {
    event: effect
    for subject in (speaking, membership, channels, identity, presence, operators)
    for event, effect in subject.EFFECTS.items()
}
"""What applying an event does, by the event's class: the tables of all subjects."""


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
    @ivar mostUsers: how many users there were at most at one time, since this process began.
    @ivar sequence: the sequence number of the entry last applied.
    @ivar tend: called when rooms need something that takes an entry of its own; C{rooms.vacancies} and
        C{rooms.unlocked} say what.
    """

    def __init__(self, broadcast: Broadcast, tend: Callable[[], None] = lambda: None) -> None:
        """
        @param tend: called by effects.  It proposes, and changes nothing itself.
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

    def apply(self, entry: Entry, origin: Origin | None = None) -> None:
        """
        Change the state as an entry says, then tell its audience.

        @param origin: the request that led to it, for the session that asked; it has no influence on the state.
        @raise ChatError: what was proposed is no longer possible; nothing has changed.
        """
        self.sequence = entry.sequence
        EFFECTS[type(entry.event)](self, entry, origin)
