"""Tests of L{twistchat.journal.history.search.indexing}, with the journal whose texts it indexes, and with searches."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import (
    DiskTestCase,
    connectionOf,
    readerOf,
    sound,
    sqliteParts,
    useConnection,
    writerOf,
)
from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.events import (
    Entry,
    Event,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    TopicSet,
)
from twistchat.chat.model.spans import Search
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.history.renames import MovePace
from twistchat.journal.history.search.indexing import Indexing, IndexPace
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.threads import PROBE
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.testing.contract import ANN, BOB, GUEST, said
from twistchat.testing.workers import InlineWorker

STEP = 4
"""The size of a step in most of these tests."""

LAG = 12
"""The maximum number of waiting entries in most of these tests."""

PACE = IndexPace(step=STEP, lag=LAG, largeStep=6)
"""The pace of most of these tests."""

QUIET, LONGEST = PACE.quiet, PACE.longest


class SpyConnection:
    """
    A wrapper of a connection that calls a function before each statement.

    @ivar asked: the statements that it was given.
    """

    def __init__(self, connection: sqlite3.Connection, before: Callable[[], object] = lambda: None) -> None:
        self.real = connection
        self._before = before
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        """Use the attributes of the connection."""
        return getattr(self.real, name)

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Record a statement, and run it."""
        self.asked.append(statement)
        self._before()
        return self.real.execute(statement, parameters)


class IndexTestCase(DiskTestCase):
    """A journal with a clock and small steps."""

    def setUp(self) -> None:
        """Open a journal that has nothing to index."""
        self.clock = Clock()
        self.indexPace = PACE
        super().setUp()

    def openJournal(self, *arguments: Any, **keywords: Any) -> None:
        """Open the journal of this directory, and let its first step pass."""
        super().openJournal(*arguments, **{"clock": self.clock} | keywords)
        self.quiet()

    def quiet(self) -> None:
        """Let the quiet time pass, so that everything is indexed."""
        self.clock.advance(QUIET)
        self.settle()

    def leave(self, *events: Event) -> list[Entry]:
        """Append events in one batch, and index none of them before the quiet time has passed."""
        pace, self.history.indexing.pace = self.history.indexing.pace, IndexPace(step=1000, lag=1000)
        entries = self.append(*events)
        self.history.indexing.pace = pace
        return entries

    def limitBatches(self, entries: int) -> None:
        """Let a batch have at most so many entries from now on."""
        self.journal.committer.limits = LogLimits(entries=entries)

    def limitSteps(self, size: int) -> None:
        """Let a step have at most so many characters from now on."""
        self.history.indexing.pace = dataclasses.replace(PACE, size=size)

    def put(self, sequence: int) -> None:
        """Store a text that has not been applied."""
        self.connection.execute(
            "INSERT INTO entry (sequence, time, kind, conversation, body)"
            " VALUES (?, 1, 'said', '#room', json_object('text', 'word'))",
            (sequence,),
        )

    def appendNow(self, *texts: str) -> list[Entry]:
        """Append texts, and run only the work that they need."""
        receipts = [self.journal.append(said(text)) for text in texts]
        while not all(receipt.called for receipt in receipts):
            self.writer.step()
        return [self.successResultOf(receipt) for receipt in receipts]

    def indexed(self) -> int:
        """The number of indexed texts that contain C{word}, as another process finds them."""
        (count,) = self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'text : word'")
        return int(count)

    def found(self, words: str = "word", limit: int = 99, account: str | None = None, room: str = "#room") -> list[str]:
        """Search, without running the writer."""
        searching = self.history.search(Search(words, limit, {room: 0}, account))
        self.reader.run()
        return [getattr(entry.event, "text", "?") for entry in sound(self.successResultOf(searching))]


