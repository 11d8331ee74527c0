"""
The log on disk: an SQLite database in a directory of its own.

This module runs in the reactor's thread, and never blocks after the log was opened.  It stamps the events, and
L{twistchat.journal.sqlite.writing.committing} stores and applies them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Event
from twistchat.chat.model.sessions import Origin
from twistchat.interfaces import ILog
from twistchat.journal.proposals import Proposal
from twistchat.journal.sqlite.filelog import FileLog, isShown
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.restoring import restore
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.threads import ignoreFault
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.journal.stamp import Stamp
from twistchat.worker import Worker

if TYPE_CHECKING:
    from twistchat.interfaces import Apply, Refused


COPY: Final = (
    'it is the copy of a node of a cluster.  Use it with journal.kind = "jetstream", while the node runs; or run'
    " twistchat cluster leave to use it alone"
)
"""Why a single server, or a command without a server, does not use a file."""


@implementer(ILog)
class SqliteLog(FileLog):
    """The log of the default journal."""

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
        super().__init__(directory, now, worker, keepPassing, limits, clock)
        self.promise = (
            f"The journal is on disk, in {directory}; messages are stored before anyone sees them."
            if durability == "full"
            else f"The journal is on disk, in {directory}, with relaxed durability: a power failure or a crash of the"
            " system loses what was said in the last moments, though people have seen it."
        )
        self._name = name
        self._key = key
        self._durability = durability
        self._stamp = Stamp(now, "")

    # ILog

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}.  It blocks until the state is restored."""
        try:
            with self._usable():
                writer = Writer(self._directory, self._durability, self._name, self._key)
            self._start(writer, lambda file: self._restore(file, apply), apply, self._writePosition)
        except Exception:
            return fail()
        return succeed(None)

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

    def cloakKey(self) -> bytes:
        """See L{ILog.cloakKey}."""
        return self.committer.threads.writer.constants.key

    # From event to proposal

    def _propose(
        self, event: Event, origin: Origin | None, receipt: Deferred[Entry] | None, refused: Refused | None
    ) -> str | None:
        """
        Stamp an event, and put it into the queue.

        @return: the reason why this is not possible, or C{None}.
        """
        committer, durable = self.committer, event.durable
        if committer.closed:
            return "the journal is closed"
        if durable:
            broken = committer.threads.writer.broken
            if broken is not None:
                return broken
            if committer.waiting >= committer.limits.waiting:
                return "too much waits for the disk"
        entry = self._stamp(event)
        if entry.sequence > self._reserveAfter:
            self._reserve()
        row = self._rows.row(entry) if durable or (self._keepPassing and isShown(event)) else None
        committer.put(Proposal(entry, origin, receipt, refused, row))
        return None

    # The position

    def _position(self) -> tuple[int, int]:
        return self._stamp.sequence, self._stamp.time

    def _restore(self, writer: Writer, apply: Apply) -> None:
        """
        Continue the sequence numbers and the time of the file, and restore the state.

        @raise JournalUnusable: the file belongs to a node of a cluster.  A single entry that only this file has would
            keep the node from taking part again.
        """
        if writer.hasSnapshot:
            raise JournalUnusable(f"{writer.path}: {COPY}")
        position, name = writer.position(), writer.constants.name
        self._stamp = Stamp(self._now, name, position.sequence, position.time)
        self.committer.applied = position.sequence
        self._chooseReserved()
        writer.reserve(self._reserved, position.time)
        writer.checkpoint(whole=True)
        restore(writer, int(self._now() * 1000), apply)

    def _chooseReserved(self) -> None:
        """Choose the last sequence number to reserve, and the one after which more are reserved."""
        count = self.committer.limits.reserved
        self._reserved = self._stamp.sequence + count
        self._reserveAfter = self._reserved - count // 2

    def _reserve(self) -> None:
        """Reserve more sequence numbers."""
        self._chooseReserved()
        self.committer.threads.write(self._writePosition).addErrback(ignoreFault)

    def _writePosition(self, writer: Writer) -> None:
        writer.reserve(self._reserved, self._stamp.time)
