"""Tests of L{twistchat.importing.reading.sorting}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.importing.reading.sorting import openSorter
from twistchat.importing.records import ImportProblem, Reaction, Text


class SorterTests(SynchronousTestCase):
    """The order of records."""

    def test_order(self) -> None:
        """Records are returned by time, and then in the order in which they came."""
        late, early = Text("1", "r", "a", 9, "x", "action", "0"), Text("2", ("a", "b"), "a", 3, "y\n😀")
        reaction = Reaction("2", ("a", "b"), "b", 3, ":x:")
        parts: list[float] = []
        with openSorter() as sorter:
            for record in (late, early, reaction):
                sorter.add(record)
            self.assertEqual([early, reaction, late], list(sorter.records(parts.append)))
        self.assertEqual([1.0], parts)

    def test_many(self) -> None:
        """Many records are stored and returned in portions."""
        parts: list[float] = []
        with openSorter() as sorter:
            for time in range(2500, 0, -1):
                sorter.add(Text(str(time), "r", "a", time, "x"))
            self.assertEqual(list(range(1, 2501)), [record.time for record in sorter.records(parts.append)])
        self.assertEqual([0.4, 0.8, 1.0], parts)

    def test_claims(self) -> None:
        """An id that was claimed before gets a number."""
        with openSorter() as sorter:
            self.assertEqual(["a", "b", "a#2", "a#3"], [sorter.claim(id) for id in "abaa"])

    def test_full(self) -> None:
        """If the database cannot be written, the message says what to do."""
        with openSorter() as sorter:
            # private: a full disk cannot be made here
            sorter._database.execute("PRAGMA max_page_count = 4")
            with self.assertRaises(ImportProblem) as caught:
                for number in range(3000):
                    sorter.claim(f"{number:0100}")
        self.assertIn("full); set TMPDIR", str(caught.exception))
