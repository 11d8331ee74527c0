"""Tests of L{twistchat.net.monitoring.lag}."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.monitoring.lag import INTERVAL, RECENT, ReactorLag, quantileOf


class ReactorLagTests(SynchronousTestCase):
    """The timer, on a clock that the test moves."""

    def setUp(self) -> None:
        """Make the timer."""
        self.clock = Clock()
        self.samples: list[float] = []
        self.lag = ReactorLag(self.clock, self.samples.append)

    def test_samples(self) -> None:
        """A sample is how much later than requested the reactor makes the call."""
        self.lag.start()
        for late in (0.0, 0.25, 3.0):
            self.clock.advance(INTERVAL + late)
        self.assertEqual(self.samples, [0.0, 0.25, 3.0])
        self.assertEqual((self.lag.histogram.count, self.lag.histogram.sum), (3, 3.25))
        self.assertEqual((self.lag.quantile(0.5), self.lag.quantile(0.99)), (0.25, 3.0))

    def test_recent(self) -> None:
        """The quantiles forget what is longer ago than some minutes; the histogram does not."""
        self.lag.start()
        self.clock.advance(INTERVAL + 9)
        for _ in range(RECENT):
            self.clock.advance(INTERVAL)
        self.assertEqual(self.lag.quantile(1.0), 0.0)
        self.assertEqual(self.lag.histogram.sum, 9.0)

    def test_stop(self) -> None:
        """There is one timer, and none after the end."""
        self.lag.stop()
        self.lag.start()
        self.lag.start()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.lag.stop()
        self.lag.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class QuantileTests(SynchronousTestCase):
    """Quantiles of samples."""

    def test_quantile(self) -> None:
        """It is a sample that so many do not exceed; of no samples it is 0."""
        samples = [float(number) for number in range(100, 0, -1)]
        found = [quantileOf(samples, part) for part in (0.0, 0.5, 0.99, 0.995, 1.0)]
        self.assertEqual(found, [1.0, 50.0, 99.0, 100.0, 100.0])
        self.assertEqual(quantileOf([], 0.5), 0.0)
