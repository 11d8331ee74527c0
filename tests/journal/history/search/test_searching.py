"""Tests of L{twistchat.journal.history.search.searching}: the time that searches take, and many conversations."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.journal.disk import DiskTestCase
from twistchat.chat.errors import SearchTooBroad
from twistchat.chat.model.events import Event, PrivateMessage, RoomMessage, Source
from twistchat.chat.model.spans import Search, Span
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.history.search.searching import Glance, HistorySearch
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


ROOMS = 24
"""The rooms of a search of many conversations."""


class ManyPlacesTests(DiskTestCase):
    """A search of many conversations looks at the texts of all conversations first."""

    def setUp(self) -> None:
        """Store texts in many rooms and in private conversations, and index most of them."""
        super().setUp()
        people = [Source(name, name, account=name) for name in ("ann", "bob", "cat")]
        random = Random(7)

        def text() -> str:
            return " ".join(random.choices(("tea", "milk", "sugar", "don't", "茶"), k=3))

        events: list[Event] = []
        for number in range(400):
            author, other = people[number % 3], people[(number + 1) % 3]
            if number % 8 == 4:
                events.append(PrivateMessage(author, "s", other, text()))
            else:
                events.append(RoomMessage(author, f"#room{number * 7 % ROOMS}", "s", text()))
        self.append(*events)
        self.index()
        self.append(*(RoomMessage(people[0], f"#room{number}", "s", text()) for number in range(ROOMS)))

    def search(self, glance: Glance) -> HistorySearch:
        """Make what searches, with a connection of its own."""
        file = HistoryReader.open(self.path)
        self.addCleanup(file.close)
        return HistorySearch(file, glance=glance)

    def test_sameAsFew(self) -> None:
        """It finds what a search of few conversations finds, whether the texts of its first look suffice or not."""
        many, few = self.search(Glance(16, 7)), self.search(Glance(1000, 7))
        random, found = Random(3), 0
        words = ("tea", "Milk", "sugar", "don't", "茶", "coffee")
        for _ in range(300):
            search = Search(
                " ".join(random.choices(words, k=random.choice((0, 1, 2)))),
                random.choice((1, 5, 40, 500)),
                {f"#room{number}": random.choice((0, 0, 150)) for number in random.sample(range(ROOMS), 18)},
                account=random.choice((None, "Ann", "bob")),
                sender=random.choice((None, None, "cat")),
                after=random.choice((None, 120)),
                before=random.choice((None, 300)),
                oldest=random.random() < 0.5,
            )
            entries = many.search(search)
            self.assertEqual(entries, few.search(search), search)
            found += len(entries)
        self.assertGreater(found, 3000)
