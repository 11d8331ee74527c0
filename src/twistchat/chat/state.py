"""
The state of the chat, and the only function that changes it: L{State.apply}.

L{State.apply} is deterministic: the same entries give the same state, on every node and in every test.  Some entries
can no longer be applied, for example if two users proposed the same nick at once.  Such an entry changes nothing on any
node, and C{apply} raises a L{ChatError} for the user who proposed it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twistchat.chat.errors import NoSuchNick, NotInRoom
from twistchat.chat.fanout.audience import Audience
from twistchat.chat.model.accounts import Accounts
from twistchat.chat.model.bans.server import ServerBans
from twistchat.chat.model.names import fold
from twistchat.chat.model.nodes import Nodes
from twistchat.chat.model.rooms import Room, Rooms
from twistchat.chat.model.sessions import Session
from twistchat.chat.model.users import Users
from twistchat.chat.model.watching import Watchers
from twistchat.chat.model.whowas import Whowas
from twistchat.chat.rules import audit, metadata, nodes, speaking
from twistchat.chat.rules.rooms import abandonment, channels, membership, ownership
from twistchat.chat.rules.users import (
    accounts,
    alwayson,
    connecting,
    identity,
    logins,
    markers,
    operators,
    presence,
    profile,
)

if TYPE_CHECKING:
    from twistchat.chat.fanout.audience import Broadcast
    from twistchat.chat.model.events import Entry, RoomEvent
    from twistchat.chat.model.sessions import Origin
    from twistchat.chat.model.users import User
    from twistchat.chat.rules.core import Effects

SUBJECTS = (
    speaking,
    membership,
    channels,
    identity,
    profile,
    logins,
    presence,
    connecting,
    alwayson,
    operators,
    audit,
    accounts,
    markers,
    ownership,
    abandonment,
    metadata,
    nodes,
)

EFFECTS: Effects = {event: effect for subject in SUBJECTS for event, effect in subject.EFFECTS.items()}
"""The effect of each class of event: the tables of all subjects together."""


class State:
    """
    Users, rooms, and the sessions of this process.

    @ivar users: all users.
    @ivar rooms: all rooms.
    @ivar accounts: all accounts.
    @ivar sessions: the sessions whose connections this process holds, by id.
    @ivar broadcast: delivers entries to their outlets.
    @ivar whowas: names that are no longer in use.
    @ivar watchers: the nicks that each session watches.
    @ivar serverBans: the bans from the server.
    @ivar nodes: the nodes of the cluster, and which of them this process is.
    @ivar mostUsers: the largest number of users at one time since this process started.
    @ivar sequence: the sequence number of the last entry passed to L{apply}.
    @ivar claimed: called when a user has a nick that belongs to another account.
    @ivar tend: called when a room needs a further entry, because of C{rooms.vacancies}, C{rooms.unlocked} or
        C{rooms.abandoned}.
    @ivar presenceChanged: called with the name of an account, if what the journal keeps of the presence of its user may
        be out of date.
    @ivar nodesChanged: called when a node has joined or was lost, or a session has lost its node.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        tend: Callable[[], None] = lambda: None,
        claimed: Callable[[User], None] = lambda user: None,
        presenceChanged: Callable[[str], None] = lambda account: None,
        nodesChanged: Callable[[], None] = lambda: None,
    ) -> None:
        """
        @param tend: called by effects.  It may propose events, and does not change the state.
        @param claimed: likewise.
        @param presenceChanged: likewise.
        @param nodesChanged: likewise.
        """
        self.nodesChanged = nodesChanged
        self.presenceChanged = presenceChanged
        self.tend = tend
        self.claimed = claimed
        self.users = Users()
        self.rooms = Rooms()
        self.accounts = Accounts()
        self.sessions: dict[str, Session] = {}
        self.broadcast = broadcast
        self.whowas = Whowas()
        self.watchers = Watchers()
        self.serverBans = ServerBans()
        self.nodes = Nodes()
        self.mostUsers = 0
        self.sequence = 0

    def apply(self, entry: Entry, origin: Origin | None = None) -> None:
        """
        Apply an entry to the state, then notify its audience.

        @param origin: the request that led to the entry.  It does not influence the state.
        @raise ChatError: the event is no longer possible.  Nothing has changed.
        """
        self.sequence = entry.sequence
        event = entry.event
        EFFECTS[type(event)](self, entry, event, origin)

    # For effects

    def userOf(self, entry: Entry) -> User:
        """
        The user who caused an entry.

        @raise NoSuchNick: the user has left.
        """
        source = entry.event.source
        user = self.users.get(source.uid)
        if user is None:
            raise NoSuchNick(source.nick)
        return user

    def sessionOf(self, id: str, node: str) -> Session | None:
        """
        The session with this id, if this process holds its connection.

        @param node: the id of its node.  If this process has another id by now, the session belongs to a lost node.
        """
        return self.sessions.get(id) if node == self.nodes.own else None

    def started(self, user: User, session: str, node: str) -> None:
        """
        Note that a user has another session.  Its node may be lost already.  If this is its node, its connection may be
        gone: it was closed, or told that nobody knows whether it can come in.
        """
        nodes, uid = self.nodes, user.source.uid
        if nodes.started(uid, session, node):
            self.nodesChanged()
        elif node == nodes.own and session not in self.sessions and nodes.live:
            nodes.stray(uid, session)
            self.nodesChanged()

    def changed(self, user: User) -> None:
        """Report that the names, modes, rooms or ranks of a user changed, if the journal keeps their presence."""
        if user.stays and user.source.account is not None:
            self.presenceChanged(user.source.account)

    def roomOf(self, event: RoomEvent) -> Room | None:
        """
        The room of an event, or C{None} if it does not exist.

        @raise NotInRoom: the room was renamed after the event was proposed; the user must try again under the new name.
            (This cannot happen in a replay, since no users are present then.)
        """
        room = self.rooms.get(event.room)
        if room is None and self.rooms.isFormerName(event.room) and self.users.get(event.source.uid) is not None:
            raise NotInRoom(event.room)
        return room

    def roomFor(self, name: str, now: int) -> Room:
        """
        The room with this name, created if it does not exist.

        @param now: the time of the entry, in milliseconds since the epoch.
        @raise RoomLookalike: the name looks like that of another room.
        """
        room = self.rooms.get(name)
        if room is None:
            self.rooms.checkFree(name)
            room = Room(name, now, Audience(fold(name), self.broadcast))
            self.rooms.add(room)
        return room
