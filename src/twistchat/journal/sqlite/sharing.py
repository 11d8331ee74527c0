"""The interface to the history, which shares the file of the log.  The log knows nothing else of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from twistchat.journal.sqlite.reading import RowReader
    from twistchat.journal.sqlite.writing.writer import Writer


class Sharer(Protocol):
    """
    An object that works in the file of a L{FileLog <twistchat.journal.sqlite.filelog.FileLog>}, between the log's
    batches.  The log calls all methods in the reactor's thread.
    """

    def prepare(self, reader: RowReader, writer: Writer) -> None:
        """
        Prepare to work, while the log opens.  No thread uses the file yet, so this call may block.

        @param reader: the connection that reads.  Use it only with C{FileLog.read}.
        @param writer: the connection that writes.  Use it only with C{FileLog.write}.
        @raise Fault: the log cannot be opened.
        """

    def resume(self) -> None:
        """Start to work, or continue after a fault: the file can be written."""

    def stored(self, count: int) -> None:
        """Some entries were stored and applied: at most C{count}."""

    def renamed(self, sequence: int) -> None:
        """The file contains the rename of a room.  C{sequence} is the sequence number of its entry."""

    def forgotten(self, sequence: int, account: str) -> None:
        """The texts of an account are to be erased: the entry C{sequence} was stored and applied."""

    def erased(self) -> None:
        """Entries are being deleted whose bytes must not stay in the file.  L{Writer.scrub} removes them."""

    def stop(self) -> None:
        """Stop working: the log is being closed."""
