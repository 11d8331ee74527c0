"""Tests of the order of events, receipts and refusals."""

from __future__ import annotations

from twistchat.chat.errors import ChatError, NoSuchNick
from twistchat.chat.model.events import Entry, Event, Joined, Quit, RoomMessage, TopicSet
from twistchat.chat.model.spans import Search, Span
from twistchat.interfaces import IHistory, ILog
from twistchat.testing.contract.opened import ANN, BOB, OpenedJournal, said


class OrderContract(OpenedJournal):
    """Events are stamped, applied and reported in the order in which they were proposed."""

    def test_provides(self) -> None:
        """The log and the history provide their interfaces, and the log has a promise."""
        self.assertTrue(ILog.providedBy(self.log))
        self.assertTrue(IHistory.providedBy(self.history))
        self.assertIsInstance(self.log.promise, str)

    def test_order(self) -> None:
        """Durable and passing events are stamped and applied in the order in which they were proposed."""
        self.applied.clear()
        events = [said("a"), Joined(BOB, "#room"), said("b"), Quit(BOB, "bye"), TopicSet(ANN, "#room", "t"), said("c")]
        receipts = [self.log.append(event) for event in events]
        self.settle()
        self.assertEqual([entry.event for entry in self.applied], events)
        self.assertEqual([self.successResultOf(receipt) for receipt in receipts], self.applied)
        sequences = [entry.sequence for entry in self.applied]
        self.assertEqual(sequences, sorted(set(sequences)))
        self.assertEqual(len({entry.msgid for entry in self.applied}), len(events))

    def test_time(self) -> None:
        """Entries have the time of the clock, in milliseconds.  It never goes back."""
        times = []
        for now in (1000.0, 1001.5, 900.0, 1001.75):
            self.time = now
            times.append(self.append(said("x"))[0].time)
        self.assertEqual(times, [1_000_000, 1_001_500, 1_001_500, 1_001_750])

    def test_appliedBeforeReceipt(self) -> None:
        """A receipt fires after its entry was applied."""
        seen: list[tuple[str, int]] = []
        self.reopen(lambda entry: seen.append(("applied", entry.sequence)))

        def witness(entry: Entry) -> Entry:
            seen.append(("receipt", entry.sequence))
            return entry

        receipts = [self.log.append(event) for event in (said("a"), Quit(BOB, ""), said("b"))]
        for receipt in receipts:
            receipt.addCallback(witness)
        self.settle()
        self.assertEqual(len(seen), 6)
        for receipt in receipts:
            sequence = self.successResultOf(receipt).sequence
            self.assertLess(seen.index(("applied", sequence)), seen.index(("receipt", sequence)))

    def test_refusal(self) -> None:
        """If C{apply} refuses an entry, the receipt fails, the entry cannot be read, and later entries are applied."""

        def apply(entry: Entry) -> None:
            if isinstance(entry.event, RoomMessage) and entry.event.text == "no":
                raise NoSuchNick("Bob")
            self.applied.append(entry)

        self.applied.clear()
        self.reopen(apply)
        receipts = [self.log.append(said(text)) for text in ("yes", "no", "again")]
        self.settle()
        self.successResultOf(receipts[0])
        self.assertEqual(self.failureResultOf(receipts[1], ChatError).value, NoSuchNick("Bob"))
        self.successResultOf(receipts[2])
        self.assertEqual(self.texts(Span("#room", 10)), ["yes", "again"])
        self.assertEqual(self.found(Search("no", 10, {"#room": 0})), [])

    def test_proposedWhileApplying(self) -> None:
        """An event that is proposed while an entry is applied is applied after it, not inside."""
        depth = 0
        order: list[str] = []

        def propose(text: str) -> None:
            self.log.append(said(text)).addCallback(lambda entry: order.append(f"receipt {text}"))

        def apply(entry: Entry) -> None:
            nonlocal depth
            depth += 1
            self.assertEqual(depth, 1)
            assert isinstance(entry.event, RoomMessage)
            order.append(entry.event.text)
            if entry.event.text == "first":
                propose("second")
                propose("third")
            depth -= 1

        self.reopen(apply)
        self.log.append(said("first")).addCallback(lambda entry: propose("fourth"))
        self.settle()
        self.assertEqual([text for text in order if " " not in text], ["first", "second", "third", "fourth"])
        receipts = [text for text in order if " " in text]
        self.assertEqual(receipts, ["receipt second", "receipt third", "receipt fourth"])

    def test_passingProposedByReceipt(self) -> None:
        """An event that a receipt's callback proposes comes after everything that was proposed before."""
        order: list[Event] = []
        more = Quit(BOB, "more")

        def apply(entry: Entry) -> None:
            order.append(entry.event)
            if entry.event == said("first"):
                self.log.append(Quit(ANN, "1")).addCallback(lambda _: self.log.append(more))
                self.log.append(Quit(ANN, "2"))

        self.reopen(apply)
        self.log.append(said("first"))
        self.settle()
        self.assertEqual(order, [said("first"), Quit(ANN, "1"), Quit(ANN, "2"), more])

    def test_posted(self) -> None:
        """Posted and appended events keep their order.  Only the refusal of a posted event is reported."""

        def apply(entry: Entry) -> None:
            if entry.event == said("no"):
                raise NoSuchNick("Bob")
            self.applied.append(entry)

        self.applied.clear()
        self.reopen(apply)
        told: list[object] = []
        self.log.post(said("a"), lambda *refusal: told.append(refusal))
        receipt = self.log.append(said("b"))
        self.log.post(said("no"), lambda event, failure: told.append((event, failure.value)))
        self.log.post(Quit(BOB, ""), lambda *refusal: told.append(refusal))
        self.settle()
        self.assertEqual([entry.event for entry in self.applied], [said("a"), said("b"), Quit(BOB, "")])
        self.assertEqual(self.successResultOf(receipt), self.applied[1])
        self.assertEqual(told, [(said("no"), NoSuchNick("Bob"))])
        self.assertEqual(self.texts(Span("#room", 10)), ["a", "b"])

    def test_settled(self) -> None:
        """C{settled} reports after all earlier proposals were reported, and before later ones are applied."""
        order: list[object] = []

        def apply(entry: Entry) -> None:
            if entry.event == said("no"):
                raise NoSuchNick("Bob")
            order.append(entry.event)

        self.reopen(apply)
        self.log.settled(lambda: order.append("nothing"))
        self.assertEqual(order, ["nothing"])
        self.log.post(said("a"), lambda *refusal: None)
        self.log.append(said("no")).addErrback(lambda _: order.append("receipt"))
        self.log.post(said("no"), lambda *refusal: order.append("refused"))
        self.log.settled(lambda: order.append("settled"))
        self.log.append(said("b"))
        self.settle()
        self.assertEqual(order, ["nothing", said("a"), "receipt", "refused", "settled", said("b")])

    def test_settledWhileApplying(self) -> None:
        """C{settled} waits for the entry that is being applied, and for earlier proposals made meanwhile."""
        order: list[object] = []

        def apply(entry: Entry) -> None:
            order.append(entry.event)
            if entry.event == said("a"):
                self.log.post(said("b"), lambda *refusal: None)
                self.log.settled(lambda: order.append("settled"))
                self.log.post(said("c"), lambda *refusal: None)
                order.append("applied")

        self.reopen(apply)
        self.log.post(said("a"), lambda *refusal: None)
        self.settle()
        self.assertEqual(order, [said("a"), "applied", said("b"), "settled", said("c")])
