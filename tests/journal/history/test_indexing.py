"""Tests of L{twistchat.journal.history.indexing}, with the journal whose texts it indexes, and with searches."""

from __future__ import annotations

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
    position,
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
from twistchat.journal.history import indexing, renames
from twistchat.journal.history.indexing import LONGEST, QUIET, Indexing
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.sqlite import log as sqlite
from twistchat.journal.sqlite.writer import Writer
from twistchat.testing.contract import ANN, BOB, GUEST, said
from twistchat.testing.workers import InlineWorker

STEP = 4
"""What a step is in most of these tests."""

MOST = 6
"""What it is where too many wait."""

OWN_MOST = indexing.MOST
"""What that is otherwise."""

LAG = 12
"""How many may wait in most of these tests."""


class SpyConnection:
    """
    A connection that tells before each statement.

    @ivar asked: the statements that it was asked to run.
    """

    def __init__(self, connection: sqlite3.Connection, before: Callable[[], object] = lambda: None) -> None:
        self.real = connection
        self._before = before
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        """All else is the connection's."""
        return getattr(self.real, name)

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Tell, and run it."""
        self.asked.append(statement)
        self._before()
        return self.real.execute(statement, parameters)


class IndexTestCase(DiskTestCase):
    """A journal with a clock, and small steps."""

    def setUp(self) -> None:
        """Open a journal that has nothing to do."""
        self.clock = Clock()
        self.patch(indexing, "STEP", STEP)
        self.patch(indexing, "LAG", LAG)
        self.patch(indexing, "MOST", MOST)
        super().setUp()

    def openJournal(self, *arguments: Any, **keywords: Any) -> None:
        """Open the journal of this directory; its first look is over."""
        super().openJournal(*arguments, **{"clock": self.clock} | keywords)
        self.quiet()

    def quiet(self) -> None:
        """Let so much time pass that what was left is indexed."""
        self.clock.advance(QUIET)
        self.settle()

    def leave(self, *events: Event) -> list[Entry]:
        """Append events together, and let none of them be indexed before the time has come for what is left."""
        for name in ("STEP", "LAG"):
            self.patch(indexing, name, 1000)
        entries = self.append(*events)
        self.patch(indexing, "STEP", STEP)
        self.patch(indexing, "LAG", LAG)
        return entries

    def put(self, sequence: int) -> None:
        """Have a text on disk that has not been applied."""
        self.connection.execute(
            "INSERT INTO entry (sequence, time, kind, conversation, body)"
            " VALUES (?, 1, 'said', '#room', json_object('text', 'word'))",
            (sequence,),
        )

    def appendNow(self, *texts: str) -> list[Entry]:
        """Say something, and let the writer do no more than that needs."""
        receipts = [self.journal.append(said(text)) for text in texts]
        while not all(receipt.called for receipt in receipts):
            self.writer.step()
        return [self.successResultOf(receipt) for receipt in receipts]

    def indexed(self) -> int:
        """How many of those who say C{word} are in the word index, as another process finds it."""
        (count,) = self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'text : word'")
        return int(count)

    def found(self, words: str = "word", limit: int = 99, account: str | None = None, room: str = "#room") -> list[str]:
        """What is found, while the writer is stopped."""
        searching = self.history.search([room], words, limit, account=account)
        self.reader.run()
        return [getattr(entry.event, "text", "?") for entry in sound(self.successResultOf(searching))]


class WhenTests(IndexTestCase):
    """When texts are indexed."""

    def test_quiet(self) -> None:
        """Less than a step's worth is indexed after a while, at once, and then there is nothing more to do."""
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
        """Where nothing is said, nothing is written, and nothing is waited for."""
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
        """No message is followed by another transaction that the next would have to wait for."""
        for number in range(STEP - 1):
            self.appendNow(f"word {number}")
            self.assertEqual(len(self.writer), 0)

    def test_step(self) -> None:
        """A step's worth is indexed as soon as it has been applied and nothing else is to be written."""
        for number in range(STEP - 1):
            self.appendNow(f"word {number}")
        self.appendNow("word more")
        self.assertEqual((len(self.writer), self.indexed()), (1, 0))
        self.writer.step()
        self.assertEqual((len(self.writer), self.indexed()), (0, STEP))
        self.quiet()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_notBeforeTheNext(self) -> None:
        """A step is not taken where what has just been applied leads to more: that is written first."""
        self.patch(sqlite, "BATCH", STEP)
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
        """What has come as one batch is indexed likewise, and the rest of it like any other."""
        self.patch(sqlite, "BATCH", 100)
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
        """What was left is indexed step by step, and what is said meanwhile is written between two steps."""
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
        """While there are batches to be written, nothing is indexed, though time passes."""
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
        """Under a load that never pauses steps are taken between batches, so that no more than this wait."""
        self.patch(sqlite, "BATCH", STEP + 1)
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
        """So it is with long texts: then a step is as many entries as a batch may have, of any size."""
        self.patch(sqlite, "BATCH", STEP + 1)
        self.patch(indexing, "SIZE", 100)
        self.journal.append(said("word"))
        most = 0
        for _ in range(100):
            for _ in range(STEP):
                self.journal.append(said("word " + "x" * 200))
            self.writer.step()
            most = max(most, len(self.applied) - self.indexed())
        self.assertLessEqual(most, LAG + 3 * STEP)

    def test_stepsKeepUp(self) -> None:
        """Where too many wait, a step takes more entries than a batch may have."""
        self.assertGreater(OWN_MOST, sqlite.BATCH)

    def test_size(self) -> None:
        """A step takes no more than so many characters, but for a single text; and all come to their turn."""
        self.patch(indexing, "SIZE", 1000)
        self.leave(*(said(f"word {'x' * size}") for size in (2000, 300, 300, 300, 300, 1, 1, 1, 1)))
        self.clock.advance(QUIET)
        counts = [0]
        while len(self.writer):
            self.writer.step()
            counts.append(self.indexed())
        self.assertEqual(counts, [0, 1, 3, 5, 9])

    def test_othersCount(self) -> None:
        """Entries that are no texts pass through a step, and are not looked at again."""
        self.append(*(TopicSet(ANN, "#room", f"{number}") for number in range(STEP)), said("word"))
        self.quiet()
        self.assertEqual(self.indexed(), 1)
        self.assertEqual(self.onDisk("SELECT indexed FROM journal"), [self.applied[-1].sequence])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_oneStatement(self) -> None:
        """A step is one transaction and one statement that writes, after one that reads."""
        self.leave(*(said("word") for _ in range(STEP)))
        spy = SpyConnection(self.connection)
        useConnection(self.store, spy)
        self.clock.advance(QUIET)
        self.writer.step()
        self.assertEqual([statement.split()[0] for statement in spy.asked], ["SELECT", "UPDATE"])
        useConnection(self.store, spy.real)

    def test_noClock(self) -> None:
        """Without a clock there are steps, and no time.  The first may come one early: who knows what was left."""
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
        """Entries that are moved are not taken for new ones."""
        self.leave(*(said("word") for _ in range(LAG)))
        self.quiet()
        self.patch(renames, "STEP", 2)
        steps: list[object] = []
        self.patch(self.history.writer, "index", lambda *arguments: steps.extend([arguments]))
        self.append(RoomRenamed(ANN, "#room", "#hall"))
        for _ in range(LAG):
            self.clock.advance(0.02)
            self.settle()
        self.assertEqual((self.onDisk("SELECT count(*) FROM moving"), steps), ([0], []))
        self.checkWords()

    def test_oneAtATime(self) -> None:
        """However much waits, there is one step on its way at most: a batch waits for no second one."""
        self.leave(*(said("word") for _ in range(10 * LAG)))
        self.patch(sqlite, "BATCH", STEP + 1)
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
        """What is on disk and has not been applied is not indexed, however many wait."""
        self.append(*(said("word") for _ in range(STEP)))
        receipts = [self.journal.append(said("word")) for _ in range(2)]
        self.writer.queue.appendleft((lambda: self.history.writer.index(position(self.journal), 99), lambda _: None))
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
        """They are found at once, and indexed a little later."""
        self.assertEqual((self.indexed(), self.found()), (0, ["word 0", "word 1"]))
        self.quiet()
        self.assertEqual((self.indexed(), self.found()), (2, ["word 0", "word 1"]))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.checkWords()

    def openJournal(self, *arguments: Any, **keywords: Any) -> None:
        """Open the journal, and do not wait for its first look."""
        DiskTestCase.openJournal(self, *arguments, **{"clock": self.clock} | keywords)

    def test_close(self) -> None:
        """A journal that is closed indexes nothing more, and waits for nothing; the next start goes on."""
        self.append(said("word 0"), said("word 1"))
        self.closeJournal()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.indexed(), 0)
        self.openJournal()
        self.check()

    def test_closeBusy(self) -> None:
        """Nor does what is written while it is closed lead to a step, nor a step to the next."""
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
        """Nor is anything waited for, where less than a step's worth is written while it is closed."""
        receipt = self.journal.append(said("word"))
        self.closeJournal()
        self.successResultOf(receipt)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_kill(self) -> None:
        """So it is where the process is killed."""
        self.append(said("word 0"), said("word 1"))
        self.die()
        self.history._indexing.stop()  # private: a killed process has no timers
        self.openJournal()
        self.check()

    def test_killAmidSteps(self) -> None:
        """A process that ends between two steps is followed by one that goes on behind the first."""
        self.leave(*(said(f"word {number}") for number in range(2 * STEP + 1)))
        self.clock.advance(QUIET)
        self.writer.step()
        self.assertEqual(self.indexed(), STEP)
        self.history._indexing.stop()  # private: a killed process has no timers
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
        """A copy has all texts, and who opens it as a journal finds them."""
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
    """Who searches finds the same, indexed or not."""

    def stages(self) -> Iterator[str]:
        """Before anything is indexed, after each step, and after the last."""
        yield "before"
        self.clock.advance(QUIET)
        while self.writer:
            self.writer.step()
            yield f"{self.indexed()} indexed"

    def test_everyStage(self) -> None:
        """Texts are found once and in order: in a room, within a limit, and from page to page."""
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
                page = self.history.search(["#room"], "word", 3, entries[place].sequence)
                self.reader.run()
                wanted = entries[max(0, place - 3) : place]
                self.assertEqual(self.successResultOf(page), wanted, (stage, place))
            both = self.history.search(["#other", "#room", "@#room"], "word", 3)
            self.reader.run()
            found = [getattr(entry.event, "text", "?") for entry in sound(self.successResultOf(both))]
            self.assertEqual(found, ["word 8", "word elsewhere", "word ranked"], stage)
            self.assertEqual(self.found("word 7"), ["word 7"], stage)
            self.assertEqual(self.found("nowhere"), [], stage)
            self.assertEqual(self.found(room="#nowhere"), [], stage)
        self.assertEqual(stages, ["before", "4 indexed", "8 indexed", "11 indexed"])

    def test_private(self) -> None:
        """Private texts are found by either account and nobody else, and those of guests by nobody."""
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
            alone = self.history.search([], "word", 9, account="ann")
            self.reader.run()
            self.assertEqual(len(self.successResultOf(alone)), 2, stage)
            pair = self.history.search(["ann bob"], "word", 9, account="ann")
            self.reader.run()
            self.assertEqual(len(self.successResultOf(pair)), 2, stage)

    def test_aStepMeanwhile(self) -> None:
        """A step that is committed while somebody searches neither hides a text nor shows it twice."""
        texts = [f"word {number}" for number in range(6)]
        for when in range(8):
            self.leave(*map(said, texts))
            self.leave(RoomRenamed(ANN, "#other", "#another"))
            statements = iter(range(99))

            def step(statements: Iterator[int] = statements, when: int = when) -> None:
                if next(statements) == when:
                    self.history.writer.index(position(self.journal), 3)

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
        """Where all is indexed, or what is not has not been applied, a search is one statement."""
        self.append(said("word"))
        reader = readerOf(self.journal)
        spy = SpyConnection(connectionOf(reader))
        useConnection(reader, spy)
        self.found()
        self.assertGreater(len(spy.asked), 1)
        self.quiet()
        spy.asked.clear()
        self.assertEqual(self.found(), ["word"])
        self.assertEqual(len(spy.asked), 1)
        spy.asked.clear()
        self.put(self.applied[-1].sequence + 1)
        self.assertEqual(self.found(), ["word"])
        self.assertEqual(len(spy.asked), 1)

    def test_nothingLeft(self) -> None:
        """Nothing of what was looked through stays with the reader, and it still sees what is new."""
        self.append(said("word 0"))
        self.found()
        tail = connectionOf(readerOf(self.journal)).execute("SELECT count(*) FROM tail WHERE tail MATCH 'word'")
        self.assertEqual(tail.fetchone(), (0,))
        self.append(said("word 1"))
        self.assertEqual(self.found(), ["word 0", "word 1"])

    def test_renamed(self) -> None:
        """A room's texts are found by its new name only, while they are moved and indexed."""
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
    """Texts that are taken out again, before they are indexed and after."""

    def setUp(self) -> None:
        """Have ten texts, of which six are indexed."""
        super().setUp()
        self.entries = self.leave(*(said(f"word {number}") for number in range(8)))
        self.entries += self.leave(PrivateMessage(ANN, "s", BOB, "word 8"), PrivateMessage(ANN, "s", BOB, "word 9"))
        self.history.writer.index(self.entries[5].sequence, 99)

    def test_takenBack(self) -> None:
        """What is taken back is not found any more, nor indexed; and only where it was is there something to merge."""
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
        """Retention takes out what is indexed and what is not."""
        for place in (3, 7, 9):
            self.history.writer.expire(0, self.entries[place].sequence + 1, 99)
            self.checkWords()
        self.assertEqual((self.found(account="ann"), self.indexed()), ([], 0))
        self.quiet()
        self.assertEqual(self.indexed(), 0)
        self.checkWords()

    def test_refused(self) -> None:
        """What could not be applied leaves the index where it was indexed first, and does not come into it later."""
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
                self.history.writer.index(position(self.journal), 99)
                self.assertEqual(self.found("refused"), [])
                self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'refused'"), [1])
            self.settle()
            self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'refused'"), [0])
            self.checkWords()
            self.quiet()
            self.assertEqual(self.found(), [*before, "word taken"])
            self.checkWords()


