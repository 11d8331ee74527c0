"""
The log of a cluster: a stream gives the order, and a copy on this node stores the entries.

What the users of this node propose goes into the stream, and comes back like that of all other nodes.  Then it becomes
entries, which the copy stores and applies.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import SERVER, Entry, Event, NodeJoined, NodeLost
from twistchat.interfaces import IClusterLog, ILog, IReplica, IStream, NotPublished, StreamMessage
from twistchat.journal.jetstream.batches import SPEAKS, Batch
from twistchat.journal.jetstream.following import Follower
from twistchat.journal.jetstream.leases import EVERY, WATCHER, Leases
from twistchat.journal.jetstream.opening import CannotFollow, begin
from twistchat.journal.jetstream.publishing import Item, Publisher

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import Apply, JournalFigures, Refused
    from twistchat.interfaces.log import IFollowing
    from twistchat.journal.sqlite.copy import SqliteCopy

JOINING: Final = 30.0
"""Seconds in which the batch with which this node joins must come back."""

LOOK: Final = 2.5
"""The number of renewals for which this node watches the lease of an earlier process with its name."""

LEAVING: Final = 5.0
"""Seconds in which the last batch of this node must come back, when it stops."""

MOST_BEHIND: Final = 4096
"""The number of entries that wait for the disk of this node, above which no more of the stream is read."""

log = Logger()


@dataclass(frozen=True, slots=True)
class Node:
    """
    What a node is.

    @ivar name: its name.
    @ivar run: returns letters and digits that distinguish this run from all others of the node.
    @ivar release: the version of twistchat.
    @ivar agreed: the settings that must be equal on all nodes.
    """

    name: str
    run: Callable[[], str]
    release: str = ""
    agreed: Mapping[str, str] = field(default_factory=dict)


@implementer(ILog, IClusterLog)
class ReplicatedLog:
    """The log of one node of a cluster."""

    def __init__(
        self,
        stream: IStream,
        copy: SqliteCopy,
        clock: IReactorTime,
        replica: Callable[[], IReplica],
        node: Node,
        name: Callable[[], str],
        key: Callable[[], bytes],
        stop: Callable[[str], None],
        promise: str,
    ) -> None:
        """
        Create the log.  It opens nothing yet, because the process may still fork.

        @param stream: the stream, which is not open yet.
        @param copy: the database of this node, which is not open yet.  Let it report failures and damage to L{fail}.
        @param clock: the reactor's timers.
        @param replica: returns the chat.
        @param node: what this node is.
        @param name: returns the name of a new journal.
        @param key: returns the key of the cloaks of a new journal.
        @param stop: stops the server, because this node can no longer follow the stream.  It is called once, with the
            reason in one line.
        @param promise: see L{ILog.promise}.
        """
        self.promise = promise
        self._stream = stream
        self._copy = copy
        self._clock = clock
        self._replica = replica
        self._node = node
        self._name = name
        self._key = key
        self._stopServer = stop
        self._id = ""
        self._joining: Deferred[None] | None = None
        self._leaving = self._closed = False
        self._closing: list[Deferred[None]] = []
        self._failure: str | None = None
        self._reading: Any = None
        self._isPaused = False
        self._target = 0
        self._caughtUp: Deferred[None] | None = None
        self._publisher = Publisher(
            stream,
            clock,
            lambda: self._follower.chain.known,
            lambda: self._follower.members.format,
            self._acknowledged,
        )
        self._follower = Follower(
            copy,
            clock.seconds,
            lambda: self._replica().take(),
            self._own,
            self._decided,
            self.fail,
        )
        self._leases = Leases(stream, clock, self._ids, self._lost)
        self._proposedLost: set[str] = set()
        self._past: set[str] = set()
        self._told: dict[str, str] = {}

    # ILog

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}.  It follows the stream to its end, then lets this node take part."""
        return Deferred.fromCoroutine(self._open(apply))

    @property
    def trouble(self) -> str | None:
        """See L{ILog.trouble}."""
        if self._failure is not None or self._closed:
            return self._failure or "the journal is closed"
        if not self._stream.status.connected:
            return "no broker is connected"
        return self._publisher.trouble or self._copy.trouble

    @property
    def figures(self) -> JournalFigures:
        """See L{ILog.figures}."""
        return self._copy.figures

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}."""
        receipt: Deferred[Entry] = Deferred()
        why = self._propose(event, origin, receipt, None)
        return receipt if why is None else fail(NotStored(why))

    def post(self, event: Event, refused: Refused) -> None:
        """See L{ILog.post}."""
        why = self._propose(event, None, None, refused)
        if why is not None:
            refused(event, Failure(NotStored(why)))

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}."""
        if not self._publisher.settled(reached):
            self._copy.settled(reached)

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> IFollowing:
        """See L{ILog.follow}."""
        return self._copy.follow(sequence, receive)

    def cloakKey(self) -> bytes:
        """See L{ILog.cloakKey}."""
        return self._copy.cloakKey()

    def close(self) -> Deferred[None]:
        """See L{ILog.close}.  The other nodes are told that this one leaves."""
        if self._closed:
            if not self._closing:
                return succeed(None)
            closed: Deferred[None] = Deferred()
            self._closing.append(closed)
            return closed
        self._closed = True
        closing: Deferred[None] = Deferred()
        self._closing.append(closing)
        ended = Deferred.fromCoroutine(self._close())
        ended.addErrback(lambda failure: log.failure("The journal did not close in good order", failure))
        ended.addCallback(self._reportClosed)
        return closing

    # IClusterLog

    def overview(self) -> Mapping[str, Any]:
        """See L{IClusterLog.overview}."""
        status = self._stream.status
        position = self._follower.chain.sequence
        return {
            "node": self._id,
            "members": [
                {"node": member.joined.node, "name": member.joined.name, "release": member.joined.release}
                for member in self._follower.members
            ],
            "position": position,
            "entry": self._follower.sequence,
            "lag": max(0, status.last - position),
            "behind": self._copy.waiting,
            "inFlight": self._publisher.waiting,
            "connected": status.connected,
            "broker": status.broker,
            "leader": status.leader,
            "elections": status.elections,
            "reconnections": status.reconnections,
            "replicas": dict(status.replicas or {}),
            "first": status.first,
            "last": max(status.last, position),
            "trouble": self.trouble,
        }

    # Opening and joining

    async def _open(self, apply: Apply) -> None:
        try:
            self._target = await begin(
                self._stream, self._copy, self._replica(), self._follower, apply, self._name, self._key
            )
            caughtUp: Deferred[None] = Deferred()
            self._caughtUp = caughtUp
            self._reading = self._stream.read(self._follower.chain.sequence, self._receive, self.fail)
            self._checkCaughtUp()
            await caughtUp
            await self._checkName()
            await self._join()
            await self._follower.save()
        except BaseException:
            self._closed = True
            await self._end()
            raise

    async def _checkName(self) -> None:
        """
        Check that no other process takes part as this node.  One that was killed renews its lease no more.

        @raise CannotFollow: another process does.
        """
        name = self._node.name
        try:
            before = await self._stream.renew(WATCHER)
            others = [node for node in before if node.rpartition("-")[0] == name and node not in self._past]
            if not others:
                return
            waited: Deferred[None] = Deferred()
            self._clock.callLater(LOOK * EVERY, waited.callback, None)
            await waited
            after = await self._stream.renew(WATCHER)
        except NotPublished as e:
            raise CannotFollow(f"the leases of the nodes cannot be read: {e}") from e
        finally:
            await self._stream.release(WATCHER)
        if any(node in after and before[node] != after[node] for node in others):
            raise CannotFollow(
                f"another process takes part in the cluster as the node {name}; give this node another name"
            )

    async def _rejoin(self) -> None:
        await self._checkName()
        await self._join()

    async def _join(self) -> None:
        """Take part under a new id, and wait until the stream has it."""
        self._id = node = f"{self._node.name}-{self._node.run()}"
        joining: Deferred[None] = Deferred()
        self._joining = joining
        self._replica().become(node)
        self._leases.begin(node)
        self._publisher.begin(node)
        joined = NodeJoined(
            SERVER,
            node=node,
            name=self._node.name,
            speaks=SPEAKS,
            unicode=unicodedata.unidata_version,
            agreed=dict(self._node.agreed),
            release=self._node.release,
        )
        why = self._follower.members.refusal(joined)
        if why is not None:
            raise CannotFollow(f"this node cannot join the cluster: {why}")
        receipt: Deferred[Entry] = Deferred()
        self._publisher.propose(joined, None, receipt, None)

        def applied(_: Entry) -> None:
            # The rest of the batch is taken first: the checkpoint that follows must contain the whole message.
            self._clock.callLater(0, self._settleJoining, None)

        receipt.addCallbacks(applied, self._settleJoining)
        timeout = self._clock.callLater(
            JOINING, self._settleJoining, CannotFollow("the cluster did not answer: it has no majority of its brokers")
        )
        try:
            await joining
        finally:
            if timeout.active():
                timeout.cancel()

    def _settleJoining(self, outcome: Any) -> None:
        joining, self._joining = self._joining, None
        if joining is None:
            return
        if outcome is None:
            joining.callback(None)
        else:
            joining.errback(outcome)

    def _checkCaughtUp(self) -> None:
        if self._caughtUp is not None and self._follower.chain.sequence >= self._target:
            if self._copy.stored > max(0, self._follower.sequence):
                self.fail(
                    f"the stream ends with entry {self._follower.sequence}, but this copy has entry"
                    f" {self._copy.stored}: the brokers have lost messages; see twistchat cluster reseed"
                )
                return
            caughtUp, self._caughtUp = self._caughtUp, None
            self._copy.settled(lambda: caughtUp.callback(None))

    # The stream

    def _receive(self, message: StreamMessage) -> None:
        self._follower.receive(message)
        if not self._isPaused and self._copy.waiting > MOST_BEHIND:
            self._isPaused = True
            self._reading.pause()
            self._copy.settled(self._resume)
        self._checkCaughtUp()

    def _resume(self) -> None:
        self._isPaused = False
        if not self._closed:
            self._reading.resume()

    def _own(self, batch: Batch) -> Sequence[Item] | None:
        return self._publisher.returned(batch) if batch.node == self._id else None

    def _decided(self, batch: Batch, why: str | None) -> None:
        """Called after each batch: notice who takes part, and whether this node still does."""
        if not self._id or self._leaving:
            return
        self._tell()
        if batch.node == self._id and why is not None and self._joining is not None and batch.number == 1:
            self._settleJoining(CannotFollow(f"this node cannot join the cluster: {why}"))
        elif self._joining is None and self._id not in self._follower.members:
            self._wasLost()

    def _tell(self) -> None:
        """Log which nodes have come and gone."""
        names = {member.joined.node: member.joined.name for member in self._follower.members}
        if names.keys() == self._told.keys():
            return
        for node in self._told.keys() - names.keys():
            log.info("The node {name} does not take part any more", name=self._told[node])
        for node in names.keys() - self._told.keys():
            log.info("The node {name} takes part", name=names[node])
        self._told = names

    def _wasLost(self) -> None:
        """The others have given this node up: its sessions have ended.  Take part again, under a new id."""
        if any(member.joined.name == self._node.name for member in self._follower.members):
            self.fail(f"another process takes part in the cluster as the node {self._node.name}")
            return
        log.warn("The other nodes had lost this node: its clients are disconnected, and it joins again")
        self._past.add(self._id)
        self._id = ""
        self._leases.stop()
        self._publisher.stop("this node joins the cluster again")

        def rejoin() -> None:
            if not self._closed:
                Deferred.fromCoroutine(self._rejoin()).addErrback(failed)

        def failed(failure: Failure) -> None:
            if not self._closed:
                self.fail(failure.getErrorMessage())

        self._copy.settled(rejoin)

    def _ids(self) -> list[str]:
        return [member.joined.node for member in self._follower.members]

    def _lost(self, node: str) -> None:
        """The lease of a member has ended."""
        if node in self._proposedLost or self.trouble is not None:
            return
        self._proposedLost.add(node)
        log.warn("The node {node} has not renewed its lease: it is lost", node=node)
        lost = self.append(NodeLost(SERVER, node=node, reason="it has not renewed its lease"))
        lost.addErrback(lambda failure: None).addCallback(lambda _: self._proposedLost.discard(node))

    def _acknowledged(self, sequence: int, data: bytes) -> None:
        self._follower.chain.expect(sequence, data)

    def fail(self, why: str) -> None:
        """Stop the node, because it cannot follow the stream any more.  It shows nothing of what it cannot follow."""
        if self._failure is not None:
            return
        self._failure = why
        self._follower.stop()
        self._leases.stop()
        self._publisher.stop(why)
        error = CannotFollow(why)
        caughtUp, self._caughtUp = self._caughtUp, None
        if caughtUp is not None:
            caughtUp.errback(error)
        elif self._joining is not None:
            self._settleJoining(error)
        elif not self._closed:
            self._stopServer(why)

    def _propose(
        self, event: Event, origin: Origin | None, receipt: Deferred[Entry] | None, refused: Refused | None
    ) -> str | None:
        if self._closed or self._failure is not None:
            return self._failure or "the journal is closed"
        if not self._id:
            return self._publisher.trouble
        return self._publisher.propose(event, origin, receipt, refused)

    # Closing

    async def _close(self) -> None:
        if self._id and self._failure is None:
            self._leaving = True
            receipt: Deferred[Entry] = Deferred()
            self._publisher.propose(NodeLost(SERVER, node=self._id, reason="it stops"), None, receipt, None)
            try:
                await receipt.addTimeout(LEAVING, self._clock)
                await self._follower.save()
            except Exception as e:
                log.warn("The other nodes were not told that this node stops: {error}", error=e)
        await self._end()

    async def _end(self) -> None:
        self._leases.stop()
        if self._reading is not None:
            self._reading.stop()
        self._follower.stop()
        self._publisher.stop("the journal is closed")
        if self._id:
            await self._stream.release(self._id)
        await self._stream.close()
        await self._copy.close()

    def _reportClosed(self, _: object) -> None:
        closing, self._closing = self._closing, []
        for closed in closing:
            closed.callback(None)