class WhenTests(IndexTestCase):
    """When texts are indexed."""

    def test_quiet(self) -> None:
        """Fewer entries than a step has are indexed after the quiet time, in one step.  Then no timer is left."""
        self.append(said("word 1"))
        self.clock.advance(QUIET / 2)
        self.append(said("word 2"))
        self.clock.advance(QUIET / 2 - 0.001)
        self.assertEqual((len(self.writer), self.indexed()), (0, 0))
        self.clock.advance(0.001)
        self.assertEqual(len(self.writer), 1)
        self.writer.step()
        self.assertEqual((len(self.writer), self.indexed()), (0, 2))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nothing(self) -> None:
        """If nothing is stored, nothing is written, and no timer is set."""
        self.assertEqual(self.clock.getDelayedCalls(), [])
        before = self.connection.total_changes
        self.closeJournal()
        self.openJournal()
        changes = self.connection.total_changes
        self.quiet()
        self.assertEqual(self.connection.total_changes, changes)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertGreater(before, 0)

    def test_noCommitBehindAMessage(self) -> None:
        """A message does not cause another transaction, which would delay the next message."""
        for number in range(STEP - 1):
            self.appendNow(f"word {number}")
            self.assertEqual(len(self.writer), 0)

    def test_step(self) -> None:
        """As many entries as a step has are indexed as soon as they are applied and no batch waits."""
        for number in range(STEP - 1):
            self.appendNow(f"word {number}")
        self.appendNow("word more")
        self.assertEqual((len(self.writer), self.indexed()), (1, 0))
        self.writer.step()
        self.assertEqual((len(self.writer), self.indexed()), (0, STEP))
        self.quiet()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_notBeforeTheNext(self) -> None:
        """If applied entries lead to new events, those are written before a step is taken."""
        self.limitBatches(STEP)
        receipts = [self.journal.append(said("word")) for _ in range(1 + STEP)]
        receipts[-1].addCallback(lambda _: self.journal.append(said("word more")))
        self.writer.step()
        self.writer.step()
        self.assertEqual(len(self.writer), 1)
        self.writer.step()
        self.assertEqual((len(self.applied), self.indexed()), (2 + STEP, 0))
        self.settle()
        self.assertEqual(self.indexed(), STEP)

    def test_together(self) -> None:
        """A batch of more entries than a step has is indexed in steps, and the rest after the quiet time."""
        self.limitBatches(100)
        self.appendNow("word")
        self.quiet()
        self.journal.append(TopicSet(ANN, "#room", "t"))
        for _ in range(2 * STEP):
            self.journal.append(said("word"))
        self.settle()
        self.assertEqual(self.indexed(), 2 * STEP)
        self.quiet()
        self.assertEqual(self.indexed(), 1 + 2 * STEP)

    def test_oneAfterTheOther(self) -> None:
        """Waiting entries are indexed step by step, and new messages are written between two steps."""
        self.leave(*(said(f"word {number}") for number in range(3 * STEP)))
        self.clock.advance(QUIET)
        self.assertEqual(len(self.writer), 1)
        receipt = self.journal.append(said("word between"))
        counts = []
        while self.writer:
            self.writer.step()
            counts.append((self.indexed(), receipt.called))
        self.assertEqual(counts, [(STEP, False), (STEP, True), (2 * STEP, True), (3 * STEP, True)])
        self.quiet()
        self.assertEqual(self.indexed(), 3 * STEP + 1)

    def test_busy(self) -> None:
        """While batches are written, nothing is indexed, even after the quiet time."""
        self.journal.append(said("word"))
        for _ in range(LAG - 1):
            self.journal.append(said("word"))
            self.writer.step()
            self.clock.advance(QUIET)
            self.assertEqual(len(self.writer), 1)
        self.assertEqual(self.indexed(), 0)
        self.settle()
        self.clock.advance(QUIET)
        self.settle()
        self.assertEqual(self.indexed(), LAG)

    def test_lag(self) -> None:
        """Under constant load, steps are taken between batches, so that the number of waiting entries is bounded."""
        self.limitBatches(STEP + 1)
        self.journal.append(said("word"))
        written, most = 0, 0
        order = ""
        while written < 10 * LAG:
            for _ in range(STEP):
                self.journal.append(said("word"))
            before = len(self.applied)
            self.writer.step()
            order += "b" if len(self.applied) > before else "i"
            written = len(self.applied)
            most = max(most, written - self.indexed())
        self.assertLessEqual(most, LAG + 3 * STEP)
        self.assertGreater(most, LAG)
        self.assertNotIn("ii", order)
        self.assertIn("bibib", order)

    def test_lagOfLongTexts(self) -> None:
        """The number of waiting entries is bounded for long texts too, because a large step has no size limit."""
        self.limitBatches(STEP + 1)
        self.limitSteps(100)
        self.journal.append(said("word"))
        most = 0
        for _ in range(100):
            for _ in range(STEP):
                self.journal.append(said("word " + "x" * 200))
            self.writer.step()
            most = max(most, len(self.applied) - self.indexed())
        self.assertLessEqual(most, LAG + 3 * STEP)

    def test_stepsKeepUp(self) -> None:
        """A large step has more entries than a batch."""
        self.assertGreater(IndexPace().largeStep, LogLimits().entries)

    def test_size(self) -> None:
        """A step has a maximum number of characters, except for a single text.  All texts are indexed in the end."""
        self.limitSteps(1000)
        self.leave(*(said(f"word {'x' * size}") for size in (2000, 300, 300, 300, 300, 1, 1, 1, 1)))
        self.clock.advance(QUIET)
        counts = [0]
        while len(self.writer):
            self.writer.step()
            counts.append(self.indexed())
        self.assertEqual(counts, [0, 1, 3, 5, 9])

    def test_othersCount(self) -> None:
        """A step skips entries that are not texts, and no later step examines them."""
        self.append(*(TopicSet(ANN, "#room", f"{number}") for number in range(STEP)), said("word"))
        self.quiet()
        self.assertEqual(self.indexed(), 1)
        self.assertEqual(self.onDisk("SELECT indexed FROM journal"), [self.applied[-1].sequence])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_oneStatement(self) -> None:
        """A step is one statement that reads, and one that writes."""
        self.leave(*(said("word") for _ in range(STEP)))
        spy = SpyConnection(self.connection)
        useConnection(self.store, spy)
        self.clock.advance(QUIET)
        self.writer.step()
        self.assertEqual([statement.split()[0] for statement in spy.asked], ["SELECT", "UPDATE"])
        useConnection(self.store, spy.real)

    def test_noClock(self) -> None:
        """Without a clock only full steps are taken.  The first may come one entry early."""
        self.closeJournal()
        self.openJournal(clock=None)
        for _ in range(STEP - 2):
            self.append(said("word"))
        self.assertEqual(self.indexed(), 0)
        for _ in range(2 * STEP):
            self.append(said("word"))
        self.assertGreaterEqual(self.indexed(), 2 * STEP)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.found()), 3 * STEP - 2)

    def test_renamesDoNotCount(self) -> None:
        """Moved entries do not count as new ones."""
        self.leave(*(said("word") for _ in range(LAG)))
        self.quiet()
        self.history.moving.pace = MovePace(step=2)
        steps: list[object] = []
        self.patch(self.history.writer, "index", lambda *arguments: steps.extend([arguments]))
        self.append(RoomRenamed(ANN, "#room", "#hall"))
        for _ in range(LAG):
            self.clock.advance(0.02)
            self.settle()
        self.assertEqual((self.onDisk("SELECT count(*) FROM moving"), steps), ([0], []))
        self.checkWords()

    def test_oneAtATime(self) -> None:
        """At most one step is pending, so a batch waits for at most one step."""
        self.leave(*(said("word") for _ in range(10 * LAG)))
        self.limitBatches(STEP + 1)
        self.journal.append(said("word"))
        order = ""
        for _ in range(40):
            for _ in range(STEP):
                self.journal.append(said("word"))
            before = len(self.applied)
            self.writer.step()
            order += "b" if len(self.applied) > before else "i"
        self.assertEqual(order[1:], "bi" * 19 + "b")

    def test_notApplied(self) -> None:
        """A stored entry that has not been applied is not indexed."""
        self.append(*(said("word") for _ in range(STEP)))
        receipts = [self.journal.append(said("word")) for _ in range(2)]
        self.writer.queue.appendleft((lambda: self.history.writer.index(self.journal.applied, 99), lambda _: None))
        self.put(self.applied[-1].sequence + 1000)
        self.settle()
        self.quiet()
        for receipt in receipts:
            self.successResultOf(receipt)
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry"), [STEP + 3])
        self.assertEqual(self.indexed(), STEP + 2)
        self.assertEqual(len(self.found()), STEP + 2)


