"""
The chat, as protocols see it: what may be asked of it, by subject.

A verb checks names, membership, rank and limits, and raises a L{ChatError <twistchat.chat.errors.ChatError>} if it
refuses; then it proposes an event to the log.  It changes nothing itself: L{State.apply
<twistchat.chat.state.State.apply>} does, once the log has the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.names import fold, reserve
from twistchat.chat.rules.channels import Channels
from twistchat.chat.rules.core import Core
from twistchat.chat.rules.identity import Identity
from twistchat.chat.rules.membership import Membership
from twistchat.chat.rules.operators import Operators
from twistchat.chat.rules.presence import Presence
from twistchat.chat.rules.reading import Reading
from twistchat.chat.rules.speaking import Speaking
from twistchat.chat.rules.upkeep import Upkeep
from twistchat.chat.state import State

if TYPE_CHECKING:
    from twistchat.chat.fanout.delivery import Departures
    from twistchat.interfaces import IHistory, ILog


class Chat:
    """
    The chat: its state, and a verb for everything that may be asked, on the object of its subject.

    @ivar state: users and rooms; protocols read it, and change nothing in it.
    @ivar limits: how much is too much.
    @ivar speaking: texts, tags and their redaction.
    @ivar membership: joining, parting, kicks and invitations.
    @ivar channels: topics, modes and names of rooms.
    @ivar identity: nicks, realnames, hosts, accounts and modes of users.
    @ivar presence: sessions, absence, and watching others.
    @ivar operators: what operators of the server may do.
    @ivar reading: history and search.
    @ivar upkeep: what the server does by itself.
    @ivar settled: see L{ILog.settled <twistchat.interfaces.ILog.settled>}.
    """

    def __init__(
        self,
        log: ILog,
        history: IHistory,
        wake: Callable[[], None],
        departures: Departures,
        now: Callable[[], float],
        wall: Callable[[], float],
        ids: Callable[[], str],
        limits: ChatLimits,
        reserved: Iterable[str] = (),
        lobby: str = "",
        later: Callable[[float | None], None] = lambda seconds: None,
        node: str = "local",
    ) -> None:
        """
        @param log: takes proposed events; open it with this chat's C{state.apply}.
        @param history: reads what the log has stored.
        @param wake: called when listeners have something waiting: C{state.broadcast.flush} is to be called at the end
            of this turn.
        @param departures: disconnects sessions.
        @param now: seconds on a clock that does not go back, to measure rates with.
        @param wall: seconds since the epoch, to end bans from the server by.
        @param ids: a new id at each call, for users and sessions; none comes twice, not over restarts either.
        @param limits: how much is too much.
        @param reserved: nicks that nobody can have.
        @param lobby: the room that only operators of the server lock; C{""} for none.
        @param later: called with a number of seconds, after which C{tend} is to be called; or with C{None}, where it
            need not be.  The last call counts.
        @param node: the id of this node, for the entries of sessions that begin and end here.
        """
        self.state = State(Broadcast(wake, departures), lambda: self.upkeep.needed())
        self.limits = limits
        self.settled = log.settled
        core = Core(self.state, log, history, limits, now, wall, ids, node, reserve(reserved), fold(lobby))
        self.speaking = Speaking(core)
        self.membership = Membership(core)
        self.channels = Channels(core)
        self.identity = Identity(core)
        self.presence = Presence(core)
        self.operators = Operators(core, self.identity)
        self.reading = Reading(core)
        self.upkeep = Upkeep(core, later)
