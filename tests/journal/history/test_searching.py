"""Tests of L{twistchat.journal.history.searching}: how long a search may take."""

from __future__ import annotations

from collections.abc import Iterator

from tests.journal.disk import DiskTestCase
from twistchat.chat.errors import SearchTooBroad
from twistchat.chat.model.spans import Search, Span
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.history.searching import HistorySearch
from twistchat.testing.contract.opened import said


class LongTests(DiskTestCase):
    """A search that takes too long is interrupted."""

    def setUp(self) -> None:
        """Store many texts, half of them with each of two words."""
        super().setUp()
        self.append(*(said("tea" if number % 2 else "milk") for number in range(2000)))
        self.index()
        self.file = HistoryReader.open(self.path)
        self.addCleanup(self.file.close)

    def search(self, longest: float) -> int:
        """Search with a clock on which each look takes a second."""
        looks: Iterator[int] = iter(range(10_000))
        searcher = HistorySearch(self.file, lambda: float(next(looks)), longest)
        found = searcher.search(Search("", 2000, {"#room": 0}, sender="ann"))
        self.looks = next(looks)
        return len(found)

    def test_broad(self) -> None:
        """It fails, and the same connection goes on."""
        self.assertRaises(SearchTooBroad, self.search, 0.5)
        self.assertEqual(len(self.file.read(Span("#room", 5))), 5)

    def test_inTime(self) -> None:
        """A search that ends in time is not interrupted, and later reads are not watched."""
        self.assertEqual(self.search(9999), 2000)
        self.assertGreater(self.looks, 2)

    def test_error(self) -> None:
        """The error reaches the asker, and the reader goes on."""

        def search(*arguments: object) -> None:
            raise SearchTooBroad

        self.patch(self.history.searcher, "search", search)
        searching = self.history.search(Search("tea", 5, {"#room": 0}))
        self.settle()
        self.failureResultOf(searching, SearchTooBroad)
        self.assertEqual(len(self.read(Span("#room", 5))), 5)
