"""
The log on disk: an SQLite database in a directory of its own.

This module runs in the reactor's thread, and never blocks after the log was opened.  A thread stores everything that
waits as one transaction.  Then the log applies its entries in order, while the thread stores the next batch.
"""

from __future__ import annotations

import json
import struct
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import ChatError, NotRead, NotStored
from twistchat.chat.model.events import Entry, Event
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.spans import conversation, roomsOf
from twistchat.interfaces import ILog, JournalFigures
from twistchat.journal.following import Followers, Following
from twistchat.journal.proposals import Mark, Proposal
from twistchat.journal.sqlite.faults import DAMAGED, Fault
from twistchat.journal.sqlite.files import FILE, cure, sizeOnDisk
from twistchat.journal.sqlite.latechanges import LateChanges
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.reading import RowReader
from twistchat.journal.sqlite.replaying import Replays
from twistchat.journal.sqlite.restoring import restore
from twistchat.journal.sqlite.rows import RowWriter
from twistchat.journal.sqlite.writing.batches import Batch, LogLimits, takeBatch
from twistchat.journal.sqlite.writing.measuring import Measuring
from twistchat.journal.sqlite.writing.threads import FileThreads, ignoreFault
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.journal.stamp import Stamp
from twistchat.worker import Worker

if TYPE_CHECKING:
    from twistchat.interfaces import Apply, Refused
    from twistchat.journal.sqlite.sharing import Sharer

LOOK = 4
"""The number of entries that are applied between two looks at the time."""

UNREADABLE = (ValueError, TypeError, LookupError, OverflowError, struct.error)
"""What reading a file raises in which SQLite finds no damage, but whose tables or values are not those of a journal."""

T = TypeVar("T")

log = Logger()


