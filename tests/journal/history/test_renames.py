"""Tests of L{twistchat.journal.history.renames}, with a journal on disk."""

from __future__ import annotations

import sqlite3
from shutil import rmtree
from tempfile import mkdtemp

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import DiskTestCase, connectionOf, kill, sound, sqliteParts, writerOf
from twistchat.chat.errors import NoSuchNick, NotStored
from twistchat.chat.model.events import (
    Entry,
    Event,
    Joined,
    ModeChange,
    ModesSet,
    Quit,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    TopicSet,
)
from twistchat.chat.model.spans import Around, Search, Span, shownIn
from twistchat.journal.history.renames import MovePace, Rename, pieces
from twistchat.testing.contract import ANN, BOB, said
from twistchat.testing.workers import HeldWorker

NAMES = ("#a", "#b", "#c")

LAST = 1000


def renamed(old: str, new: str) -> RoomRenamed:
    """The rename of a room."""
    return RoomRenamed(ANN, old, new)


def conversationOf(place: str, sequence: int, moving: list[Rename]) -> str:
    """The conversation of an entry that is stored under C{place}: apply the renames, one after the other."""
    for when, origin, target in moving:
        if place == origin and sequence < when:
            place = target
    return place


class PiecesTests(SynchronousTestCase):
    """The places where the entries of a conversation are stored."""

    @given(
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])),
        st.lists(st.integers(1, 40), unique=True, min_size=20, max_size=20),
    )
    @settings(max_examples=300)
    def test_every(self, pairs: list[tuple[str, str]], sequences: list[int]) -> None:
        """Each entry is in exactly one piece, of its own conversation."""
        moving = [(when, *pair) for when, pair in zip(sorted(sequences), pairs, strict=False)]
        for place in NAMES:
            for sequence in range(50):
                found = [
                    name
                    for name in NAMES
                    for piece, start, end in pieces(name, reversed(moving), LAST)
                    if piece == place and start <= sequence < end
                ]
                self.assertEqual(found, [conversationOf(place, sequence, moving)])

    def test_none(self) -> None:
        """Without renames, a conversation is one piece."""
        self.assertEqual(pieces("#a", [], LAST), [("#a", 0, LAST)])


