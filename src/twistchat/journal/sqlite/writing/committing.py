"""
From a stamped proposal to its receipt: the entries of a log are stored, applied in order, and reported.

This module runs in the reactor's thread, and never blocks.  A thread stores everything that waits as one transaction.
Then the entries are applied in order, while the thread stores the next batch.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError, NotRead, NotStored
from twistchat.journal.following import Followers, Following
from twistchat.journal.proposals import Mark, Proposal
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.position import RESERVE, reservation
from twistchat.journal.sqlite.replaying import Replays
from twistchat.journal.sqlite.writing.batches import Batch, LogLimits, takeBatch
from twistchat.journal.sqlite.writing.latechanges import LateChanges
from twistchat.journal.sqlite.writing.measuring import Measuring
from twistchat.journal.sqlite.writing.threads import FileThreads

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from twistchat.chat.model.events import Entry
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import Apply, JournalFigures, Refused
    from twistchat.journal.sqlite.reading import RowReader
    from twistchat.journal.sqlite.sharing import Sharer
    from twistchat.journal.sqlite.writing.writer import Writer
    from twistchat.worker import Worker

LOOK = 4
"""The number of entries that are applied between two looks at the time."""

T = TypeVar("T")

log = Logger()


class Replayed(Proposal):
    """
    An entry that the last process stored, and that has to be applied again.

    If it is refused, it is deleted from the file, because the last process may not have come to that.
    """

    __slots__ = ("_rename",)

    def __init__(
        self,
        entry: Entry,
        origin: Origin | None,
        receipt: Deferred[Entry] | None,
        refused: Refused | None,
        rename: Callable[[Proposal], None] | None,
    ) -> None:
        """
        @param rename: called after it was applied, if it renames a room and the file does not contain that yet.
        """
        super().__init__(entry, origin, receipt, refused)
        self._rename = rename

    def applied(self) -> None:
        """See L{Proposal.applied}."""
        if self._rename is not None:
            self._rename(self)
        super().applied()


class Committer:
    """
    Stores and applies the entries of one log.

    @ivar limits: the limits of the log.
    @ivar sharer: the history, which works in the same file.
    @ivar threads: the threads of the file.  Set by L{start}.
    @ivar closed: whether it accepts no proposals, because the file is not open.
    @ivar applied: the sequence number of the last entry that was applied or refused.
    @ivar stored: the sequence number of the last entry that was stored, in this process.
    @ivar waiting: the number of durable events that wait for the disk, or to be applied.
    @ivar late: the late changes.
    @ivar halted: whether it applies nothing any more, because a write failed that must not fail.
    """

    threads: FileThreads
    sharer: Sharer

    def __init__(
        self,
        figures: JournalFigures,
        worker: Callable[[str], Worker],
        limits: LogLimits,
        clock: IReactorTime | None,
        position: Callable[[], tuple[int, int]],
        failed: Callable[[str], None] | None = None,
        damaged: Callable[[str], None] | None = None,
    ) -> None:
        """
        @param figures: the figures of the log, which this fills.
        @param worker: starts a thread with this name.
        @param clock: the reactor's timers.  A batch that takes long is applied in several turns; C{None}: in one.
        @param position: returns the last sequence number and the last time, to write when the file is closed.
        @param failed: called once, with the reason, when a write fails.  After that nothing is applied.  Each batch
            contains its position.  C{None}: the entries of a batch that fails are refused, and others are stored later.
        @param damaged: called with a description when a part of the file is found that changed on disk.
        """
        self.limits = limits
        self.closed = True
        self.applied = self.stored = 0
        self.waiting = 0
        self.late = LateChanges(self)
        self.halted = False
        self._failed, self._damaged = failed, damaged
        self._makeWorker = worker
        self._clock = clock
        self._position = position
        self._apply: Apply
        self._measuring = Measuring(figures, float if clock is None else clock.seconds)
        # Proposals wait in the queue, then a batch is written, then its items are settled.
        self._queue: deque[Proposal | Mark] = deque()
        self._batch: Batch | None = None
        self._stored: deque[Proposal | Mark] = deque()
        self._settling = self._resting = False
        self._rename: Proposal | None = None
        self._refused: set[int] = set()
        self._fresh = 0
        self._closing: list[Deferred[None]] = []
        self._finishing = False
        self._followers = Followers()
        self._replays = Replays(self)

    def start(self, writer: Writer, reader: RowReader, apply: Apply, probe: Callable[[Writer], object]) -> None:
        """
        Start the threads of the file, and accept proposals.

        @param apply: called with each entry and its origin, in order.
        @param probe: a small write, which is tried while there is a fault.
        """
        self._apply = apply
        self.threads = FileThreads(
            writer, reader, self._makeWorker, self._recovered, self._measuring, probe, self._clock
        )
        reader.damaged = self.threads.damaged = self._damaged
        self.threads.brokenDown = self._halt
        self.closed = False
        self.sharer.resume()
        for following in self._followers.active:
            self._replays.begin(following, following.start - 1)

    @property
    def checkpoints(self) -> int:
        """The number of checkpoints that were begun."""
        return self._measuring.checkpoints

    @property
    def isIdle(self) -> bool:
        """Whether no batch is being written, and none waits."""
        return self._batch is None and not self._queue

    @property
    def pending(self) -> int:
        """The number of proposals, and of marks between them, that were not settled."""
        batch = self._batch
        return len(self._queue) + len(self._stored) + (0 if batch is None else len(batch.items))

    def read(self, work: Callable[[RowReader], T]) -> Deferred[T]:
        """
        Run work on the reading thread.

        @return: fires with its result.  Fails with L{NotRead}.
        """
        return fail(NotRead("the journal is closed")) if self.closed else self.threads.read(work)

    def refused(self) -> str:
        """The sequence numbers of refused entries that are still stored, as a JSON array.  Readers must skip them."""
        return json.dumps(list(self._refused))

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> Following:
        """See L{ILog.follow}.  The stored entries are read in pages, between which the server continues."""
        following = self._followers.add(sequence, receive)
        if not self.closed:
            self._replays.begin(following, sequence - 1)
        return following

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}.  If it has halted, nothing is settled any more."""
        if self.halted:
            return
        if self._queue or self._settling or self._resting or self._batch is not None:
            self._queue.append(Mark(reached))
            self._advance()
        else:
            reached()

    def close(self) -> Deferred[None]:
        """See L{ILog.close}."""
        closed: Deferred[None] = Deferred()
        if self.closed and not self._closing:
            return succeed(None)
        self._closing.append(closed)
        if not self.closed:
            self.closed = True
            self.sharer.stop()
            self._advance()
        return closed

    def put(self, proposal: Proposal) -> None:
        """Store a proposal if it has a row, and apply it after all that were put before."""
        self.waiting += proposal.entry.event.durable
        self._queue.append(proposal)
        if self._batch is None and not self._settling:
            self._advance()
        elif self._measuring.since is None:
            self._measuring.queued()

    # From proposal to receipt

    def _advance(self) -> None:
        """
        Send the next batch to the disk, then settle what has been stored.

        Events that are proposed meanwhile go into the batch after the next; or into the next, if nothing else waits.

        If that takes long, because many listeners hear of the entries, the rest is settled in later turns.
        """
        if self._settling:
            return
        self._settling = True
        try:
            self._send()
            settled, until = 0, 0.0
            while self._stored and not self._resting:
                item = self._stored.popleft()
                try:
                    if isinstance(item, Mark):
                        item.reached()
                    else:
                        self._conclude(item)
                except Exception:
                    # It affects nobody else.
                    log.failure("The outcome of a proposal could not be reported")
                if item is self._rename:
                    self.finishRename(self._rename)
                settled += 1
                if not self._stored:
                    self._send()
                elif self._clock is not None and not settled % LOOK:
                    now = self._clock.seconds()
                    until = until or now + self.limits.settling
                    if now >= until:
                        self._resting = True
                        self._clock.callLater(0, self._continue)
        finally:
            self._settling = False
        self.late.make()
        if self._fresh and not self._resting:
            self.sharer.stored(self._fresh)
            self._fresh = 0
        if (
            self.closed
            and self._closing
            and not (self._finishing or self._resting or self._batch is not None or self._queue)
        ):
            self._finish()

    def _continue(self) -> None:
        """Settle more of what has been stored."""
        self._resting = False
        self._advance()

    def _send(self) -> None:
        """
        Send the next batch to the disk, unless a rename must be settled first.

        Passing events and marks need no disk if nothing durable is before them: they are settled at once.
        """
        queue = self._queue
        while queue and self._batch is None and self._rename is None:
            if queue[0].row is None:
                self._pass()
            if not queue:
                self._measuring.since = None
            else:
                self._batch = batch = takeBatch(queue, self.limits)
                self._measuring.sent(bool(queue))
                self._rename = batch.rename
                statements = batch.statements
                if self._failed is not None:
                    statements = [*statements, (RESERVE, reservation(*batch.rows[-1][:2]))]
                self.threads.writeBatch(batch.rows, statements, self._written)

    def _pass(self) -> None:
        """Let the items at the front of the queue be settled that need no disk."""
        queue, passing = self._queue, []
        while queue and queue[0].row is None:
            passing.append(queue.popleft())
        self._measuring.passed(passing)
        self._stored.extend(passing)

    def _written(self, why: str | None) -> None:
        """
        Continue after a batch was written.

        @param why: the reason why it was not stored; C{None} if it was.
        """
        batch, self._batch = self._batch, None
        assert batch is not None
        if why is not None and self._failed is not None:
            self._halt(why)
            self._advance()
            return
        if why is not None:
            for item in batch.items:
                if isinstance(item, Proposal):
                    item.row = None
                    item.why = why if item.entry.event.durable else None
        else:
            self.late.waiting.update(batch.late)
            self._measuring.written(batch)
            self.stored = batch.rows[-1][0]
        self._stored.extend(batch.items)
        self._fresh += len(batch.items)
        self._advance()

    def _conclude(self, proposal: Proposal) -> None:
        """Apply an entry that was stored, or refuse it."""
        entry = proposal.entry
        self.waiting -= entry.event.durable
        if proposal.why is not None:
            self.threads.lost += 1
            proposal.refuse(Failure(NotStored(proposal.why)))
            return
        late = self.late.waiting
        change = late.pop(entry.sequence, None) if late else None
        try:
            self._apply(entry, proposal.origin)
        except ChatError:
            refusal = Failure()
            if proposal.row is not None or isinstance(proposal, Replayed):
                self._refused.add(entry.sequence)
                self._forget()
        except Exception:
            refusal = Failure()
            log.failure("An entry of the journal could not be applied", refusal)
        else:
            self.applied = entry.sequence
            if change is not None:
                self.late.applied(entry, change)
            for following in self._followers.active:
                try:
                    following.receive(entry)
                except Exception:
                    following.fail()
            proposal.applied()
            return
        self.applied = entry.sequence
        proposal.refuse(refusal)

    def finishRename(self, proposal: Proposal) -> None:
        """Move what a room holds to its new name, before anything else is written, if the rename was applied."""
        self.late.make()
        self._rename = None
        sequence = proposal.entry.sequence
        if proposal.why is None and sequence not in self._refused:
            renaming = self.threads.write(lambda writer: writer.rename(sequence))
            renaming.addCallbacks(lambda _: self.sharer.renamed(sequence), self.ignoreFault)

    def _forget(self) -> None:
        """Delete the refused entries from the disk.  Readers skip them until then."""
        refused = frozenset(self._refused)

        def done(_: None) -> None:
            self._refused -= refused

        sequences = json.dumps(sorted(refused))
        self.threads.write(lambda writer: writer.forget(sequences)).addCallbacks(done, self.ignoreFault)
        self.sharer.erased()

    def _recovered(self) -> None:
        """Continue what could not be written while the disk failed."""
        self.sharer.resume()
        if self._refused:
            self._forget()

    def ignoreFault(self, failure: Failure) -> None:
        """Ignore a fault, which has been logged, and halt if no write may fail.  Otherwise the work is tried again."""
        failure.trap(Fault)
        if self._failed is not None and isinstance(failure.value, Fault):
            self._halt(failure.value.why)

    def _halt(self, why: str) -> None:
        """Apply nothing any more."""
        if not self.halted and self._failed is not None:
            self.halted = True
            self._queue.clear()
            self._stored.clear()
            self._failed(why)

    def _finish(self) -> None:
        """Close the file: all proposals are settled."""

        def closed() -> None:
            closing, self._closing = self._closing, []
            self._finishing = False
            for waiter in closing:
                waiter.callback(None)

        self._finishing = True
        self.threads.close(*self._position(), closed)
