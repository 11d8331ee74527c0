"""Several chats that apply the same entries, each with its own sessions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.chat.fakes import NOON, Person, Scene
from twistchat.chat.errors import ChatError
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import SERVER, Entered, Entry, Event, NodeJoined, NodeLost, Source
from twistchat.chat.model.sessions import Origin
from twistchat.chat.replica import Replica
from twistchat.interfaces import IDialect, Journal
from twistchat.journal.stamp import Stamp


class ClusterLog:
    """The log of one node.  Nothing is applied before L{Cluster.commit}."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.apply: Callable[[Entry, Origin | None], None] = lambda entry, origin: None

    def open(self, apply: Callable[[Entry, Origin | None], None]) -> None:
        """See L{ILog.open}."""
        self.apply = apply

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}."""
        receipt: Deferred[Entry] = Deferred()
        self._cluster.proposed.append((self, event, origin, receipt))
        return receipt

    def post(self, event: Event, refused: Callable[[Event, Failure], None]) -> None:
        """See L{ILog.post}."""
        self.append(event).addErrback(lambda failure: refused(event, failure))

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}."""
        self._cluster.settling.append(reached)
        if not self._cluster.isBusy:
            self._cluster.settle()


class Node(Scene):
    """
    A node of a cluster.

    @ivar replica: its chat, as the log sees it.
    """

    def __init__(self, cluster: Cluster, node: str, limits: ChatLimits | None = None) -> None:
        """
        @param node: its id, as in C{a-1}.
        """
        log: Any = ClusterLog(cluster)
        history: Any = None
        super().__init__(
            limits, lambda stamp: Journal(log, history), begin=False, node=node, ids=f"{node}-s", lobby="#lobby"
        )
        self.cluster = cluster
        self.log = log
        self.now = cluster.now
        self.replica = Replica(self.chat)

    def person(self, nick: str, *rooms: str, dialect: IDialect | None = None, account: str | None = None) -> Person:
        """See L{Scene.person}."""
        person = self.connect(dialect)
        if account is None:
            self.enter(person, nick)
        else:
            source = Source(f"uid-{nick}", nick, "~u", f"{nick.lower()}.host", account)
            self.log.append(Entered(source, person.session.id, node=self.state.nodes.own))
        self.cluster.commit()
        for room in rooms:
            self.chat.membership.join(person.session, room, unlimited=True)
        self.cluster.commit()
        person.heard()
        return person

    def account(self, name: str, **settings: str) -> None:
        """See L{Scene.account}."""
        Deferred.fromCoroutine(self.chat.accounts.register(None, name))
        self.cluster.commit()
        for setting, value in settings.items():
            self.chat.accounts.set(None, name, setting, value)
        self.cluster.commit()

    def attach(self, person: Person, dialect: IDialect | None = None) -> Person:
        """Open a further session of a user, who may be on another node."""
        user = self.state.users.get(person.user.source.uid)
        assert user is not None
        other = self.connect(dialect)
        self.chat.presence.attach(other.session, user)
        self.cluster.commit()
        other.heard()
        return other


class Cluster:
    """
    The nodes, and the one order of their entries.

    @ivar nodes: the nodes, by id.
    @ivar entries: all entries.
    @ivar proposed: what was not applied yet: the log, the event, its origin and its receipt.
    @ivar settling: called when everything proposed was applied.
    @ivar isBusy: whether an entry is being applied.
    @ivar now: the time on all nodes, in seconds.
    """

    def __init__(self, *ids: str, limits: ChatLimits | None = None) -> None:
        """
        @param ids: the ids of the nodes that have joined.
        """
        self.limits = limits
        self.entries: list[Entry] = []
        self.proposed: deque[tuple[ClusterLog, Event, Origin | None, Deferred[Entry]]] = deque()
        self.settling: list[Callable[[], None]] = []
        self.isBusy = False
        self.now = 0.0
        self._stamp = Stamp(lambda: NOON + self.now, "c")
        self.nodes: dict[str, Node] = {}
        for id in ids:
            self.add(id)

    def add(self, id: str) -> Node:
        """Let another node join.  It begins with a snapshot of the first node."""
        node = Node(self, id, self.limits)
        if self.nodes:
            node.replica.restore(next(iter(self.nodes.values())).replica.take())
        self.nodes[id] = node
        self.apply(joined(id))
        node.chat.upkeep.begin()
        self.commit()
        return node

    def apply(self, event: Event) -> None:
        """Apply an event that nobody of them proposed, and what follows from it."""
        self.proposed.append((ClusterLog(self), event, None, Deferred()))
        self.commit()

    def commit(self, count: int | None = None) -> None:
        """
        Apply what was proposed, and what is proposed meanwhile.  After each entry all states are equal.

        @param count: the number of entries to apply; C{None} for all.
        """
        while (self.proposed or self.settling) and count != 0:
            if self.proposed:
                self._applyNext()
                count = None if count is None else count - 1
            else:
                self.settle()
        for node in self.nodes.values():
            node.endTurn()

    def wait(self, seconds: float) -> None:
        """Let time pass on all nodes, and let them tend."""
        self.now += seconds
        for node in self.nodes.values():
            node.now = self.now
        for node in self.nodes.values():
            node.chat.upkeep.tend()
        self.commit()

    def settle(self) -> None:
        """Call what waits until everything was applied."""
        if not self.proposed:
            reached, self.settling = self.settling, []
            for call in reached:
                call()

    def _applyNext(self) -> None:
        log, event, origin, receipt = self.proposed.popleft()
        stamped = self._stamp(event)
        self.entries.append(stamped)
        outcomes: dict[str, ChatError | None] = {}
        self.isBusy = True
        for id, node in self.nodes.items():
            try:
                node.apply(stamped, origin if node.log is log else None)
                outcomes[id] = None
            except ChatError as error:
                outcomes[id] = error
        assert len({repr(outcome) for outcome in outcomes.values()}) == 1, (event, outcomes)
        states = {node.replica.take() for node in self.nodes.values()}
        assert len(states) == 1, (event, states)
        own = [error for id, error in outcomes.items() if self.nodes[id].log is log]
        self.isBusy = False
        if own and own[0] is not None:
            receipt.errback(own[0])
            receipt.addErrback(lambda failure: None)  # a test may not want to know
        else:
            receipt.callback(stamped)

    def __getitem__(self, id: str) -> Node:
        return self.nodes[id]

    def happened(self, kind: type[Event]) -> list[Any]:
        """Return all events of a class so far, applied or refused."""
        return [entry.event for entry in self.entries if type(entry.event) is kind]


def joined(id: str) -> NodeJoined:
    """Make the event with which a node joins, whose id is its name, C{-} and a number."""
    return NodeJoined(SERVER, id, id.rpartition("-")[0], (1, 1), "15.0", {"limits.nick": "32"}, "1.0")


def lost(id: str) -> NodeLost:
    """Make the event with which a node is lost."""
    return NodeLost(SERVER, id, "it did not renew its lease")
