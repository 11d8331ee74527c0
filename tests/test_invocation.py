"""Commands that the programs of this repository suggest."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.commandlines import CommandLineTestCase
from tests.invocation import invocation


class InvocationTests(CommandLineTestCase):
    """L{invocation}, in an empty working directory."""

    def test_interpreter(self) -> None:
        """The interpreter that runs is named: relative to the working directory if it is below it."""
        for executable, written in (
            (self.directory / ".venv/bin/python", ".venv/bin/python"),
            (self.directory.parent / "elsewhere/python3", f"{self.directory.parent}/elsewhere/python3"),
            (Path(f"{self.directory}-old/python"), f"{self.directory}-old/python"),
        ):
            with self.subTest(written):
                self.patch(sys, "executable", str(executable))
                self.assertEqual([written, "-m", "tests.fuzzing"], shlex.split(invocation("tests.fuzzing")))

    def test_environment(self) -> None:
        """An interpreter that is a symbolic link stays one: it is what makes a virtual environment."""
        link = self.directory / "python"
        link.symlink_to(sys.executable)
        self.patch(sys, "executable", str(link))
        self.assertEqual("python -m this", invocation("this"))

    def test_arguments(self) -> None:
        """Paths below the working directory are shortened, texts stay, and a shell gives the program what was meant."""
        words: list[str | Path] = ["it's a seed; $HOME", self.directory / "a b", Path("c"), Path(os.sep, "d")]
        (self.directory / "shown.py").write_text("import sys\nprint(sys.argv[1:])\n")
        ended = subprocess.run(invocation("shown", *words), shell=True, capture_output=True, text=True, check=True)
        self.assertEqual(str(["it's a seed; $HOME", "a b", "c", "/d"]), ended.stdout.strip())
