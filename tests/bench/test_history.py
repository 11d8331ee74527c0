"""The bench of the history: its journal, its figures, its clients, and one small run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.history.__main__ import CANARY, QUESTIONS, SERVED, Answers, Return, ask, comeBack
from bench.history.fill import Texts, prepared, word

GOOD = Return("together", 2, [1.0, SERVED], [(0.5, CANARY)], 0, 0.0, 0.01, 10.0)
"""Exactly what the marks allow."""


class FiguresTests(SynchronousTestCase):
    """The marks."""

    def test_return(self) -> None:
        """A run is good up to the marks, and not beyond any of them."""
        self.assertTrue(GOOD.good)
        for worse in (
            replace(GOOD, served=[1.0]),
            replace(GOOD, served=[1.0, SERVED * 1.01]),
            replace(GOOD, canary=[(0.5, CANARY * 1.01)]),
            replace(GOOD, lost=1),
        ):
            self.assertFalse(worse.good)
        self.assertIn("2 of 2 served, half of them within 10.0 s", GOOD.describe())

    def test_answers(self) -> None:
        """The 99th percentile counts."""
        self.assertTrue(Answers("LATEST", 50, 0.01, [0.01] * 1000 + [0.5] * 10).good)
        self.assertFalse(Answers("LATEST", 50, 0.01, [0.01] * 1000 + [0.5] * 11).good)


class JournalTests(SynchronousTestCase):
    """The journal."""

    def test_words(self) -> None:
        """Words differ, and texts are the same each time."""
        self.assertEqual(20_000, len({word(number) for number in range(20_000)}))
        self.assertEqual(Texts().text(), Texts().text())


class RunTests(SynchronousTestCase):
    """A run against a real server."""

    def test_few(self) -> None:
        """Each question gets its lines, and each client that comes back is served."""
        if not sys.platform.startswith("linux"):
            raise SkipTest("it reads /proc")
        with TemporaryDirectory() as folder:
            data = prepared(Path(folder), 600, 6)
            self.assertEqual(data, prepared(Path(folder), 600, 6))
            questions = {name: replace(question, count=3) for name, (question, _) in QUESTIONS.items()}
            answers = ask(data, questions, dict.fromkeys(questions, 1.0), 6)
            returned = comeBack(data, 6, 3, together=False, settled=1.0)
        (latest, *_) = answers
        self.assertEqual((50, 3), (latest.lines, len(latest.seconds)))
        self.assertEqual((3, 0), (len(returned.served), returned.lost))
