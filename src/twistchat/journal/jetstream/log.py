"""
The log of a cluster: a stream gives the order, and a copy on this node stores the entries.

What the users of this node propose goes into the stream, and comes back like that of all other nodes.  Then it becomes
entries, which the copy stores and applies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Event
from twistchat.interfaces import IClusterLog, ILog, IReplica, IStream, StreamMessage
from twistchat.journal.jetstream.batches import Batch
from twistchat.journal.jetstream.following import Follower
from twistchat.journal.jetstream.opening import CannotFollow, begin
from twistchat.journal.jetstream.participation import Node, Participation
from twistchat.journal.jetstream.publishing import Item, Publisher

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import Apply, JournalFigures, Refused
    from twistchat.interfaces.log import IFollowing
    from twistchat.journal.sqlite.copy import SqliteCopy

MOST_BEHIND: Final = 4096
"""The number of entries that wait for the disk of this node, above which no more of the stream is read."""

log = Logger()


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
        self._name = name
        self._key = key
        self._stopServer = stop
        self._closed = False
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
            lambda batch, why: self._part.decided(batch, why),
            self.fail,
        )
        self._part = Participation(stream, copy, clock, replica, node, self._publisher, self._follower, self.fail)

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
        if self._closed and not self._closing:
            return succeed(None)
        closed: Deferred[None] = Deferred()
        self._closing.append(closed)
        if not self._closed:
            self._closed = True
            ended = Deferred.fromCoroutine(self._close())
            ended.addErrback(lambda failure: log.failure("The journal did not close in good order", failure))
            ended.addCallback(self._reportClosed)
        return closed

    # IClusterLog

    def overview(self) -> Mapping[str, Any]:
        """See L{IClusterLog.overview}."""
        status = self._stream.status
        position = self._follower.chain.sequence
        return {
            "node": self._part.id,
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

    # Opening

    async def _open(self, apply: Apply) -> None:
        try:
            self._target = await begin(
                self._stream, self._copy, self._replica(), self._follower, apply, self._name, self._key
            )
            caughtUp: Deferred[None] = Deferred()
            self._caughtUp = caughtUp
            # This takes some seconds, in which the stream is followed.
            named = Deferred.fromCoroutine(self._part.checkName()).addErrback(lambda failure: failure.value)
            self._reading = self._stream.read(self._follower.chain.sequence, self._receive, self.fail)
            self._checkCaughtUp()
            await caughtUp
            problem = await named
            if problem is not None:
                raise problem
            await self._part.join()
            await self._follower.save()
        except Exception:
            self._closed = True
            await self._end()
            raise

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
        return self._publisher.returned(batch) if batch.node == self._part.id else None

    def _acknowledged(self, sequence: int, data: bytes) -> None:
        self._follower.chain.expect(sequence, data)

    def fail(self, why: str) -> None:
        """Stop the node, because it cannot follow the stream any more.  It shows nothing of what it cannot follow."""
        if self._failure is not None:
            return
        self._failure = why
        self._follower.stop()
        self._publisher.stop(why)
        error = CannotFollow(why)
        isJoining = self._part.giveUp(error)
        caughtUp, self._caughtUp = self._caughtUp, None
        if caughtUp is not None:
            caughtUp.errback(error)
        elif not isJoining and not self._closed:
            self._stopServer(why)

    def _propose(
        self, event: Event, origin: Origin | None, receipt: Deferred[Entry] | None, refused: Refused | None
    ) -> str | None:
        if self._closed or self._failure is not None:
            return self._failure or "the journal is closed"
        if not self._part.id:
            return self._publisher.trouble
        return self._publisher.propose(event, origin, receipt, refused)

    # Closing

    async def _close(self) -> None:
        if self._part.id and self._failure is None:
            await self._part.leave()
        await self._end()

    async def _end(self) -> None:
        if self._reading is not None:
            self._reading.stop()
        self._follower.stop()
        self._publisher.stop("the journal is closed")
        await self._part.stop()
        await self._stream.close()
        await self._copy.close()

    def _reportClosed(self, _: object) -> None:
        closing, self._closing = self._closing, []
        for closed in closing:
            closed.callback(None)
