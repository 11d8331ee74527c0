"""The objects that all subjects share: the state, the log, limits, clocks and ids; and common checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from twistchat.chat import errors
from twistchat.chat.limits import AlwaysOnPolicy, ChatLimits, NickProtection
from twistchat.chat.model.bans.server import ServerBan
from twistchat.chat.model.events import Entry, Event, Source
from twistchat.chat.model.rooms import Member, Room
from twistchat.chat.model.sessions import Asker, Origin
from twistchat.chat.model.users import User

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import IHistory, ILog, Receipt

Effect: TypeAlias = "Callable[[State, Entry, Any, Origin | None], None]"
"""
Applies an entry to the state, then notifies its audience.  If it raises a L{ChatError}, nothing has changed.

Its arguments are the state, the entry, the entry's event, and the request that led to it.
"""

Effects: TypeAlias = Mapping[type[Event], Effect]
"""The effects of a subject, by the class of the event."""


@dataclass(slots=True)
class Core:
    """
    The objects that the verbs of all subjects use.  Only C{limits} and C{reserved} change.

    @ivar state: users and rooms.  Verbs read it and do not change it.
    @ivar log: takes proposed events.
    @ivar history: reads what the log has stored.
    @ivar limits: the limits that the verbs check.
    @ivar now: returns the seconds of a monotonic clock, which measures rates.
    @ivar wall: returns the seconds since the epoch.
    @ivar ids: returns a new id for a user or session.  Ids are unique, also across restarts.
    @ivar reserved: skeletons of nicks that no user can have.
    @ivar lobby: the folded name of the room that only server operators can lock; C{""} for none.
    @ivar protection: returns how nicks of accounts are protected.
    @ivar keptTags: returns the names of client-only tags that the history keeps without a text, without the C{+}.
    @ivar alwaysOn: returns whose users stay without a session.
    @ivar guests: returns whether people without an account may enter.
    @ivar pending: how many proposals are on their way that count against a limit, by what they count for.
    """

    state: State
    log: ILog
    history: IHistory
    limits: ChatLimits
    now: Callable[[], float]
    wall: Callable[[], float]
    ids: Callable[[], str]
    reserved: frozenset[str] = frozenset()
    lobby: str = ""
    protection: Callable[[], NickProtection] = NickProtection
    keptTags: Callable[[], Container[str]] = frozenset
    alwaysOn: Callable[[], AlwaysOnPolicy] = AlwaysOnPolicy
    guests: Callable[[], bool] = lambda: True
    pending: Counter[str] = field(default_factory=Counter)

    @property
    def node(self) -> str:
        """The id of this node, which goes into the entries of its sessions."""
        return self.state.nodes.own

    def counted(self, what: str, receipt: Receipt) -> Receipt:
        """
        Count a proposal in C{pending} until its outcome is known.  A verb that checks a limit adds what is pending, so
        that several sessions cannot pass the limit together.

        @param what: what it counts for.
        """
        self.pending[what] += 1

        def settled(outcome: Any) -> Any:
            self.pending[what] -= 1
            if not self.pending[what]:
                del self.pending[what]
            return outcome

        return receipt.addBoth(settled)

    def user(self, asker: Asker) -> User:
        """
        The user of the asker.

        @raise NotEntered: the asker has not entered the chat yet.
        """
        user = asker.user
        if user is None:
            raise errors.NotEntered
        return user

    def propose(self, asker: Asker | None, event: Event) -> Receipt:
        """Propose an event on behalf of an asker; C{None} is an administrator who is not in the chat."""
        return self.log.append(event, None if asker is None else asker.origin)

    def named(self, nick: str) -> User:
        """
        The user with this nick.

        @raise NoSuchNick: no user has it.
        """
        user = self.state.users.named(nick)
        if user is None:
            raise errors.NoSuchNick(nick)
        return user

    def room(self, name: str) -> Room:
        """
        The room with this name.

        @raise NoSuchRoom: it does not exist.
        """
        room = self.state.rooms.get(name)
        if room is None:
            raise errors.NoSuchRoom(name)
        return room

    def membership(self, asker: Asker, name: str) -> tuple[Room, Member]:
        """
        A room, and the asker's membership of it.

        @raise NoSuchRoom: the room does not exist, or is secret to the asker.
        @raise NotInRoom: the asker is not in it.
        """
        user = self.user(asker)
        room = self.state.rooms.get(name)
        member = None if room is None else room.members.get(user.source.uid)
        if room is None or room.secretTo(user):
            raise errors.NoSuchRoom(name)
        if member is None:
            raise errors.NotInRoom(room.name)
        return room, member

    def isExempt(self, asker: Asker, user: User) -> bool:
        """Whether the asker is exempt from rate limits."""
        return asker.session.exempt or user.may("exempt")

    def checkServerBans(self, source: Source | None, address: str | None) -> None:
        """
        Check that no server ban matches a user or a connection.

        @param source: the user's names; C{None} before they are known.
        @param address: the IP address; C{None} if there is none.
        @raise ServerBanned: a ban matches.
        """
        ban = self.serverBan(source, address)
        if ban is not None:
            raise errors.ServerBanned(ban.reason, ban.until)

    def serverBan(self, source: Source | None, address: str | None) -> ServerBan | None:
        """The ban from the server that matches these names or this address, or C{None}."""
        return self.state.serverBans.banned(source, address, self.timestamp())

    def timestamp(self) -> int:
        """The current time, in milliseconds since the epoch."""
        return int(self.wall() * 1000)
