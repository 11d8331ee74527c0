"""Tests of L{twistchat.testing.turns}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing.turns import TurnClock


class TurnClockTests(SynchronousTestCase):
    """A clock that stops between two turns."""

    def test_turn(self) -> None:
        """What a call asks for is done in the next turn, and what is for later is not done yet."""
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
        """What was cancelled is not done, and what was done cannot be cancelled."""
        clock, done = TurnClock(), list[str]()
        call, other = clock.callLater(0, done.append, "one"), clock.callLater(0, done.append, "two")
        call.cancel()
        clock.turn()
        self.assertEqual((done, other.active(), clock.getDelayedCalls()), (["two"], False, []))
