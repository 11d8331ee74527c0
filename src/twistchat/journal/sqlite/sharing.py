"""
The file, shared: how the history works in the file of the log.

This is all that the log knows of the history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from twistchat.journal.sqlite.reading import RowReader
    from twistchat.journal.sqlite.writer import Writer


@dataclass(frozen=True, slots=True)
class SharedFile:
    """
    What the log offers to the history.

    @ivar reader: the connection that reads; use it on the reading thread only, with C{read}.
    @ivar writer: the connection that writes; use it on the writing thread only, with C{write}.
    @ivar read: does something on the reading thread.  Fails with L{NotRead <twistchat.chat.errors.NotRead>}.
    @ivar write: does something on the writing thread, between two batches.  Fails with L{Fault
        <twistchat.journal.sqlite.faults.Fault>}, which is logged then.
    @ivar idle: whether no batch is being written, or waits to be.
    @ivar applied: the sequence number of the last entry that was applied, or refused.
    @ivar refused: the sequence numbers of refused entries that are still stored, as a JSON array.
    @ivar count: notes that so many rows were changed, for the next checkpoint.
    """

    reader: RowReader
    writer: Writer
    read: Callable[[Callable[[], Any]], Deferred[Any]]
    write: Callable[[Callable[[], Any]], Deferred[Any]]
    idle: Callable[[], bool]
    applied: Callable[[], int]
    refused: Callable[[], str]
    count: Callable[[int], None]


class Sharing(Protocol):
    """Somebody who works in the file of a log, beside the log.  All methods are called in the reactor's thread."""

    def prepare(self, file: SharedFile) -> None:
        """
        The log is being opened.  No thread works with the file yet, and this may block.

        @raise Fault: the log cannot be opened.
        """

    def begin(self) -> None:
        """The log is open."""

    def stored(self, entries: int) -> None:
        """So many entries, at most, have been stored and applied."""

    def renamed(self, sequence: int) -> None:
        """A room has the new name that the entry of this sequence number gave it, and the file says so."""

    def writable(self) -> None:
        """The file could be written again, after a fault."""

    def stop(self) -> None:
        """The log is being closed: do nothing more."""
