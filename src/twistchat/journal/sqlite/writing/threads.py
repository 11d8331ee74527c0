"""The two threads of the file: one writes, the other reads.  They also log when faults begin and end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError, NotRead
from twistchat.chat.phrasing import counted
from twistchat.journal.sqlite.faults import DAMAGED, Fault
from twistchat.journal.sqlite.writing.measuring import Measuring
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.worker import Worker

if TYPE_CHECKING:
    from twistchat.journal.sqlite.reading import RowReader
    from twistchat.journal.sqlite.rows import Row
    from twistchat.journal.sqlite.writing.sideeffects import Statement

CHECKPOINT_BATCHES = 512
CHECKPOINT_ENTRIES = 16_384
"""The number of transactions, or of entries, after which a checkpoint is made."""

PROBE = 10.0
"""
The seconds after a fault until a write is tried.  So the server notices that the fault is over, also if nobody says
anything.
"""

MOST_READS = 16
"""The maximum number of reads that run together.  The results of all are reported when the last has ended."""

T = TypeVar("T")

log = Logger()


class FileThreads:
    """
    Runs work on the file in its threads.  Each thread does its work in order.

    The log file gets one line when faults begin, and one when they end.  They end when something can be written and the
    disk has room for more: on a full disk, short messages may fit where longer ones do not.

    @ivar writer: the connection that writes.
    @ivar reader: the connection that reads.
    @ivar lost: the number of messages that were refused since faults began.
    @ivar trouble: why nothing can be written now; C{None} if there is no fault.
    @ivar damaged: called with a description when SQLite finds damage in the file; C{None} for nobody.
    @ivar brokenDown: called with the reason when nothing can be written any more until a restart.
    """

    def __init__(
        self,
        writer: Writer,
        reader: RowReader,
        worker: Callable[[str], Worker],
        recovered: Callable[[], None],
        measuring: Measuring,
        probe: Callable[[Writer], object] = lambda writer: None,
        clock: IReactorTime | None = None,
    ) -> None:
        """
        Start the threads.

        @param worker: starts a thread with this name.
        @param recovered: called when faults end, before the entries of the batch that shows it are applied.
        @param measuring: counts batches that fail, and the time that the others take.
        @param probe: a small write, which is tried while there is a fault.
        @param clock: the reactor's timers; C{None} to try nothing.
        """
        self.writer = writer
        self.reader = reader
        self.lost = 0
        self.trouble: str | None = None
        self.damaged: Callable[[str], None] | None = None
        self.brokenDown: Callable[[str], None] = lambda why: None
        self._measuring = measuring
        self._probe, self._clock = probe, clock
        self._probing: IDelayedCall | None = None
        self._closed = False
        self._recovered = recovered
        self._writings = worker("twistchat journal writer")
        self._readings = worker("twistchat journal reader")
        self._faulty = self._broken = False
        self._batches = self._entries = 0
        self._reads: deque[tuple[Callable[[RowReader], Any], Deferred[Any]]] = deque()
        self._reading = False

    def writeBatch(self, rows: Sequence[Row], effects: Sequence[Statement], done: Callable[[str | None], None]) -> None:
        """
        Store a batch.

        @param effects: see L{Writer.write}.
        @param done: called with C{None} if the batch was stored, and with the reason if no entry of it was.
        """

        seconds, figures = self._measuring.seconds, self._measuring.figures

        def write() -> tuple[float, bool]:
            began = seconds()
            self.writer.write(rows, effects)
            return seconds() - began, not self._faulty or self.writer.hasRoom()

        def written(outcome: tuple[float, bool] | Failure) -> None:
            well, hasRoom = not self._faulty, True
            if isinstance(outcome, Failure):
                figures.failures += 1
            else:
                took, hasRoom = outcome
                figures.commits.observe(took)
            why = self._judge(outcome, hasRoom)
            if well and self._faulty:
                # If the disk is full, this may free space in SQLite's log.
                self._checkpoint()
            self.count(len(rows))
            done(why)

        self._writings.submit(write, written)

    def write(self, work: Callable[[Writer], T]) -> Deferred[T]:
        """Run work between two batches.  The result fails with L{Fault}, which has been logged."""
        result: Deferred[T] = Deferred()

        def done(outcome: T | Failure) -> None:
            if isinstance(outcome, Failure):
                result.errback(Failure(self._fault(outcome)))
            else:
                result.callback(outcome)

        self._writings.submit(partial(work, self.writer), done)
        return result

    def read(self, work: Callable[[RowReader], T]) -> Deferred[T]:
        """
        Run work on the reading thread.  The result fails with L{NotRead}, or with the C{ChatError} of the work.

        While some reads run, others wait, and then run together.  So many reads at once take few hand-overs between the
        threads, and a single one waits for nothing.
        """
        result: Deferred[T] = Deferred()
        self._reads.append((work, result))
        if not self._reading:
            self._submitReads(MOST_READS)
        return result

    def _submitReads(self, most: int) -> None:
        reads = [self._reads.popleft() for _ in range(min(most, len(self._reads)))]
        self._reading = True
        self._readings.submit(
            partial(_readAll, self.reader, [work for work, _ in reads]),
            partial(self._haveRead, [result for _, result in reads]),
        )

    def _haveRead(self, results: Sequence[Deferred[Any]], outcomes: Sequence[Any] | Failure) -> None:
        """Start the next reads, and report the outcomes of these."""
        assert not isinstance(outcomes, Failure)
        self._reading = False
        if self._reads:
            self._submitReads(MOST_READS)
        while self.reader.remarks:
            self.reader.remarks.popleft()()
        for result, outcome in zip(results, outcomes, strict=True):
            if isinstance(outcome, Failure):
                self._lookForDamage(outcome.value)
            _report(result, outcome)

    def _lookForDamage(self, error: object) -> None:
        if self.damaged is not None and isinstance(error, Fault) and error.why == DAMAGED:
            self.damaged(error.detail)

    def count(self, entries: int) -> None:
        """Count a transaction and its entries, for the next checkpoint."""
        self._batches += 1
        self._entries += entries
        if self._batches >= CHECKPOINT_BATCHES or self._entries >= CHECKPOINT_ENTRIES:
            self._checkpoint()

    def close(self, sequence: int, time: int, closed: Callable[[], None]) -> None:
        """
        Finish the pending work, close the file and end the threads.

        @param sequence: the last sequence number.
        @param time: the last time.
        @param closed: called when the file is closed.
        """

        def closeWriter(_: object) -> None:
            self._writings.submit(partial(self.writer.close, sequence, time), over)

        def over(outcome: Failure | None) -> None:
            for worker in (self._readings, self._writings):
                worker.stop()
            if isinstance(outcome, Failure):
                self._fault(outcome)
            closed()

        self._closed = True
        if self._probing is not None:
            self._probing.cancel()
            self._probing = None
        if self._reads:
            self._submitReads(len(self._reads))
        self._readings.submit(self.reader.close, closeWriter)

    def _checkpoint(self) -> None:
        self._batches = self._entries = 0
        self._measuring.checkpoints += 1
        self.write(Writer.checkpoint).addErrback(ignoreFault)

    def _judge(self, outcome: object, hasRoom: bool = True) -> str | None:
        """
        The reason why a batch was not stored; C{None} if it was.

        @param hasRoom: whether the disk has room for more.  Otherwise a fault goes on.
        """
        if isinstance(outcome, Failure):
            return self._fault(outcome).why
        if self._faulty and hasRoom:
            self._faulty, self.trouble = False, None
            self._recovered()
            lost = counted(self.lost, "message")
            log.info("The journal can be written again.  Not taken meanwhile: {lost}", lost=lost)
        return None

    def _fault(self, failure: Failure) -> Fault:
        """Log a failure of the writing thread, if faults begin with it, and return it as a L{Fault}."""
        error = failure.value
        if not isinstance(error, Fault):
            if not self._faulty:
                log.failure("The journal failed", failure)
            error = Fault("the journal failed", repr(error))
        self._lookForDamage(error)
        self.trouble = error.why
        if self.writer.broken is not None:
            self.trouble = self.writer.broken
            if not self._broken:
                self._broken = self._faulty = True
                log.critical(
                    "The journal takes no messages any more, for nobody knows what is on disk of the last: {detail}."
                    "  See to the disk, and restart this server",
                    detail=error.detail,
                )
                self.brokenDown(self.writer.broken)
        elif not self._faulty:
            self._faulty, self.lost = True, 0
            log.error(
                "The journal cannot be written, and takes no messages until it can: {why}: {detail}",
                why=error.why,
                detail=error.detail,
            )
        if self._clock is not None and self._probing is None and self.writer.broken is None and not self._closed:
            self._probing = self._clock.callLater(PROBE, self._tryWriting)
        return error

    def _tryWriting(self) -> None:
        """See L{PROBE}."""

        def tried(outcome: object) -> None:
            self._judge(outcome)

        def write() -> None:
            self._probe(self.writer)
            self.writer.checkRoom()

        self._probing = None
        if self.trouble is not None:
            self._writings.submit(write, tried)


def _readAll(reader: RowReader, works: Sequence[Callable[[RowReader], Any]]) -> list[Any]:
    """Run reads, and return their results.  A read that fails returns a L{Failure}."""
    outcomes = []
    for work in works:
        try:
            outcomes.append(work(reader))
        except Exception:
            outcomes.append(Failure())
    return outcomes


def _report(result: Deferred[Any], outcome: Any) -> None:
    """Report the outcome of a read."""
    if not isinstance(outcome, Failure):
        result.callback(outcome)
    elif isinstance(outcome.value, Fault):
        result.errback(Failure(NotRead(outcome.value.why)))
    elif isinstance(outcome.value, ChatError):
        result.errback(outcome)
    else:
        log.failure("The journal could not be read", outcome)
        result.errback(Failure(NotRead("the journal cannot be read")))


def ignoreFault(failure: Failure) -> None:
    """Ignore a fault, which has been logged."""
    failure.trap(Fault)
