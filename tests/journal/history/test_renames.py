"""Tests of L{twistchat.journal.history.renames}, with the journal on disk whose rooms get other names."""

from __future__ import annotations

import sqlite3
from shutil import rmtree
from tempfile import mkdtemp

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import DiskTestCase, connectionOf, kill, position, sound, sqliteParts, writerOf
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
from twistchat.chat.model.modes.room import RANKS
from twistchat.chat.model.spans import Around, Span
from twistchat.journal.history import renames
from twistchat.journal.history.renames import Rename, pieces
from twistchat.journal.sqlite.migrate import schema
from twistchat.testing.contract import ANN, BOB, said
from twistchat.testing.workers import HeldWorker

NAMES = ("#a", "#b", "#c")

LAST = 1000


def renamed(old: str, new: str) -> RoomRenamed:
    """A room gets another name."""
    return RoomRenamed(ANN, old, new)


def conversationOf(place: str, sequence: int, moving: list[Rename]) -> str:
    """What conversation an entry is of that is stored as one of C{place}: the renames, one after the other."""
    for when, origin, target in moving:
        if place == origin and sequence < when:
            place = target
    return place


class PiecesTests(SynchronousTestCase):
    """Where the entries of a conversation are."""

    @given(
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])),
        st.lists(st.integers(1, 40), unique=True, min_size=20, max_size=20),
    )
    @settings(max_examples=300)
    def test_every(self, pairs: list[tuple[str, str]], sequences: list[int]) -> None:
        """Each entry is in exactly one piece, which is one of its own conversation's."""
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
        """Where nothing is being moved, a conversation is where it is."""
        self.assertEqual(pieces("#a", [], LAST), [("#a", 0, LAST)])


