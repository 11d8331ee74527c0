"""Tests of L{twistchat.journal.history.retention}, with a journal on disk."""

from __future__ import annotations

import sqlite3

from msgspec.structs import replace
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs

from tests.journal.disk import DiskTestCase
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountRegistered,
    Credential,
    CredentialSet,
    InboxRead,
    LoginRecorded,
    ModeChange,
    ModesSet,
    PrivateMessage,
    RoomMessageRedacted,
    RoomRegistered,
    RoomRenamed,
    Source,
    TopicSet,
)
from twistchat.chat.model.spans import Span
from twistchat.journal.history.renames import MovePace
from twistchat.journal.history.retention import Retention, RetentionPace
from twistchat.testing.contract import ANN, BOB, GUEST, said

DAY = 86400.0

PACE = RetentionPace()

FIRST, EVERY, PAUSE = PACE.first, PACE.interval, PACE.pause


class RetentionTests(DiskTestCase):
    """The deletion of old entries."""

    def begin(self, age: float = 0.0, count: int = 0, pace: RetentionPace = PACE) -> None:
        """Open the journal again, with a limit of age or number."""
        self.closeJournal()
        self.clock = Clock()
        self.openJournal(retention=Retention(self.clock, lambda: self.now, age, count, pace))

    def round(self) -> int:
        """Run a whole round, and return the number of its steps."""
        self.clock.advance(FIRST if self.clock.seconds() < FIRST else EVERY)
        self.settle()
        steps = 0
        while self.clock.getDelayedCalls() and self.clock.getDelayedCalls()[0].getTime() - self.clock.seconds() < EVERY:
            self.clock.advance(PAUSE)
            self.settle()
            steps += 1
        return steps

    def texts(self) -> str:
        """The texts that are left in C{#room}."""
        return "".join(getattr(entry.event, "text", "T") for entry in self.read(Span("#room", 500)))

    def test_age(self) -> None:
        """Entries above the age are deleted, in every conversation and in the word index."""
        for day in range(5):
            self.now = DAY * day
            self.append(said(str(day)), PrivateMessage(ANN, "s", BOB, "x"), PrivateMessage(GUEST, "s", BOB, "y"))
            if day == 3:
                self.index()
        self.begin(age=2.5 * DAY)
        self.now = 4.2 * DAY
        self.round()
        self.assertEqual(self.texts(), "234")
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry"), [9])
        self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH '1'"), [0])
        self.checkWords()
        self.now = 5.2 * DAY
        self.round()
        self.assertEqual(self.texts(), "34")

    def test_everythingOld(self) -> None:
        """If all entries are old, all are deleted, except those that are stored meanwhile."""
        self.now = 0.0
        self.append(*(said("o") for _ in range(5)))
        self.begin(age=DAY, pace=RetentionPace(step=2))
        self.now = 10 * DAY
        self.clock.advance(FIRST)
        self.settle()
        self.append(said("n"))
        self.clock.advance(PAUSE)
        for _ in range(10):
            self.settle()
            self.clock.advance(PAUSE)
        self.assertEqual(self.texts(), "n")

    def test_count(self) -> None:
        """The newest entries are kept, up to the number."""
        for number in range(9):
            self.append(said(str(number)), said("x", "#other"))
        self.begin(count=7)
        self.round()
        self.assertEqual(self.texts(), "678")
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry"), [7])
        self.round()
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry"), [7])

    def test_enough(self) -> None:
        """Up to the limits, nothing is deleted."""
        self.append(*map(said, "0123"))
        self.begin(count=4, age=DAY)
        self.round()
        self.assertEqual(self.texts(), "0123")

    def test_forEver(self) -> None:
        """Without limits, nothing is deleted."""
        entries = self.append(*map(said, "0123"))
        self.begin()
        self.now += 10_000 * DAY
        self.round()
        self.round()
        self.assertEqual(self.onDisk(), [entry.sequence for entry in entries])

    def inFile(self) -> bool:
        """Whether the journal's file contains words of the redacted texts."""
        self.store.checkpoint(whole=True)
        return b"ecretword" in self.path.read_bytes()

    def test_takenBack(self) -> None:
        """The next round removes the words of redacted texts from the file, and no others."""
        self.append(*(said(f"ordinary text {number}") for number in range(300)))
        entries = self.append(*(said(f"secretword{number:02} {number}") for number in range(20)))
        self.append(*(said(f"ordinary text {number}") for number in range(300)))
        self.begin()
        self.index()
        self.append(*(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid) for entry in entries))
        self.assertTrue(self.inFile())
        self.round()
        self.assertFalse(self.inFile())
        self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'ordinary'"), [600])
        self.assertEqual(self.onDisk("SELECT unmerged FROM journal"), [0])
        self.checkWords()

    def test_takenBackSoon(self) -> None:
        """A text that is redacted before it is indexed is removed from the file at once, and needs no merge."""
        self.append(*(said(f"ordinary text {number}") for number in range(300)))
        self.index()
        entries = self.append(*(said(f"secretword{number:02} {number}") for number in range(20)))
        self.begin()
        self.assertTrue(self.inFile())
        self.append(*(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid) for entry in entries))
        self.assertFalse(self.inFile())
        self.assertEqual(self.onDisk("SELECT unmerged FROM journal"), [0])
        self.index()
        self.assertFalse(self.inFile())
        self.assertEqual(self.round(), 0)
        self.checkWords()

    def test_takenBackMeanwhile(self) -> None:
        """A text that is redacted during the merge is removed too.  Without redactions nothing is merged."""
        self.append(*(said(f"ordinary{number} text {number}") for number in range(600)))
        entries = self.append(*(said(f"secretword{number:02} {number}") for number in range(20)))
        self.index()
        self.begin(pace=RetentionPace(pages=1))
        self.append(RoomMessageRedacted(ANN, "#room", entries[0].sequence, entries[0].msgid))
        self.clock.advance(FIRST)
        self.settle()
        self.clock.advance(PAUSE)
        self.settle()
        self.assertEqual(self.onDisk("SELECT unmerged FROM journal"), [2])
        self.append(*(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid) for entry in entries[1:]))
        self.assertGreater(self.round(), 1)
        self.assertFalse(self.inFile())
        self.assertEqual(self.round(), 0)

    def test_rooms(self) -> None:
        """Entries that a restart needs are kept, however old.  Superseded entries are deleted."""
        self.now = 0.0
        change = ModeChange(True, "b", "x!*@*")
        events = [
            TopicSet(ANN, "#room", "one"),
            ModesSet(ANN, "#room", (change, ModeChange(True, "i"))),
            said("x"),
            TopicSet(ANN, "#room", "two"),
            ModesSet(ANN, "#room", (ModeChange(False, "i"),)),
        ]
        kept = self.append(*events)
        self.now = 9 * DAY
        kept += self.append(ModesSet(ANN, "#room", (ModeChange(True, "m"),)))
        self.begin(age=DAY)
        self.assertEqual(self.round(), self.round())
        self.assertEqual(self.onDisk(), [kept[place].sequence for place in (1, 3, 4, 5)])
        self.closeJournal()
        self.openJournal()
        left = replace(kept[1], event=ModesSet(ANN, "#room", (change,)))
        self.assertEqual(self.applied, [left, *[kept[place] for place in (3, 4, 5)]])

    def test_accounts(self) -> None:
        """Accounts, registered rooms and texts that wait are kept, however old.  Texts that were read are deleted."""
        self.now = 0.0
        waiting = PrivateMessage(ANN, "s", Source("", "carl", account="carl"), "x")
        kept = self.append(
            AccountRegistered(SERVER, "carl"),
            CredentialSet(SERVER, "carl", Credential("password", "", "hash")),
            LoginRecorded(SERVER, "carl", "password", "", "home"),
            RoomRegistered(SERVER, "#room", "carl"),
            AccessSet(SERVER, "#room", "ann", "o"),
            waiting,
            waiting,
        )
        self.append(InboxRead(SERVER, "carl", kept[5].sequence))
        self.now = 9 * DAY
        self.begin(age=DAY)
        self.round()
        del kept[5]
        self.assertEqual(self.onDisk(), [entry.sequence for entry in kept])
        self.closeJournal()
        self.openJournal()
        self.assertEqual(self.applied, kept)

    def test_moving(self) -> None:
        """Old entries of a renamed room are deleted wherever they are stored, and the others are still moved."""
        self.movePace = MovePace(step=1)
        self.now = 0.0
        self.append(*(said("o", "#old") for _ in range(4)))
        self.now = 9 * DAY
        self.append(*(said("n", "#old") for _ in range(4)))
        self.begin(age=DAY)
        self.now += 1.0
        self.journal.append(RoomRenamed(ANN, "#old", "#room"))
        while not self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#room' AND kind = 'said'")[0]:
            self.writer.step() if self.writer else self.reader.step()
        self.round()
        self.assertEqual(self.texts(), "nnnnT")
        self.now += 2 * DAY
        self.round()
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry"), [0])

    def test_smallSteps(self) -> None:
        """A step examines at most 200 entries, and messages are written between two steps."""
        self.now = 0.0
        self.append(*(said("o") for _ in range(1000)))
        self.begin(age=DAY)
        self.now = 10 * DAY
        self.clock.advance(FIRST)
        left = []
        for _ in range(7):
            self.settle()
            left.append(self.onDisk("SELECT count(*) FROM entry WHERE time = 0")[0])
            self.append(said("n"))
            self.clock.advance(PAUSE)
        self.assertEqual(left, [800, 600, 400, 200, 0, 0, 0])
        self.assertEqual(self.texts(), "n" * 7)

    def test_fault(self) -> None:
        """After a fault of the disk, the next round tries again."""
        self.now = 0.0
        self.append(said("o"))
        self.begin(age=DAY)
        self.now = 10 * DAY
        self.connection.execute("PRAGMA busy_timeout = 1")
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        with capturedLogs() as logs:
            self.round()
        self.assertEqual([event["log_level"] for event in logs], [LogLevel.error])
        self.assertEqual(self.texts(), "o")
        other.execute("ROLLBACK")
        self.round()
        self.assertEqual(self.texts(), "")

    def test_close(self) -> None:
        """A closed journal deletes nothing more."""
        self.append(said("o"))
        self.begin(age=1.0)
        self.now += 10 * DAY
        self.clock.advance(FIRST)
        self.closeJournal()
        self.clock.advance(EVERY)
        self.assertEqual(self.clock.getDelayedCalls(), [])
