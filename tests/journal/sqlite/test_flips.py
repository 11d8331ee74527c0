"""Flipped bits in a journal's file: no changed text is shown, and no damage goes unnoticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import copyfile

from twisted.logger import LogLevel, capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import sqliteParts, temporary
from twistchat.chat.errors import NotRead
from twistchat.chat.model.events import Entry, ModeChange, ModesSet, PrivateMessage, RoomRenamed, ServerBanSet, TopicSet
from twistchat.chat.model.spans import Damaged, Kept, Search, Span, conversation, pair, shownIn
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.sqlite.log import SqliteLog
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.testing.contract import ANN, BOB, said
from twistchat.testing.workers import InlineWorker

FLIPS = 50

PLACES = ("#room", "#new", pair("ann", "bob"))
"""The conversations of the journal."""

PAGE = 4096

ROWS = "naïve".encode()
"""The bytes that identify pages with rows.  The word index has these words without the dots."""

WORDS = b"naive"
"""The bytes that identify pages of the word index."""


@dataclass(slots=True)
class Shown:
    """
    Everything that a journal shows.

    @ivar read: the entries of each conversation; C{None} if the read failed.
    @ivar found: the result of a search for a word that all texts contain; C{None} if it failed.
    @ivar applied: the entries that were applied at start.
    @ivar alarms: the number of log messages of level critical.
    """

    read: dict[str, Sequence[Kept] | None] = field(default_factory=dict)
    found: Sequence[Kept] | None = None
    applied: list[Entry] = field(default_factory=list)
    alarms: int = 0


class FlipTests(SynchronousTestCase):
    """Damage in the pages that hold rows."""

    def setUp(self) -> None:
        """Make a closed journal with a few hundred entries of all kinds."""
        self.directory = temporary(self)
        self.path = Path(self.directory, "journal.sqlite")
        journal, history = self.journal()
        written: list[Entry] = []
        self.successResultOf(journal.open(lambda entry, origin: written.append(entry)))
        random = Random(1)
        for number in range(240):
            words = " ".join(random.choice(["tea", "at", "four", "naïve", "☃"]) for _ in range(random.randrange(1, 30)))
            text = f"word {number} {words * (1 if number % 40 else 60)}"
            journal.append(said(text, random.choice(["#room", "#old"])))
            if number % 10 == 0:
                journal.append(PrivateMessage(ANN, "s1", BOB, text))
                journal.append(TopicSet(ANN, "#room", f"topic {number}"))
        changes = (ModeChange(True, "i"), ModeChange(True, "k", "key"), ModeChange(True, "o", "Bob", BOB))
        journal.append(ModesSet(ANN, "#room", changes))
        journal.append(ServerBanSet(ANN, "*!*@192.0.2.1", "spam"))
        journal.append(RoomRenamed(ANN, "#old", "#new"))
        # Half of the texts are indexed.
        self.assertEqual(history.writer.index(len(written) // 2, 1000), (len(written) // 2, False))
        self.successResultOf(journal.close())
        self.written = {entry.sequence: entry for entry in written}
        whole = self.show()
        assert whole is not None
        self.whole = whole
        self.sizes = {place: len(kept or ()) for place, kept in whole.read.items()}
        self.assertEqual(sum(self.sizes.values()), len(written) - 1)
        self.assertEqual(len(whole.found or ()), 264)

    def journal(self) -> tuple[SqliteLog, SqliteHistory]:
        """The journal of this directory."""
        return sqliteParts(self.directory, lambda: 1000.0, lambda: "j", lambda: bytes(32), lambda name: InlineWorker())

    def show(self) -> Shown | None:
        """Everything that the journal shows; C{None} if it cannot be opened, which is reported in one line."""
        shown = Shown()
        journal, history = self.journal()
        with capturedLogs() as logs:
            outcome: list[object] = []
            journal.open(lambda entry, origin: shown.applied.append(entry)).addBoth(outcome.append)
            if isinstance(outcome[0], Failure):
                outcome[0].trap(JournalUnusable)
                self.assertNotIn("\n", str(outcome[0].value))
                return None
            for place in PLACES:
                history.read(Span(place, 1000)).addCallbacks(
                    lambda kept, place=place: shown.read.update({place: kept}),
                    lambda failure, place=place: (failure.trap(NotRead), shown.read.update({place: None})),
                )
            searching = history.search(Search("word", 1000, {"#room": 0, "#new": 0}, "ann"))
            searching.addErrback(lambda failure: failure.trap(NotRead) and None)
            shown.found = self.successResultOf(searching)
            self.successResultOf(journal.close())
        shown.alarms = sum(int(event["log_level"] is LogLevel.critical) for event in logs)
        return shown

    def outcome(self, shown: Shown | None) -> str:
        """
        The outcome of a flip.

        @raise AssertionError: a changed text was shown, or damage was not noticed.
        """
        if shown is None:
            return "refused to start"
        counted = False
        for place, kept in [*shown.read.items(), (None, shown.found)]:
            for entry in kept or ():
                if isinstance(entry, Damaged):
                    counted = True
                else:
                    written = self.written[entry.sequence]
                    stored = conversation(written.event) or ""
                    present = "#new" if stored == "#old" else stored
                    self.assertEqual(entry, shownIn(written, present))
                    self.assertIn(place, (None, present))
            if kept is not None and place is not None:
                self.assertEqual(len(kept), self.sizes[place])
        refused = None in (shown.found, *shown.read.values())
        for entry in shown.applied:
            self.assertIn(entry, self.whole.applied)
        self.assertTrue(len(shown.applied) == len(self.whole.applied) or shown.alarms)
        if counted or refused or shown.alarms:
            self.assertTrue(refused or shown.alarms)
            return "counted" if counted else "refused to read" if refused else "logged at the start"
        if shown.found != self.whole.found:
            # The loss of a word in the index cannot be noticed.
            shown.found = self.whole.found
            self.assertEqual(shown, self.whole)
            return "not found"
        self.assertEqual(shown, self.whole)
        return "harmless"

    def flip(self, random: Random, pages: Sequence[int]) -> None:
        """Flip one bit in one of these pages."""
        with self.path.open("r+b") as file:
            place = random.choice(pages) * PAGE + random.randrange(PAGE)
            file.seek(place)
            (byte,) = file.read(1)
            file.seek(place)
            file.write(bytes([byte ^ 1 << random.randrange(8)]))

    def outcomes(self, seed: int, mark: bytes, flips: int = FLIPS) -> Counter[str]:
        """
        Flip one bit at a time, each in an undamaged file.

        @param mark: bytes that identify the pages to damage.
        """
        random = Random(seed)
        data = self.path.read_bytes()
        pages = [page for page in range(len(data) // PAGE) if mark in data[page * PAGE : (page + 1) * PAGE]]
        whole = self.path.with_name("whole")
        copyfile(self.path, whole)
        outcomes: Counter[str] = Counter()
        for _ in range(flips):
            copyfile(whole, self.path)
            self.flip(random, pages)
            outcomes[self.outcome(self.show())] += 1
        return outcomes

    def test_fifty(self) -> None:
        """Each of fifty flips gives C{Damaged}, a refusal, or no change."""
        outcomes = self.outcomes(50, ROWS)
        self.assertEqual(outcomes.total(), FLIPS)
        self.assertGreater(outcomes["counted"], FLIPS // 2, outcomes)
        self.assertNotIn("not found", outcomes)

    def test_words(self) -> None:
        """No flip in the word index makes a search show a text that was not written, or in the wrong room."""
        self.assertEqual(self.outcomes(51, WORDS).total(), FLIPS)