class EndTests(IndexTestCase):
    """Texts that were not indexed when the process ended."""

    def check(self) -> None:
        """After a restart they are found at once, and indexed after the quiet time."""
        self.assertEqual((self.indexed(), self.found()), (0, ["word 0", "word 1"]))
        self.quiet()
        self.assertEqual((self.indexed(), self.found()), (2, ["word 0", "word 1"]))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.checkWords()

    def openJournal(self, *arguments: Any, **keywords: Any) -> None:
        """Open the journal, and do not wait for its first step."""
        DiskTestCase.openJournal(self, *arguments, **{"clock": self.clock} | keywords)

    def test_close(self) -> None:
        """A closed journal indexes nothing more and has no timers.  The next start continues."""
        self.append(said("word 0"), said("word 1"))
        self.closeJournal()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.indexed(), 0)
        self.openJournal()
        self.check()

    def test_closeBusy(self) -> None:
        """Entries that are written while the journal closes cause no step, and a step causes no further one."""
        self.leave(*(said("word") for _ in range(2 * STEP)))
        self.clock.advance(QUIET)
        self.assertEqual(len(self.writer), 1)
        receipts = [self.journal.append(said("word")) for _ in range(STEP)]
        closed = self.journal.close()
        self.settle()
        self.successResultOf(closed)
        for receipt in receipts:
            self.successResultOf(receipt)
        self.assertEqual(self.indexed(), STEP)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_closeWithOneMore(self) -> None:
        """A few entries that are written while the journal closes set no timer."""
        receipt = self.journal.append(said("word"))
        self.closeJournal()
        self.successResultOf(receipt)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_kill(self) -> None:
        """After a kill, texts are found at once, and indexed after the quiet time."""
        self.append(said("word 0"), said("word 1"))
        self.die()
        self.history.indexing.stop()  # a killed process has no timers
        self.openJournal()
        self.check()

    def test_killAmidSteps(self) -> None:
        """After a process ended between two steps, the next one continues after the first step."""
        self.leave(*(said(f"word {number}") for number in range(2 * STEP + 1)))
        self.clock.advance(QUIET)
        self.writer.step()
        self.assertEqual(self.indexed(), STEP)
        self.history.indexing.stop()  # a killed process has no timers
        self.writer.queue.clear()
        self.die()
        self.openJournal()
        self.assertEqual(len(self.found()), 2 * STEP + 1)
        self.clock.advance(QUIET)
        self.settle()
        self.assertEqual(self.indexed(), 2 * STEP)
        self.quiet()
        self.assertEqual(self.indexed(), 2 * STEP + 1)
        self.checkWords()

    def test_backup(self) -> None:
        """A copy contains all texts, and a journal that is opened from it finds them."""
        self.append(said("word 0"), said("word 1"))
        copy = self.path.with_name("copy.sqlite")
        reader = HistoryReader.open(self.path)
        self.addCleanup(reader.close)
        reader.copyTo(copy)
        self.closeJournal()
        copy.rename(self.path)
        self.openJournal()
        self.check()


