"""C{python -m bench}: failed runs, and checkouts."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.__main__ import main

ROOT = Path(__file__).parent.parent.parent


class CheckoutTests(SynchronousTestCase):
    """Servers of several checkouts."""

    def setUp(self) -> None:
        if sys.platform != "linux":
            raise SkipTest("the benchmarks are for Linux")
        place = TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name).resolve()

    def checkout(self, name: str, package: str = "src/twistchat") -> Path:
        """Make a checkout whose Python only prints where its twistchat is."""
        folder = self.folder / name
        (folder / ".venv/bin").mkdir(parents=True)
        python = folder / ".venv/bin/python"
        python.write_text(f"#!/bin/sh\necho {folder / package}\n")
        python.chmod(0o755)
        return folder

    def test_everyRunFails(self) -> None:
        """If every run fails, the table and the reasons are printed, no picture is drawn, and the status is 1."""
        one, two = self.checkout("one"), self.checkout("two")
        out = self.folder / "out"
        options = [f"--checkout=a={one}", f"--checkout=b={two}", "--servers=irc-sqlite", "--scenarios=small"]
        done = subprocess.run(
            [sys.executable, "-m", "bench", *options, "--rounds=2", f"--out={out}"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(1, done.returncode, done.stderr)
        runs = [line.partition(":")[0] for line in done.stderr.splitlines()]
        rounds = [f"round {number} of 2, small, {name}" for number in (1, 2) for name in ("a", "b")]
        self.assertEqual(rounds, runs)
        rows = ["| a: twistchat, IRC, SQLite | error |", "| b: twistchat, IRC, SQLite | error |"]
        reasons = [
            f"- {name}: twistchat, IRC, SQLite, small: NotStarted: {folder}/src/twistchat"
            for name, folder in (("a", one), ("b", two))
        ]
        for line in (*rows, *reasons, "No picture: no server has a figure in any scenario."):
            self.assertIn(line, done.stdout.splitlines())
        self.assertEqual(["bench.json"], [path.name for path in out.iterdir()])

    def test_wrong(self) -> None:
        """A mistake in the options ends the process before anything starts, with a message."""
        good, other = self.checkout("good"), self.checkout("other", "../elsewhere")
        for options, words in (
            ([f"--checkout=a={self.folder}/none"], "there is no "),
            ([f"--checkout=a={other}"], "does not import twistchat from"),
            (["--checkout=a"], "is not NAME=FOLDER"),
            ([f"--checkout=a={good}", f"--checkout=a={good}"], "with a name of its own"),
            ([f"--checkout=a={good}", "--servers=ngircd"], "ngircd is not a server of twistchat"),
            ([f"--checkout=a={good}", "--check"], "the targets do not apply"),
            ([f"--checkout=a={good}", "--against=ergo"], "ratios compare with the first checkout"),
            (["--servers=none"], "none is unknown"),
        ):
            said = io.StringIO()
            with redirect_stderr(said), self.assertRaises(SystemExit):
                main(options)
            self.assertIn(words, said.getvalue())
