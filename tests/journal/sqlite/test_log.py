"""Tests of L{twistchat.journal.sqlite.log}.  The workers have no threads: the tests run their work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from sqlite3 import connect

from msgspec.structs import replace
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import DiskTestCase, temporary
from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.events import (
    Entry,
    Joined,
    ModeChange,
    ModesSet,
    Parted,
    PrivateMessage,
    Quit,
    RoomMessage,
    RoomMessageRedacted,
    ServerBanLifted,
    ServerBanSet,
    TopicSet,
)
from twistchat.chat.model.modes.room import ROOM_MODES, Shape
from twistchat.chat.model.spans import Search, Span
from twistchat.interfaces import Journal
from twistchat.journal.history.search.indexing import IndexPace
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.rows import RowWriter, checksum
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.committing import LOOK
from twistchat.testing.contract import ANN, BOB, GUEST, JournalContract, said
from twistchat.testing.turns import TurnClock
from twistchat.testing.workers import HeldWorker, InlineWorker


class InlineTests(JournalContract, SynchronousTestCase):
    """The contract, on a disk that takes no time."""

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{JournalContract.makeJournal}."""
        self.directory = temporary(self)
        return sqliteJournal(self.directory, now, lambda: "j", lambda: bytes(32), lambda name: InlineWorker())

    def damage(self, entry: Entry) -> bool:
        """See L{JournalContract.damage}."""
        with closing(connect(f"{self.directory}/journal.sqlite", isolation_level=None)) as connection:
            change = "UPDATE entry SET body = replace(body, 'word', 'ward') WHERE sequence = ?"
            return connection.execute(change, (entry.sequence,)).rowcount == 1


class HeldTests(InlineTests):
    """The contract, on a disk that takes its time."""

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{JournalContract.makeJournal}."""
        self.workers: list[HeldWorker] = getattr(self, "workers", [])
        self.directory = temporary(self)
        return sqliteJournal(self.directory, now, lambda: "j", lambda: bytes(32), self.makeWorker)

    def makeWorker(self, name: str) -> HeldWorker:
        """Make a worker without a thread."""
        self.workers.append(HeldWorker())
        return self.workers[-1]

    def settle(self) -> None:
        """See L{JournalContract.settle}."""
        while any(self.workers):
            for worker in self.workers:
                worker.run()


class IndexedTests(HeldTests):
    """The contract, if all texts are indexed before a search."""

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{JournalContract.makeJournal}."""
        self.workers: list[HeldWorker] = getattr(self, "workers", [])
        self.clock = Clock()
        self.directory = temporary(self)
        return sqliteJournal(self.directory, now, lambda: "j", lambda: bytes(32), self.makeWorker, clock=self.clock)

    def settle(self) -> None:
        """See L{JournalContract.settle}."""
        super().settle()
        while self.clock.getDelayedCalls():
            self.clock.advance(IndexPace().quiet)
            super().settle()

    def test_indexed(self) -> None:
        """Wait until all texts are indexed, then search."""
        entries = self.append(*map(said, "abc"))
        with closing(connect(f"{self.directory}/journal.sqlite")) as connection:
            self.assertEqual(connection.execute("SELECT indexed FROM journal").fetchone(), (entries[-1].sequence,))