class SearchTests(IndexTestCase):
    """A search finds the same texts, whether they are indexed or not."""

    def stages(self) -> Iterator[str]:
        """Index step by step: before the first step, and after each."""
        yield "before"
        self.clock.advance(QUIET)
        while self.writer:
            self.writer.step()
            yield f"{self.indexed()} indexed"

    def test_everyStage(self) -> None:
        """Texts are found once and in order: in a room, with a limit, and page by page."""
        entries = self.leave(*(said(f"word {number}") for number in range(9)))
        self.leave(
            said("other"), said("word elsewhere", "#other"), RoomMessage(ANN, "#Room", "s", "word ranked", rank="o")
        )
        texts = [f"word {number}" for number in range(9)]
        stages = list[str]()
        for stage in self.stages():
            stages.append(stage)
            self.assertEqual(self.found(), texts, stage)
            for limit in (1, 3, 5, 8):
                self.assertEqual(self.found(limit=limit), texts[-limit:], stage)
            for place in (0, 2, 5, 8):
                page = self.history.search(Search("word", 3, {"#room": 0}, before=entries[place].sequence))
                self.reader.run()
                wanted = entries[max(0, place - 3) : place]
                self.assertEqual(self.successResultOf(page), wanted, (stage, place))
            both = self.history.search(Search("word", 3, {"#other": 0, "#room": 0, "@#room": 0}))
            self.reader.run()
            found = [getattr(entry.event, "text", "?") for entry in sound(self.successResultOf(both))]
            self.assertEqual(found, ["word 8", "word elsewhere", "word ranked"], stage)
            self.assertEqual(self.found("word 7"), ["word 7"], stage)
            self.assertEqual(self.found("nowhere"), [], stage)
            self.assertEqual(self.found(room="#nowhere"), [], stage)
        self.assertEqual(stages, ["before", "4 indexed", "8 indexed", "11 indexed"])

    def test_private(self) -> None:
        """Both accounts find their private texts, and nobody else does.  Nobody finds those of guests."""
        self.leave(
            PrivateMessage(ANN, "s", BOB, "word one"),
            said("word room"),
            PrivateMessage(GUEST, "s", BOB, "word guest"),
            PrivateMessage(BOB, "s", ANN, "word two"),
            PrivateMessage(BOB, "s", BOB, "word himself"),
        )
        for stage in self.stages():
            self.assertEqual(self.found(), ["word room"], stage)
            self.assertEqual(self.found(account="ANN"), ["word one", "word room", "word two"], stage)
            self.assertEqual(self.found(account="bob")[-1], "word himself", stage)
            self.assertEqual(self.found(account="an"), ["word room"], stage)
            self.assertEqual(self.found(limit=2, account="ann"), ["word room", "word two"], stage)
            alone = self.history.search(Search("word", 9, {}, "ann"))
            self.reader.run()
            self.assertEqual(len(self.successResultOf(alone)), 2, stage)
            pair = self.history.search(Search("word", 9, {"ann bob": 0}, "ann"))
            self.reader.run()
            self.assertEqual(len(self.successResultOf(pair)), 2, stage)

    def test_aStepMeanwhile(self) -> None:
        """A step that is committed during a search neither hides a text nor shows it twice."""
        texts = [f"word {number}" for number in range(6)]
        for when in range(8):
            self.leave(*map(said, texts))
            self.leave(RoomRenamed(ANN, "#other", "#another"))
            statements = iter(range(99))

            def step(statements: Iterator[int] = statements, when: int = when) -> None:
                if next(statements) == when:
                    self.history.writer.index(self.journal.applied, 3)

            reader = readerOf(self.journal)
            spy = SpyConnection(connectionOf(reader), step)
            useConnection(reader, spy)
            self.assertEqual(self.found(), texts, when)
            self.assertEqual(self.found(), texts, when)
            useConnection(reader, spy.real)
            self.assertGreater(self.indexed(), 0)
            for entry in self.applied:
                if isinstance(entry.event, RoomMessage):
                    self.append(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid))
            self.applied.clear()
            self.quiet()

    def test_common(self) -> None:
        """If all applied texts are indexed, a search is two statements."""
        self.append(said("word"))
        reader = readerOf(self.journal)
        spy = SpyConnection(connectionOf(reader))
        useConnection(reader, spy)
        self.found()
        self.assertGreater(len(spy.asked), 2)
        self.quiet()
        spy.asked.clear()
        self.assertEqual(self.found(), ["word"])
        self.assertEqual(len(spy.asked), 2)
        spy.asked.clear()
        self.put(self.applied[-1].sequence + 1)
        self.assertEqual(self.found(), ["word"])
        self.assertEqual(len(spy.asked), 2)

    def test_nothingLeft(self) -> None:
        """A search leaves no rows in the temporary index, and a later search finds new texts."""
        self.append(said("word 0"))
        self.found()
        tail = connectionOf(readerOf(self.journal)).execute("SELECT count(*) FROM tail WHERE tail MATCH 'word'")
        self.assertEqual(tail.fetchone(), (0,))
        self.append(said("word 1"))
        self.assertEqual(self.found(), ["word 0", "word 1"])

    def test_renamed(self) -> None:
        """While texts are moved and indexed, they are found by the room's new name only."""
        self.append(said("word 0"), said("word 1"))
        self.index()
        self.append(said("word 2"), said("word old", "#hall"), said("word 3"))
        self.journal.append(RoomRenamed(ANN, "#room", "#hall"))
        while self.writer or self.reader:
            self.writer.step() if self.writer else self.reader.step()
            if isinstance(self.applied[-1].event, RoomRenamed):
                found = ["word 0", "word 1", "word 2", "word old", "word 3"]
                self.assertEqual(self.found(room="#hall"), found)
                self.assertEqual(self.found(limit=2, room="#hall"), found[-2:])
                self.assertEqual(self.found(), [])
        self.append(said("word new"))
        self.assertEqual(self.found(), ["word new"])
        self.quiet()
        self.assertEqual((self.found(), len(self.found(room="#hall"))), (["word new"], 5))
        self.checkWords()