class FaultTests(IndexTestCase):
    """A disk that fails."""

    def setUp(self) -> None:
        """Wait for no other process, and have something to index."""
        super().setUp()
        self.connection.execute("PRAGMA busy_timeout = 1")
        self.append(said("word"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have another process lock the file meanwhile."""
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    def test_fault(self) -> None:
        """One line in the log, and nothing more is tried until a message is written; texts are found meanwhile."""
        with capturedLogs() as logs:
            with self.locked():
                self.quiet()
                self.assertEqual([event["log_level"] for event in logs], [LogLevel.error])
                self.assertEqual(self.clock.getDelayedCalls(), [])
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
        """Where messages can be written and a step cannot, it is tried more and more rarely; then all is well again."""
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
        """After a fault, too, no more than so many wait under a load that never pauses."""
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
        """What fails for a reason that nobody thought of is logged, and stops nothing else."""
        self.patch(self.history.writer, "index", lambda *arguments: 1 // 0)
        with capturedLogs():
            self.quiet()
            self.append(said("word"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.found(), ["word", "word"])

    def test_noClock(self) -> None:
        """Without a clock it goes on with the message that could be written."""
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
        """That the journal can be written again does not lead to a second step beside one that is under way."""
        steps: list[Deferred[tuple[int, bool]]] = []

        def write(work: object) -> Deferred[tuple[int, bool]]:
            steps.append(Deferred())
            return steps[-1]

        alone = Indexing(self.clock, write, lambda: True, lambda: 99)
        alone.came(STEP)
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
    """The words of a text are the same in the index and before."""

    def setUp(self) -> None:
        """Have a journal that indexes nothing by itself."""
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
        """Whatever is looked for is found in the same texts."""
        receipts = [self.journal.append(said(text)) for text in texts]
        first = self.successResultOf(receipts[0]).sequence
        wanted = [*texts, *" ".join(texts).split(), "fi", "1", "k", "a", "o"]
        if data is not None:
            wanted.append(data.draw(WORDS))
        before = [self.search(words, first) for words in wanted]
        while self.history.writer.index(position(self.journal), 3)[1]:
            pass
        self.assertEqual([self.search(words, first) for words in wanted], before)

    def search(self, words: str, first: int) -> list[int]:
        """The entries found, from one on."""
        found = self.successResultOf(self.history.search(["#room"], words, 500))
        return [entry.sequence for entry in found if entry.sequence >= first]
