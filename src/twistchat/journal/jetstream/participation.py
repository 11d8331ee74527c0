"""
How a node takes part in the cluster: it joins under a new id, is lost, joins again, and leaves.

Each of these is an event in the stream, so that it is at the same place in the order for all nodes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.model.events import SERVER, Entry, NodeJoined, NodeLost
from twistchat.interfaces import IReplica, IStream, NotPublished
from twistchat.journal.jetstream.batches import SPEAKS, Batch
from twistchat.journal.jetstream.following import Follower
from twistchat.journal.jetstream.leases import EVERY, WATCHER, Leases, renewed
from twistchat.journal.jetstream.opening import CannotFollow, NoAnswer
from twistchat.journal.jetstream.publishing import Publisher

if TYPE_CHECKING:
    from twistchat.journal.sqlite.copy import SqliteCopy

JOINING: Final = 30.0
"""Seconds in which the batch with which this node joins must come back."""

LEAVING: Final = 5.0
"""Seconds in which the last batch of this node must come back, when it stops."""

AGAIN: Final = 0.5
"""Seconds until the brokers are asked again that did not answer."""

LOOK: Final = 1.25
"""The number of renewals for which this node watches the lease of an earlier process with its name."""

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


class Participation:
    """
    The part that this node takes in the cluster.

    @ivar id: its id; C{""} while it takes no part.
    """

    def __init__(
        self,
        stream: IStream,
        copy: SqliteCopy,
        clock: IReactorTime,
        replica: Callable[[], IReplica],
        node: Node,
        publisher: Publisher,
        follower: Follower,
        failed: Callable[[str], None],
    ) -> None:
        """
        @param replica: returns the chat.
        @param node: what this node is.
        @param failed: called with the reason, in one line, if this node cannot take part any more.
        """
        self._stream = stream
        self._copy = copy
        self._clock = clock
        self._replica = replica
        self._node = node
        self._publisher = publisher
        self._follower = follower
        self._failed = failed
        self._leases = Leases(stream, clock, self._ids, self._lost)
        self._joining: Deferred[None] | None = None
        self._isLeaving = self._isStopped = False
        self._proposedLost: set[str] = set()
        self._past: set[str] = set()
        self._told: dict[str, str] = {}
        self.id = ""

    async def join(self) -> None:
        """
        Take part under a new id, and wait until the stream has it.  Call L{checkName} before.

        @raise CannotFollow: that is not possible.
        """
        self.id = self._follower.node = node = f"{self._node.name}-{self._node.run()}"
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
            self._clock.callLater(0, self._settle, None)

        receipt.addCallbacks(applied, self._settle)
        timeout = self._clock.callLater(
            JOINING, self._settle, NoAnswer("the cluster did not answer: it has no majority of its brokers")
        )
        try:
            await joining
        finally:
            if timeout.active():
                timeout.cancel()

    def decided(self, batch: Batch, why: str | None) -> None:
        """
        Notice who takes part after a batch, and whether this node still does.

        @param why: why the batch does not count; C{None} if it does.
        """
        if not self.id or self._isLeaving:
            return
        self._tell()
        if batch.node == self.id and why is not None and self._joining is not None and batch.number == 1:
            self._settle(CannotFollow(f"this node cannot join the cluster: {why}"))
        elif self._joining is None and self.id not in self._follower.members:
            self._wasLost()

    def giveUp(self, error: CannotFollow) -> bool:
        """
        Renew no lease any more, because this node cannot follow the stream.

        @return: whether somebody waits for it to join, who is told.
        """
        self._leases.stop()
        isJoining = self._joining is not None
        self._settle(error)
        return isJoining

    async def leave(self) -> None:
        """Tell the other nodes that this one leaves, after everything that it has proposed."""
        self._isLeaving = True
        receipt: Deferred[Entry] = Deferred()
        self._publisher.propose(NodeLost(SERVER, node=self.id, reason="it stops"), None, receipt, None)
        try:
            await receipt.addTimeout(LEAVING, self._clock)
            await self._follower.save()
        except Exception as e:
            log.warn("The other nodes were not told that this node stops: {error}", error=e)

    async def stop(self) -> None:
        """Give up the lease, and do not join again."""
        self._isStopped = True
        self._leases.stop()
        if self.id:
            await self._stream.release(self.id)

    async def checkName(self) -> None:
        """
        Check that no other process takes part as this node.  One that was killed renews its lease no more.

        @raise CannotFollow: another process does.
        """
        name = self._node.name
        # A process that had the same copy has ended, because one process at a time can have it.
        self._past.add(self._follower.node)
        try:
            before = await self._look()
            others = [node for node in before if node.rpartition("-")[0] == name and node not in self._past]
            if not others:
                return
            await self._wait(LOOK * EVERY)
            after = await self._look()
        finally:
            await self._stream.release(WATCHER)
        if set(others).intersection(renewed(before, after)):
            raise CannotFollow(
                f"another process takes part in the cluster as the node {name}; give this node another name"
            )
        # They have ended, and nobody has to look at them again.
        self._past.update(others)

    async def _look(self) -> Mapping[str, int]:
        """
        Look at the leases.  Brokers that have just started may need some seconds to answer.

        @raise NoAnswer: they do not answer.
        """
        until = self._clock.seconds() + JOINING
        while True:
            try:
                return await self._stream.renew(WATCHER)
            except NotPublished as e:
                if self._isStopped or self._clock.seconds() >= until:
                    raise NoAnswer(f"the leases of the nodes cannot be read: {e}") from e
            await self._wait(AGAIN)

    def _wait(self, seconds: float) -> Deferred[None]:
        waited: Deferred[None] = Deferred()
        self._clock.callLater(seconds, waited.callback, None)
        return waited

    def _settle(self, outcome: Any) -> None:
        """Report the outcome of joining: C{None}, or an error."""
        joining, self._joining = self._joining, None
        if joining is None:
            return
        if outcome is None:
            joining.callback(None)
        else:
            joining.errback(outcome)

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
            self._failed(f"another process takes part in the cluster as the node {self._node.name}")
            return
        log.warn("The other nodes had lost this node: its clients are disconnected, and it joins again")
        self._pause()
        self._copy.settled(self._rejoin)

    def _pause(self) -> None:
        """Take no part until this node has joined again."""
        self._past.add(self.id)
        self.id = ""
        self._leases.stop()
        self._publisher.stop("this node joins the cluster again")

    def _rejoin(self) -> None:
        async def rejoined() -> None:
            await self.checkName()
            await self.join()

        def failed(failure: Failure) -> None:
            if self._isStopped:
                return
            if failure.check(NoAnswer):
                self._pause()
                self._clock.callLater(AGAIN, self._rejoin)
            else:
                self._failed(failure.getErrorMessage())

        if not self._isStopped:
            Deferred.fromCoroutine(rejoined()).addErrback(failed)

    def _ids(self) -> list[str]:
        return [member.joined.node for member in self._follower.members]

    def _lost(self, node: str) -> None:
        """The lease of a member has ended."""
        if node in self._proposedLost or not self.id or self._publisher.trouble is not None:
            return
        self._proposedLost.add(node)
        log.warn("The node {node} has not renewed its lease: it is lost", node=node)
        receipt: Deferred[Entry] = Deferred()
        receipt.addErrback(lambda failure: None).addCallback(lambda _: self._proposedLost.discard(node))
        self._publisher.propose(NodeLost(SERVER, node=node, reason="it has not renewed its lease"), None, receipt, None)
