"""Tests of L{twistchat.journal.sqlite.places}: entries that several rooms show, and the plans of queries."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import DiskTestCase, temporary
from tests.journal.passing import PassingContract
from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.events import Entry, PrivateMessage, Renamed, RoomRenamed, SessionEnded, TopicSet
from twistchat.chat.model.spans import Damaged, Span
from twistchat.interfaces import Journal
from twistchat.journal.history import overview, reader, times, writing
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.maintenance.checking import check
from twistchat.journal.sqlite.reading import LAST
from twistchat.testing.contract.opened import ANN, BOB, said
from twistchat.testing.workers import InlineWorker


class DiskPassingTests(PassingContract, SynchronousTestCase):
    """The journal on disk shows the comings and goings of rooms, if it keeps them."""

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{PassingContract.makeJournal}."""
        return sqliteJournal(
            temporary(self), now, lambda: "name", lambda: bytes(32), lambda _: InlineWorker(), keepPassing=True
        )


class SharedTests(DiskTestCase):
    """Entries that several rooms show, in the file."""

    def setUp(self) -> None:
        """Open a journal that keeps passing events."""
        super().setUp()
        self.closeJournal()
        self.openJournal(keepPassing=True)

    def shared(self) -> list[Any]:
        """The rooms in the table of shared entries."""
        return self.onDisk("SELECT conversation FROM roomentry ORDER BY sequence, conversation")

    def test_notKept(self) -> None:
        """Without C{keepPassing} nothing is stored."""
        self.closeJournal()
        self.openJournal()
        self.append(Renamed(ANN, "anna", ("#room",)), SessionEnded(ANN, "s1", "local", "", ("#room",)))
        self.assertEqual(self.onDisk(), [])

    def test_refused(self) -> None:
        """An entry that is refused is in no room."""

        def refuse(entry: Entry) -> None:
            raise NoSuchNick("ann")

        self.closeJournal()
        self.openJournal(refuse, keepPassing=True)
        receipt = self.journal.append(Renamed(ANN, "anna", ("#room", "#other")))
        self.settle()
        self.failureResultOf(receipt, NoSuchNick)
        self.assertEqual((self.shared(), self.onDisk()), ([], []))

    def test_moving(self) -> None:
        """While a room's entries move in small steps, each one is found once."""
        entries = self.append(*(Renamed(ANN, f"ann{number}", ("#room", "#new")) for number in range(5)), said("a"))
        self.closeJournal()
        self.movePace = type(self.movePace)(step=2)
        self.openJournal(keepPassing=True)
        receipt = self.journal.append(RoomRenamed(ANN, "#room", "#new"))
        while not receipt.called:
            self.writer.step()
        for _ in range(6):
            found = self.reading(Span("#new", 9))
            self.assertEqual([entry.sequence for entry in found][:6], [entry.sequence for entry in entries])
            if self.writer:
                self.writer.step()
        self.settle()
        self.assertEqual(self.shared(), ["#new"] * 5)

    def reading(self, span: Span) -> Sequence[Any]:
        """Read a range while the writer waits."""
        reading: Deferred[Any] = self.history.read(span)
        self.reader.run()
        return self.successResultOf(reading)

    def test_expired(self) -> None:
        """Retention removes an entry from all rooms, and that of one room from this room only."""
        self.append(Renamed(ANN, "anna", ("#room", "#other")), Renamed(ANN, "ann", ("#room",)))
        last = self.journal.applied
        self.assertEqual(self.history.writer.expireIn([("#other", last + 1), ("#room", last)], 1), 0)
        self.assertEqual(self.history.writer.expireIn([("#other", last + 1), ("#room", last)], 9), 2)
        self.assertEqual((self.shared(), len(self.onDisk())), (["#room"], 2))
        self.history.writer.expire((0, 0), (LAST, 0), 10)
        self.assertEqual((self.shared(), self.onDisk()), ([], []))

    def test_damaged(self) -> None:
        """A shared entry that changed on disk becomes C{Damaged}, and so does one that is in the wrong room."""
        entries = self.append(Renamed(ANN, "anna", ("#room", "#other")), Renamed(ANN, "ann", ("#room",)), said("a"))
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("UPDATE roomentry SET conversation = '#secret' WHERE conversation = '#other'")
            body = "UPDATE entry SET body = replace(body, 'ann', 'bob') WHERE sequence = ?"
            connection.execute(body, (entries[1].sequence,))
            connection.commit()
        self.assertEqual(self.readAll(Span("#room", 9)), [entries[0], Damaged(entries[1].sequence), entries[2]])
        self.assertEqual(self.readAll(Span("#secret", 9)), [Damaged(entries[0].sequence)])
        self.flushLoggedErrors()

    def test_checked(self) -> None:
        """C{twistchat check} compares the tables of shared entries and of private conversations with the entries."""
        entries = self.append(
            *(Renamed(ANN, f"ann{number}", ("#room", "#other")) for number in range(5)),
            PrivateMessage(ANN, "s1", BOB, "a"),
        )
        self.assertEqual(check(self.path, lambda part: None, 2).faults, [])
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("UPDATE roomentry SET checksum = 0 WHERE conversation = '#other'")
            connection.execute("DELETE FROM correspondent WHERE account = 'bob'")
            connection.commit()
        numbers = ", ".join(str(entry.sequence) for entry in entries[:5])
        self.assertEqual(
            check(self.path, lambda part: None, 2).faults,
            [
                f"the list of rooms that show an entry changed on disk: {numbers}",
                "the list of private conversations changed on disk (1 rows)",
            ],
        )

    def test_correspondents(self) -> None:
        """The list of an account's private conversations has those with a text, and no others."""
        texts = self.append(
            PrivateMessage(ANN, "s1", BOB, "a"),
            PrivateMessage(BOB, "s2", ANN, "b"),
            PrivateMessage(ANN, "s1", ANN, "c"),
        )
        query = "SELECT account || ': ' || conversation FROM correspondent"
        self.assertEqual(self.onDisk(query), ["ann: ann ann", "ann: ann bob", "bob: ann bob"])
        self.history.writer.expire((0, 0), (texts[1].time, texts[1].sequence), 10)
        self.assertEqual(self.onDisk(query), ["ann: ann ann", "ann: ann bob", "bob: ann bob"])
        self.history.writer.expire((0, 0), (texts[2].time, texts[2].sequence), 10)
        self.assertEqual(self.onDisk(query), ["ann: ann ann"])


