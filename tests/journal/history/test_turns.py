"""Tests of L{twistchat.journal.history.turns}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NotRead, Overloaded
from twistchat.journal.history.turns import Turns


class TurnsTests(SynchronousTestCase):
    """Searches take turns."""

    def setUp(self) -> None:
        """Hold the work."""
        self.held: list[tuple[Callable[[Any], Any], Deferred[Any]]] = []
        self.turns = Turns(self.hold, 2)

    def hold(self, work: Callable[[Any], Any]) -> Deferred[Any]:
        """Keep work until L{step}."""
        self.held.append((work, Deferred()))
        return self.held[-1][1]

    def step(self) -> None:
        """Do the oldest work."""
        work, done = self.held.pop(0)
        done.callback(work(None))

    def test_oneByOne(self) -> None:
        """The next search is submitted when the one before has ended."""
        results = [self.turns.search(lambda _, number=number: number) for number in range(3)]  # type: ignore[misc]
        for number in range(3):
            self.assertEqual(len(self.held), 1)
            self.assertNoResult(results[number])
            self.step()
            self.assertEqual(self.successResultOf(results[number]), number)
        self.assertEqual(self.held, [])

    def test_tooMany(self) -> None:
        """If too many wait, a search is refused.  Other work waits behind all of them."""
        results = [self.turns.search(lambda _: "found") for _ in range(4)]
        self.failureResultOf(results[3], Overloaded)
        last = self.turns.last(lambda _: "last")
        for _ in range(3):
            self.assertNoResult(last)
            self.step()
        self.step()
        self.assertEqual(self.successResultOf(last), "last")
        self.assertEqual([self.successResultOf(result) for result in results[:3]], ["found"] * 3)

    def test_failure(self) -> None:
        """A search that fails does not stop the others."""
        answers = [fail(NotRead("the disk failed")), succeed("found")]
        turns = Turns(lambda work: answers.pop(0))
        self.failureResultOf(turns.search(lambda _: None), NotRead)
        self.assertEqual(self.successResultOf(turns.search(lambda _: None)), "found")
