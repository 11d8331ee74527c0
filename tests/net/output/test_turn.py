"""Tests of L{twistchat.net.output.turn}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.output.turn import MAX_SENDS, Turn


class Noted:
    """An outbox: what is done when it is emptied."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self.flush = flush


class TurnTests(SynchronousTestCase):
    """The end of the turn."""

    def setUp(self) -> None:
        """A turn, and what was done at its end."""
        self.clock = Clock()
        self.turn = Turn(self.clock)
        self.done: list[str] = []

    def note(self, what: str) -> None:
        """Do something at the end of the turn."""
        self.done.append(what)

    def send(self, act: Callable[[], None]) -> None:
        """Empty an outbox at the end of the turn."""
        self.turn.send(Noted(act))

    def test_order(self) -> None:
        """First all is told, then all is sent, then comes the rest; each in the order in which it was asked for."""
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
        """The reactor is asked once a turn, and again in the next; what was done is not done again."""
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
        """What comes up meanwhile is done in the same turn, and what is told is told before anything more is sent."""

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
        """Only so many outboxes leave in a turn, in the order in which they asked; the rest leave in later ones."""
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
        """What fails is logged, and keeps nothing else from being done, now or later."""
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
