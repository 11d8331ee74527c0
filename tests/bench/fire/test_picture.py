"""The picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench import picture
from bench.fire.play import Outcome
from bench.fire.results.picture import draw
from bench.fire.scenario import Seen
from tests.bench.fire.test_figures import GOOD


class PictureTests(SynchronousTestCase):
    """A picture of few scenarios."""

    def test_draw(self) -> None:
        """A scenario may be good, may have missed marks, or may have no delays at all."""
        if not picture.possible():
            raise SkipTest("matplotlib is not installed")
        silent = replace(GOOD, p50=float("inf"), p99=float("inf"), worst=float("inf"))
        outcomes = {
            "good": Outcome(Seen(""), GOOD, ()),
            "bad": Outcome(Seen(""), replace(GOOD, worst=20.0), ("2 lines lost",)),
            "silent": Outcome(Seen(""), silent, ("p99 over 250 ms",)),
        }
        with TemporaryDirectory() as folder:
            path = Path(folder) / "fire.png"
            draw(outcomes, path)
            self.assertEqual(b"\x89PNG", path.read_bytes()[:4])