class GoneTests(IndexTestCase):
    """Texts that are deleted before or after they were indexed."""

    def setUp(self) -> None:
        """Append ten texts, and index six of them."""
        super().setUp()
        self.entries = self.leave(*(said(f"word {number}") for number in range(8)))
        self.entries += self.leave(PrivateMessage(ANN, "s", BOB, "word 8"), PrivateMessage(ANN, "s", BOB, "word 9"))
        self.history.writer.index(self.entries[5].sequence, 99)

    def test_takenBack(self) -> None:
        """A redacted text is not found or indexed any more.  The index needs a merge only if it contained the text."""
        (_, _, _, _, _, five, six, _, eight, _) = self.entries
        self.leave(
            RoomMessageRedacted(ANN, "#room", six.sequence, six.msgid),
            PrivateMessageRedacted(ANN, BOB, eight.sequence, eight.msgid),
        )
        self.assertEqual(self.onDisk("SELECT unmerged FROM journal"), [0])
        self.leave(RoomMessageRedacted(ANN, "#room", five.sequence, five.msgid))
        self.assertEqual(self.onDisk("SELECT unmerged FROM journal"), [1])
        left = [f"word {number}" for number in (0, 1, 2, 3, 4, 7, 9)]
        self.assertEqual(self.found(account="ann"), left)
        self.quiet()
        self.assertEqual((self.found(account="ann"), self.indexed()), (left, 7))
        self.checkWords()

    def test_forgotten(self) -> None:
        """Retention deletes texts that are indexed and texts that are not."""
        for place in (3, 7, 9):
            self.history.writer.expire((0, 0), (self.entries[place].time, self.entries[place].sequence + 1), 99)
            self.checkWords()
        self.assertEqual((self.found(account="ann"), self.indexed()), ([], 0))
        self.quiet()
        self.assertEqual(self.indexed(), 0)
        self.checkWords()

    def test_refused(self) -> None:
        """A refused entry is removed from the index, or never added."""
        for first in (True, False):

            def apply(entry: Entry) -> None:
                self.applied.append(entry)
                if entry.event == said("word refused"):
                    raise NoSuchNick("bob")

            self.closeJournal()
            self.openJournal(apply)
            before = self.found()
            receipts = [self.journal.append(said(text)) for text in ("word refused", "word taken")]
            while not receipts[1].called:
                self.writer.step()
            self.failureResultOf(receipts[0], NoSuchNick)
            self.assertEqual(self.found(), [*before, "word taken"])
            if first:
                self.history.writer.index(self.journal.applied, 99)
                self.assertEqual(self.found("refused"), [])
                self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'refused'"), [1])
            self.settle()
            self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'refused'"), [0])
            self.checkWords()
            self.quiet()
            self.assertEqual(self.found(), [*before, "word taken"])
            self.checkWords()


