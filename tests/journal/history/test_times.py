"""
Tests of L{twistchat.journal.history.times}: a journal whose conversations are each in the order of their times, and
that as a whole is not, because texts were imported.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock

from tests.journal.disk import DiskTestCase
from twistchat.chat.model.events import Entry, Event, PrivateMessage, Quit, Renamed, RoomMessage, RoomRenamed, TopicSet
from twistchat.chat.model.spans import Around, At, Search, Span, conversation, roomsOf
from twistchat.journal.history.removal.retention import Retention, RetentionPace
from twistchat.journal.history.renames import MovePace
from twistchat.testing.contract import ANN, BOB

PLACES = ("#a", "#b", "#c", "ann bob")

OFFSETS = {"#a": 0, "#b": 5000, "#c": 2500, "ann bob": 8000}
"""How far the clock of each conversation is ahead."""


class ImportedCase(DiskTestCase):
    """A journal that has texts out of the order of their times."""

    def write(self, time: int, event: Event) -> Entry:
        """Append an event that has this time."""
        stamp = self.journal._stamp  # private: only an import stores an earlier time
        stamp.time, self.now = 0, time / 1000
        return self.append(event)[0]

    def fill(self, count: int = 120) -> list[Entry]:
        """Append entries of all conversations."""
        random, entries = Random(5), []
        for number in range(count):
            place = random.choice(PLACES)
            event: Event = RoomMessage(ANN, place, "s", f"tea {number}")
            if place == "ann bob":
                event = PrivateMessage(ANN, "s", BOB, f"tea {number}")
            elif number % 7 == 0:
                event = TopicSet(ANN, place, "t")
            entries.append(self.write(OFFSETS[place] + 100 * (number // 2), event))
        return entries


class TimesTests(ImportedCase):
    """Reading by time."""

    def test_ranges(self) -> None:
        """A range of one conversation is found by its own times."""
        entries = self.fill()
        for place in PLACES:
            own = [entry for entry in entries if conversation(entry.event) == place]
            for time in range(OFFSETS[place] - 300, OFFSETS[place] + 6300, 150):
                early = [entry for entry in own if entry.time < time]
                late = [entry for entry in own if entry.time > time]
                self.assertEqual(early[-3:], self.read(Span(place, 3, before=At(time))), (place, time))
                self.assertEqual(late[:3], self.read(Span(place, 3, after=At(time), oldest=True)), (place, time))
                around = self.read(Around(place, 4, At(time)))
                self.assertEqual(len(around), 4)
                self.assertTrue({*early[-2:]} <= {*around} or len(late) < 2, (place, time))

    def test_count(self) -> None:
        """Texts are counted from a time on."""
        entries = self.fill()
        for place in ("#a", "#b"):
            texts = [entry for entry in entries if conversation(entry.event) == place]
            for time in range(OFFSETS[place], OFFSETS[place] + 6000, 700):
                late = [e for e in texts if e.time > time and isinstance(e.event, RoomMessage)]
                counting = self.history.count(place, At(time), 500)
                self.settle()
                self.assertEqual(len(late), self.successResultOf(counting).texts)

    def test_search(self) -> None:
        """A search finds the texts between two times, in all conversations, indexed or not."""
        entries = self.fill()
        for _ in range(2):
            for time in range(0, 9000, 1300):
                search = Search("tea", 500, dict.fromkeys(PLACES[:3], 0), "ann", None, At(time), At(time + 2000))
                searching = self.history.search(search)
                self.settle()
                wanted = [
                    entry
                    for entry in entries
                    if time < entry.time < time + 2000 and not isinstance(entry.event, TopicSet)
                ]
                self.assertEqual(wanted, self.successResultOf(searching))
            self.history.writer.index(entries[-1].sequence, 500)

    def test_renamed(self) -> None:
        """A renamed room is found by its times before its entries have been moved."""
        self.closeJournal()
        self.movePace = MovePace(pause=3600)
        self.openJournal(clock=Clock())
        early = [self.write(time, RoomMessage(ANN, "#a", "s", str(time))) for time in (2000, 3000, 5000)]
        self.write(9000, RoomMessage(ANN, "#b", "s", "newer"))
        self.write(6000, RoomRenamed(ANN, "#a", "#new"))
        self.write(7000, RoomMessage(ANN, "#new", "s", "after"))
        found = self.read(Span("#new", 9, before=At(5000)))
        self.assertEqual([entry.sequence for entry in early[:2]], [entry.sequence for entry in found])
        self.assertEqual([7000], [entry.time for entry in self.read(Span("#new", 9, after=At(6000)))])

    def test_shared(self) -> None:
        """Entries that several rooms show count, too."""
        self.closeJournal()
        self.openJournal(keepPassing=True)
        self.write(5000, Renamed(ANN, "anna", ("#a", "#b")))
        self.write(1000, RoomMessage(ANN, "#c", "s", "old"))
        self.write(7000, Renamed(ANN, "ann", ("#a",)))
        self.assertEqual([5000], [entry.time for entry in self.read(Span("#a", 9, before=At(6000)))])
        self.assertEqual([], self.read(Span("#a", 9, before=At(4000))))
        self.assertEqual([7000], [entry.time for entry in self.read(Span("#a", 9, after=At(6000)))])
        self.assertEqual((("#a",), ()), (roomsOf(Renamed(ANN, "x", ("#a",))), roomsOf(Quit(ANN, ""))))


class RetentionTests(ImportedCase):
    """Retention deletes by time."""

    def expire(self, age: float = 0, count: int = 0, **rooms: float) -> list[int]:
        """Run a round of retention ten seconds after the epoch.  Return the times that are left."""
        self.closeJournal()
        clock, pace = Clock(), RetentionPace()
        kept = {f"#{name}": seconds for name, seconds in rooms.items()}
        self.openJournal(retention=Retention(clock, lambda: 10.0, age, count, pace, lambda: kept), clock=clock)
        clock.advance(pace.first)
        for _ in range(20):
            self.settle()
            clock.advance(pace.pause)
        return [time for (time,) in self.connection.execute("SELECT time FROM entry ORDER BY sequence")]

    def fillTimes(self) -> None:
        """Append a new text, then imported ones."""
        for time, room in ((9000, "#a"), (9100, "#b"), (2000, "#c"), (6000, "#c"), (8500, "#d"), (3000, "#e")):
            self.write(time, RoomMessage(ANN, room, "s", "x"))

    def test_age(self) -> None:
        """New texts before imported ones stay, and old texts after new ones go."""
        self.fillTimes()
        self.assertEqual([9000, 9100, 6000, 8500], self.expire(age=5))

    def test_count(self) -> None:
        """The newest texts by time stay."""
        self.fillTimes()
        self.assertEqual([9000, 9100, 8500], self.expire(count=3))

    def test_rooms(self) -> None:
        """A room with a retention of its own is cut by its own times."""
        self.fillTimes()
        self.assertEqual([9000, 9100, 6000, 8500, 3000], self.expire(age=5, c=4.5, e=9))
