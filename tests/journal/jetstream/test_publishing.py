"""Tests of L{twistchat.journal.jetstream.publishing}."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NotStored, OutcomeUnknown
from twistchat.chat.model.events import Entry, Event, Joined, SessionEnded
from twistchat.journal.jetstream.batches import MOST_EVENTS, Batch, decodeEvents, decodeMessage, splitEvent
from twistchat.journal.jetstream.chain import BEGINNING
from twistchat.journal.jetstream.publishing import (
    MOST_WAITING,
    PATIENCE,
    RETRY,
    UNREACHABLE,
    Item,
    Publisher,
    Request,
)
from twistchat.testing.contract.opened import ANN, said
from twistchat.testing.streams import TIMEOUT, MemoryBroker

END = SessionEnded(ANN, "s1", "a-1", "bye")


class PublisherTests(SynchronousTestCase):
    """Tests of L{Publisher}."""

    def setUp(self) -> None:
        """Make a publisher that is a member, and its broker."""
        self.clock = Clock()
        self.broker = MemoryBroker(self.clock, self.clock.seconds)
        self.stream = self.broker.connect("a")
        self.acknowledged: list[int] = []
        self.refusals: list[tuple[Event, Failure]] = []
        self.publisher = Publisher(
            self.stream,
            self.clock,
            lambda: (0, BEGINNING),
            lambda: 1,
            lambda sequence, data: self.acknowledged.append(sequence),
        )
        self.publisher.begin("a-1")

    def post(self, *events: Event) -> None:
        """Propose events, which must be accepted."""
        for event in events:
            why = self.publisher.propose(
                event, None, None, lambda event, failure: self.refusals.append((event, failure))
            )
            self.assertIsNone(why)

    def turns(self, seconds: float = 0.0) -> None:
        """Let time pass, in steps."""
        for _ in range(5):
            self.clock.advance(0)
        for _ in range(int(seconds * 10)):
            self.clock.advance(0.1)

    def batches(self) -> list[Batch]:
        """The batches in the stream."""
        found = [decodeMessage(message.data) for message in self.broker.messages]
        return [message for message in found if isinstance(message, Batch)]

    def contents(self) -> list[list[Event]]:
        """The events of the batches in the stream."""
        return [decodeEvents(map(splitEvent, batch.events)) for batch in self.batches()]

    def returned(self, place: int) -> list[Item]:
        """Give a message of the stream back to the publisher."""
        items = self.publisher.returned(self.batches()[place])
        assert items is not None
        return items

    def test_turn(self) -> None:
        """Everything that is proposed in a turn is one message."""
        self.post(said("a"), Joined(ANN, "#room"), said("b"))
        self.assertEqual(self.broker.messages, [])
        self.turns()
        self.assertEqual(self.contents(), [[said("a"), Joined(ANN, "#room"), said("b")]])
        self.assertEqual(self.acknowledged, [1])

    def test_oneInFlight(self) -> None:
        """What is proposed while a batch is on its way waits until it has come back."""
        self.post(said("a"))
        self.turns()
        self.post(said("b"))
        self.post(said("c"))
        self.turns(PATIENCE / 2)
        self.assertEqual(len(self.batches()), 1)
        self.returned(0)
        self.turns()
        self.assertEqual(self.contents(), [[said("a")], [said("b"), said("c")]])
        self.assertEqual([batch.number for batch in self.batches()], [1, 2])

    def test_marks(self) -> None:
        """Marks come back between the events where they were set."""
        self.post(said("a"))
        self.assertTrue(self.publisher.settled(lambda: None))
        self.post(said("b"))
        self.turns()
        self.assertEqual([isinstance(item, Request) for item in self.returned(0)], [True, False, True])
        self.assertTrue(self.publisher.isIdle)

    def test_lostAnswer(self) -> None:
        """A message whose acknowledgement is lost is sent again, and is in the stream once."""
        self.stream.losesAnswers = True
        self.post(said("a"))
        self.turns(TIMEOUT + RETRY)
        self.stream.losesAnswers = False
        self.turns(PATIENCE - TIMEOUT - RETRY - 0.5)
        self.assertEqual(len(self.batches()), 1)
        self.assertEqual(self.acknowledged, [1])
        self.assertEqual(self.refusals, [])

    def test_unknown(self) -> None:
        """After some time, the outcome of what is on its way is not known, and what waits is refused."""
        self.stream.isCut = True
        self.post(said("a"))
        self.turns()
        self.post(said("b"))
        self.turns(PATIENCE + 0.2)
        self.assertEqual([event for event, _ in self.refusals], [said("a"), said("b")])
        self.assertEqual(self.refusals[0][1].value, OutcomeUnknown())
        self.assertEqual(self.refusals[1][1].value, NotStored(UNREACHABLE))
        self.assertEqual(self.publisher.propose(said("c"), None, None, None), UNREACHABLE)
        self.assertEqual(self.publisher.trouble, UNREACHABLE)

    def test_firstAttemptWins(self) -> None:
        """A batch that was given up can be in the stream.  Then its events count, and the next attempt does not."""
        self.stream.losesAnswers = True
        self.post(said("a"), END)
        self.turns(PATIENCE + 0.2)
        self.assertEqual(self.contents(), [[said("a"), END], [END]])
        self.assertEqual([batch.number for batch in self.batches()], [1, 1])
        items = self.returned(0)
        self.assertEqual([item.event for item in items if isinstance(item, Request)], [said("a"), END])
        self.assertIsNone(self.publisher.returned(self.batches()[1]))

    def test_endingsRemain(self) -> None:
        """The ends of sessions are not refused: they are sent until they are in the stream."""
        ended: Deferred[Entry] = Deferred()
        self.stream.isCut = True
        self.post(said("a"))
        self.publisher.propose(END, None, ended, None)
        self.turns()
        self.publisher.propose(END, None, Deferred(), None)
        self.turns(20)
        self.assertNoResult(ended)
        self.stream.heal()
        self.turns(TIMEOUT + RETRY + 0.2)
        self.assertEqual(self.contents(), [[END]])
        self.returned(0)
        self.assertIsNone(self.publisher.trouble)
        self.post(said("b"))
        self.turns()
        self.assertEqual(self.contents()[1], [END, said("b")])

    def test_marksOfRefused(self) -> None:
        """Marks are reached when the events are refused, once, and nobody waits for what cannot be refused."""
        reached: list[str] = []
        self.stream.losesAnswers = True
        self.post(said("a"))
        self.assertTrue(self.publisher.settled(lambda: reached.append("text")))
        self.post(END)
        self.assertTrue(self.publisher.settled(lambda: reached.append("end")))
        self.turns()
        self.assertTrue(self.publisher.settled(lambda: reached.append("on its way")))
        self.post(said("b"))
        self.assertTrue(self.publisher.settled(lambda: reached.append("waiting")))
        self.turns(PATIENCE + 0.2)
        self.assertEqual(reached, ["text", "end", "on its way", "waiting"])
        self.assertFalse(self.publisher.settled(lambda: reached.append("now")))
        for item in self.returned(0):
            if not isinstance(item, Request):
                item.reached()
        self.assertEqual(len(reached), 4)

    def test_markOnly(self) -> None:
        """A mark behind the batch that is on its way comes back with it, and makes no batch of its own."""
        self.post(said("a"))
        self.turns()
        self.assertTrue(self.publisher.settled(lambda: None))
        self.assertEqual(len(self.returned(0)), 2)
        self.turns()
        self.assertEqual(len(self.batches()), 1)
        self.assertFalse(self.publisher.settled(lambda: None))

    def test_size(self) -> None:
        """A batch has a limited number of events."""
        self.post(*[said(str(number)) for number in range(MOST_EVENTS + 1)])
        self.turns()
        self.returned(0)
        self.turns()
        self.assertEqual([len(events) for events in self.contents()], [MOST_EVENTS, 1])

    def test_tooMuch(self) -> None:
        """The number of durable events that wait is limited."""
        self.stream.isCut = True
        self.post(said("a"))
        self.turns()
        self.post(*[said("b")] * MOST_WAITING)
        self.assertEqual(self.publisher.propose(said("c"), None, None, None), "too much waits for the cluster")

    def test_stop(self) -> None:
        """When the node no longer takes part, everything is refused."""
        receipt: Deferred[Entry] = Deferred()
        reached: list[bool] = []
        self.stream.isCut = True
        self.post(said("a"))
        self.turns()
        self.publisher.propose(END, None, receipt, None)
        self.assertTrue(self.publisher.settled(lambda: reached.append(True)))
        self.publisher.stop("it joins again")
        self.assertEqual(self.refusals[0][1].value, OutcomeUnknown())
        self.assertEqual(self.failureResultOf(receipt).value, NotStored("it joins again"))
        self.assertEqual(reached, [True])
        self.assertEqual(self.publisher.propose(said("b"), None, None, None), "it joins again")
        self.turns(20)
        self.stream.heal()
        self.publisher.begin("a-2")
        self.post(said("c"))
        self.turns()
        self.assertEqual([(batch.node, batch.number) for batch in self.batches()], [("a-2", 1)])