class FaultTests(IndexTestCase):
    """Faults of the disk."""

    def setUp(self) -> None:
        """Set a short timeout for locks, and append a text."""
        super().setUp()
        self.connection.execute("PRAGMA busy_timeout = 1")
        self.append(said("word"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the file by another process."""
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    def test_fault(self) -> None:
        """
        A fault is logged once, and no step is taken until something was written.  Only the log looks for the end of the
        fault.  Texts are found meanwhile.
        """
        with capturedLogs() as logs:
            with self.locked():
                self.quiet()
                self.assertEqual([event["log_level"] for event in logs], [LogLevel.error])
                (probe,) = self.clock.getDelayedCalls()
                self.assertEqual(probe.getTime() - self.clock.seconds(), PROBE)
                self.assertEqual(self.found(), ["word"])
                for _ in range(2 * LAG):
                    receipt = self.journal.append(said("word lost"))
                    self.writer.run()
                    self.refused(receipt)
                self.assertEqual(self.indexed(), 0)
            self.append(said("word again"))
            self.assertEqual([event["log_level"] for event in logs], [LogLevel.error, LogLevel.info])
            self.assertEqual(len(self.writer), 0)
            self.clock.advance(2 * QUIET)
            self.settle()
        self.assertEqual(len(logs), 2)
        self.assertEqual(self.indexed(), 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.append(said("word more"))
        self.quiet()
        self.assertEqual(self.indexed(), 3)

    def test_onlySteps(self) -> None:
        """If messages can be written and a step fails, the pause between attempts doubles, until a step succeeds."""
        work = self.history.writer.index
        self.patch(
            self.history.writer, "index", lambda *arguments: self.store.change("INSERT INTO nowhere VALUES (1)", ())
        )
        tried = []
        with capturedLogs():
            for _ in range(int(8 * LONGEST / QUIET)):
                self.appendNow("word")
                self.clock.advance(QUIET)
                if self.writer:
                    tried.append(self.clock.seconds())
                self.settle()
            pauses = [round(later - earlier) for earlier, later in pairwise(tried)]
            self.assertEqual([*pauses[:4], max(pauses)], [2 * QUIET, 4 * QUIET, 8 * QUIET, LONGEST, LONGEST])
            self.history.writer.index = work  # type: ignore[method-assign]  # as it was
            self.append(said("word"))
            self.clock.advance(LONGEST)
            self.settle()
        self.quiet()
        self.assertEqual(self.indexed(), len(self.applied))
        self.append(said("word"))
        self.quiet()
        self.assertEqual(self.indexed(), len(self.applied))

    def test_thenNoPause(self) -> None:
        """After a fault, the number of waiting entries is bounded under constant load."""
        with capturedLogs():
            with self.locked():
                self.quiet()
            self.journal.append(said("word"))
            most = 0
            for _ in range(200):
                self.journal.append(said("word"))
                self.writer.step()
                self.clock.advance(QUIET / 4)
                most = max(most, len(self.applied) - self.indexed())
            self.settle()
        self.assertLess(most, LAG + STEP)

    def test_bug(self) -> None:
        """An unexpected exception is logged, and affects nothing else."""
        self.patch(self.history.writer, "index", lambda *arguments: 1 // 0)
        with capturedLogs():
            self.quiet()
            self.append(said("word"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.found(), ["word", "word"])

    def test_noClock(self) -> None:
        """Without a clock, indexing continues with the next message that was written."""
        self.closeJournal()
        self.openJournal(clock=None)
        self.connection.execute("PRAGMA busy_timeout = 1")
        with capturedLogs():
            self.appendNow(*["word"] * STEP)
            self.assertEqual(len(self.writer), 1)
            with self.locked():
                self.writer.step()
            self.assertEqual(len(self.writer), 0)
            before = self.indexed()
            self.append(said("word"))
        self.assertGreater(self.indexed(), before)

    def test_beginAmidAStep(self) -> None:
        """The end of a fault does not cause a second step while one is pending."""
        steps: list[Deferred[tuple[int, bool]]] = []

        def write(work: object) -> Deferred[tuple[int, bool]]:
            steps.append(Deferred())
            return steps[-1]

        alone = Indexing(self.clock, write, lambda: True, lambda: 99, PACE)
        alone.stored(STEP)
        alone.begin()
        self.clock.advance(10 * QUIET)
        self.assertEqual(len(steps), 1)
        steps[0].callback((STEP, True))
        self.clock.advance(QUIET)
        self.assertEqual(len(steps), 2)
        alone.stop()


WORDS = st.text(
    st.one_of(
        st.sampled_from("aAbB1 éÉộǖßıİſKΣςσǅﬁ½²①Ａ가́̈'_-.\u200d\u00ad\0\n☃漢ँ्๐٠ⅷ🦉"),
        st.characters(exclude_categories=()),
    ),
    min_size=1,
    max_size=12,
)


class SameWordsTests(SynchronousTestCase):
    """The words of a text are the same in the index and before it was indexed."""

    def setUp(self) -> None:
        """Open a journal that indexes only full steps."""
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        self.journal, self.history = sqliteParts(
            directory, lambda: 1.0, lambda: "j", lambda: bytes(32), lambda name: InlineWorker(), "relaxed"
        )
        self.successResultOf(self.journal.open(lambda entry, origin: None))
        self.addCleanup(lambda: self.successResultOf(self.journal.close()))
        self.store: Writer = writerOf(self.journal)

    @given(st.lists(WORDS, min_size=1, max_size=4), st.data())
    @example(["ﬁne ½ ①", "ộ"], None)
    @settings(max_examples=150, deadline=None)
    def test_same(self, texts: list[str], data: Any) -> None:
        """A search finds the same texts before and after they were indexed."""
        receipts = [self.journal.append(said(text)) for text in texts]
        first = self.successResultOf(receipts[0]).sequence
        wanted = [*texts, *" ".join(texts).split(), "fi", "1", "k", "a", "o"]
        if data is not None:
            wanted.append(data.draw(WORDS))
        before = [self.search(words, first) for words in wanted]
        while self.history.writer.index(self.journal.applied, 3)[1]:
            pass
        self.assertEqual([self.search(words, first) for words in wanted], before)

    def search(self, words: str, first: int) -> list[int]:
        """Search, and return the sequence numbers from C{first} on."""
        found = self.successResultOf(self.history.search(Search(words, 500, {"#room": 0})))
        return [entry.sequence for entry in found if entry.sequence >= first]
