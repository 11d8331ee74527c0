"""Tests of L{twistchat.journal.history.removal.scrubbing}."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twistchat.journal.history.removal.scrubbing import Scrubbing, ScrubPace
from twistchat.journal.sqlite.faults import Fault


class ScrubbingTests(SynchronousTestCase):
    """When the bytes of deleted entries are removed."""

    def setUp(self) -> None:
        """Removals that the test finishes."""
        self.clock = Clock()
        self.running: list[Deferred[bool]] = []
        self.scrubbing = Scrubbing(self.clock, self.scrub, ScrubPace(1.0, 4.0))

    def scrub(self) -> Deferred[bool]:
        """Begin a removal."""
        self.running.append(Deferred())
        return self.running[-1]

    def test_together(self) -> None:
        """One removal serves all deletions of a second."""
        for _ in range(3):
            self.scrubbing.begin()
            self.clock.advance(0.3)
        self.assertEqual(len(self.running), 0)
        self.clock.advance(0.2)
        self.assertEqual(len(self.running), 1)
        self.running.pop().callback(True)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_meanwhile(self) -> None:
        """A deletion during a removal leads to another removal."""
        self.scrubbing.begin()
        self.clock.advance(1)
        self.scrubbing.begin()
        self.clock.advance(5)
        self.assertEqual(len(self.running), 1)
        self.running.pop().callback(True)
        self.clock.advance(1)
        self.assertEqual(len(self.running), 1)

    def test_again(self) -> None:
        """A removal that is not possible is tried again, after a longer pause each time."""
        self.scrubbing.begin()
        for pause in (1, 2, 4, 4):
            self.clock.advance(pause - 0.5)
            self.assertEqual(len(self.running), 0)
            self.clock.advance(0.5)
            self.running.pop().callback(False)
        self.clock.advance(4)
        self.running.pop().errback(Failure(Fault("the disk is full", "")))
        self.clock.advance(4)
        self.running.pop().callback(True)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.scrubbing.begin()
        self.clock.advance(1)
        self.assertEqual(len(self.running), 1)

    def test_stop(self) -> None:
        """After the end nothing happens."""
        self.scrubbing.begin()
        self.scrubbing.stop()
        self.scrubbing.begin()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_withoutClock(self) -> None:
        """Without a clock there is no pause, and a failure is not tried again."""
        scrubbing = Scrubbing(None, self.scrub, ScrubPace())
        scrubbing.begin()
        self.running.pop().callback(False)
        self.assertEqual(self.running, [])
        scrubbing.begin()
        self.assertEqual(len(self.running), 1)
