"""The simulation of a cluster holds with a fixed seed, does the same again, and finds each planted fault."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Final
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation import __main__ as command
from tests.simulation.cluster.planted import CLUSTER_FAULTS
from tests.simulation.runs.running import CLUSTER, Failure, Totals, runSeed, runSteps
from tests.simulation.runs.shrinking import shrink
from tests.simulation.steps import ACTIONS, ALL, Step

FIRST: Final = {"local-state": 6}
"""The episodes at which to begin, for faults that are rarely found: those before it find nothing now."""


def again() -> Sequence[Step]:
    """A message gets into the stream twice: its sender learns nothing of it, and the broker forgets that it has it."""
    return [
        *(Step("connect", 0, ALL, "irc plain ann"), Step("settle"), Step("mute", text="a"), Step("deafen", text="a")),
        *(Step("cut", 0), Step("sleep", 0, 500), Step("forget"), Step("sleep", 0, 3000), Step("heal"), Step("settle")),
    ]


def late() -> Sequence[Step]:
    """A node is lost while the end of a session waits to be published, and publishes that before it reads its loss."""
    talk: list[Step] = []
    for number in range(8):
        talk += [Step("send", 1, 0, f"PRIVMSG #lobby :t{number + 1}"), Step("input", 1, ALL), Step("carry")]
        talk.append(Step("sleep", 0, 400))
    return [
        *(Step("connect", 0, ALL, "irc plain ann"), Step("connect", 1, ALL, "irc plain bob"), Step("settle")),
        *(Step("send", 1, 0, "JOIN #lobby"), Step("settle"), Step("part", text="a"), Step("cut", 0), *talk),
        *(Step("sleep", 0, 16_000), Step("latency", 0, 500), Step("heal"), Step("sleep", 0, 20_000), Step("settle")),
    ]


class RunTests(SynchronousTestCase):
    """Runs of some hundred steps."""

    def test_actions(self) -> None:
        """A file of steps can have all actions that happen.  With this seed, every promise holds."""
        totals = Totals()
        self.assertIsNone(runSeed("actions", totals, 1000, CLUSTER))
        self.assertEqual(set(), totals.actions.keys() - ACTIONS.keys())
        self.assertEqual(1000, totals.steps)
        self.assertIn("nodes killed", str(totals))

    def test_late(self) -> None:
        """Neither a batch of a node that is lost counts, nor one that is in the stream already."""
        self.assertIsNone(runSteps(late(), CLUSTER))
        self.assertIsNone(runSteps(again(), CLUSTER))

    def test_finds(self) -> None:
        """Each planted fault breaks its promise."""
        for name, fault in CLUSTER_FAULTS.items():
            with fault.plant():
                self.assertIn(self.find(name).broken.promise, fault.promises, name)

    def test_shortens(self) -> None:
        """A few steps are enough to find a planted fault, and do not break a promise otherwise."""
        name = "no-members"
        with CLUSTER_FAULTS[name].plant():
            shorter = shrink(self.find(name), 30_000, partial(runSteps, kind=CLUSTER))
        self.assertLessEqual(len(shorter.steps), 15)
        self.assertIsNone(runSteps(shorter.steps, CLUSTER))

    def find(self, name: str) -> Failure:
        """Run episodes until one fails."""
        rare = {"applied-twice": again(), "late-accepted": late(), "stays-lost": late()}.get(name)
        if rare is not None:
            failure = runSteps(rare, CLUSTER)
        else:
            first = FIRST.get(name, 0)
            runs = (runSeed(f"{name}/{episode}", Totals(), 600, CLUSTER) for episode in range(first, first + 40))
            failure = next(filter(None, runs), None)
        assert failure is not None, f"{name} was not found"
        return failure


class CommandTests(SynchronousTestCase):
    """C{python -m tests.simulation --cluster}."""

    def test_broken(self) -> None:
        """A failure says how to run it again, as a cluster."""
        output = StringIO()
        with patch.object(command, "FOLDER", Path(self.mktemp())), redirect_stdout(output):
            status = command.main(("--cluster", "--seed", "5", "--plant", "own-early", "--shrink", "1"))
        self.assertEqual(1, status)
        self.assertIn("--seed 5/0 --cluster --plant own-early\n", output.getvalue())
        self.assertRegex(output.getvalue(), r"--run \S+ --cluster --plant own-early\n")