class PlanTests(DiskTestCase):
    """No query of the history scans or sorts a conversation."""

    def plan(self, query: str, **parameters: object) -> list[str]:
        """The steps of a query that read the entries of conversations."""
        known = {"name": "#room", "origin": "#room", "target": "#b", "change": 0, "start": 0, "end": 9, "without": "[]"}
        other = {
            "kinds": "[]",
            "limit": 5,
            "count": 5,
            "before": 9,
            "sequence": 9,
            "places": "[]",
            "account": "ann",
            "time": 9,
        }
        counted = {"low": 0, "high": 9, "tokens": "[]", "phrases": "[]"}
        rows = self.connection.execute(f"EXPLAIN QUERY PLAN {query}", {**known, **other, **counted, **parameters})
        return [row[-1] for row in rows if " entry" in row[-1] or " roomentry" in row[-1]]

    def test_plans(self) -> None:
        """Each query looks up a conversation, a kind and a range of sequence numbers, or single entries."""
        queries = {
            "oldest": reader._OLDEST,  # private: a statement that the history runs
            "newest": reader._NEWEST,  # private: a statement that the history runs
            "move": writing._MOVE,  # private: a statement that the history runs
            "moveShared": writing._MOVE_SHARED,  # private: a statement that the history runs
            "anyOld": writing._ANY_OLD,  # private: a statement that the history runs
            "expireIn": writing._EXPIRE_IN,  # private: a statement that the history runs
            "expireShared": writing._EXPIRE_SHARED,  # private: a statement that the history runs
            "latest": overview._LATEST,  # private: a statement that the history runs
            "count": overview._COUNT,  # private: a statement that the history runs
            "guess": times.GUESS,
            "first": times.FIRST,
        }
        good = (
            "(conversation=? AND kind=? AND sequence",
            "(conversation=? AND kind=? AND rowid",
            "(conversation=? AND kind>?)",
            "INTEGER PRIMARY KEY (rowid=?)",
            "(sequence=? AND conversation=? AND kind=?)",
            "PRIMARY KEY (conversation=? AND kind=? AND sequence",
            "entry USING COVERING INDEX entry_time (time>?)",
            "SEARCH entry",  # of one row: max()
        )
        for name, query in queries.items():
            for step in self.plan(query):
                isFirstKind = step.endswith("USING COVERING INDEX entry_place (conversation=?)")  # reads one row: min()
                self.assertTrue(
                    isFirstKind or any(part == step or part in step.removeprefix("SEARCH") for part in good),
                    (name, step),
                )
                self.assertTrue(step.startswith("SEARCH"), (name, step))

    def test_kinds(self) -> None:
        """The kinds of a conversation are found without reading its entries."""
        self.append(*(said(str(number)) for number in range(300)), TopicSet(ANN, "#room", "t"))
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        self.connection.set_progress_handler(count, 10)
        self.addCleanup(self.connection.set_progress_handler, None, 0)
        parameters = {"name": "#room", "start": 0, "end": 10**9, "without": "[]", "kinds": "[]", "limit": 2}
        query = reader._NEWEST  # private: a statement that the history runs
        rows = json.loads(self.connection.execute(query, parameters).fetchone()[0])
        self.assertEqual([row[2] for row in rows], ["topic", "said"])
        self.assertLess(steps, 100)
