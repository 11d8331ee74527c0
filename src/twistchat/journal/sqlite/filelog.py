"""What the logs have in common that keep their entries in an SQLite database."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from twistchat.chat.model.spans import conversation, roomsOf
from twistchat.interfaces import JournalFigures
from twistchat.journal.sqlite.faults import DAMAGED, Fault
from twistchat.journal.sqlite.files import FILE, cure, sizeOnDisk
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.reading import RowReader
from twistchat.journal.sqlite.rows import RowWriter
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.committing import Committer

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IReactorTime

    from twistchat.chat.model.events import Entry, Event
    from twistchat.interfaces import Apply
    from twistchat.journal.following import Following
    from twistchat.journal.sqlite.sharing import Sharer
    from twistchat.journal.sqlite.writing.writer import Writer
    from twistchat.journal.stamp import Stamp
    from twistchat.worker import Worker

UNREADABLE = (ValueError, TypeError, LookupError, OverflowError, struct.error)
"""What reading a file raises in which SQLite finds no damage, but whose tables or values are not those of a journal."""

T = TypeVar("T")


class FileLog:
    """
    A log in an SQLite database, in a directory of its own.

    A subclass opens the file, and gives stamped proposals to the committer.

    @ivar committer: stores and applies the entries.
    @ivar figures: see L{ILog.figures}.
    """

    def __init__(
        self,
        directory: str,
        now: Callable[[], float],
        worker: Callable[[str], Worker],
        keepPassing: bool,
        limits: LogLimits | None,
        clock: IReactorTime | None,
        failed: Callable[[str], None] | None = None,
        damaged: Callable[[str], None] | None = None,
    ) -> None:
        """
        @param directory: the path of its directory.
        @param now: returns the seconds since the epoch.
        @param worker: starts a thread with this name.
        @param keepPassing: whether to store the passing events that the history of rooms shows, too.
        @param clock: the reactor's timers.  A batch that takes long is applied in several turns; C{None}: in one.
        @param failed: see L{Committer}.
        @param damaged: see L{Committer}.
        """
        self._directory = directory
        self._now = now
        self._keepPassing = keepPassing
        self._rows = RowWriter()
        self._stamp: Stamp
        self.figures = JournalFigures(waiting=lambda: self.committer.waiting, size=partial(sizeOnDisk, directory))
        self.committer = Committer(
            self.figures,
            worker,
            LogLimits() if limits is None else limits,
            clock,
            self._position,
            failed,
            damaged,
        )

    # ILog

    @property
    def trouble(self) -> str | None:
        """See L{ILog.trouble}."""
        return "the journal is not open" if self.committer.closed else self.committer.threads.trouble

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}."""
        self.committer.settled(reached)

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> Following:
        """See L{ILog.follow}."""
        return self.committer.follow(sequence, receive)

    def close(self) -> Deferred[None]:
        """See L{ILog.close}."""
        return self.committer.close()

    # For the history

    def share(self, sharer: Sharer) -> None:
        """Let the history work in the file.  Call this once, before the log is opened."""
        self.committer.sharer = sharer

    @property
    def applied(self) -> int:
        """The sequence number of the last entry that was applied or refused."""
        return self.committer.applied

    @property
    def checkpoints(self) -> int:
        """The number of checkpoints that were begun."""
        return self.committer.checkpoints

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}."""
        return self._stamp.locate(msgid)

    def read(self, work: Callable[[RowReader], T]) -> Deferred[T]:
        """
        Run work on the reading thread.

        @return: fires with its result.  Fails with L{NotRead}.
        """
        return self.committer.read(work)

    def write(self, work: Callable[[Writer], T]) -> Deferred[T]:
        """
        Run work on the writing thread, between two batches.

        @return: fires with its result.  Fails with L{Fault}, which has been logged.
        """
        return self.committer.threads.write(work)

    def count(self, rows: int) -> None:
        """Count changed rows, for the next checkpoint."""
        self.committer.threads.count(rows)

    def isIdle(self) -> bool:
        """Whether no batch is being written, and none waits."""
        return self.committer.isIdle

    def refused(self) -> str:
        """The sequence numbers of refused entries that are still stored, as a JSON array.  Readers must skip them."""
        return self.committer.refused()

    # For subclasses

    def _position(self) -> tuple[int, int]:
        """The last sequence number and the last time, to write when the file is closed."""
        raise NotImplementedError

    def _start(
        self, writer: Writer, restore: Callable[[Writer], None], apply: Apply, probe: Callable[[Writer], object]
    ) -> None:
        """
        Restore the state, and accept proposals.  If this fails, the file is closed.

        @param restore: restores the state.
        @param probe: a small write, which is tried while there is a fault.
        @raise JournalUnusable: the file cannot be used; the message is for the administrator.
        """
        with self._usable(), abandoning(writer):
            restore(writer)
            reader = RowReader(writer.path)
            try:
                self.committer.sharer.prepare(reader, writer)
            except BaseException:
                reader.close()
                raise
        self.committer.start(writer, reader, apply, probe)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Raise what reading a damaged file raises as L{JournalUnusable}."""
        try:
            yield
        except Fault as e:
            raise self._unusable(e.why, e.detail) from e
        except UNREADABLE as e:
            raise self._unusable(DAMAGED, f"{type(e).__name__}: {e}") from e

    def _unusable(self, why: str, detail: str) -> JournalUnusable:
        advice = f"; {cure(self._directory)}" if why == DAMAGED else ""
        return JournalUnusable(f"{Path(self._directory, FILE)}: {why}: {detail}{advice}")


@contextmanager
def abandoning(writer: Writer) -> Iterator[None]:
    """Close a file as it is if the work fails."""
    try:
        yield
    except BaseException:
        writer.abandon()
        raise


def isShown(event: Event) -> bool:
    """Whether the history of a conversation or of a room shows an event if it is stored."""
    return conversation(event) is not None or bool(roomsOf(event))
