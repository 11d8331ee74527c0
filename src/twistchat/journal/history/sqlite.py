"""The history of a journal on disk.  It works in the file of the log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotRead
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Acts, Around, Count, Kept, Latest, Point, Search, Span
from twistchat.interfaces import IHistory
from twistchat.journal.history.acts import readActs
from twistchat.journal.history.overview import Overview
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.history.removal.forgetting import ForgetPace, Forgetting
from twistchat.journal.history.removal.retention import Retention
from twistchat.journal.history.removal.scrubbing import Scrubbing, ScrubPace
from twistchat.journal.history.renames import MovePace, Moving
from twistchat.journal.history.search.indexing import Indexing, IndexPace
from twistchat.journal.history.search.searching import SEARCH_TIME, HistorySearch
from twistchat.journal.history.turns import Turns
from twistchat.journal.history.writing import HistoryWriter

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from twistchat.journal.sqlite.filelog import FileLog
    from twistchat.journal.sqlite.reading import RowReader
    from twistchat.journal.sqlite.writing.writer import Writer

RECENT = 10.0
"""Seconds until results that were kept decoded are dropped, see L{HistoryReader}."""


@implementer(IHistory)
class SqliteHistory:
    """
    Reads and searches the entries of a L{FileLog <twistchat.journal.sqlite.filelog.FileLog>}.  In the background it
    fills the word index, moves entries of renamed rooms, deletes old entries, erases the texts of accounts, and removes
    the bytes of deleted credentials.

    It implements L{Sharer <twistchat.journal.sqlite.sharing.Sharer>}.

    @ivar reader: reads, on the reading thread.  Set when the log opens.
    @ivar searcher: searches, on the reading thread.  Set when the log opens.
    @ivar overview: finds newest texts and counts texts, on the reading thread.  Set when the log opens.
    @ivar writer: writes, on the writing thread.  Set when the log opens.
    @ivar indexing: fills the word index.
    @ivar moving: moves entries of renamed rooms.
    @ivar scrubbing: removes the bytes of deleted credentials.
    @ivar erasing: erases the texts of accounts.
    """

    reader: HistoryReader
    searcher: HistorySearch
    overview: Overview
    writer: HistoryWriter

    def __init__(
        self,
        log: FileLog,
        retention: Retention | None = None,
        clock: IReactorTime | None = None,
        indexPace: IndexPace | None = None,
        movePace: MovePace | None = None,
        scrubPace: ScrubPace | None = None,
        forgetPace: ForgetPace | None = None,
        searchTime: float = SEARCH_TIME,
    ) -> None:
        """
        @param log: the log, which is not open yet.
        @param retention: deletes old entries; C{None} to keep all entries.
        @param clock: the reactor's timers; C{None} to make no pauses, and to let searches take any time.
        @param searchTime: the maximum duration of a search, in seconds.
        """
        self._log = log
        self._clock = clock
        self._keeping = False
        self._forgetting: IDelayedCall | None = None
        self._retention = retention
        self.indexing = Indexing(clock, self._write, log.isIdle, self._applied, indexPace or IndexPace())
        self._turns = Turns(self._read)
        self._seconds, self._searchTime = None if clock is None else clock.seconds, searchTime
        self.moving = Moving(clock, self._write, self._turns.last, log.count, movePace or MovePace())
        self.scrubbing = Scrubbing(clock, lambda: log.write(lambda file: file.scrub()), scrubPace or ScrubPace())
        self.erasing = Forgetting(clock, self._write, log.count, forgetPace or ForgetPace())
        log.share(self)
        log.figures.unindexed = lambda: self.indexing.waiting
        log.figures.tasks = self._tasks

    # IHistory

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.read}."""
        end, refused = self._log.applied + 1, self._log.refused()
        if self._clock is not None and self._keeping and self._forgetting is None:
            self._forgetting = self._clock.callLater(RECENT, self._forgetRecent)
        return self._read(lambda reader: reader.read(span, end, refused)).addCallback(self.erasing.shown)

    def search(self, search: Search) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.search}."""
        end, refused = self._log.applied + 1, self._log.refused()
        searching = self._turns.search(lambda _: self.searcher.search(search, end, refused))
        return searching.addCallback(self.erasing.shown)

    def acts(self, acts: Acts) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.acts}.  It takes a turn with the searches, because it may examine many acts."""
        end, refused = self._log.applied + 1, self._log.refused()
        return self._turns.search(lambda reader: self.searcher.bounded(lambda: readActs(reader, acts, end, refused)))

    def forgetting(self, account: str) -> Deferred[float]:
        """See L{IHistory.forgetting}."""
        return self.erasing.progress(fold(account))

    def latest(
        self, conversations: Collection[str], account: str | None = None, limit: int = 1000
    ) -> Deferred[Sequence[Latest]]:
        """See L{IHistory.latest}."""
        end, refused = self._log.applied + 1, self._log.refused()
        names = list(conversations)
        return self._read(lambda _: self.overview.latest(names, account, limit, end, refused))

    def count(
        self,
        conversation: str,
        after: Point,
        limit: int,
        phrases: Sequence[str] = (),
        without: str | None = None,
        first: int = 0,
    ) -> Deferred[Count]:
        """See L{IHistory.count}."""
        end, refused = self._log.applied + 1, self._log.refused()
        return self._read(
            lambda _: self.overview.count(conversation, after, limit, phrases, without, first, end, refused)
        )

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}."""
        return self._log.locate(msgid)

    # Sharer

    def prepare(self, reader: RowReader, writer: Writer) -> None:
        """See L{Sharer.prepare <twistchat.journal.sqlite.sharing.Sharer.prepare>}."""
        self.reader = HistoryReader(reader)
        self.reader.keeping = self._keeping = self._clock is not None
        self.searcher = HistorySearch(self.reader, self._seconds, self._searchTime)
        self.overview = Overview(self.reader)
        self.writer = HistoryWriter(writer)
        self.erasing.pending.update(self.writer.pendingErasures())
        if self._retention is not None:
            self._retention.start(self._write, self._read, self._applied)

    def resume(self) -> None:
        """See L{Sharer.resume <twistchat.journal.sqlite.sharing.Sharer.resume>}."""
        self.moving.begin(self._log.applied)
        self.indexing.begin()
        self.erasing.begin()

    def stored(self, count: int) -> None:
        """See L{Sharer.stored <twistchat.journal.sqlite.sharing.Sharer.stored>}."""
        self.indexing.stored(count)

    def renamed(self, sequence: int) -> None:
        """See L{Sharer.renamed <twistchat.journal.sqlite.sharing.Sharer.renamed>}."""
        self.moving.begin(sequence)

    def forgotten(self, sequence: int, account: str) -> None:
        """See L{Sharer.forgotten <twistchat.journal.sqlite.sharing.Sharer.forgotten>}."""
        self.erasing.pending[sequence] = fold(account)
        self.erasing.begin()

    def erased(self) -> None:
        """See L{Sharer.erased <twistchat.journal.sqlite.sharing.Sharer.erased>}."""
        self.scrubbing.begin()

    def stop(self) -> None:
        """See L{Sharer.stop <twistchat.journal.sqlite.sharing.Sharer.stop>}."""
        self.moving.stop()
        self.indexing.stop()
        self.scrubbing.stop()
        self.erasing.stop()
        self._keeping = False
        if self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None
        if self._retention is not None:
            self._retention.stop()

    def _tasks(self) -> Mapping[str, int]:
        """See L{JournalFigures}."""
        rounds = 0 if self._retention is None else self._retention.rounds
        return {"index": self.indexing.steps, "retention": rounds, "checkpoint": self._log.checkpoints}

    def _forgetRecent(self) -> None:
        self._forgetting = None
        self._read(HistoryReader.forgetRecent).addErrback(_ignoreNotRead)

    def _applied(self) -> int:
        return self._log.applied

    def _read(self, work: Callable[[HistoryReader], Any]) -> Deferred[Any]:
        """Run work on the reading thread."""
        return self._log.read(lambda _: work(self.reader))

    def _write(self, work: Callable[[HistoryWriter], Any]) -> Deferred[Any]:
        """Run work on the writing thread."""
        return self._log.write(lambda _: work(self.writer))


def _ignoreNotRead(failure: Failure) -> None:
    """Ignore that the journal was closed meanwhile."""
    failure.trap(NotRead)
