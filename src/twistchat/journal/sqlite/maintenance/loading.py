"""Stores entries that have their stamps already, in a journal that no server uses.  Everything here blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twistchat.chat.model.events import RoomMessage
from twistchat.journal.sqlite.restoring import restore
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.sideeffects import SideEffects

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry
    from twistchat.interfaces import Apply
    from twistchat.journal.sqlite.rows import Row
    from twistchat.journal.sqlite.writing.writer import Writer

CHECKPOINT: Final = 16
"""The number of batches after which the content of SQLite's log is moved into the database."""


class Loader:
    """
    Stores entries in batches, with the side effects that the log would give them.

    All entries count as applied.  So the caller passes only entries that have been applied once, here or elsewhere.
    What is killed between two batches leaves a good journal.

    @ivar writer: the connection to the file.  It holds the lock, so no server can start.
    @ivar name: the journal's name.
    @ivar sequence: the last sequence number that the journal has used.
    @ivar time: the last time that it has used, in milliseconds since the epoch.
    @ivar stored: the number of entries that were stored.
    """

    def __init__(self, writer: Writer, now: int, apply: Apply, limits: LogLimits | None = None) -> None:
        """
        Restore the state of a journal.

        @param now: the time, in milliseconds since the epoch.
        @param apply: gets each entry that a restart applies.
        @raise Fault: the file cannot be read or written.
        """
        self.writer = writer
        self.name = writer.constants.name
        self.stored = 0
        position = writer.position()
        self.sequence, self.time = position.sequence, position.time
        self._limits = LogLimits() if limits is None else limits
        self._batches = 0
        self._rename: int | None = None
        writer.checkpoint(whole=True)
        restore(writer, now, apply)
        self._begin()

    def add(self, entry: Entry, row: Row) -> None:
        """
        Store an entry, now or with those that follow.

        @param entry: its sequence number is higher than that of all entries before.
        @param row: the entry as a row.
        @raise Fault: the batch could not be stored.  The entries of earlier batches are stored.
        """
        if self._rows and (len(self._rows) >= self._limits.entries or self._size + len(row[-1]) > self._limits.size):
            self.flush()
        self._rows.append(row)
        self._size += len(row[-1])
        self.sequence = entry.sequence
        self.time = max(self.time, entry.time)
        if type(entry.event) is not RoomMessage and self._effects.note(entry):
            self._rename = entry.sequence
            self.flush()

    def reserve(self, count: int) -> None:
        """Make sure that one transaction stores the next few entries."""
        if len(self._rows) + count > self._limits.entries:
            self.flush()

    def flush(self) -> None:
        """
        Store the entries that wait, in one transaction.

        @raise Fault: they could not be stored.
        """
        if not self._rows:
            return
        self.writer.write(self._rows, self._effects.statements())
        if self._effects.late:
            self.writer.accept(list(self._effects.late.items()))
        if self._rename is not None:
            self.writer.rename(self._rename)
        self.stored += len(self._rows)
        self._batches += 1
        if not self._batches % CHECKPOINT:
            self.writer.checkpoint()
        self._begin()

    def close(self) -> None:
        """
        Write the position, and close the file.  Entries that still wait are lost.

        @raise Fault: the position could not be written.  The file is closed nevertheless.
        """
        self.writer.scrub()
        self.writer.close(self.sequence, self.time)

    def _begin(self) -> None:
        """Begin a batch."""
        self._rows: list[Row] = []
        self._effects = SideEffects()
        self._size = 0
        self._rename = None
