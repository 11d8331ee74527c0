"""The reactor's way to the journal's file: one thread that writes, one that reads, and what is said of their faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotRead
from twistchat.chat.phrasing import counted
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.writer import Writer
from twistchat.worker import Worker

if TYPE_CHECKING:
    from twistchat.journal.sqlite.reading import RowReader
    from twistchat.journal.sqlite.rebuilding import HeldKeys
    from twistchat.journal.sqlite.rows import Row

CHECKPOINT_BATCHES = 512
CHECKPOINT_ENTRIES = 16_384
"""After how many transactions, or entries, the log is moved into the database."""

T = TypeVar("T")

log = Logger()


class FileThreads:
    """
    Does work with the file on its threads, each piece after those that were asked for before it.

    The log has a line when faults begin, and one when they are over.

    @ivar writer: what the writing thread works with.
    @ivar reader: what the reading thread works with.
    @ivar untaken: how many messages were not taken since faults began.
    """

    def __init__(
        self, writer: Writer, reader: RowReader, worker: Callable[[str], Worker], mended: Callable[[], None]
    ) -> None:
        """
        Start the threads.

        @param worker: starts one, with a name for it.
        @param mended: called when a batch could be written again, before anyone hears of it.
        """
        self.writer = writer
        self.reader = reader
        self.untaken = 0
        self._mended = mended
        self._writings = worker("twistchat journal writer")
        self._readings = worker("twistchat journal reader")
        self._faulty = self._broken = False
        self._batches = self._entries = 0

    def writeBatch(self, rows: Sequence[Row], held: HeldKeys, done: Callable[[str | None], None]) -> None:
        """
        Put entries on disk.

        @param held: see L{Writer.write}.
        @param done: called with C{None} when they are there, or with why none of them is.
        """

        def written(outcome: Failure | None) -> None:
            well = not self._faulty
            why = self._judge(outcome)
            if well and self._faulty:
                # Where the disk is full, this may make room in the log.
                self._checkpoint()
            self.count(len(rows))
            done(why)

        self._writings.submit(partial(self.writer.write, rows, held), written)

    def write(self, work: Callable[[Writer], T]) -> Deferred[T]:
        """Do something with the file between two batches.  Fails with L{Fault}, which the log has then."""
        result: Deferred[T] = Deferred()

        def done(outcome: T | Failure) -> None:
            if isinstance(outcome, Failure):
                result.errback(Failure(self._fault(outcome)))
            else:
                result.callback(outcome)

        self._writings.submit(partial(work, self.writer), done)
        return result

    def read(self, work: Callable[[RowReader], T]) -> Deferred[T]:
        """Read something.  Fails with L{NotRead}."""
        result: Deferred[T] = Deferred()

        def done(outcome: T | Failure) -> None:
            while self.reader.remarks:
                self.reader.remarks.popleft()()
            if not isinstance(outcome, Failure):
                result.callback(outcome)
            elif isinstance(outcome.value, Fault):
                result.errback(Failure(NotRead(outcome.value.why)))
            else:
                log.failure("The journal could not be read", outcome)
                result.errback(Failure(NotRead("the journal cannot be read")))

        self._readings.submit(partial(work, self.reader), done)
        return result

    def count(self, entries: int) -> None:
        """Note that a transaction is in the log that wrote so many entries."""
        self._batches += 1
        self._entries += entries
        if self._batches >= CHECKPOINT_BATCHES or self._entries >= CHECKPOINT_ENTRIES:
            self._checkpoint()

    def close(self, sequence: int, time: int, closed: Callable[[], None]) -> None:
        """
        Do what was asked for, close the file, let go of it, and end the threads.

        @param sequence: the sequence number given last.
        @param time: the time given last.
        """

        def closeWriter(_: object) -> None:
            self._writings.submit(partial(self.writer.close, sequence, time), over)

        def over(outcome: Failure | None) -> None:
            for worker in (self._readings, self._writings):
                worker.stop()
            if isinstance(outcome, Failure):
                self._fault(outcome)
            closed()

        self._readings.submit(self.reader.close, closeWriter)

    def _checkpoint(self) -> None:
        self._batches = self._entries = 0
        self.write(Writer.checkpoint).addErrback(noted)

    def _judge(self, outcome: Failure | None) -> str | None:
        """What came of a batch: C{None}, or why nothing of it was kept."""
        if isinstance(outcome, Failure):
            return self._fault(outcome).why
        if self._faulty:
            self._faulty = False
            self._mended()
            lost = counted(self.untaken, "message")
            log.info("The journal can be written again.  Not taken meanwhile: {lost}", lost=lost)
        return None

    def _fault(self, failure: Failure) -> Fault:
        error = failure.value
        if not isinstance(error, Fault):
            if not self._faulty:
                log.failure("The journal failed", failure)
            error = Fault("the journal failed", repr(error))
        if self.writer.broken is not None:
            if not self._broken:
                self._broken = self._faulty = True
                log.critical(
                    "The journal takes no messages any more, for nobody knows what is on disk of the last: {detail}."
                    "  See to the disk, and restart this server",
                    detail=error.detail,
                )
        elif not self._faulty:
            self._faulty, self.untaken = True, 0
            log.error(
                "The journal cannot be written, and takes no messages until it can: {why}: {detail}",
                why=error.why,
                detail=error.detail,
            )
        return error


def noted(failure: Failure) -> None:
    """The log has this fault; what could not be done is not needed by anyone now."""
    failure.trap(Fault)
