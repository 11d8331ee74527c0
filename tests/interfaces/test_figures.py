"""Histograms, and the figures of a journal that has none."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.interfaces import Histogram, JournalFigures


class HistogramTests(SynchronousTestCase):
    """Counting in buckets."""

    def test_observe(self) -> None:
        """A bucket includes its bound, and the last one has none."""
        histogram = Histogram((1.0, 2.0))
        for value in (0.0, 1.0, 1.5, 2.0, 2.5, 99.0):
            histogram.observe(value)
        self.assertEqual(histogram.counts, [2, 2, 2])
        self.assertEqual((histogram.count, histogram.sum), (6, 106.0))

    def test_bound(self) -> None:
        """The smallest bound that a part of the observations does not exceed, if any bound is."""
        histogram = Histogram((1.0, 2.0, 3.0))
        self.assertIsNone(histogram.bound(0.5))
        for value in (1.5, 1.5, 2.5, 9.0):
            histogram.observe(value)
        self.assertEqual([histogram.bound(part) for part in (0.01, 0.5, 0.51, 0.75, 0.76)], [2.0, 2.0, 3.0, 3.0, None])


class JournalFiguresTests(SynchronousTestCase):
    """The figures of a journal that has none."""

    def test_nothing(self) -> None:
        """Everything is 0."""
        figures = JournalFigures()
        self.assertEqual((figures.waiting(), figures.unindexed(), figures.size(), figures.tasks()), (0, 0, 0, {}))
        self.assertEqual((figures.events.total(), figures.commits.count, figures.queued.count), (0, 0, 0))