class CommitTests(DiskTestCase):
    """Batches: what is stored, and when it is applied."""

    def test_durableBeforeVisible(self) -> None:
        """Nothing is applied, and no receipt fires, before the transaction is on disk."""
        receipt = self.journal.append(said("a"))
        self.assertEqual((self.applied, self.onDisk()), ([], []))
        self.assertNoResult(receipt)
        seen: list[int] = []
        receipt.addCallback(lambda entry: seen.extend(self.onDisk()))
        self.writer.step()
        self.assertEqual(seen, [self.applied[0].sequence])

    def test_batches(self) -> None:
        """Events that wait while a batch is written are the next batch, in order."""
        for text in "abcd":
            self.journal.append(said(text))
        self.writer.step()
        self.assertEqual(len(self.applied), 1)
        self.assertEqual(len(self.writer), 1)
        self.writer.step()
        self.assertEqual(len(self.applied), 4)
        self.assertEqual(self.onDisk(), [entry.sequence for entry in self.applied])
        self.assertEqual(len(self.writer), 0)

    def test_nextLeavesFirst(self) -> None:
        """The next batch is sent to the disk before this one is applied."""
        waiting: list[int] = []
        self.closeJournal()
        self.openJournal(lambda entry: waiting.append(len(self.writer)))
        for text in "ab":
            self.journal.append(said(text))
        self.writer.step()
        self.assertEqual(waiting, [1])

    def test_batchBounds(self) -> None:
        """A batch has at most 2,048 entries and about 1 MiB.  A larger entry is a batch."""
        self.journal.append(said("first"))
        for _ in range(LogLimits().entries + 44):
            self.journal.append(said("small"))
        self.writer.step()
        self.writer.step()
        self.assertEqual(len(self.applied), 1 + LogLimits().entries)
        self.settle()
        self.applied.clear()
        for size in (1, 600_000, 600_000, 2_000_000, 1):
            self.journal.append(said("x" * size))
        counts = []
        while self.writer:
            self.writer.step()
            counts.append(len(self.applied))
        self.assertEqual(counts, [1, 2, 3, 4, 5])

    def test_backlog(self) -> None:
        """A limited number of durable events waits for the disk.  Passing events are accepted nevertheless."""
        receipts = [self.journal.append(said("x")) for _ in range(LogLimits().waiting)]
        self.assertEqual(self.refused(self.journal.append(said("too many"))), "too much waits for the disk")
        going = self.journal.append(Quit(ANN, ""))
        self.assertNoResult(going)
        self.writer.step()
        self.assertNoResult(self.journal.append(said("fits again")))
        self.settle()
        self.assertEqual([self.successResultOf(receipt) for receipt in receipts], self.applied[: LogLimits().waiting])
        self.assertEqual(self.successResultOf(going), self.applied[LogLimits().waiting])

    def test_passing(self) -> None:
        """Passing events need no disk.  After durable events they wait for these, and are not stored."""
        alone = self.journal.append(Joined(ANN, "#room"))
        self.assertEqual(self.successResultOf(alone), self.applied[0])
        self.journal.append(said("a"))
        behind = self.journal.append(Parted(ANN, "#room", ""))
        self.journal.append(said("b"))
        self.assertNoResult(behind)
        self.writer.step()
        self.successResultOf(behind)
        self.settle()
        self.assertEqual(
            [type(entry.event).__name__ for entry in self.applied], ["Joined", "RoomMessage", "Parted", "RoomMessage"]
        )
        self.assertEqual(self.onDisk(), [self.applied[1].sequence, self.applied[3].sequence])

    def test_keepPassing(self) -> None:
        """With C{keepPassing}, passing events of rooms are stored, and others are not."""
        self.closeJournal()
        self.openJournal(keepPassing=True)
        entries = self.append(Joined(ANN, "#room"), said("a"), Parted(ANN, "#Room", "bye"), Quit(ANN, ""))
        self.assertEqual(self.read(Span("#room", 9)), entries[:3])
        self.assertEqual(self.onDisk(), [entry.sequence for entry in entries[:3]])

    def test_readsWhatWasApplied(self) -> None:
        """A stored entry cannot be read or found before it is applied."""
        (entry,) = self.append(said("one word"))
        self.store.write([RowWriter().row(replace(entry, sequence=entry.sequence + 1))])
        self.assertEqual(len(self.onDisk()), 2)
        self.assertEqual(self.read(Span("#room", 9)), [entry])
        found = self.history.search(Search("word", 9, {"#room": 0}))
        self.settle()
        self.assertEqual(self.successResultOf(found), [entry])

    def test_refusedLeavesTheDisk(self) -> None:
        """A refused entry is deleted from the disk."""

        def apply(entry: Entry) -> None:
            raise NoSuchNick("bob")

        self.closeJournal()
        self.openJournal(apply)
        receipt = self.journal.append(PrivateMessage(ANN, "s", BOB, "hello"))
        self.settle()
        self.failureResultOf(receipt, NoSuchNick)
        self.assertEqual(self.onDisk(), [])
        self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'hello'"), [0])

    def test_bug(self) -> None:
        """An unexpected exception of C{apply} is logged, and stops nothing."""

        def apply(entry: Entry) -> None:
            if entry.event == said("bug"):
                raise ZeroDivisionError("a bug")
            self.applied.append(entry)

        self.closeJournal()
        self.openJournal(apply)
        receipts = [self.journal.append(said(text)) for text in ("a", "bug", "b")]
        self.settle()
        self.failureResultOf(receipts[1], ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual([entry.event for entry in self.applied], [said("a"), said("b")])


class RestartTests(DiskTestCase):
    """Restarts."""

    def reopen(self) -> None:
        """Close the journal and open it again."""
        self.closeJournal()
        self.openJournal()

    def test_history(self) -> None:
        """History is unchanged, with its ids and times."""
        entries = self.append(said("a"), said("b"))
        self.reopen()
        self.assertEqual(self.applied, [])
        self.assertEqual(self.read(Span("#room", 9)), entries)
        self.assertEqual(entries[0].msgid, f"name-{entries[0].sequence}")

    def test_sequence(self) -> None:
        """After a clean end, sequence numbers continue.  After a kill they jump, and never repeat."""
        (first,) = self.append(said("a"))
        (passing,) = self.append(Joined(ANN, "#room"))
        self.reopen()
        (second,) = self.append(said("b"))
        self.assertEqual(second.sequence, passing.sequence + 1)
        passed = [self.append(Joined(ANN, "#room"))[0].sequence for _ in range(100)]
        self.die()
        self.openJournal()
        (third,) = self.append(said("c"))
        self.assertGreater(third.sequence, passed[-1])
        self.assertEqual(len({first.sequence, second.sequence, third.sequence, *passed}), 103)

    def test_reserve(self) -> None:
        """More sequence numbers are reserved in time, even if all events are passing."""
        self.limits = LogLimits(reserved=10)
        self.reopen()
        last = 0
        for _ in range(100):
            last = self.append(Joined(ANN, "#room"))[0].sequence
        self.die()
        self.openJournal()
        self.assertGreater(self.append(said("a"))[0].sequence, last)

    def test_time(self) -> None:
        """Times do not go back, even if the clock was set back."""
        (before,) = self.append(said("a"))
        self.now = 500.0
        self.reopen()
        self.assertEqual(self.append(said("b"))[0].time, before.time)
        self.now = 2000.0
        self.append(said("c"))
        self.now = 500.0
        self.die()
        self.openJournal()
        self.assertEqual(self.append(said("d"))[0].time, 2_000_000)

    def test_rooms(self) -> None:
        """Entries that hold keys are applied, in order.  Messages and ranks of members are not."""
        mode, ban, other = ModeChange(True, "i"), ModeChange(True, "b", "a!*@*"), ModeChange(True, "b", "b!*@*")
        self.append(
            TopicSet(ANN, "#Room", "one"),
            said("x"),
            ModesSet(ANN, "#Room", (mode, ban)),
            TopicSet(ANN, "#other", "else"),
            ModesSet(ANN, "#room", (ModeChange(True, "o", "Bob", BOB), ModeChange(True, "v", "guest", GUEST))),
            Joined(ANN, "#room"),
            TopicSet(ANN, "#Room", "two"),
            ModesSet(ANN, "#Room", (ModeChange(False, "i"), other)),
        )
        before = [entry.event for entry in self.applied]
        self.reopen()
        left = ModesSet(ANN, "#Room", (ban,))
        self.assertEqual([entry.event for entry in self.applied], [left, before[3], before[6], before[7]])

    def test_superseded(self) -> None:
        """An entry is not applied if all of its keys were set by later entries."""
        kept = [
            ModesSet(ANN, "#room", (ModeChange(True, "k", "one"), ModeChange(True, "b", "x!*@*"))),
            ModesSet(ANN, "#room", (ModeChange(True, "l", "5"), ModeChange(True, "i"))),
            ModesSet(ANN, "#room", (ModeChange(True, "v", "guest", GUEST),)),
            ModesSet(ANN, "#room", (ModeChange(True, "k", "two"), ModeChange(True, "l", "6"))),
            ModesSet(ANN, "#room", (ModeChange(False, "m"), ModeChange(False, "b", "x!*@*"))),
            ModesSet(ANN, "#room2", (ModeChange(False, "i"),)),
        ]
        self.append(*kept)
        self.reopen()
        left = ModesSet(ANN, "#room", (ModeChange(True, "i"),))
        self.assertEqual([entry.event for entry in self.applied], [left, *kept[3:]])

    def test_unreadable(self) -> None:
        """Entries that this version cannot read are skipped, and logged once for each kind."""
        entries = self.append(said("a"), said("b"), TopicSet(ANN, "#room", "t"))
        last = entries[-1].sequence
        self.die()
        with closing(connect(self.path, isolation_level=None)) as connection:
            connection.execute("DELETE FROM entry WHERE kind = 'topic'")
            for sequence, kind in ((last, "topic"), (last + 1, "painted"), (last + 2, "painted")):
                connection.execute(
                    "INSERT INTO entry (sequence, time, kind, conversation, checksum, body) VALUES (?, ?, ?, ?, ?, ?)",
                    (sequence, 1, kind, "#room", checksum(sequence, 1, kind, "#room", b"{}"), "{}"),
                )
        with capturedLogs() as logs:
            self.openJournal()
            self.assertEqual(self.read(Span("#room", 9)), entries[:2])
            self.read(Span("#room", 9))
        self.assertEqual(self.applied, [])
        self.assertEqual({event["log_level"] for event in logs}, {LogLevel.warn})
        told = [formatEvent(event) for event in logs]
        self.assertEqual(len(told), 3, told)
        self.assertIn("there is no event of the kind 'painted' in this version", told[1] + told[2])

    def test_uncheckpointed(self) -> None:
        """Entries that a killed process left in SQLite's log can be read, and are moved into the database."""
        entries = self.append(said("a"), said("b"))
        self.die()
        self.openJournal()
        self.assertEqual(self.path.with_name("journal.sqlite-wal").stat().st_size, 0)
        self.assertEqual(self.read(Span("#room", 9)), entries)

    def test_bans(self) -> None:
        """Bans from the server are applied as they were set last, until they are lifted or have ended."""
        bans = [
            ServerBanSet(ANN, "*!*@one.example", "spam"),
            ServerBanSet(ANN, "192.0.2.0/24", "flood", 1_500_000),
            ServerBanSet(ANN, "*!*@two.example", "spam", 1_000_001),
            ServerBanSet(ANN, "*!*@three.example", "spam"),
        ]
        lifted = ServerBanLifted(ANN, "*!*@three.example")
        again = ServerBanSet(ANN, "*!*@one.example", "more spam", 3_000_000)
        self.append(*bans, lifted, again)
        self.reopen()
        self.assertEqual([entry.event for entry in self.applied], [bans[1], bans[2], again])
        self.now = 1001.0
        self.reopen()
        self.assertEqual([entry.event for entry in self.applied], [bans[1], again])
        self.now = 1500.0
        self.reopen()
        self.assertEqual([entry.event for entry in self.applied], [again])
        self.assertEqual(self.onDisk("SELECT count(*) FROM holding"), [1])

    def test_modeKeys(self) -> None:
        """A mode with a parameter that is not a list has one key, for any parameter."""
        for mode in ROOM_MODES.values():
            adding = [ModeChange(True, mode.letter, number) for number in "12"]
            self.append(*(ModesSet(ANN, f"#{mode.letter}", (change,)) for change in adding))
            held = self.onDisk(f"SELECT count(*) FROM holding WHERE conversation = '#{mode.letter.lower()}'")
            wanted = {Shape.ALWAYS: 1, Shape.ON_SET: 1, Shape.LIST: 2}.get(mode.shape)
            self.assertIn(wanted, (None, *held), mode)
            self.connection.execute("DELETE FROM holding")


class TakenBackTests(DiskTestCase):
    """Redaction."""

    def test_nowhere(self) -> None:
        """The closed files contain nothing of a redacted text, however long it was."""
        for size in (3, 900):
            texts = [f"secret{number} " * size for number in range(60)]
            entries = self.append(*map(said, texts[:40]))
            self.index()
            entries += self.append(*map(said, texts[40:]))
            self.append(*(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid) for entry in entries))
        self.closeJournal()
        for path in Path(self.directory).iterdir():
            self.assertNotIn(b"secret7 secret7", path.read_bytes(), path)
            self.assertNotIn(b"secret57 secret57", path.read_bytes(), path)
        self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'secret7'"), [0])

    def test_held(self) -> None:
        """A redaction deletes only texts."""
        (topic,) = self.append(TopicSet(ANN, "#room", "t"))
        self.append(RoomMessageRedacted(ANN, "#room", topic.sequence, topic.msgid))
        self.assertEqual(self.read(Span("#room", 9))[0], topic)

    def test_refused(self) -> None:
        """If a redaction cannot be stored, the text stays, and the proposal fails."""
        (entry,) = self.append(said("a"))
        other = connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        self.connection.execute("PRAGMA busy_timeout = 1")
        other.execute("BEGIN IMMEDIATE")
        with capturedLogs():
            receipt = self.journal.append(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid))
            self.settle()
        self.assertEqual(self.refused(receipt), "another process has the journal locked")
        self.assertEqual(self.read(Span("#room", 9)), [entry])


