"""Tests of L{twistchat.journal.history.removal.retention}, with a journal on disk."""

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
    AdministrativeAct,
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
from twistchat.journal.history.removal.retention import Retention, RetentionPace
from twistchat.journal.history.renames import MovePace
from twistchat.testing.contract import ANN, BOB, GUEST, said

DAY = 86400.0

PACE = RetentionPace()

FIRST, EVERY, PAUSE = PACE.first, PACE.interval, PACE.pause


class RetentionCase(DiskTestCase):
    """A journal that deletes old entries."""

    def begin(
        self, age: float = 0.0, count: int = 0, pace: RetentionPace = PACE, acts: float = 0.0, **rooms: float
    ) -> None:
        """
        Open the journal again, with a limit of age or number.

        @param acts: the limit of the age of acts.
        @param rooms: the retentions of rooms, by their names without the C{#}.
        """
        self.closeJournal()
        self.clock = Clock()
        self.rooms = {f"#{name}": seconds for name, seconds in rooms.items()}
        self.openJournal(retention=Retention(self.clock, lambda: self.now, age, count, pace, lambda: self.rooms, acts))

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

    def inFile(self) -> bool:
        """Whether the journal's file contains words of the deleted texts."""
        self.store.checkpoint(whole=True)
        return b"ecretword" in self.path.read_bytes()


class RetentionTests(RetentionCase):
    """The deletion of old entries."""

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


class ActRetentionTests(RetentionCase):
    """The deletion of old acts of administrators."""

    def act(self, *days: int) -> list[int]:
        """Record acts on these days, with texts.  Return their sequence numbers."""
        entries = []
        for day in days:
            self.now = day * DAY
            entries += self.append(AdministrativeAct(ANN, "kill", "Ann", str(day)), said(str(day)))
        return [entry.sequence for entry in entries[::2]]

    def acts(self) -> list[int]:
        """The sequence numbers of the acts that are left."""
        return self.onDisk("SELECT sequence FROM entry WHERE kind = 'act' ORDER BY sequence")

    def test_longer(self) -> None:
        """Acts do not go with the texts, neither by age nor by number, nor with a room's own time."""
        kept = self.act(0, 1, 2, 3)
        self.begin(age=DAY, count=2, room=3 * DAY)
        self.now = 10 * DAY
        self.round()
        self.assertEqual(self.texts(), "")
        self.assertEqual(self.acts(), kept)

    def test_own(self) -> None:
        """Acts go at their own age, and texts stay."""
        kept = self.act(0, 1, 2, 3)
        self.begin(acts=2 * DAY)
        self.now = 3.5 * DAY
        self.round()
        self.assertEqual(self.acts(), kept[2:])
        self.assertEqual(self.texts(), "0123")
        self.now = 30 * DAY
        self.round()
        self.assertEqual(self.acts(), [])

    def test_steps(self) -> None:
        """Old acts are deleted a few at a time."""
        self.act(*[0] * 5)
        self.begin(acts=DAY, pace=RetentionPace(step=2))
        self.now = 9 * DAY
        self.clock.advance(FIRST)
        left = []
        for _ in range(4):
            self.settle()
            left.append(len(self.acts()))
            self.clock.advance(PAUSE)
        self.assertEqual(left, [3, 1, 0, 0])


class RoomRetentionTests(RetentionCase):
    """The deletion of old entries in rooms with a retention of their own."""

    def say(self, days: int, *rooms: str) -> None:
        """Say the number of each day in each room, also to its operators."""
        for day in range(days):
            self.now = DAY * day
            for room in rooms:
                self.append(said(str(day), room), replace(said(str(day), room), rank="o"))

    def left(self, room: str) -> str:
        """The texts that are left in a room."""
        return "".join(getattr(entry.event, "text", "") for entry in self.read(Span(room, 500)))

    def test_shorterAndLonger(self) -> None:
        """A room keeps its entries for its own time, and so do the texts to its ranks."""
        self.say(6, "#short", "#long", "#forever", "#usual")
        self.index()
        self.begin(age=3 * DAY, short=DAY, long=4 * DAY, forever=0.0)
        self.now = 5.5 * DAY
        self.round()
        rooms = ("#short", "#long", "#forever", "#usual")
        self.assertEqual([self.left(room) for room in rooms], ["5", "2345", "012345", "345"])
        self.assertEqual([self.left(f"@{room}") for room in rooms], ["5", "2345", "012345", "345"])
        self.checkWords()

    def test_words(self) -> None:
        """The words of a room's old texts leave the file."""
        self.append(*(said(f"ordinary text {number}") for number in range(100)))
        self.append(*(said(f"secretword{number:02}", "#short") for number in range(20)))
        self.index()
        self.begin(short=DAY)
        self.now += 2 * DAY
        self.assertTrue(self.inFile())
        self.round()
        self.assertFalse(self.inFile())

    def test_changed(self) -> None:
        """A changed retention takes effect in the next round."""
        self.say(4, "#short", "#room")
        self.begin(age=10 * DAY)
        self.round()
        self.assertEqual(self.left("#short"), "0123")
        self.rooms["#short"] = DAY
        self.round()
        self.assertEqual((self.left("#short"), self.left("#room")), ("23", "0123"))

    def test_countOfAll(self) -> None:
        """The number of entries of the server includes rooms that keep their entries longer."""
        self.say(6, "#forever")
        self.begin(age=DAY, count=4, forever=0.0)
        self.round()
        self.assertEqual(self.left("#forever"), "45")

    def test_held(self) -> None:
        """A room keeps its topic, however old it is."""
        self.append(TopicSet(ANN, "#short", "tea"), said("o", "#short"))
        self.begin(short=DAY)
        self.now += 2 * DAY
        self.round()
        self.assertEqual([entry.event for entry in self.read(Span("#short", 9))], [TopicSet(ANN, "#short", "tea")])

    def test_inSteps(self) -> None:
        """A room with many old entries takes several steps."""
        self.append(*(said("x", "#short") for _ in range(10)))
        self.begin(pace=RetentionPace(step=3, conversations=1), short=DAY)
        self.now += 2 * DAY
        self.append(said("n", "#short"))
        steps = self.round()
        self.assertEqual(self.left("#short"), "n")
        self.assertGreaterEqual(steps, 4)

    def test_longerRenamed(self) -> None:
        """Entries that were not moved to the new name of their room yet are spared too, under either name."""
        self.say(4, "#old")
        self.begin(age=DAY)
        self.onDiskMoving("#old", "#new")
        self.now = 9 * DAY
        for name in ("#old", "#new"):
            self.rooms = {name: 0.0}
            self.round()
            self.assertEqual(self.left("#new"), "0123")
        self.rooms = {}
        self.round()
        self.assertEqual(self.left("#new"), "")

    def test_shorterRenamed(self) -> None:
        """A new room with the old name of another takes none of its entries away."""
        self.say(4, "#short")
        self.begin()
        self.onDiskMoving("#short", "#new")
        self.rooms["#short"] = DAY
        self.now = 9 * DAY
        self.round()
        self.assertEqual(self.left("#new"), "0123")

    def onDiskMoving(self, origin: str, target: str) -> None:
        """Let all entries of a room belong to another name, to which they have not been moved."""
        self.settle()
        sequence = self.journal.applied
        self.connection.execute("INSERT INTO moving VALUES (?, ?, ?)", (sequence, origin, target))
