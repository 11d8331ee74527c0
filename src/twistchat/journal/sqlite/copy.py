"""
The database of one node of a cluster: the copy.

The stream has the order.  The cluster's log stamps what it reads from the stream, and gives the entries to the copy,
which stores and applies them.  It decides nothing: what the stream has accepted cannot be refused, so a disk that fails
ends the node.

A node that starts continues from a snapshot of its state, and the entries after it are given to the copy again.  Most
of them are in the file already, up to the last batch that was stored; but the last process may have ended before it
made their late changes, moved a room to its new name, or deleted a refused entry.  The copy does that when the entry is
applied or refused again, because both have the same outcome as before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from twistchat.chat.model.events import Entry
from twistchat.chat.model.holding import holdingChange
from twistchat.chat.model.sessions import Origin
from twistchat.journal.proposals import Proposal
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.filelog import FileLog, abandoning, isShown
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.restoring import restore
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.committing import Replayed
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.journal.stamp import Stamp
from twistchat.worker import Worker

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from twistchat.interfaces import Apply, Refused


class CopyPosition(NamedTuple):
    """
    What a copy has.

    @ivar name: the name of the journal.
    @ivar key: the key of the cloaks.
    @ivar stored: the sequence number of the last entry that it has stored.  If a single server used the file last, this
        is the last number that the server has reserved.
    @ivar time: the time of that entry, in milliseconds since the epoch.
    @ivar snapshot: the last snapshot, or C{None}.
    """

    name: str
    key: bytes
    stored: int
    time: int
    snapshot: bytes | None


class _NoCopy(Exception):
    """There is no copy yet, and nobody said what it is to be."""


class SqliteCopy(FileLog):
    """
    The copy.  To start it, call L{open}; then L{resume} if there is a snapshot, otherwise L{rebuild}; then L{take}.

    Its durability is relaxed, because the stream has everything: a power failure loses the last batches together with
    their position, and the next start takes them again.
    """

    def __init__(
        self,
        directory: str,
        now: Callable[[], float],
        worker: Callable[[str], Worker],
        keepPassing: bool = False,
        limits: LogLimits | None = None,
        clock: IReactorTime | None = None,
        failed: Callable[[str], None] = lambda why: None,
        damaged: Callable[[str], None] = lambda why: None,
    ) -> None:
        """
        Create the copy.  It opens no files and starts no threads yet, because the process may still fork.

        @param directory: the path of its directory.
        @param now: returns the seconds since the epoch.
        @param worker: starts a thread with this name.
        @param keepPassing: whether to store the passing events that the history of rooms shows, too.  It must be equal
            on all nodes.
        @param clock: the reactor's timers.  A batch that takes long is applied in several turns; C{None}: in one.
        @param failed: called once, with the reason, when a write fails.  After that nothing is applied.
        @param damaged: called once, with a description, when something is found in the file that changed on disk.
        """
        super().__init__(directory, now, worker, keepPassing, limits, clock, self._haveFailed, self._foundDamage)
        self._tellFailed, self._tellDamaged = failed, damaged
        self._why: str | None = None
        self._isDamaged = False
        self._saves: list[Deferred[None]] = []
        self._writer: Writer | None = None
        self._stored = self._time = self._storedTime = 0
        self._undecided: set[int] = set()
        self._renaming: int | None = None

    def open(self, name: str | None = None, key: bytes | None = None) -> CopyPosition | None:
        """
        Open the file.  This blocks.

        @param name: the name of the journal, for a new file.
        @param key: the key of the cloaks, for a new file.
        @return: what it has; C{None} if there is no copy, and C{name} or C{key} is not given.  Then read both from the
            stream, and call this again.
        @raise JournalUnusable: the file cannot be opened, or is damaged.  The message is for the administrator.
        """
        if (name is None or key is None) and not Path(self._directory, FILE).exists():
            return None
        try:
            with self._usable():
                return self._open(name, key)
        except _NoCopy:
            # The last process ended before it had made the file.
            return None

    def _open(self, name: str | None, key: bytes | None) -> CopyPosition:
        writer = Writer(self._directory, "relaxed", lambda: _known(name), lambda: _known(key))
        with abandoning(writer):
            position = writer.stored()
            writer.checkpoint(whole=True)
            snapshot = writer.snapshot()
            self._undecided, self._renaming = writer.undecided(), writer.pendingRename()
        self._writer = writer
        self._stored, self._time = position.sequence, position.time
        self._storedTime = position.time
        named = writer.constants.name
        self._stamp = Stamp(self._now, named, position.sequence, position.time)
        return CopyPosition(named, writer.constants.key, position.sequence, position.time, snapshot)

    def rebuild(self, apply: Apply) -> None:
        """
        Restore the state as a single server does, and begin after the last entry that was stored.  This blocks.

        Save a snapshot before the first entry is taken: the entries that the last process took cannot be taken again
        without one.

        The bans that have ended are those that had ended at the last entry.  So all nodes that begin with the same file
        have the same state.

        @param apply: called with each entry and its origin, in order: now with those that restore the state, later with
            those that are taken.
        @raise JournalUnusable: the file is damaged.
        """
        self._begin(apply, self._stored, lambda writer: restore(writer, self._time, apply))
        self._undecided.clear()
        self._renaming = None

    def resume(self, apply: Apply, sequence: int) -> None:
        """
        Begin with a state that was restored from the snapshot.  This blocks.

        @param apply: called with each entry that is taken, and its origin, in order.
        @param sequence: the sequence number of the last entry that the state contains.
        @raise JournalUnusable: the file is damaged.
        """
        self._begin(apply, sequence, lambda writer: None)

    def _begin(self, apply: Apply, sequence: int, restoring: Callable[[Writer], None]) -> None:
        assert self._writer is not None, "open() comes first"
        writer, self._writer = self._writer, None
        self.committer.applied = sequence
        self._start(writer, restoring, apply, lambda writer: None)

    def take(
        self,
        entry: Entry,
        origin: Origin | None = None,
        receipt: Deferred[Entry] | None = None,
        refused: Refused | None = None,
        encoded: tuple[str, bytes] | None = None,
    ) -> None:
        """
        Store and apply an entry.  If it is in the file already, only apply it.

        After a failure, and after the copy was closed, this does nothing.  If the entry that the file has last comes
        with a later time, the stream has other entries than the file, which is a failure.

        @param entry: the next entry.  Entries are taken in order, without gaps.
        @param origin: the request that led to it, if that was made on this node.
        @param receipt: fires with the outcome; C{None} if C{refused} is used instead.
        @param refused: called if the entry cannot be applied.
        @param encoded: the kind and the body of its event, as in the stream.  All nodes store the same bytes then,
            also while they run different versions.
        """
        committer, event, sequence = self.committer, entry.event, entry.sequence
        if committer.halted or committer.closed:
            return
        if sequence == self._stored > 0 and entry.time > self._storedTime:
            committer.halted = True
            self._haveFailed(f"the brokers have lost messages: the stream has another entry {sequence} than this copy")
            return
        self._time = max(self._time, entry.time)
        isKept = event.durable or (self._keepPassing and isShown(event))
        if sequence > self._stored or not isKept:
            row = self._rows.row(entry, encoded) if isKept else None
            committer.put(Proposal(entry, origin, receipt, refused, row))
            return
        change = holdingChange(event) if sequence in self._undecided else None
        if change is not None:
            committer.late.waiting[sequence] = change
        rename = committer.finishRename if sequence == self._renaming else None
        committer.put(Replayed(entry, origin, receipt, refused, rename))

    @property
    def stored(self) -> int:
        """The sequence number of the last entry that the file had when it was opened."""
        return self._stored

    @property
    def path(self) -> Path:
        """The path of the file."""
        return Path(self._directory, FILE)

    @property
    def waiting(self) -> int:
        """The number of entries that were taken and have not been applied, with the marks of C{settled}."""
        return self.committer.pending

    def save(self, take: Callable[[], bytes]) -> Deferred[None]:
        """
        Save a snapshot after everything that was taken so far.

        @param take: returns the snapshot.  It is called when everything that was taken so far has been applied.
        @return: fires when the snapshot is in the file.  Fails with L{Fault}, which has been logged, or with what
            C{take} raised.
        """
        if self._why is not None:
            return fail(Fault(self._why, "an earlier write failed"))
        saved: Deferred[None] = Deferred()
        self._saves.append(saved)

        def reached() -> None:
            try:
                data = take()
            except Exception:
                self._haveSaved(saved, Failure())
                return
            # What a restart from this snapshot does not take again must be decided in the file.
            self.committer.late.make()
            refused = self.refused()
            writing = self.write(lambda writer: writer.saveSnapshot(data, refused))
            writing.addCallback(lambda _: self.committer.sharer.erased())
            writing.addBoth(lambda outcome: self._haveSaved(saved, outcome))

        self.settled(reached)
        return saved

    def close(self) -> Deferred[None]:
        """See L{ILog.close}."""
        if self._writer is not None:
            # Nothing has begun.
            writer, self._writer = self._writer, None
            writer.abandon()
        return super().close()

    def cloakKey(self) -> bytes:
        """See L{ILog.cloakKey}."""
        writer = self.committer.threads.writer if self._writer is None else self._writer
        return writer.constants.key

    def _haveSaved(self, saved: Deferred[None], outcome: Failure | None) -> None:
        if saved in self._saves:
            self._saves.remove(saved)
            saved.callback(outcome)

    def _haveFailed(self, why: str) -> None:
        self._why = why
        saves, self._saves = self._saves, []
        for saved in saves:
            saved.errback(Fault(why, "a write failed"))
        self._tellFailed(why)

    def _foundDamage(self, why: str) -> None:
        if not self._isDamaged:
            self._isDamaged = True
            self._tellDamaged(why)

    def _position(self) -> tuple[int, int]:
        """All that was applied has been stored; but what the last process stored may not have been taken again."""
        return max(self._stored, self.committer.stored, self.committer.applied), self._time


def _known(value: str | bytes | None) -> Any:
    """
    The name or the key of a new file.

    @raise _NoCopy: it is not known.
    """
    if value is None:
        raise _NoCopy
    return value
