"""What every journal does: a test suite for whoever writes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import ChatError, NoSuchNick, NotStored
from twistchat.chat.events import (
    Entry,
    Event,
    Joined,
    Kind,
    Label,
    ModeChange,
    ModesSet,
    Quit,
    RoomRenamed,
    RoomSignalled,
    Said,
    Signalled,
    Source,
    Told,
    TopicSet,
    Unsaid,
    Untold,
)
from twistchat.chat.history import Around, At, Point, Span, conversation, pair
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

    def test_posted(self) -> None:
        """What is posted happens among what is appended, in the order of both; only what is refused is told."""

        def apply(entry: Entry) -> None:
            if entry.event == said("no"):
                raise NoSuchNick("Bob")
            self.applied.append(entry)

        self.applied.clear()
        self.reopen(apply)
        told: list[object] = []
        self.journal.post(said("a"), lambda *refusal: told.append(refusal))
        receipt = self.journal.append(said("b"))
        self.journal.post(said("no"), lambda event, failure: told.append((event, failure.value)))
        self.journal.post(Quit(BOB, ""), lambda *refusal: told.append(refusal))
        self.settle()
        self.assertEqual([entry.event for entry in self.applied], [said("a"), said("b"), Quit(BOB, "")])
        self.assertEqual(self.successResultOf(receipt), self.applied[1])
        self.assertEqual(told, [(said("no"), NoSuchNick("Bob"))])
        self.assertEqual(self.texts(Span("#room", 10)), ["a", "b"])

    def test_settled(self) -> None:
        """Whoever asks is told when what was proposed before is over and has been told, and before what comes later."""
        order: list[object] = []

        def apply(entry: Entry) -> None:
            if entry.event == said("no"):
                raise NoSuchNick("Bob")
            order.append(entry.event)

        self.reopen(apply)
        self.journal.settled(lambda: order.append("nothing"))
        self.assertEqual(order, ["nothing"])
        self.journal.post(said("a"), lambda *refusal: None)
        self.journal.append(said("no")).addErrback(lambda _: order.append("receipt"))
        self.journal.post(said("no"), lambda *refusal: order.append("refused"))
        self.journal.settled(lambda: order.append("settled"))
        self.journal.append(said("b"))
        self.settle()
        self.assertEqual(order, ["nothing", said("a"), "receipt", "refused", "settled", said("b")])

    def test_settledWhileApplying(self) -> None:
        """While an entry is applied it is not over, nor is what is proposed meanwhile."""
        order: list[object] = []

        def apply(entry: Entry) -> None:
            order.append(entry.event)
            if entry.event == said("a"):
                self.journal.post(said("b"), lambda *refusal: None)
                self.journal.settled(lambda: order.append("settled"))
                self.journal.post(said("c"), lambda *refusal: None)
                order.append("applied")

        self.reopen(apply)
        self.journal.post(said("a"), lambda *refusal: None)
        self.settle()
        self.assertEqual(order, [said("a"), "applied", said("b"), "settled", said("c")])

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
        refused: list[object] = []
        self.journal.post(said("d"), lambda event, failure: refused.append((event, failure.value)))
        self.settle()
        self.successResultOf(closed)
        self.assertEqual(refused, [(said("d"), NotStored("the journal is closed"))])
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

    # Finding one entry

    def at(self, entry: Entry) -> list[Entry]:
        """What is read of an entry when one asks for it by its message id."""
        sequence = self.journal.locate(entry.msgid)
        where = conversation(entry.event)
        assert sequence is not None and where is not None
        return [found for found in self.read(Around(where, 1, sequence)) if found.msgid == entry.msgid]

    def test_locate(self) -> None:
        """An entry is found by its message id; other ids are none of this journal's."""
        entries = self.append(said("a"), said("b", "#other"), Told(ANN, "s1", BOB, "c"))
        for entry in entries:
            self.assertEqual(self.journal.locate(entry.msgid), entry.sequence)
            self.assertEqual(self.at(entry), [entry])
        msgid = entries[0].msgid
        for none in ("", "-", "x", f"x{msgid}", f"{msgid}x", f"{msgid} ", f"{msgid}-1", msgid.replace("-", "-0")):
            self.assertIsNone(self.journal.locate(none), none)
        prefix = msgid.rpartition("-")[0]
        for digits in ("", "0", "-1", "+1", "1.0", "\u0661", "9" * 19, "9" * 5000, "1_0"):
            self.assertIsNone(self.journal.locate(f"{prefix}-{digits}"), digits)

    # What texts may have

    def test_tags(self) -> None:
        """Client-only tags come back with their text, in their order, whatever is in their values."""
        tags = (("reply", "j-7"), ("draft/react", "\U0001f44d; \\ \n"), ("empty", ""))
        events = [Said(ANN, "#room", "s1", "x", tags=tags), Told(ANN, "s1", BOB, "y", tags=tags)]
        self.append(*events)
        self.assertEqual([entry.event for entry in self.read(Span("#room", 9))], events[:1])
        self.assertEqual([entry.event for entry in self.read(Span(pair("ann", "bob"), 9))], events[1:])

    def test_lines(self) -> None:
        """A text of several lines comes back as it was, and is found by the words of any of them."""
        text = "first line\n\n  second line\nthird"
        self.append(said(text))
        self.assertEqual(self.texts(Span("#room", 9)), [text])
        for words in ("first", "second", "third first"):
            self.assertEqual(self.search(words), [text])

    def test_labels(self) -> None:
        """A label reaches those to whom the event happens, and is gone when it is read back."""
        (entry,) = self.append(Said(ANN, "#room", "s1", "x", label=Label("s1", "42")))
        self.assertEqual(entry.event.label, Label("s1", "42"))
        self.assertEqual(self.applied[-1], entry)
        self.assertEqual([found.event for found in self.read(Span("#room", 9))], [said("x", "#room")])

    def test_ranks(self) -> None:
        """What those of a rank heard is not read or found as the room's; it is another conversation."""
        ranked = Said(ANN, "#Room", "s1", "secret word", rank="o")
        voiced = Said(ANN, "#Room", "s1", "secret voice", rank="v")
        (open_, entry, _) = self.append(said("open word"), ranked, voiced)
        self.assertEqual(self.read(Span("#room", 9)), [open_])
        self.assertEqual(self.read(Around("#room", 9, entry.sequence)), [open_])
        self.assertEqual(self.search("word", account="Ann"), ["open word"])
        self.assertEqual(self.read(Span("@#room", 9)), [entry])
        self.assertEqual(self.texts(Span("+#room", 9)), ["secret voice"])

    def test_signals(self) -> None:
        """Tags without a text pass, and nobody reads them back."""
        tags = (("typing", "active"),)
        events = [RoomSignalled(ANN, "#room", "s1", tags), Signalled(ANN, "s1", BOB, tags)]
        self.append(*events)
        self.assertEqual([entry.event for entry in self.applied[-2:]], events)
        self.assertEqual([*self.read(Span("#room", 9)), *self.read(Span(pair("ann", "bob"), 9))], [])

    # Taking back

    def test_unsaid(self) -> None:
        """A text that was taken back is gone, from history and from what is found; that it was is there instead."""
        entries = self.append(said("one word"), said("two word"), said("three word"))
        (unsaid,) = self.append(Unsaid(ANN, "#room", entries[1].sequence, entries[1].msgid, "oops"))
        self.assertEqual(self.applied[-1], unsaid)
        self.assertEqual(self.read(Span("#room", 9)), [entries[0], entries[2], unsaid])
        self.assertEqual(self.search("word"), ["one word", "three word"])
        self.assertEqual(self.search("two"), [])
        self.assertEqual(self.at(entries[1]), [])
        self.append(Unsaid(ANN, "#room", entries[1].sequence, entries[1].msgid))
        self.assertEqual(self.texts(Span("#room", 9)), ["one word", "three word"])

    def test_untold(self) -> None:
        """So it is with a private text, whoever of the two takes it back."""
        told = self.append(Told(ANN, "s1", BOB, "one word"), Told(BOB, "s2", ANN, "two word"))
        (untold,) = self.append(Untold(BOB, ANN, told[0].sequence, told[0].msgid))
        self.assertEqual(self.read(Span(pair("ann", "bob"), 9)), [told[1], untold])
        self.assertEqual(self.search("word", account="ann"), ["two word"])

    def test_unsaidElsewhere(self) -> None:
        """Nothing is taken but a text of that conversation."""
        carol = Source("u4", "Carol", account="carol")
        kept = self.append(
            said("room"), said("other", "#other"), Told(ANN, "s1", BOB, "told"), TopicSet(ANN, "#room", "topic")
        )
        for room, entry in (("#room", kept[1]), ("#room", kept[2]), ("#room", kept[3]), ("#other", kept[0])):
            self.append(Unsaid(ANN, room, entry.sequence, entry.msgid))
        for recipient, entry in ((BOB, kept[0]), (carol, kept[2]), (GUEST, kept[2])):
            self.append(Untold(ANN, recipient, entry.sequence, entry.msgid))
        self.append(Unsaid(ANN, "#room", kept[-1].sequence + 1000, "x"))
        for entry in kept:
            self.assertEqual(self.at(entry), [entry])
        self.assertEqual(self.search("room"), ["room"])

    def test_unsaidOfRank(self) -> None:
        """A text for those of a rank is one of its room's, too."""
        (entry,) = self.append(Said(ANN, "#room", "s1", "secret", rank="o"))
        self.append(Unsaid(ANN, "#other", entry.sequence, entry.msgid))
        self.assertEqual(self.texts(Span("@#room", 9)), ["secret"])
        self.append(Unsaid(ANN, "#room", entry.sequence, entry.msgid))
        self.assertEqual(self.read(Span("@#room", 9)), [])

    # Rooms with new names

    def test_renamed(self) -> None:
        """A room's history is read and found under its new name, and no longer under the old."""
        entries = self.append(
            said("one word", "#Old"), said("two word", "#old"), Said(ANN, "#old", "s1", "three word", rank="o")
        )
        elsewhere = self.append(said("elsewhere", "#older"))
        (renamed,) = self.append(RoomRenamed(ANN, "#Old", "#New", "better"))
        after = self.append(said("four word", "#New"))
        self.assertEqual(self.read(Span("#new", 9)), [*entries[:2], renamed, *after])
        self.assertEqual(self.read(Span("@#new", 9)), entries[2:])
        self.assertEqual([*self.read(Span("#old", 9)), *self.read(Span("@#old", 9))], [])
        self.assertEqual(self.read(Span("#older", 9)), elsewhere)
        found = self.result(self.journal.search(["#new"], "word", 9))
        self.assertEqual(found, [*entries[:2], *after])
        self.assertEqual(self.result(self.journal.search(["#old", "@#old"], "word", 9)), [])
        self.assertEqual(self.result(self.journal.search(["#new"], "word", 1, before=after[0].sequence)), [entries[1]])
        self.append(Unsaid(ANN, "#New", entries[0].sequence, entries[0].msgid))
        self.assertEqual(self.texts(Span("#new", 9)), ["two word", "four word"])

    def test_renamedThenNew(self) -> None:
        """Who makes a room of the old name begins with nothing."""
        self.append(said("before", "#old"), RoomRenamed(ANN, "#old", "#new"), said("after", "#old"))
        self.assertEqual(self.texts(Span("#old", 9)), ["after"])
        self.assertEqual(self.texts(Span("#new", 9)), ["before"])
        self.assertEqual(self.texts(Span("#old", 9, after=0, oldest=True)), ["after"])

    def test_renamedAtOnce(self) -> None:
        """So it is where all of it is proposed before any of it has happened."""
        events = [
            said("a", "#one"),
            RoomRenamed(ANN, "#one", "#two"),
            said("b", "#one"),
            said("c", "#two"),
            RoomRenamed(ANN, "#two", "#three"),
            RoomRenamed(ANN, "#one", "#two"),
            said("d", "#two"),
        ]
        receipts = [self.journal.append(event) for event in events]
        self.settle()
        self.assertEqual([self.successResultOf(receipt).event for receipt in receipts], events)
        self.assertEqual([entry.event for entry in self.applied[-7:]], events)
        names = ("#one", "#two", "#three")
        self.assertEqual([self.texts(Span(name, 9)) for name in names], [[], ["b", "d"], ["a", "c"]])

    def test_renamedChains(self) -> None:
        """One name after the other, and back again: all of the history comes along, in its order."""
        self.append(said("a", "#one"), RoomRenamed(ANN, "#one", "#two"), said("b", "#two"))
        self.append(RoomRenamed(ANN, "#two", "#three"), said("c", "#three"))
        self.assertEqual(self.texts(Span("#three", 99)), ["a", "b", "c"])
        self.append(RoomRenamed(ANN, "#three", "#one"), said("d", "#one"))
        self.assertEqual(self.texts(Span("#one", 99)), ["a", "b", "c", "d"])
        self.append(RoomRenamed(ANN, "#one", "#two"), RoomRenamed(ANN, "#two", "#one"), said("e", "#one"))
        self.assertEqual(self.texts(Span("#one", 99)), ["a", "b", "c", "d", "e"])
        self.assertEqual(self.texts(Span("#one", 4)), ["d", "e"])
        self.assertEqual(self.texts(Span("#two", 99)) + self.texts(Span("#three", 99)), [])

    def test_renamedCase(self) -> None:
        """A room whose name changes its case only keeps its history where it is."""
        self.append(said("a", "#room"), RoomRenamed(ANN, "#room", "#ROOM"), said("b", "#ROOM"))
        self.assertEqual(self.texts(Span("#room", 9)), ["a", "b"])

    def test_notRenamed(self) -> None:
        """Where C{apply} refuses the new name, everything stays where it was; what waits behind it goes on."""

        def apply(entry: Entry) -> None:
            if isinstance(entry.event, RoomRenamed):
                raise NoSuchNick("Bob")

        self.reopen(apply)
        self.append(said("a", "#old"), said("x", "#new"))
        receipts = [
            self.journal.append(event)
            for event in (RoomRenamed(ANN, "#old", "#new"), said("b", "#old"), said("y", "#new"), Quit(BOB, ""))
        ]
        self.settle()
        self.failureResultOf(receipts[0], NoSuchNick)
        for receipt in receipts[1:]:
            self.successResultOf(receipt)
        self.assertEqual(self.texts(Span("#old", 9)), ["a", "b"])
        self.assertEqual(len(self.read(Span("#new", 9))), 2)
        self.assertEqual(self.result(self.journal.search(["#new"], "a", 9)), [])