class RenameTests(DiskTestCase):
    """A room is renamed at once, and its entries move in steps."""

    def useSteps(self, step: int) -> None:
        """Set the size of a step, for this journal and later ones."""
        self.history.moving.pace = self.movePace = MovePace(step=step)

    def texts(self, room: str, limit: int = 500) -> str:
        """Read the texts of a room."""
        return " ".join(
            entry.event.text for entry in self.read(Span(room, limit)) if isinstance(entry.event, RoomMessage)
        )

    def found(self, room: str, word: str) -> str:
        """Search in a room."""
        searching = self.history.search(Search(word, 500, {room: 0}))
        self.reader.run()
        return " ".join(getattr(entry.event, "text", "?") for entry in sound(self.successResultOf(searching)))

    def append1(self, event: Event) -> Entry:
        """Append an event, and run only the work that it needs."""
        receipt = self.journal.append(event)
        while not receipt.called:
            self.writer.step()
        return self.successResultOf(receipt)

    def readNow(self, room: str, limit: int = 500) -> str:
        """Read the texts of a room, without running the writer."""
        reading = self.history.read(Span(room, limit))
        self.reader.run()
        entries = sound(self.successResultOf(reading))
        return " ".join(entry.event.text for entry in entries if isinstance(entry.event, RoomMessage))

    def test_steps(self) -> None:
        """
        After a rename, each step moves a limited number of entries.  Reads and searches do not see this, and messages
        are written between two steps.
        """
        self.useSteps(3)
        texts = [f"x{number}" for number in range(8)]
        self.append(*(said(text, "#old") for text in texts))
        receipt = self.journal.append(renamed("#old", "#new"))
        self.writer.step()
        self.successResultOf(receipt)
        left = self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'")
        while left[-1]:
            self.append1(said(f"y{len(left)}", "#other"))
            self.assertEqual(self.readNow("#new"), " ".join(texts))
            self.assertEqual(self.readNow("#new", 3), " ".join(texts[-2:]))
            self.assertEqual(self.found("#new", "x7"), "x7")
            self.assertEqual(self.found("#new", "x0"), "x0")
            self.assertEqual(self.readNow("#old") + self.found("#old", "x0"), "")
            left += self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'")
        self.assertEqual(sorted(set(left)), [0, 2, 5, 8])
        self.settle()
        self.assertEqual(self.onDisk("SELECT count(*) FROM moving"), [0])
        self.assertEqual(self.texts("#new"), " ".join(texts))
        self.assertEqual(self.found("#other", "y1"), "y1")
        self.checkWords()

    def test_stepSizes(self) -> None:
        """A step moves at most so many entries."""
        self.useSteps(3)
        self.append(*(said(f"{number}", "#old") for number in range(8)))
        self.journal.append(renamed("#old", "#new"))
        sizes = [0]
        while self.writer or self.reader:
            self.writer.step() if self.writer else self.reader.step()
            (moved,) = self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#new' AND kind = 'said'")
            sizes.append(moved)
        self.assertEqual(sorted(set(sizes)), [0, 3, 6, 8])

    def test_pauses(self) -> None:
        """With a clock there is a pause between two steps, even if another room is renamed, and none after the last."""
        self.closeJournal()
        self.movePace = MovePace(step=3)
        clock = Clock()
        self.openJournal(clock=clock)
        self.append(*(said(f"x{number}", "#old") for number in range(8)))
        self.append(renamed("#old", "#new"))
        left = []
        while any(call.getTime() <= clock.seconds() + MovePace().pause for call in clock.getDelayedCalls()):
            left += self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'")
            self.append(renamed("#other", "#another"))
            clock.advance(MovePace().pause)
            self.settle()
        self.assertEqual(left[:3], [5, 2, 0])
        self.assertEqual(self.onDisk("SELECT count(*) FROM moving"), [0])

    def test_renamedInStep(self) -> None:
        """A room that is renamed while a step finds nothing for another room is moved too."""
        self.append(said("a", "#two"))
        for old, new in (("#one", "#three"), ("#two", "#four")):
            self.journal.append(renamed(old, new))
        self.writer.run()
        self.assertEqual(len(self.reader), 1)
        self.reader.run()
        self.assertEqual(len(self.writer), 1)
        self.settle()
        self.assertEqual(self.onDisk("SELECT count(*) FROM moving"), [0])

    def test_closeInPause(self) -> None:
        """A closed journal moves nothing more.  The next start continues."""
        self.closeJournal()
        self.movePace = MovePace(step=3)
        clock = Clock()
        self.openJournal(clock=clock)
        self.append(*(said(f"x{number}", "#old") for number in range(8)))
        self.append(renamed("#old", "#new"))
        self.closeJournal()
        self.assertEqual(clock.getDelayedCalls(), [])
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'"), [5])
        self.openJournal()
        self.settle()
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'"), [0])

    def test_orderOnDisk(self) -> None:
        """Nothing is written after a rename until it was applied and the room's keys were moved."""
        self.append(TopicSet(ANN, "#old", "first"))
        receipts = [
            self.journal.append(event)
            for event in (said("a", "#old"), renamed("#old", "#new"), TopicSet(ANN, "#old", "second"), Quit(BOB, ""))
        ]
        self.writer.step()
        self.writer.step()
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry"), [3])
        self.assertNoResult(receipts[2])
        self.assertEqual([len(self.applied), self.successResultOf(receipts[1])], [3, self.applied[-1]])
        self.settle()
        self.assertEqual(self.successResultOf(receipts[3]), self.applied[-1])
        held = self.onDisk("SELECT conversation || ' ' || key FROM holding ORDER BY sequence")
        self.assertEqual(held, ["#new topic", f"#new renamed {self.applied[2].sequence}", "#old topic"])

    def test_batchEnds(self) -> None:
        """A passing event that is proposed while a rename is applied comes after it, and before the waiting events."""
        order: list[str] = []

        def apply(entry: Entry) -> None:
            order.append(type(entry.event).__name__)
            if isinstance(entry.event, RoomRenamed):
                self.journal.append(Joined(BOB, "#new"))

        self.closeJournal()
        self.openJournal(apply)
        for event in (renamed("#old", "#new"), Quit(BOB, ""), said("a", "#new")):
            self.journal.append(event)
        self.settle()
        self.assertEqual(order, ["RoomRenamed", "Quit", "RoomMessage", "Joined"])

    def test_readBefore(self) -> None:
        """A read that was requested before a rename shows the room as it was.  Nothing moves until it has finished."""
        entries = self.append(said("a", "#old"), said("b", "#old"))
        early = self.history.read(Span("#old", 9))
        search = self.history.search(Search("b", 9, {"#old": 0}))
        around = self.history.read(Around("#old", 9, entries[0].sequence))
        receipt = self.journal.append(renamed("#old", "#new"))
        self.writer.run()
        self.successResultOf(receipt)
        late = self.history.read(Span("#new", 9))
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'"), [2])
        self.settle()
        self.assertEqual(self.successResultOf(early), entries)
        self.assertEqual(self.successResultOf(around), entries)
        self.assertEqual(self.successResultOf(search), entries[1:])
        self.assertEqual(self.successResultOf(late), [*[shownIn(entry, "#new") for entry in entries], self.applied[-1]])
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'"), [0])

    def test_restart(self) -> None:
        """After a process ended while entries were moved, the next one continues."""
        self.useSteps(3)
        texts = [f"x{number}" for number in range(8)]
        self.append(*(said(text, "#old") for text in texts))
        self.journal.append(renamed("#old", "#new"))
        while self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'") == [8]:
            self.writer.step() if self.writer else self.reader.step()
        self.kill()
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'"), [5])
        self.openJournal()
        self.assertEqual(self.readNow("#new"), " ".join(texts))
        self.assertEqual(self.readNow("#old"), "")
        self.settle()
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'"), [0])
        self.assertEqual(self.texts("#new"), " ".join(texts))

    def kill(self) -> None:
        """Close the files, without running the pending work."""
        kill(self.journal)

    def crash(self) -> Entry:
        """End the process when a rename is on disk and not applied yet."""
        self.append(said("a", "#old"), TopicSet(ANN, "#old", "t"))
        self.journal.append(renamed("#old", "#new"))
        self.writer.step()
        self.assertEqual(self.onDisk("SELECT count(*) FROM renaming"), [1])
        entry = self.applied[-1]
        self.kill()
        return entry

    def test_crashBeforeSettled(self) -> None:
        """The next process applies the rename, and moves the room's keys."""
        entry = self.crash()
        self.openJournal()
        self.assertEqual([kept.event for kept in self.applied], [TopicSet(ANN, "#old", "t"), entry.event])
        self.assertEqual(self.texts("#new"), "a")
        self.closeJournal()
        self.openJournal()
        self.assertEqual(self.applied[-1], entry)
        self.assertEqual(self.texts("#new") + self.texts("#old"), "a")
        self.assertEqual(self.onDisk("SELECT count(*) FROM renaming"), [0])

    def test_crashBeforeRefused(self) -> None:
        """If the next process cannot apply the rename, nothing is renamed."""

        def apply(entry: Entry) -> None:
            if isinstance(entry.event, RoomRenamed):
                raise NoSuchNick("#old")

        self.crash()
        with capturedLogs():
            self.openJournal(apply)
        self.assertEqual(self.texts("#old"), "a")
        self.assertEqual(self.read(Span("#new", 9)), [])
        self.closeJournal()
        self.openJournal()
        self.assertEqual([entry.event for entry in self.applied], [TopicSet(ANN, "#old", "t")])

    def test_fault(self) -> None:
        """
        The disk fails after a rename was stored, before its keys are moved.  Events are refused until that succeeds.
        Reads work, and the move continues after the fault.
        """
        self.append(said("a", "#old"), TopicSet(ANN, "#old", "t"))
        self.connection.execute("PRAGMA busy_timeout = 1")
        receipt = self.journal.append(renamed("#old", "#new"))
        self.writer.step()
        self.successResultOf(receipt)
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        with capturedLogs():
            lost = self.journal.append(TopicSet(ANN, "#old", "lost"))
            self.settle()
            self.assertIsInstance(self.failureResultOf(lost).value, NotStored)
            self.assertEqual(self.texts("#new"), "a")
            other.execute("ROLLBACK")
            self.append(TopicSet(ANN, "#old", "another"))
        self.assertEqual(self.onDisk("SELECT count(*) FROM moving"), [0])
        self.assertEqual(self.texts("#new"), "a")
        held = self.onDisk("SELECT conversation FROM holding ORDER BY sequence")
        self.assertEqual(held, ["#new", "#new", "#old"])

    def test_failedRename(self) -> None:
        """A rename that could not be stored changes nothing, and delays nothing."""
        self.append(said("a", "#old"))
        self.connection.execute("PRAGMA busy_timeout = 1")
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        with capturedLogs():
            receipts = [self.journal.append(event) for event in (renamed("#old", "#new"), said("b", "#old"))]
            self.writer.step()
            self.failureResultOf(receipts[0], NotStored)
            other.execute("ROLLBACK")
            self.settle()
        self.successResultOf(receipts[1])
        self.assertEqual(self.texts("#old"), "a b")

    def test_unsaidOnTheWay(self) -> None:
        """A text can be redacted wherever it is stored, and only in its own room."""
        self.useSteps(1)
        entries = self.append(*(said(f"x{number}", "#old") for number in range(6)))
        self.append(RoomMessage(ANN, "#old", "s", "ranked", rank="v"))
        ranked = self.applied[-1]
        self.journal.append(renamed("#old", "#mid"))
        self.writer.run()
        self.reader.run()
        self.writer.step()
        self.journal.append(renamed("#mid", "#new"))
        for room, entry in (("#old", 0), ("#mid", 1), ("#new", 2), ("#new", 5)):
            self.journal.append(RoomMessageRedacted(ANN, room, entries[entry].sequence, entries[entry].msgid))
        self.journal.append(RoomMessageRedacted(ANN, "#new", ranked.sequence, ranked.msgid))
        while len(self.applied) < 14:
            self.writer.step()
        self.assertGreater(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'")[0], 2)
        self.assertEqual(self.readNow("#new"), "x0 x1 x3 x4")
        self.settle()
        self.assertEqual(self.texts("#new"), "x0 x1 x3 x4")
        self.assertEqual(self.texts("+#new"), "")
        self.checkWords()

    def test_triggers(self) -> None:
        """Triggers keep the indexes equal to the entries, and do nothing else: the rules are in Python."""
        triggers = self.onDisk("SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")
        indexes = ["entry_inrooms", "entry_untold"]
        self.assertEqual(triggers, sorted(["entry_moved", "entry_moving", "entry_unsaid", "journal_indexed", *indexes]))

    def test_checkpoints(self) -> None:
        """Moved entries count for the next checkpoint, so SQLite's log does not grow without limit."""
        self.append(*(said("x", "#old") for _ in range(50)))
        before = self.journal.committer.threads._entries  # private: a checkpoint is due after many more
        self.append(renamed("#old", "#new"))
        self.assertEqual(self.journal.committer.threads._entries, before + 1 + 50)  # private: as above, it counts


STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("unsay"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("work"), st.just(""), st.just("")),
    st.tuples(st.just("index"), st.just(""), st.just("")),
    st.tuples(st.just("kill"), st.just(""), st.just("")),
)


