"""
The simulation holds with a fixed seed, and finds each planted fault.  C{python -m tests.simulation} runs more.

These tests also cover L{tests.simulation.runs.report} and the command.
"""

from __future__ import annotations

import re
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from tests.invocation import invocation
from tests.simulation import __main__ as command
from tests.simulation.machine.server import CONFIGURATION
from tests.simulation.planted import FAULTS
from tests.simulation.runs.running import Failure, Totals, runSeed, runSteps
from tests.simulation.runs.shrinking import shrink
from tests.simulation.steps import ACTIONS, ALL, Step

SHORTENED: Final = ("too-early", "gap-at-seam", "no-flush", "ignored-heard", "never-resumed")
"""The planted faults whose steps are made fewer.  That takes longer than to find them."""

FIRST: Final = {"goes-on": 39, "limits-stay": 23, "never-closed": 7, "no-shares": 18, "pong-overtakes": 6}
"""The episodes at which to begin, for faults that are rarely found: those before it find nothing now."""


class RunTests(SynchronousTestCase):
    """Runs of some thousand steps."""

    def test_actions(self) -> None:
        """A file of steps can have all actions that happen."""
        totals = Totals()
        runSeed("actions", totals, 1500)
        self.assertEqual(set(), totals.actions.keys() - ACTIONS.keys())
        self.assertEqual(1500, totals.steps)

    def test_finds(self) -> None:
        """Each planted fault breaks its promise."""
        for name in [name for name in FAULTS if name not in SHORTENED]:
            with FAULTS[name].plant():
                self.assertIn(self.find(name).broken.promise, FAULTS[name].promises, name)

    def test_shortens(self) -> None:
        """A few steps are enough to find a planted fault, and do not break a promise otherwise."""
        for name in SHORTENED:
            with FAULTS[name].plant():
                shorter = shrink(self.find(name))
                again = runSteps(shorter.steps)
            self.assertIn(shorter.broken.promise, FAULTS[name].promises, name)
            self.assertLessEqual(len(shorter.steps), 15, name)
            assert again is not None, name
            self.assertEqual(str(again.broken), str(shorter.broken))
            self.assertIsNone(runSteps(shorter.steps), name)

    def test_lowerLimit(self) -> None:
        """If C{limits.sendq} is lowered while much waits for a client that leaves, the client still gets it."""
        higher, lower = (f"{CONFIGURATION}[limits]\nsendq = {size}\n" for size in (65536, 32768))
        steps = [Step("reload", text=higher)]
        for slot, nick in ((1, "lou"), (2, "ann")):
            connect = Step("connect", slot, 256 if slot == 1 else ALL, f"irc plain {nick} ")
            steps += [connect, Step("input", slot, ALL), Step("carry"), Step("send", slot, 0, "JOIN #hall")]
        steps += [Step("settle"), Step("stall", 1)]
        for number in range(1, 91):
            steps += [Step("send", 2, 0, f"PRIVMSG #hall :t{number}{' word' * 85}"), Step("input", 2, ALL)]
            steps += [Step("carry"), Step("carry"), Step("sleep", 0, 600)]
        steps += [Step("send", 1, 0, "QUIT"), Step("input", 1, ALL), Step("reload", text=lower), Step("turn")]
        self.assertIsNone(runSteps([*steps, Step("settle")]))

    def find(self, name: str) -> Failure:
        """Run episodes until one fails."""
        first = FIRST.get(name, 0)
        runs = (runSeed(f"{name}/{episode}", Totals(), 600) for episode in range(first, first + 100))
        failure = next(filter(None, runs), None)
        assert failure is not None, f"{name} was not found"
        return failure


class CommandTests(SynchronousTestCase):
    """C{python -m tests.simulation}."""

    def run_(self, *arguments: str) -> tuple[int, str]:
        """Run the command.  Return its status and its output."""
        output = StringIO()
        folder = Path(self.mktemp())
        with patch.object(command, "FOLDER", folder), redirect_stdout(output), redirect_stderr(output):
            try:
                status = command.main(arguments)
            except SystemExit as e:
                status = int(e.code or 0)
        return status, output.getvalue()

    def test_holds(self) -> None:
        """If every promise holds, it says what was done.  With this seed, every promise holds."""
        status, output = self.run_("--seed", "fixed", "--steps", "5000")
        self.assertEqual(0, status, output)
        self.assertRegex(output, r"seed fixed\n  [\d,]+ steps in \d+ episodes: ")
        self.assertIn("Every promise held", output)

    def test_broken(self) -> None:
        """If one does not, it says which, and writes shorter steps to a file that can be run again."""
        status, output = self.run_("--seed", "5", "--plant", "no-flush")
        self.assertEqual(1, status)
        episode = re.search(r"--seed (5/\d+) --plant no-flush\n", output)
        file = re.search(r"--run (\S+) --plant no-flush\n", output)
        broken = re.findall(r"BROKEN\b.*?: (.*)", output)
        assert episode is not None, output
        assert file is not None, output
        for line in re.findall(r"To run .*?: (.*)", output):
            self.assertTrue(line.startswith(f"{invocation('tests.simulation')} --"), line)
        status, again = self.run_("--run", file[1], "--plant", "no-flush")
        self.assertEqual(1, status)
        self.assertIn(f"BROKEN: {broken[-1]}\n", again)
        status, again = self.run_("--seed", episode[1], "--plant", "no-flush", "--shrink", "1")
        self.assertEqual(1, status)
        self.assertIn(broken[0], again)
        status, again = self.run_("--run", file[1])
        self.assertEqual(0, status)
        self.assertIn("Every promise held", again)

    def test_mistakes(self) -> None:
        """A mistake ends it with status 2 and a line that says what is wrong."""
        folder = Path(self.mktemp())
        folder.mkdir()
        file, empty = folder / "bad.steps", folder / "empty.steps"
        file.write_text('["turn"]\n["fly"]\n')
        empty.write_text("# none\n")
        for arguments, why in (
            (("--run", str(file)), f"{file}: line 2 is no step: there is no action 'fly'"),
            (("--run", str(empty)), f"{empty} has no steps"),
            (("--run", "/nowhere"), "cannot read /nowhere: No such file or directory"),
            (("--steps", "0"), "'0' is no number above 0"),
            (("--plant", "roses"), "invalid choice: 'roses'"),
            (("--seed", "1", "--seeds", "2"), "not allowed with"),
        ):
            status, output = self.run_(*arguments)
            self.assertEqual(2, status)
            self.assertIn(why, output)