class TurnsTests(DiskTestCase):
    """Entries that take long to apply."""

    def setUp(self) -> None:
        """Open a journal whose entries take most of the time that a turn has for them."""
        super().setUp()
        self.closeJournal()
        self.clock = TurnClock()
        self.openJournal(self.take, clock=self.clock)
        self.done: list[str] = []

    def take(self, entry: Entry) -> None:
        """Apply an entry."""
        assert isinstance(entry.event, (RoomMessage, Joined))
        self.done.append(entry.event.text if isinstance(entry.event, RoomMessage) else "joined")
        self.clock.rightNow += 0.6 * self.limits.settling

    def due(self) -> bool:
        """Whether the journal continues in the next turn."""
        return any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls())

    def propose(self, *texts: str) -> None:
        """Propose texts, each followed by a mark."""
        for text in texts:
            self.journal.append(said(text)).addCallback(self.stored, text)
            self.journal.settled(partial(self.done.append, f"{text} settled"))

    def stored(self, _: Entry, text: str) -> None:
        """Note a receipt."""
        self.done.append(f"{text} stored")

    def test_order(self) -> None:
        """A batch is applied in several turns, in order, while the next batch is written; nothing overtakes."""
        texts = list("abcdefghijklmnop")
        self.propose("first")
        self.propose(*texts)
        self.settle()  # both batches are on disk
        steps = 0
        while self.due():
            before = len(self.done)
            if steps == 1:
                self.propose("late")
                self.journal.append(Joined(ANN, "#room"))
            self.settle()
            self.assertEqual(len(self.done), before)
            self.clock.turn()
            self.assertLessEqual(len(self.done) - before, 3 * LOOK, "two looks, at entries and marks")
            steps += 1
        self.settle()
        self.assertGreater(steps, 2)
        expected = [f"{text}{what}" for text in ("first", *texts, "late") for what in ("", " stored", " settled")]
        self.assertEqual(self.done, [*expected, "joined"])
        self.assertEqual(self.journal.applied, len(texts) + 3)

    def test_read(self) -> None:
        """Entries that are stored but not applied are not shown."""
        self.propose(*"abcdefghij")
        self.settle()
        self.assertEqual(len(self.read(Span("#room", 99))), self.journal.applied)
        self.assertLess(self.journal.applied, 10)
        for _ in range(10):
            self.clock.turn()
        self.assertEqual(len(self.read(Span("#room", 99))), 10)

    def test_close(self) -> None:
        """A journal that is closed applies what is stored first."""
        self.propose(*"abcdefghij")
        self.settle()
        closed = self.journal.close()
        self.settle()
        self.assertNoResult(closed)
        for _ in range(10):
            self.clock.turn()
        self.settle()
        self.successResultOf(closed)
        self.assertEqual(self.done[-1], "j settled")

    def test_quick(self) -> None:
        """Entries that take no time are applied in one turn."""
        self.closeJournal()
        self.openJournal(clock=self.clock)
        entries = self.append(*[said(str(number)) for number in range(100)])
        self.assertEqual((self.applied, self.due()), (entries, False))