class RenameTests(DiskTestCase):
    """A room's name changes at once, and its entries follow a few at a time."""

    def texts(self, room: str, limit: int = 500) -> str:
        """What is read of a room."""
        return " ".join(
            entry.event.text for entry in self.read(Span(room, limit)) if isinstance(entry.event, RoomMessage)
        )

    def found(self, room: str, word: str) -> str:
        """What is found in a room."""
        searching = self.history.search([room], word, 500)
        self.reader.run()
        return " ".join(getattr(entry.event, "text", "?") for entry in sound(self.successResultOf(searching)))

    def append1(self, event: Event) -> Entry:
        """Append an event, and let the writer do no more than that needs."""
        receipt = self.journal.append(event)
        while not receipt.called:
            self.writer.step()
        return self.successResultOf(receipt)

    def readNow(self, room: str, limit: int = 500) -> str:
        """What is read of a room while the writer is stopped."""
        reading = self.history.read(Span(room, limit))
        self.reader.run()
        entries = sound(self.successResultOf(reading))
        return " ".join(entry.event.text for entry in entries if isinstance(entry.event, RoomMessage))

    def test_steps(self) -> None:
        """
        After the rename itself a step moves so many entries, and no more; reading and searching see none of that; what
        is said in between is written between two steps.
        """
        self.patch(renames, "STEP", 3)
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
        """No step moves more than it may."""
        self.patch(renames, "STEP", 3)
        self.append(*(said(f"{number}", "#old") for number in range(8)))
        self.journal.append(renamed("#old", "#new"))
        sizes = [0]
        while self.writer or self.reader:
            self.writer.step() if self.writer else self.reader.step()
            (moved,) = self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#new' AND kind = 'said'")
            sizes.append(moved)
        self.assertEqual(sorted(set(sizes)), [0, 3, 6, 8])

    def test_pauses(self) -> None:
        """With a clock there is a pause between two steps, whatever comes up meanwhile; and none behind the last."""
        self.patch(renames, "STEP", 3)
        self.closeJournal()
        clock = Clock()
        self.openJournal(clock=clock)
        self.append(*(said(f"x{number}", "#old") for number in range(8)))
        self.append(renamed("#old", "#new"))
        left = []
        while any(call.getTime() <= clock.seconds() + renames.PAUSE for call in clock.getDelayedCalls()):
            left += self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'")
            self.append(renamed("#other", "#another"))
            clock.advance(renames.PAUSE)
            self.settle()
        self.assertEqual(left[:3], [5, 2, 0])
        self.assertEqual(self.onDisk("SELECT count(*) FROM moving"), [0])

    def test_renamedInStep(self) -> None:
        """A room is moved as well that was renamed while there was found nothing to move for another."""
        self.append(said("a", "#two"))
        for old, new in (("#one", "#three"), ("#two", "#four")):
            self.journal.append(renamed(old, new))
        self.writer.run()
        self.assertEqual(len(self.reader), 2)
        self.reader.run()
        self.assertEqual(len(self.writer), 1)
        self.settle()
        self.assertEqual(self.onDisk("SELECT count(*) FROM moving"), [0])

    def test_closeInPause(self) -> None:
        """A journal that is closed moves nothing more; the next start goes on."""
        self.patch(renames, "STEP", 3)
        self.closeJournal()
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
        """Nothing is written behind a rename before it was applied, and what the room keeps has gone with its name."""
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
        """A passing event that comes up as a rename is applied comes after it, and before what waited."""
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
        """Who asked before the rename reads the room as it was then; nothing is moved until that has been read."""
        entries = self.append(said("a", "#old"), said("b", "#old"))
        early = self.history.read(Span("#old", 9))
        search = self.history.search(["#old"], "b", 9)
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
        self.assertEqual(self.successResultOf(late), [*entries, self.applied[-1]])
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE conversation = '#old'"), [0])

    def test_restart(self) -> None:
        """A process that ends in the midst of moving is followed by one that goes on with it."""
        self.patch(renames, "STEP", 3)
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
        """Let go of the files, whatever there was still to do."""
        kill(self.journal)

    def crash(self) -> Entry:
        """End the process as soon as a rename is on disk: nobody was told what became of it."""
        self.append(said("a", "#old"), TopicSet(ANN, "#old", "t"))
        self.journal.append(renamed("#old", "#new"))
        self.writer.step()
        self.assertEqual(self.onDisk("SELECT count(*) FROM renaming"), [1])
        entry = self.applied[-1]
        self.kill()
        return entry

    def test_crashBeforeSettled(self) -> None:
        """The next process applies it, and lets the room keep what it kept."""
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
        """If the next process cannot apply it, it has not happened."""

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
        A disk that fails between the rename and what it leads to: nothing is taken until that can be done; reading goes
        on; and when the fault is over, the rest follows by itself.
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
        """A rename that could not be stored changes nothing, and holds nothing up."""
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
        """A text is taken back wherever it is, and only by its room."""
        self.patch(renames, "STEP", 1)
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

    def test_prefixes(self) -> None:
        """The schema knows the prefix of every rank."""
        for rank in RANKS:
            self.assertIn(f"('{rank.prefix}')", schema()[1])
        for script in schema()[1:3]:
            self.assertIn(f"ltrim(conversation, '{''.join(rank.prefix for rank in RANKS)}')", script)

    def test_checkpoints(self) -> None:
        """What was moved counts for the next checkpoint, so the log does not grow without end."""
        self.append(*(said("x", "#old") for _ in range(50)))
        before = self.journal._threads._entries  # private: a checkpoint is due after many more
        self.append(renamed("#old", "#new"))
        self.assertEqual(self.journal._threads._entries, before + 1 + 50)  # private: as above, it counts


STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("unsay"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("work"), st.just(""), st.just("")),
    st.tuples(st.just("index"), st.just(""), st.just("")),
    st.tuples(st.just("kill"), st.just(""), st.just("")),
)


