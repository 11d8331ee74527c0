"""What the subjects share: the state that they read, the log that they propose to, limits, clocks and ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import Entry, Event, Source
from twistchat.chat.model.origin import Asker, Origin
from twistchat.chat.model.rooms import Member, Room
from twistchat.chat.model.serverbans import ServerBan
from twistchat.chat.model.users import User

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import IHistory, ILog, Receipt

Effect: TypeAlias = "Callable[[State, Entry, Origin | None], None]"
"""Changes the state as an event says, then tells its audience.  It refuses with a L{ChatError}, and changes nothing."""

Effects: TypeAlias = Mapping[type[Event], Effect]
"""The effects of a subject, by the class of the event."""


@dataclass(frozen=True, slots=True)
class Core:
    """
    What the verbs of every subject work with.

    @ivar state: users and rooms; verbs read it, and change nothing in it.
    @ivar log: takes proposed events.
    @ivar history: reads what the log has stored.
    @ivar limits: how much is too much.
    @ivar now: seconds on a clock that does not go back, to measure rates with.
    @ivar wall: seconds since the epoch.
    @ivar ids: a new id at each call, for users and sessions; unique over restarts, too.
    @ivar reserved: skeletons of nicks that nobody can have.
    @ivar node: the id of this node, for the entries of sessions.
    @ivar lobby: the folded name of the room that only operators of the server lock; C{""} for none.
    """

    state: State
    log: ILog
    history: IHistory
    limits: ChatLimits
    now: Callable[[], float]
    wall: Callable[[], float]
    ids: Callable[[], str]
    node: str
    reserved: frozenset[str] = frozenset()
    lobby: str = ""

    def user(self, asker: Asker) -> User:
        """
        The user who asks.

        @raise NotEntered: they have not come in yet.
        """
        user = asker.user
        if user is None:
            raise errors.NotEntered
        return user

    def propose(self, asker: Asker, event: Event) -> Receipt:
        """Propose an event for whoever asks for it."""
        return self.log.append(event, asker.origin)

    def named(self, nick: str) -> User:
        """
        The user of a nick.

        @raise NoSuchNick: nobody has it.
        """
        user = self.state.users.named(nick)
        if user is None:
            raise errors.NoSuchNick(nick)
        return user

    def membership(self, asker: Asker, name: str) -> tuple[Room, Member]:
        """
        A room where the asker is, and who they are there.

        @raise NoSuchRoom: there is no such room, as far as they may know.
        @raise NotInRoom: they are not in it.
        """
        user = self.user(asker)
        room = self.state.rooms.get(name)
        member = None if room is None else room.members.get(user.source.uid)
        if room is None or room.secretTo(user):
            raise errors.NoSuchRoom(name)
        if member is None:
            raise errors.NotInRoom(room.name)
        return room, member

    def unbound(self, asker: Asker, user: User) -> bool:
        """Whether the asker is exempt from rate limits."""
        return asker.session.exempt or user.may("exempt")

    def checkServerBans(self, source: Source | None, address: str | None) -> None:
        """
        Check that a user, or a connection, may come in.

        @param source: the user's names; C{None} before they are known.
        @param address: the IP address; C{None} if there is none.
        @raise ServerBanned: they are banned from the server.
        """
        ban = self.serverBan(source, address)
        if ban is not None:
            raise errors.ServerBanned(ban.reason, ban.until)

    def serverBan(self, source: Source | None, address: str | None) -> ServerBan | None:
        """The ban from the server that matches these names or this address, or C{None}."""
        return self.state.serverBans.banned(source, address, self.today())

    def today(self) -> int:
        """What time it is, in milliseconds since the epoch."""
        return int(self.wall() * 1000)
