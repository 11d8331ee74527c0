"""The history of a journal on disk: it reads, indexes and deletes in the file of the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from twistchat.chat.errors import NotRead
from twistchat.chat.model.spans import Around, Kept, Span
from twistchat.interfaces import IHistory
from twistchat.journal.history.indexing import Indexing
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.history.renames import Moving
from twistchat.journal.history.retention import Retention
from twistchat.journal.history.writing import HistoryWriter

if TYPE_CHECKING:
    from twistchat.journal.sqlite.log import SqliteLog
    from twistchat.journal.sqlite.sharing import SharedFile


@implementer(IHistory)
class SqliteHistory:
    """
    Reads and searches what a L{SqliteLog} has stored; and does what that takes, in the background: it fills the word
    index, moves the entries of renamed rooms, and deletes old entries.

    @ivar reader: what reads, on the reading thread, once the log is open.
    @ivar writer: what writes, on the writing thread; likewise.
    """

    def __init__(self, log: SqliteLog, retention: Retention | None = None, clock: IReactorTime | None = None) -> None:
        """
        @param log: whose file it shares.  It is not open yet.
        @param retention: what is deleted, and when; C{None} keeps everything.
        @param clock: for pauses in work that can wait; C{None} makes none.
        """
        self._log = log
        self._retention = retention
        self._clock = clock
        self._file: SharedFile | None = None
        log.share(self)

    # IHistory

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.read}."""
        if self._file is None:
            return fail(NotRead("the journal is closed"))
        end, without = self._file.applied() + 1, self._file.refused()
        return self._reading(lambda reader: reader.read(span, end, without))

    def search(
        self,
        conversations: Sequence[str],
        words: str,
        limit: int,
        before: int | None = None,
        account: str | None = None,
    ) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.search}."""
        if self._file is None:
            return fail(NotRead("the journal is closed"))
        end, without = self._file.applied() + 1, self._file.refused()
        if before is not None:
            end = min(before, end)
        return self._reading(lambda reader: reader.search(conversations, words, limit, end, account, without))

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}."""
        return self._log.locate(msgid)

    # Sharing

    def prepare(self, file: SharedFile) -> None:
        """See L{Sharing.prepare <twistchat.journal.sqlite.sharing.Sharing.prepare>}."""
        self.reader = HistoryReader(file.reader)
        self.writer = HistoryWriter(file.writer)
        self._file = file
        self._indexing = Indexing(self._clock, self._writing, file.idle, file.applied)
        self._moving = Moving(self._clock, self._writing, self._reading, file.count)

    def begin(self) -> None:
        """See L{Sharing.begin <twistchat.journal.sqlite.sharing.Sharing.begin>}."""
        assert self._file is not None
        self._moving.begin(self._file.applied())
        self._indexing.begin()
        if self._retention is not None:
            self._retention.start(self._writing, self._reading, self._file.applied)

    def stored(self, entries: int) -> None:
        """See L{Sharing.stored <twistchat.journal.sqlite.sharing.Sharing.stored>}."""
        self._indexing.came(entries)

    def renamed(self, sequence: int) -> None:
        """See L{Sharing.renamed <twistchat.journal.sqlite.sharing.Sharing.renamed>}."""
        self._moving.begin(sequence)

    def writable(self) -> None:
        """See L{Sharing.writable <twistchat.journal.sqlite.sharing.Sharing.writable>}."""
        assert self._file is not None
        self._moving.begin(self._file.applied())
        self._indexing.begin()

    def stop(self) -> None:
        """See L{Sharing.stop <twistchat.journal.sqlite.sharing.Sharing.stop>}."""
        self._moving.stop()
        self._indexing.stop()
        if self._retention is not None:
            self._retention.stop()

    def _reading(self, work: Callable[[HistoryReader], Any]) -> Deferred[Any]:
        """Do something on the reading thread."""
        assert self._file is not None
        return self._file.read(lambda: work(self.reader))

    def _writing(self, work: Callable[[HistoryWriter], Any]) -> Deferred[Any]:
        """Do something on the writing thread."""
        assert self._file is not None
        return self._file.write(lambda: work(self.writer))
