"""Play a scenario that needs the preloaded library, as short as a test wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.fire.play import Outcome, play
from bench.fire.scenario import Seen, Setup
from bench.fire.scenarios import CATALOGUE
from bench.fire.stage import Stage
from tests.bench.fire.shim.preloaded import requireLibrary


def played(
    name: str,
    seconds: float,
    prepare: Callable[[Path], Setup] | None = None,
    run: Callable[[Stage, float], Seen] | None = None,
) -> Outcome:
    """
    Play a scenario against a real server.

    @param name: the name of the scenario.
    @param seconds: its duration, which may be shorter than elsewhere.
    @param prepare: prepares the server instead of the scenario.
    @param run: is done to the server instead of the scenario.
    @raise SkipTest: the library cannot be built here.
    """
    requireLibrary()
    scenario = replace(CATALOGUE[name], shortest=seconds)
    scenario = replace(scenario, prepare=prepare or scenario.prepare, run=run or scenario.run)
    with TemporaryDirectory() as folder:
        return play(scenario, seconds, Path(folder))