@implementer(ILog)
class SqliteLog:
    """
    The log of the default journal.

    @ivar limits: the limits of the log.
    @ivar sharer: the history, which works in the same file.
    @ivar closed: whether it accepts no events, because it is not open.
    @ivar applied: the sequence number of the last entry that was applied or refused.
    @ivar figures: see L{ILog.figures}.
    """

    def __init__(
        self,
        directory: str,
        now: Callable[[], float],
        name: Callable[[], str],
        key: Callable[[], bytes],
        worker: Callable[[str], Worker],
        durability: str = "full",
        keepPassing: bool = False,
        limits: LogLimits | None = None,
        clock: IReactorTime | None = None,
    ) -> None:
        """
        Create the log.  It opens no files and starts no threads yet, because the process may still fork.

        @param directory: the path of its directory.
        @param now: returns the seconds since the epoch.
        @param name: returns the name of a new journal: letters and digits.
        @param key: returns the key of the cloaks of a new journal.
        @param worker: starts a thread with this name.
        @param durability: C{"full"}: stored entries survive a power failure.  C{"relaxed"}: they survive the end of the
            process, but a power failure loses the last moments.
        @param keepPassing: whether to store the passing events that the history of rooms shows, too.
        @param clock: the reactor's timers.  A batch that takes long is applied in several turns; C{None}: in one.
        """
        self.promise = (
            f"The journal is on disk, in {directory}; messages are stored before anyone sees them."
            if durability == "full"
            else f"The journal is on disk, in {directory}, with relaxed durability: a power failure or a crash of the"
            " system loses what was said in the last moments, though people have seen it."
        )
        self.limits = LogLimits() if limits is None else limits
        self.applied = 0
        self._directory = directory
        self._now = now
        self._name = name
        self._key = key
        self._makeWorker = worker
        self._durability = durability
        self._keepPassing = keepPassing
        self.sharer: Sharer
        self._rows = RowWriter()
        self._stamp = Stamp(now, "")
        self.closed = True
        self._closing: list[Deferred[None]] = []
        # Proposals wait in the queue, then a batch is written, then its items are settled.
        self._queue: deque[Proposal | Mark] = deque()
        self._batch: Batch | None = None
        self._stored: deque[Proposal | Mark] = deque()
        self._settling = self._resting = False
        self._clock = clock
        self.figures = JournalFigures(waiting=lambda: self._durable, size=partial(sizeOnDisk, directory))
        self._measuring = Measuring(self.figures, float if clock is None else clock.seconds)
        self._rename: Proposal | None = None
        self._late = LateChanges(self)
        self._durable = 0
        self._refused: set[int] = set()
        self._finishing = False
        self._fresh = 0
        self._followers = Followers()
        self._replays = Replays(self)

    def share(self, sharer: Sharer) -> None:
        """Let the history work in the file.  Call this once, before the log is opened."""
        self.sharer = sharer

    # ILog

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}.  It blocks until the state is restored."""
        self._apply = apply
        try:
            writer = Writer(self._directory, self._durability, self._name, self._key)
            try:
                self._restore(writer)
                reader = RowReader(writer.path)
                try:
                    self.sharer.prepare(reader, writer)
                except BaseException:
                    reader.close()
                    raise
            except BaseException:
                writer.abandon()
                raise
        except Fault as e:
            return fail(self._unusable(e.why, e.detail))
        except UNREADABLE as e:
            return fail(self._unusable(DAMAGED, f"{type(e).__name__}: {e}"))
        except Exception:
            return fail()
        self._threads = FileThreads(
            writer, reader, self._makeWorker, self.sharer.resume, self._measuring, self._writePosition, self._clock
        )
        self.closed = False
        self.sharer.resume()
        for following in self._followers.active:
            self._replays.begin(following, following.start - 1)
        return succeed(None)

    @property
    def trouble(self) -> str | None:
        """See L{ILog.trouble}."""
        return "the journal is not open" if self.closed else self._threads.trouble

    @property
    def checkpoints(self) -> int:
        """The number of checkpoints that were begun."""
        return self._measuring.checkpoints

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
        if self._queue or self._settling or self._resting or self._batch is not None:
            self._queue.append(Mark(reached))
            self._advance()
        else:
            reached()

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> Following:
        """See L{ILog.follow}.  The stored entries are read in pages, between which the server continues."""
        following = self._followers.add(sequence, receive)
        if not self.closed:
            self._replays.begin(following, sequence - 1)
        return following

    def cloakKey(self) -> bytes:
        """See L{ILog.cloakKey}."""
        return self._threads.writer.constants.key

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

    # For the history

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}."""
        return self._stamp.locate(msgid)

    def read(self, work: Callable[[RowReader], T]) -> Deferred[T]:
        """
        Run work on the reading thread.

        @return: fires with its result.  Fails with L{NotRead}.
        """
        return fail(NotRead("the journal is closed")) if self.closed else self._threads.read(work)

    def write(self, work: Callable[[Writer], T]) -> Deferred[T]:
        """
        Run work on the writing thread, between two batches.

        @return: fires with its result.  Fails with L{Fault}, which has been logged.
        """
        return self._threads.write(work)

    def count(self, rows: int) -> None:
        """Count changed rows, for the next checkpoint."""
        self._threads.count(rows)

    def isIdle(self) -> bool:
        """Whether no batch is being written, and none waits."""
        return self._batch is None and not self._queue

    def refused(self) -> str:
        """The sequence numbers of refused entries that are still stored, as a JSON array.  Readers must skip them."""
        return json.dumps(list(self._refused))

    # From proposal to receipt

    def _propose(
        self, event: Event, origin: Origin | None, receipt: Deferred[Entry] | None, refused: Refused | None
    ) -> str | None:
        """
        Put a proposal into the queue.

        @return: the reason why this is not possible, or C{None}.
        """
        durable = event.durable
        if self.closed:
            return "the journal is closed"
        if durable:
            if self._threads.writer.broken is not None:
                return self._threads.writer.broken
            if self._durable >= self.limits.waiting:
                return "too much waits for the disk"
            self._durable += 1
        entry = self._stamp(event)
        if entry.sequence > self._reserved - self.limits.reserved // 2:
            self._reserve()
        stored = durable or (self._keepPassing and (conversation(event) is not None or bool(roomsOf(event))))
        row = self._rows.row(entry) if stored else None
        self._queue.append(Proposal(entry, origin, receipt, refused, row))
        if self._batch is None and not self._settling:
            self._advance()
        elif self._measuring.since is None:
            self._measuring.queued()
        return None

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
                self._settle(item)
                if item is self._rename:
                    self._finishRename(self._rename)
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
        self._late.make()
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
                self._threads.writeBatch(batch.rows, batch.statements, self._written)

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
        if why is not None:
            for item in batch.items:
                if isinstance(item, Proposal) and item.entry.event.durable:
                    item.why = why
        else:
            self._late.waiting.update(batch.late)
            self._measuring.written(batch)
        self._stored.extend(batch.items)
        self._fresh += len(batch.items)
        self._advance()

    def _settle(self, item: Proposal | Mark) -> None:
        """Settle a proposal or a mark.  An exception of a callback is logged, so that it affects nobody else."""
        try:
            if isinstance(item, Mark):
                item.reached()
            else:
                self._conclude(item)
        except Exception:
            log.failure("The outcome of a proposal could not be reported")

    def _conclude(self, proposal: Proposal) -> None:
        """Apply an entry that was stored, or refuse it."""
        entry = proposal.entry
        self._durable -= entry.event.durable
        if proposal.why is not None:
            self._threads.lost += 1
            proposal.refuse(Failure(NotStored(proposal.why)))
            return
        late = self._late.waiting
        change = late.pop(entry.sequence, None) if late else None
        try:
            self._apply(entry, proposal.origin)
        except ChatError:
            refusal = Failure()
            if proposal.row is not None:
                self._refused.add(entry.sequence)
                self._forget()
        except Exception:
            refusal = Failure()
            log.failure("An entry of the journal could not be applied", refusal)
        else:
            self.applied = entry.sequence
            if change is not None:
                self._late.applied(entry, change)
            for following in self._followers.active:
                try:
                    following.receive(entry)
                except Exception:
                    following.fail()
            proposal.applied()
            return
        self.applied = entry.sequence
        proposal.refuse(refusal)

    def _finishRename(self, proposal: Proposal) -> None:
        """Move what a room holds to its new name, before anything else is written, if the rename was applied."""
        self._late.make()
        self._rename = None
        sequence = proposal.entry.sequence
        if proposal.why is None and sequence not in self._refused:
            renaming = self._threads.write(lambda writer: writer.rename(sequence))
            renaming.addCallbacks(lambda _: self.sharer.renamed(sequence), ignoreFault)

    # The file

    def _unusable(self, why: str, detail: str) -> JournalUnusable:
        advice = f"; {cure(self._directory)}" if why == DAMAGED else ""
        return JournalUnusable(f"{Path(self._directory, FILE)}: {why}: {detail}{advice}")

    def _restore(self, writer: Writer) -> None:
        """Continue the sequence numbers and the time of the file, and restore the state."""
        position, name = writer.position(), writer.constants.name
        self._stamp = Stamp(self._now, name, position.sequence, position.time)
        self.applied = position.sequence
        self._reserved = position.sequence + self.limits.reserved
        writer.reserve(self._reserved, position.time)
        writer.checkpoint(whole=True)
        restore(writer, int(self._now() * 1000), self._apply)

    def _reserve(self) -> None:
        """Reserve more sequence numbers."""
        self._reserved = self._stamp.sequence + self.limits.reserved
        self._threads.write(self._writePosition).addErrback(ignoreFault)

    def _writePosition(self, writer: Writer) -> None:
        writer.reserve(self._reserved, self._stamp.time)

    def _forget(self) -> None:
        """Delete the refused entries from the disk.  Readers skip them until then."""
        refused = frozenset(self._refused)

        def done(_: None) -> None:
            self._refused -= refused

        sequences = json.dumps(sorted(refused))
        self._threads.write(lambda writer: writer.forget(sequences)).addCallbacks(done, ignoreFault)
        self.sharer.erased()

    def _finish(self) -> None:
        """Close the file: all proposals are settled."""

        def closed() -> None:
            closing, self._closing = self._closing, []
            self._finishing = False
            for waiter in closing:
                waiter.callback(None)

        self._finishing = True
        self._threads.close(self._stamp.sequence, self._stamp.time, closed)
