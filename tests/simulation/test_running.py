"""The simulation holds with a fixed seed, and finds each planted fault.  C{python -m tests.simulation} runs more."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation.planted import FAULTS
from tests.simulation.running import Failure, runSeed, runSteps


class RunTests(SynchronousTestCase):
    """Runs of some thousand steps."""

    def test_holds(self) -> None:
        """Every promise holds."""
        for episode in range(3):
            self.assertIsNone(runSeed(f"fixed/{episode}", 2000))

    def test_finds(self) -> None:
        """Each planted fault is found, and the steps up to it find it again."""
        for name, plant in FAULTS.items():
            with plant():
                failure = self.find(name)
                again = runSteps(failure.steps)
            assert again is not None
            self.assertEqual(str(again.broken), str(failure.broken))
            self.assertIsNone(runSteps(failure.steps), name)

    def find(self, name: str) -> Failure:
        """Run episodes until one fails."""
        runs = (runSeed(f"{name}/{episode}", 2000) for episode in range(20))
        failure = next(filter(None, runs), None)
        assert failure is not None, f"{name} was not found"
        return failure
