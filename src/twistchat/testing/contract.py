"""What every journal does: a test suite for whoever writes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import ChatError, NoSuchNick, NotStored
from twistchat.chat.events import Entry, Event, Joined, Kind, ModeChange, ModesSet, Quit, Said, Source, Told, TopicSet
from twistchat.chat.history import Around, At, Point, Span, pair
from twistchat.interfaces import IJournal

ANN = Source("u1", "Ann", "~ann", "ann.cloak", "Ann", "Ann O'Nym")
BOB = Source("u2", "Bob", "~bob", "bob.cloak", "bob")
GUEST = Source("u3", "guest")


def said(text: str, room: str = "#Room", source: Source = ANN, kind: Kind = "message") -> Said:
    """A text in a room."""
    return Said(source, room, "s1", text, kind)


if TYPE_CHECKING:
    _Base = SynchronousTestCase
else:
    _Base = object


class JournalContract(_Base):
    """
    A mixin for a C{SynchronousTestCase}: what an L{IJournal <twistchat.interfaces.IJournal>} promises.

    @ivar time: what the journal's clock shows, in seconds since the epoch.
    """

    def makeJournal(self, now: Callable[[], float]) -> IJournal:
        """
        Make a journal that keeps nothing yet, and do not open it.

        @param now: its clock: the time of day, in seconds since the epoch.
        """
        raise AssertionError("a test of a journal says how it is made")

    def settle(self) -> None:
        """Let the journal finish what it is about, where that takes more than the call."""

    def setUp(self) -> None:
        """Make a journal and open it."""
        self.time = 1000.0
        self.applied: list[Entry] = []
        self.journal = self.makeJournal(lambda: self.time)
        self.openJournal(self.applied.append)

    def openJournal(self, apply: Callable[[Entry], None]) -> None:
        """Open the journal that the test is about; close it when the test is over."""
        opened = self.journal.open(apply)
        self.settle()
        self.successResultOf(opened)
        self.addCleanup(self.closeJournal)

    def closeJournal(self) -> None:
        """Close it."""
        closed = self.journal.close()
        self.settle()
        self.successResultOf(closed)

    def reopen(self, apply: Callable[[Entry], None]) -> None:
        """Open a new journal, where the one of the test was set up with another C{apply}."""
        self.closeJournal()
        self.journal = self.makeJournal(lambda: self.time)
        self.openJournal(apply)

    def result(self, waiting: Deferred[Any]) -> Any:
        """What a Deferred fires with."""
        self.settle()
        return self.successResultOf(waiting)

    def append(self, *events: Event) -> list[Entry]:
        """Append events, one after the other."""
        return [self.result(self.journal.append(event)) for event in events]

    def read(self, span: Span | Around) -> list[Entry]:
        """Read a stretch."""
        return list(self.result(self.journal.read(span)))

    # Order

    def test_provides(self) -> None:
        """It is a journal, and has a sentence for the administrator."""
        self.assertTrue(IJournal.providedBy(self.journal))
        self.assertIsInstance(self.journal.promise, str)

    def test_order(self) -> None:
        """Events are stamped and applied in the order in which they were proposed, passing or not."""
        self.applied.clear()
        events = [said("a"), Joined(BOB, "#room"), said("b"), Quit(BOB, "bye"), TopicSet(ANN, "#room", "t"), said("c")]
        receipts = [self.journal.append(event) for event in events]
        self.settle()
        self.assertEqual([entry.event for entry in self.applied], events)
        self.assertEqual([self.successResultOf(receipt) for receipt in receipts], self.applied)
        sequences = [entry.sequence for entry in self.applied]
        self.assertEqual(sequences, sorted(set(sequences)))
        self.assertEqual(len({entry.msgid for entry in self.applied}), len(events))

    def test_time(self) -> None:
        """Entries have the time of the clock, in milliseconds; but never go back with it."""
        times = []
        for now in (1000.0, 1001.5, 900.0, 1001.75):
            self.time = now
            times.append(self.append(said("x"))[0].time)
        self.assertEqual(times, [1_000_000, 1_001_500, 1_001_500, 1_001_750])

    def test_appliedBeforeReceipt(self) -> None:
        """A receipt fires once its entry has been applied, and in its order."""
        seen: list[tuple[str, int]] = []
        self.reopen(lambda entry: seen.append(("applied", entry.sequence)))

        def witness(entry: Entry) -> Entry:
            seen.append(("receipt", entry.sequence))
            return entry

        receipts = [self.journal.append(event) for event in (said("a"), Quit(BOB, ""), said("b"))]
        for receipt in receipts:
            receipt.addCallback(witness)
        self.settle()
        self.assertEqual(len(seen), 6)
        for receipt in receipts:
            sequence = self.successResultOf(receipt).sequence
            self.assertLess(seen.index(("applied", sequence)), seen.index(("receipt", sequence)))

    def test_refusal(self) -> None:
        """What C{apply} refuses fails the receipt, is not read back, and stops nothing."""

        def apply(entry: Entry) -> None:
            if isinstance(entry.event, Said) and entry.event.text == "no":
                raise NoSuchNick("Bob")
            self.applied.append(entry)

        self.applied.clear()
        self.reopen(apply)
        receipts = [self.journal.append(said(text)) for text in ("yes", "no", "again")]
        self.settle()
        self.successResultOf(receipts[0])
        self.assertEqual(self.failureResultOf(receipts[1], ChatError).value, NoSuchNick("Bob"))
        self.successResultOf(receipts[2])
        self.assertEqual(self.texts(Span("#room", 10)), ["yes", "again"])
        self.assertEqual(self.result(self.journal.search(["#room"], "no", 10)), [])

    def test_proposedWhileApplying(self) -> None:
        """What is proposed while an entry is applied comes after it, in order, and never inside."""
        depth = 0
        order: list[str] = []

        def propose(text: str) -> None:
            self.journal.append(said(text)).addCallback(lambda entry: order.append(f"receipt {text}"))

        def apply(entry: Entry) -> None:
            nonlocal depth
            depth += 1
            self.assertEqual(depth, 1)
            assert isinstance(entry.event, Said)
            order.append(entry.event.text)
            if entry.event.text == "first":
                propose("second")
                propose("third")
            depth -= 1

        self.reopen(apply)
        self.journal.append(said("first")).addCallback(lambda entry: propose("fourth"))
        self.settle()
        self.assertEqual([text for text in order if " " not in text], ["first", "second", "third", "fourth"])
        receipts = [text for text in order if " " in text]
        self.assertEqual(receipts, ["receipt second", "receipt third", "receipt fourth"])

    def test_passingProposedByReceipt(self) -> None:
        """What a receipt's callback proposes comes after all that was proposed before."""
        order: list[Event] = []
        more = Quit(BOB, "more")

        def apply(entry: Entry) -> None:
            order.append(entry.event)
            if entry.event == said("first"):
                self.journal.append(Quit(ANN, "1")).addCallback(lambda _: self.journal.append(more))
                self.journal.append(Quit(ANN, "2"))

        self.reopen(apply)
        self.journal.append(said("first"))
        self.settle()
        self.assertEqual(order, [said("first"), Quit(ANN, "1"), Quit(ANN, "2"), more])

    # The end

    def test_beforeOpen(self) -> None:
        """A journal that is not open takes nothing."""
        journal = self.makeJournal(lambda: self.time)
        for event in (said("a"), Quit(ANN, "")):
            self.failureResultOf(journal.append(event), NotStored)

    def test_closeFinishes(self) -> None:
        """Closing finishes what was proposed, then takes nothing more, not even a passing event."""
        self.applied.clear()
        receipts = [self.journal.append(event) for event in (said("a"), Quit(BOB, ""), said("b"))]
        closed = self.journal.close()
        late = [self.journal.append(event) for event in (said("c"), Quit(ANN, ""))]
        self.settle()
        self.successResultOf(closed)
        self.assertEqual([self.successResultOf(receipt) for receipt in receipts], self.applied)
        for receipt in late:
            self.assertEqual(self.failureResultOf(receipt, NotStored).value.why, "the journal is closed")

    def test_closeWhileApplying(self) -> None:
        """A journal that is closed by what it applies finishes the rest first."""
        closings: list[Deferred[None]] = []

        def apply(entry: Entry) -> None:
            self.applied.append(entry)
            if entry.event == said("a"):
                closings.append(self.journal.close())
                self.assertNoResult(closings[0])

        self.applied.clear()
        self.reopen(apply)
        receipts = [self.journal.append(said(text)) for text in "ab"]
        self.settle()
        self.successResultOf(closings[0])
        kept = [event for receipt in receipts for event in self.eventOf(receipt)]
        self.assertEqual([entry.event for entry in self.applied], kept)
        self.assertEqual(kept[0], said("a"))

    def eventOf(self, receipt: Deferred[Entry]) -> list[Event]:
        """The event of a receipt, or nothing where it was not stored."""
        result: list[Any] = []
        receipt.addCallbacks(lambda entry: result.append(entry.event), lambda failure: failure.trap(NotStored) and None)
        return result

    def test_closeTwice(self) -> None:
        """Closing twice is harmless, at once and later."""
        self.journal.append(said("a"))
        closings = [self.journal.close(), self.journal.close()]
        self.settle()
        for closed in [*closings, self.journal.close()]:
            self.assertIsNone(self.result(closed))

    # Reading

    def texts(self, span: Span | Around) -> list[str]:
        """The texts of a stretch."""
        return [entry.event.text for entry in self.read(span) if isinstance(entry.event, (Said, Told))]

    def fill(self) -> list[Entry]:
        """Ten texts, "0" to "9", one a second from 1000 on; the fourth and fifth at one moment; others in between."""
        entries = []
        for number in range(10):
            self.time = 1000.0 + (number if number != 4 else 3)
            entries += self.append(said(str(number)))
            self.append(said("elsewhere", "#other"), Joined(BOB, "#room"))
        return entries

    def test_last(self) -> None:
        """The last n of a conversation, oldest first, and all where there are fewer."""
        entries = self.fill()
        self.assertEqual(self.read(Span("#room", 3)), entries[-3:])
        self.assertEqual(self.read(Span("#room", 10)), entries)
        self.assertEqual(self.read(Span("#room", 500)), entries)
        self.assertEqual(self.read(Span("#nowhere", 5)), [])

    def test_ends(self) -> None:
        """Before, after and between, by sequence and by time: both ends are left out; either end can be read."""
        entries = self.fill()
        s = [entry.sequence for entry in entries]
        cases: Sequence[tuple[Point | None, Point | None, int, bool, str]] = [
            (None, s[5], 3, False, "234"),
            (None, s[5], 3, True, "012"),
            (s[5], None, 3, False, "789"),
            (s[5], None, 3, True, "678"),
            (s[2], s[6], 10, False, "345"),
            (s[2], s[6], 2, False, "45"),
            (s[2], s[6], 2, True, "34"),
            (s[2] + 1, None, 2, True, "34"),
            (None, s[2] + 1, 1, False, "2"),
            (None, s[0], 5, False, ""),
            (s[9], None, 5, False, ""),
            (s[4], s[5], 5, False, ""),
            (s[6], s[2], 5, False, ""),
            (s[6], s[2], 5, True, ""),
            (0, s[9] + 1000, 100, True, "0123456789"),
            (At(1_003_000), None, 2, True, "56"),
            (None, At(1_003_000), 2, False, "12"),
            (At(1_002_999), At(1_003_001), 9, False, "34"),
            (At(1_003_000), At(1_003_001), 9, False, ""),
            (At(0), None, 2, True, "01"),
            (At(9_999_999_999), None, 5, False, ""),
            (None, At(9_999_999_999), 2, False, "89"),
            (None, At(0), 5, False, ""),
            (s[1], At(1_003_000), 5, False, "2"),
            (At(1_006_000), s[9], 5, True, "78"),
        ]
        for after, before, limit, oldest, wanted in cases:
            span = Span("#room", limit, after, before, oldest)
            self.assertEqual("".join(self.texts(span)), wanted, span)

    def test_around(self) -> None:
        """Around a point: half before it, it and what follows; more from one side where the other has too little."""
        entries = self.fill()
        s = [entry.sequence for entry in entries]
        cases: Sequence[tuple[Point, int, str]] = [
            (s[5], 5, "34567"),
            (s[5], 4, "3456"),
            (s[5], 1, "5"),
            (s[0], 4, "0123"),
            (s[1], 5, "01234"),
            (s[9], 4, "6789"),
            (s[9] + 100, 3, "789"),
            (s[5], 100, "0123456789"),
            (s[5] + 1, 2, "56"),
            (At(1_003_000), 3, "234"),
            (At(1_003_500), 2, "45"),
            (At(0), 2, "01"),
            (At(9_999_999_999), 2, "89"),
        ]
        for point, limit, wanted in cases:
            self.assertEqual("".join(self.texts(Around("#room", limit, point))), wanted, (point, limit))
        self.assertEqual(self.read(Around("#nowhere", 3, s[5])), [])

    def test_conversations(self) -> None:
        """A room is read under its folded name, two accounts under that of their pair, and guests not at all."""
        kept = self.append(
            said("room", "#Über"),
            Told(ANN, "s1", BOB, "hi"),
            TopicSet(ANN, "#über", "t"),
            ModesSet(ANN, "#über", (ModeChange(True, "b", "x!*@*"), ModeChange(True, "o", "Bob", BOB))),
            Told(GUEST, "s3", BOB, "who am I"),
            Told(BOB, "s2", ANN, "ho", "notice"),
        )
        self.assertEqual(self.read(Span("#Über", 9)), [kept[0]])
        self.assertEqual(self.read(Span("#über", 9)), [kept[2], kept[3]])
        self.assertEqual(self.read(Span(pair("ANN", "Bob"), 9)), [kept[1], kept[5]])
        self.assertEqual(self.read(Span("guest bob", 9)), [])

    def test_anyText(self) -> None:
        """Texts come back as they were, whatever is in them."""
        texts = ["", " ", "naïve ☃ 🦉", "a\u0000b", '"quoted" \\ \u2028', "\ud800", "x" * 5000, "'); DROP TABLE entry"]
        self.append(*map(said, texts))
        self.assertEqual(self.texts(Span("#room", 100)), texts)

    # Searching

    def search(self, words: str, limit: int = 10, before: int | None = None, account: str | None = None) -> list[str]:
        """The texts found in C{#room}."""
        found = self.result(self.journal.search(["#room"], words, limit, before, account))
        return [entry.event.text for entry in found]

    def test_search(self) -> None:
        """All words must be there, as whole words, in any order; case and diacritics do not count."""
        texts = ["The quick brown fox", "a BROWN dog", "Café brown-eyed", "don't panic", "browning", "тихий ДОМ"]
        self.append(*map(said, texts))
        self.append(said("brown elsewhere", "#other"))
        self.assertEqual(self.search("brown"), [texts[0], texts[1], texts[2]])
        self.assertEqual(self.search("fox THE"), [texts[0]])
        self.assertEqual(self.search("cafe"), [texts[2]])
        self.assertEqual(self.search("CAFÉ"), [texts[2]])
        self.assertEqual(self.search("don't"), [texts[3]])
        self.assertEqual(self.search("panic don"), [texts[3]])
        self.assertEqual(self.search("panic'don"), [])
        self.assertEqual(self.search("дом"), [texts[5]])
        self.assertEqual(self.search("fox dog"), [])

    def test_searchKinds(self) -> None:
        """Actions and notices are found; topics are not, nor names."""
        self.append(said("waves brown", kind="action"), said("brown note", kind="notice"))
        self.append(TopicSet(ANN, "#room", "brown topic"))
        self.assertEqual(self.search("brown"), ["waves brown", "brown note"])
        self.assertEqual(self.search("ann"), [])
        self.assertEqual(self.search("room"), [])

    def test_searchPages(self) -> None:
        """The newest are found first, oldest of them first; the next page is what came before."""
        entries = self.append(*(said(f"word {number}") for number in range(7)))
        self.assertEqual(self.search("word", 3), ["word 4", "word 5", "word 6"])
        self.assertEqual(self.search("word", 3, entries[4].sequence), ["word 1", "word 2", "word 3"])
        self.assertEqual(self.search("word", 3, entries[1].sequence), ["word 0"])
        self.assertEqual(self.search("word", 3, entries[0].sequence), [])

    def test_searchAnything(self) -> None:
        """No character of what is looked for has a meaning; where there is no word, nothing is found."""
        self.append(said('say "hello" to AND or NEAR text:x'))
        for words in ("", "  ", '"', "*", "()", "'", "\u0000", "-", "^", "{}", "\ud800", "☃"):
            self.assertEqual(self.search(words), [], words)
        for words in ('"hello', "hello*", "(hello", "AND", "NEAR say", "text:x", "-hello", "^say", "say\u0000"):
            self.assertEqual(len(self.search(words)), 1, words)

    def test_searchPrivately(self) -> None:
        """The private conversations of an account are looked through for it, and only for it."""
        self.append(said("secret room"), Told(ANN, "s1", BOB, "secret one"), Told(BOB, "s2", ANN, "secret two"))
        self.append(Told(GUEST, "s3", BOB, "secret guest"))
        self.assertEqual(self.search("secret"), ["secret room"])
        self.assertEqual(self.search("secret", account="BOB"), ["secret room", "secret one", "secret two"])
        self.assertEqual(self.search("secret", account="carol"), ["secret room"])
        self.assertEqual(self.search("secret", account="an"), ["secret room"])
        self.assertEqual(self.result(self.journal.search([], "secret", 5)), [])