class AnyOrderTests(SynchronousTestCase):
    """Texts, renames, restarts and the disk in any order, against a model in which a rename happens at once."""

    @given(st.lists(STEPS, max_size=40))
    @settings(max_examples=80, deadline=None)
    def test_anyOrder(self, steps: list[tuple[str, str, str]]) -> None:
        """Each room reads as it would if its history had been renamed at once, and so it is found."""
        self.patch(renames, "STEP", 2)
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
                        rooms[other] = sorted(rooms[other] + rooms[one], key=lambda entry: entry.sequence)
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
                    self.history.writer.index(position(self.journal), 2)
                elif step == "kill":
                    kill(self.journal)
                    self.open(directory)
                self.check(rooms)
            while any(self.workers):
                for worker in self.workers:
                    worker.run()
            self.check(rooms)
            self.assertEqual(self.history.writer.move(2**62, 1), None)
            while self.history.writer.index(position(self.journal), 3)[1]:
                pass
            self.check(rooms)
            connectionOf(writerOf(self.journal)).execute("INSERT INTO word (word, rank) VALUES ('integrity-check', 1)")
            kill(self.journal)
        finally:
            rmtree(directory)

    def open(self, directory: str) -> None:
        """Open a journal whose disk does something when it is told to."""
        self.workers: list[HeldWorker] = []

        def work(name: str) -> HeldWorker:
            self.workers.append(HeldWorker())
            return self.workers[-1]

        self.journal, self.history = sqliteParts(
            directory, lambda: 1.0, lambda: "r", lambda: bytes(32), work, "relaxed"
        )
        self.successResultOf(self.journal.open(lambda entry, origin: None))

    def append(self, event: RoomMessage | RoomRenamed | RoomMessageRedacted) -> Entry:
        """Append an event, and let the disk do no more than that needs."""
        receipt = self.journal.append(event)
        while not receipt.called:
            self.workers[0].step()
        return self.successResultOf(receipt)

    def check(self, rooms: dict[str, list[Entry]]) -> None:
        """Read every room, and look for what was said in it."""
        for name, entries in rooms.items():
            reading = self.history.read(Span(name, 100))
            newest = self.history.read(Span(name, 2))
            oldest = self.history.read(Span(name, 2, after=0, oldest=True))
            searching = self.history.search([name], "word", 100)
            self.workers[1].run()
            self.assertEqual(self.successResultOf(reading), entries)
            self.assertEqual(self.successResultOf(newest), entries[-2:])
            self.assertEqual(self.successResultOf(oldest), entries[:2])
            texts = [entry for entry in entries if isinstance(entry.event, RoomMessage)]
            self.assertEqual(self.successResultOf(searching), texts)


class HoldingTests(DiskTestCase):
    """What of a renamed room is applied again at a restart."""

    def again(self) -> list[Entry]:
        """What is applied again."""
        self.closeJournal()
        self.openJournal()
        return self.applied

    def test_held(self) -> None:
        """What holds, in its order, and between it the names that the room got."""
        mode = ModesSet(ANN, "#two", (ModeChange(True, "i"),))
        kept = self.append(TopicSet(ANN, "#one", "t"), renamed("#one", "#two"), mode, renamed("#two", "#one"))
        self.assertEqual(self.again(), kept)

    def test_superseded(self) -> None:
        """A rename is not applied again once nothing needs it that was set before."""
        topics = [TopicSet(ANN, name, "t") for name in ("#one", "#two")]
        self.append(topics[0], renamed("#one", "#two"), topics[1], renamed("#two", "#three"))
        self.assertEqual([entry.event for entry in self.again()], [topics[1], renamed("#two", "#three")])
        self.append(said("x", "#five"), renamed("#five", "#six"))
        self.assertEqual(len(self.again()), 2)

    def test_takenName(self) -> None:
        """What had been taken back of a room that ended does not come over the room that gets its name."""
        off = ModesSet(ANN, "#new", (ModeChange(False, "i"),))
        on = ModesSet(ANN, "#old", (ModeChange(True, "i"),))
        self.append(ModesSet(ANN, "#new", (ModeChange(True, "i"),)), on, off, renamed("#old", "#new"))
        self.assertEqual([entry.event for entry in self.again()], [on, renamed("#old", "#new")])
