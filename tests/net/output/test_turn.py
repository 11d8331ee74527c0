"""Tests of L{twistchat.net.output.turn}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.output.turn import MAX_SENDS, SECONDS, SENDS, Turn


class Noted:
    """An outbox with a given C{flush}."""

    waiting = 0

    def __init__(self, flush: Callable[[], None]) -> None:
        self.flush = flush


class TurnTests(SynchronousTestCase):
    """The order and the number of calls at the end of the turn."""

    def setUp(self) -> None:
        """Make a turn, and a list of the calls that were made."""
        self.clock = Clock()
        self.turn = Turn(self.clock)
        self.done: list[str] = []

    def note(self, what: str) -> None:
        """Record a call."""
        self.done.append(what)

    def send(self, act: Callable[[], None]) -> None:
        """Flush an outbox at the end of the turn."""
        self.turn.send(Noted(act))

    def test_order(self) -> None:
        """Deliveries come first, then sends, then the other calls, each in the order of the requests."""
        for call, what in (
            (self.turn.afterSending, "after 1"),
            (self.send, "send 1"),
            (self.turn.beforeSending, "tell 1"),
            (self.turn.afterSending, "after 2"),
            (self.turn.beforeSending, "tell 2"),
            (self.send, "send 2"),
        ):
            call(partial(self.note, what))
        self.assertEqual(self.done, [])
        self.clock.advance(0)
        self.assertEqual(self.done, ["tell 1", "tell 2", "send 1", "send 2", "after 1", "after 2"])

    def test_once(self) -> None:
        """Each turn schedules one reactor call, and makes each requested call once."""
        for _ in range(3):
            self.turn.beforeSending(partial(self.note, "w"))
            self.turn.beforeSending(partial(self.note, "x"))
            self.send(partial(self.note, "y"))
            self.assertEqual(len(self.clock.getDelayedCalls()), 1)
            self.clock.advance(0)
            self.assertEqual(self.done, ["w", "x", "y"])
            self.done.clear()
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_comesUpMeanwhile(self) -> None:
        """Calls added during the end of a turn run in the same turn, deliveries before further sends."""

        def close() -> None:
            self.note("close")
            self.send(partial(self.note, "send goodbye"))
            self.turn.beforeSending(say)

        def say() -> None:
            self.note("tell")
            self.send(partial(self.note, "send"))

        self.turn.afterSending(close)
        self.turn.afterSending(partial(self.note, "after"))
        self.clock.advance(0)
        self.assertEqual(self.done, ["close", "after", "tell", "send goodbye", "send"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_many(self) -> None:
        """At most L{MAX_SENDS} outboxes send in a turn, in order; the rest send in later turns."""
        for number in range(2 * MAX_SENDS + 1):
            self.send(partial(self.note, str(number)))
        self.turn.afterSending(partial(self.note, "after"))
        self.turn.end()
        self.assertEqual(self.done, [*map(str, range(MAX_SENDS)), "after"])
        self.done.clear()
        self.turn.beforeSending(partial(self.note, "tell"))
        self.send(partial(self.note, "late"))
        self.turn.end()
        self.assertEqual(self.done, ["tell", *map(str, range(MAX_SENDS, 2 * MAX_SENDS))])
        self.done.clear()
        self.clock.advance(0)
        self.assertEqual(self.done, [str(2 * MAX_SENDS), "late"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failure(self) -> None:
        """A call that fails is logged, and the other calls still run."""
        for call in (self.turn.beforeSending, self.send, self.turn.afterSending):
            call(partial(self.note, "before"))
            call(lambda: 1 // 0)  # type: ignore[arg-type]  # it returns nothing, for it fails
            call(partial(self.note, "behind"))
        self.clock.advance(0)
        self.assertEqual(self.done, ["before", "behind"] * 3)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 3)
        self.turn.beforeSending(partial(self.note, "next turn"))
        self.clock.advance(0)
        self.assertEqual(self.done[-1], "next turn")

    def test_time(self) -> None:
        """If sends take long, the rest send in later turns, in order; a turn sends at least some."""

        def slow(number: int, seconds: float) -> None:
            self.note(str(number))
            self.clock.rightNow += seconds

        for taken, groups in ((0.6 * SECONDS, 2), (3 * SECONDS, 1)):
            self.done.clear()
            for number in range(4 * SENDS):
                self.send(partial(slow, number, taken / SENDS))
            self.turn.afterSending(partial(self.note, "after"))
            self.turn.end()
            self.assertEqual(self.done, [*map(str, range(groups * SENDS)), "after"])
            while self.clock.getDelayedCalls():
                self.clock.advance(0)
            self.done.remove("after")
            self.assertEqual(self.done, [*map(str, range(4 * SENDS))])
