"""The figures of a cluster: a short load on a real node, and the tables."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir

from twisted.trial.unittest import SynchronousTestCase

from bench.cluster.figures.measuring import tables
from bench.cluster.figures.setups import MEMBERS, SINGLE, Flood, Steady, flood, running, steady
from bench.cluster.figures.singly import Singly

LINES = 4


class FigureTests(SynchronousTestCase):
    """Measurements."""

    def test_single(self) -> None:
        """Everything that is said on a node with a journal of its own arrives, and texts come back."""
        with running(SINGLE, Path(gettempdir())) as cluster:
            measured = flood(cluster, ["a", "a"], 2, LINES)
        with running(SINGLE, Path(gettempdir())) as cluster:
            delays = steady(cluster, ["a"], 0.2)
        self.assertEqual(measured.texts, 2 * MEMBERS * LINES)
        self.assertEqual(measured.deliveries, measured.texts * (MEMBERS - 1))
        self.assertTrue(0.0 < measured.reactors["a"] <= measured.nodes["a"], measured)
        self.assertEqual(measured.brokers, 0)
        self.assertTrue(0 < delays.p50 <= delays.p99)

    def test_tables(self) -> None:
        """The tables show medians, and what an entry costs the node that has no clients."""
        several = [
            Flood(1000, 49_000, seconds, {"a": 0.1, "b": 0.01}, {"a": 0.08, "b": 0.004}, 0.05, 0.02)
            for seconds in (0.1, 0.2, 0.4)
        ]
        lines = tables(
            {"whole: all clients on one node": several},
            {"whole": [Steady(0.002, 0.02)]},
            [Singly(700.0, 0.00002, 0.00001)],
        )
        self.assertIn("| whole: all clients on one node | 5,000 | 245,000 | 110 | 50 | 20 |", lines)
        self.assertIn("| published one by one, three brokers | 700 | | 20 (the client) | 10 | |", lines)
        self.assertIn("| whole | 2.0 | 20.0 |", lines)
        self.assertEqual(
            lines[-1],
            "An entry costs a node without listeners 10.0 µs of CPU time, 4.0 µs of it in the reactor's thread.",
        )