class AnyOrderTests(SynchronousTestCase):
    """Texts, renames, restarts and work of the threads in any order, compared with a model that renames at once."""

    @given(st.lists(STEPS, max_size=40))
    @settings(max_examples=80, deadline=None)
    def test_anyOrder(self, steps: list[tuple[str, str, str]]) -> None:
        """Reads and searches give the same as the model."""
        directory = mkdtemp()
        try:
            self.open(directory)
            rooms: dict[str, list[Entry]] = {name: [] for name in NAMES}
            for step, one, other in steps:
                if step == "say":
                    rooms[one].append(self.append(said("word", one)))
                elif step == "rename":
                    entry = self.append(renamed(one, other))
                    if one != other:
                        moved = [shownIn(entry, other) for entry in rooms[one]]
                        rooms[other] = sorted(rooms[other] + moved, key=lambda entry: entry.sequence)
                        rooms[one] = []
                    rooms[other].append(entry)
                elif step == "unsay" and rooms[one]:
                    text = rooms[one][len(rooms[one]) // 2]
                    if isinstance(text.event, RoomMessage):
                        rooms[one].remove(text)
                    rooms[one].append(self.append(RoomMessageRedacted(ANN, one, text.sequence, text.msgid)))
                elif step == "work":
                    for worker in self.workers:
                        if worker:
                            worker.step()
                elif step == "index":
                    self.history.writer.index(self.journal.applied, 2)
                elif step == "kill":
                    kill(self.journal)
                    self.open(directory)
                self.check(rooms)
            while any(self.workers):
                for worker in self.workers:
                    worker.run()
            self.check(rooms)
            self.assertEqual(self.history.writer.move(2**62, 1), None)
            while self.history.writer.index(self.journal.applied, 3)[1]:
                pass
            self.check(rooms)
            connectionOf(writerOf(self.journal)).execute("INSERT INTO word (word, rank) VALUES ('integrity-check', 1)")
            kill(self.journal)
        finally:
            rmtree(directory)

    def open(self, directory: str) -> None:
        """Open a journal whose threads work when they are told to."""
        self.workers: list[HeldWorker] = []

        def work(name: str) -> HeldWorker:
            self.workers.append(HeldWorker())
            return self.workers[-1]

        self.journal, self.history = sqliteParts(
            directory, lambda: 1.0, lambda: "r", lambda: bytes(32), work, "relaxed"
        )
        self.history.moving.pace = MovePace(step=2)
        self.successResultOf(self.journal.open(lambda entry, origin: None))

    def append(self, event: RoomMessage | RoomRenamed | RoomMessageRedacted) -> Entry:
        """Append an event, and run only the work that it needs."""
        receipt = self.journal.append(event)
        while not receipt.called:
            self.workers[0].step()
        return self.successResultOf(receipt)

    def check(self, rooms: dict[str, list[Entry]]) -> None:
        """Read every room, and search in it."""
        for name, entries in rooms.items():
            reading = self.history.read(Span(name, 100))
            newest = self.history.read(Span(name, 2))
            oldest = self.history.read(Span(name, 2, after=0, oldest=True))
            searching = self.history.search(Search("word", 100, {name: 0}))
            self.workers[1].run()
            self.assertEqual(self.successResultOf(reading), entries)
            self.assertEqual(self.successResultOf(newest), entries[-2:])
            self.assertEqual(self.successResultOf(oldest), entries[:2])
            texts = [entry for entry in entries if isinstance(entry.event, RoomMessage)]
            self.assertEqual(self.successResultOf(searching), texts)


class HoldingTests(DiskTestCase):
    """The entries of a renamed room that a restart applies."""

    def again(self) -> list[Entry]:
        """Restart, and return the entries that were applied."""
        self.closeJournal()
        self.openJournal()
        return self.applied

    def test_held(self) -> None:
        """Entries that hold keys are applied in order, with the renames between them."""
        mode = ModesSet(ANN, "#two", (ModeChange(True, "i"),))
        kept = self.append(TopicSet(ANN, "#one", "t"), renamed("#one", "#two"), mode, renamed("#two", "#one"))
        self.assertEqual(self.again(), kept)

    def test_superseded(self) -> None:
        """A rename is not applied if no earlier entry holds a key."""
        topics = [TopicSet(ANN, name, "t") for name in ("#one", "#two")]
        self.append(topics[0], renamed("#one", "#two"), topics[1], renamed("#two", "#three"))
        self.assertEqual([entry.event for entry in self.again()], [topics[1], renamed("#two", "#three")])
        self.append(said("x", "#five"), renamed("#five", "#six"))
        self.assertEqual(len(self.again()), 2)

    def test_takenName(self) -> None:
        """Old keys of a room that ended do not affect a room that is renamed to its name."""
        off = ModesSet(ANN, "#new", (ModeChange(False, "i"),))
        on = ModesSet(ANN, "#old", (ModeChange(True, "i"),))
        self.append(ModesSet(ANN, "#new", (ModeChange(True, "i"),)), on, off, renamed("#old", "#new"))
        self.assertEqual([entry.event for entry in self.again()], [on, renamed("#old", "#new")])
