"""Tests of L{twistchat.testing.turns}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing.turns import TurnClock


class TurnClockTests(SynchronousTestCase):
    """A clock that stops between two turns."""

    def test_turn(self) -> None:
        """Calls that a call schedules run in the next turn; later calls do not run yet."""
        clock, done = TurnClock(), list[str]()
        clock.callLater(1, done.append, "later")

        def first() -> None:
            done.append("first")
            clock.callLater(0, done.append, "second")

        clock.callLater(0, first)
        clock.turn()
        self.assertEqual(done, ["first"])
        clock.turn()
        clock.turn()
        self.assertEqual(done, ["first", "second"])
        clock.advance(1)
        self.assertEqual(done, ["first", "second", "later"])

    def test_cancelled(self) -> None:
        """A cancelled call does not run, and a call that has run cannot be cancelled."""
        clock, done = TurnClock(), list[str]()
        call, other = clock.callLater(0, done.append, "one"), clock.callLater(0, done.append, "two")
        call.cancel()
        clock.turn()
        self.assertEqual((done, other.active(), clock.getDelayedCalls()), (["two"], False, []))
