"""Play scenarios of the catalogue in tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.play import Outcome, play
from bench.fire.scenario import Scenario, Seen, Setup
from bench.fire.scenarios import CATALOGUE
from bench.fire.stage import Stage
from tests.bench.fire.shim.preloaded import requireLibrary


class PlayTestCase(SynchronousTestCase):
    """A case whose tests play scenarios against a real server with the default limits."""

    def setUp(self) -> None:
        """Skip the test where the benchmarks do not run."""
        if sys.platform != "linux":
            raise SkipTest("the benchmarks are for Linux")

    def play(self, name: str, isPatient: bool = False) -> Outcome:
        """
        Play a scenario in its shortest duration, and check that nothing was missed.

        @param isPatient: whether delays do not count, because they depend on what else the machine does.
        """
        scenario = CATALOGUE[name]
        if isPatient:
            scenario = replace(scenario, marks=replace(scenario.marks, p99=None, newcomer=None))
        outcome = _play(scenario, 0.0)
        self.assertEqual((), outcome.missed, outcome)
        return outcome


def played(
    name: str,
    seconds: float,
    prepare: Callable[[Path], Setup] | None = None,
    run: Callable[[Stage, float], Seen] | None = None,
) -> Outcome:
    """
    Play a scenario that needs the preloaded library, as short as a test wants it.

    @param name: the name of the scenario.
    @param seconds: its duration, which may be shorter than elsewhere.
    @param prepare: prepares the server instead of the scenario.
    @param run: is done to the server instead of the scenario.
    @raise SkipTest: the library cannot be built here.
    """
    requireLibrary()
    scenario = replace(CATALOGUE[name], shortest=seconds)
    return _play(replace(scenario, prepare=prepare or scenario.prepare, run=run or scenario.run), seconds)


def _play(scenario: Scenario, seconds: float) -> Outcome:
    """Play a scenario in a temporary folder."""
    with TemporaryDirectory() as folder:
        return play(scenario, seconds, Path(folder))
