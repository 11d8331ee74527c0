"""Tests of L{twistchat.net.logs.budget}."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.logs.budget import LineBudget


class LineBudgetTests(SynchronousTestCase):
    """A budget of three lines in ten seconds."""

    def setUp(self) -> None:
        """Make it."""
        self.clock = Clock()
        self.told: list[int] = []
        self.budget = LineBudget(self.clock, 3, 10.0, self.told.append)

    def take(self, count: int, key: str = "") -> int:
        """Count events, and return how many of them have a line."""
        return sum([self.budget.take(key) for _ in range(count)])

    def test_most(self) -> None:
        """The first events of a period have lines, and the end of the period tells the number of the others."""
        self.assertEqual((3, 0), (self.take(4), self.take(5)))
        self.clock.advance(9.9)
        self.assertEqual([], self.told)
        self.clock.advance(0.1)
        self.assertEqual([6], self.told)

    def test_again(self) -> None:
        """A period begins with the first event after the last period."""
        self.take(4)
        self.clock.advance(25)
        self.assertEqual(3, self.take(5))
        self.clock.advance(10)
        self.assertEqual([1, 2], self.told)

    def test_few(self) -> None:
        """Without more events there is no timer, and nothing is told."""
        self.take(3)
        self.assertEqual([], self.clock.getDelayedCalls())
        self.clock.advance(10)
        self.assertEqual(3, self.take(3))
        self.assertEqual([], self.told)

    def test_keys(self) -> None:
        """One key cannot take the lines of others."""
        self.budget = LineBudget(self.clock, 3, 10.0, self.told.append, each=1)
        self.assertEqual((1, 1, 1, 0), (self.take(9, "a"), self.take(9, "b"), self.take(9, "c"), self.take(9, "d")))
        self.clock.advance(10)
        self.assertEqual([33], self.told)
        self.assertEqual(1, self.take(1, "d"))

    def test_flush(self) -> None:
        """At the end nothing is lost, and no timer is left."""
        self.budget.flush()
        self.take(5)
        self.budget.flush()
        self.budget.flush()
        self.assertEqual(([2], []), (self.told, self.clock.getDelayedCalls()))
