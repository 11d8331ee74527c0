"""The bench of the web page: its tables, and one short run."""

from __future__ import annotations

from bench.page.__main__ import Lines, Load, described, measure
from tests.web.browser import THREAD, PageTestCase


class PageBenchTests(PageTestCase):
    """C{python -m bench.page}."""

    def test_tables(self) -> None:
        """The tables have the medians of the loads, and a row for each measurement of lines."""
        loads = [Load(9, 1024.0, 512.0, 2048.0, time, 2 * time) for time in (10.0, 500.0, 20.0)]
        text = described(loads, [Lines(5500, 500, 1.234, 0.5, 12.34, 99.6)])
        self.assertIn("| bytes until one can type a name | 1.0 KiB in 9 files |\n", text)
        self.assertIn("| time until one can type a name | 20 ms |\n", text)
        self.assertIn("| time from the name until one can talk | 40 ms |\n", text)
        self.assertTrue(text.endswith("| 5,500 | 500 | 1.23 | 0.50 | 12.3 MiB | 100 MiB |\n"), text)

    def test_run(self) -> None:
        """A short run has figures, and the page shows every line."""
        loads, lines = measure(THREAD.browser(), loads=1, seconds=1, many=60)
        (load,) = loads
        self.assertGreater(load.first, 10_000)
        self.assertGreater(load.files, 5)
        self.assertGreater(load.interactive, 0)
        self.assertGreater(load.talking, 0)
        self.assertEqual([50, 100, 150], [one.said for one in lines])
        for one in lines:
            self.assertGreaterEqual(one.rows, one.said)
            self.assertGreater(one.heap, 1)
            self.assertGreater(one.memory, 10)
