"""
The chat as protocols see it: the verbs, grouped by subject.

A verb checks names, membership, rank and limits.  If a check fails, it raises a L{ChatError
<twistchat.chat.errors.ChatError>}; otherwise it proposes an event to the log.  It does not change the state:
L{State.apply <twistchat.chat.state.State.apply>} does so after the log has accepted the event.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import TYPE_CHECKING

from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.limits import AlwaysOnPolicy, ChatLimits, NickProtection
from twistchat.chat.model.names import fold, reserve
from twistchat.chat.model.nodes import ALONE
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core
from twistchat.chat.rules.metadata import Metadata
from twistchat.chat.rules.reading import Reading
from twistchat.chat.rules.rooms.channels import Channels
from twistchat.chat.rules.rooms.membership import Membership
from twistchat.chat.rules.rooms.ownership import Ownership
from twistchat.chat.rules.rooms.upkeep import Upkeep
from twistchat.chat.rules.speaking import Speaking
from twistchat.chat.rules.users.accounts import AccountRules
from twistchat.chat.rules.users.identity import Identity
from twistchat.chat.rules.users.inbox import Inbox
from twistchat.chat.rules.users.markers import Markers
from twistchat.chat.rules.users.operators import Operators
from twistchat.chat.rules.users.presence import Presence
from twistchat.chat.rules.users.websessions import WebSessionRules
from twistchat.chat.state import State

if TYPE_CHECKING:
    from twistchat.chat.fanout.delivery import Departures
    from twistchat.interfaces import IHistory, ILog


class Chat:
    """
    The chat: its state, and one object for each subject, which has the verbs of that subject.

    @ivar state: users and rooms.  Protocols read it and do not change it.
    @ivar limits: the limits that the verbs check.
    @ivar inbox: private texts to accounts whose users are not here.
    @ivar speaking: texts, tags and redaction.
    @ivar membership: joining, parting, kicks and invitations.
    @ivar channels: topics, modes and names of rooms.
    @ivar identity: nicks, realnames, hosts, accounts and modes of users.
    @ivar presence: sessions, away status, and watching nicks.
    @ivar audit: the audit trail.
    @ivar operators: the verbs of server operators.
    @ivar accounts: accounts and their credentials.
    @ivar webSessions: the logins of browsers.
    @ivar ownership: registered rooms.
    @ivar markers: read markers.
    @ivar metadata: metadata of users and rooms.
    @ivar reading: history and search.
    @ivar upkeep: automatic maintenance of rooms.
    @ivar settled: see L{ILog.settled <twistchat.interfaces.ILog.settled>}.
    """

    def __init__(
        self,
        log: ILog,
        history: IHistory,
        atTurnEnd: Callable[[Callable[[], None]], None],
        departures: Departures,
        now: Callable[[], float],
        wall: Callable[[], float],
        ids: Callable[[], str],
        limits: ChatLimits,
        reserved: Iterable[str] = (),
        lobby: str = "",
        later: Callable[[float | None], None] = lambda seconds: None,
        node: str = ALONE,
        inherits: bool = True,
        protection: Callable[[], NickProtection] = NickProtection,
        keptTags: Callable[[], Container[str]] = frozenset,
        longestRetention: float = 0.0,
        alwaysOn: Callable[[], AlwaysOnPolicy] = AlwaysOnPolicy,
        guests: Callable[[], bool] = lambda: True,
    ) -> None:
        """
        @param log: takes proposed events; open it with this chat's C{state.apply}, then call C{upkeep.begin}.
        @param history: reads what the log has stored.
        @param atTurnEnd: calls a function at the end of this turn, before outboxes send.
        @param departures: disconnects sessions.
        @param now: returns the seconds of a monotonic clock, which measures rates.
        @param wall: returns the seconds since the epoch, for the end of bans from the server.
        @param ids: returns a new id for a user or session.  Ids are unique, also across restarts.
        @param limits: the limits that the verbs check.
        @param reserved: nicks that no user can have.
        @param lobby: the name of the room that only server operators can lock; C{""} for none.
        @param later: schedules a call of C{upkeep.tend} in this many seconds, in place of an earlier schedule.
            C{None} cancels it.
        @param node: the id of this node, which goes into the entries of its sessions.  See L{Replica.become
            <twistchat.chat.replica.Replica.become>}.
        @param inherits: whether other accounts get the rooms of an account that is dropped.
        @param protection: returns how nicks of accounts are protected.
        @param keptTags: returns the names of client-only tags that the history keeps without a text, without the C{+}.
        @param longestRetention: the longest retention that a founder may choose for a room, in seconds; 0 for no limit.
        @param alwaysOn: returns whose users stay without a session.
        @param guests: returns whether people without an account may enter.
        """
        self.state = State(
            Broadcast(atTurnEnd, departures),
            lambda: self.upkeep.needed(),
            lambda user: self.upkeep.claimed(user),
            lambda account: self.upkeep.presenceChanged(account),
            lambda: self.upkeep.nodesChanged(),
        )
        self.state.nodes.own = node
        self.settled = log.settled
        self._core = core = Core(
            self.state,
            log,
            history,
            limits,
            now,
            wall,
            ids,
            reserve(reserved),
            fold(lobby),
            protection,
            keptTags,
            alwaysOn,
            guests,
        )
        self.audit = Audit(core)
        self.inbox = Inbox(core)
        self.speaking = Speaking(core, self.inbox)
        self.membership = Membership(core)
        self.markers = Markers(core, self.inbox)
        self.channels = Channels(core, self.markers)
        self.presence = Presence(core)
        self.identity = Identity(core, self.presence)
        self.operators = Operators(core, self.identity)
        self.ownership = Ownership(core, inherits, longestRetention)
        self.accounts = AccountRules(core, self.ownership)
        self.webSessions = WebSessionRules(core)
        self.metadata = Metadata(core)
        self.reading = Reading(core)
        self.upkeep = Upkeep(core, later)

    @property
    def limits(self) -> ChatLimits:
        """The limits that the verbs check."""
        return self._core.limits

    @limits.setter
    def limits(self, limits: ChatLimits) -> None:
        self._core.limits = limits
        self.upkeep.needed()

    def reserve(self, reserved: Iterable[str]) -> None:
        """Replace the nicks that no user can have.  A user who has one keeps it."""
        self._core.reserved = reserve(reserved)
