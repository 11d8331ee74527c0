"""Compare docs/security.md with what it names: tests, scenarios, targets of the fuzzer, promises of the simulation."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.scenarios import GROUPS
from tests.fuzzing.registry import MODULES, NAMES

ROOT = Path(__file__).resolve().parent.parent

PAGE = ROOT / "docs/security.md"

SCENARIOS = "bench/fire/scenarios/"
"""The folder with a module for each group of scenarios."""

FUZZING = "tests/fuzzing/targets/"
"""The folder with the targets of the fuzzer."""


PROMISES = "tests/simulation/promises/"
"""The folder with a module for each promise that the simulation checks."""


def named(text: str) -> list[tuple[str, str]]:
    """
    Return what the links of a page name in code, as in C{[`FloodTests`](../tests/test_nobody_hangs.py)}.

    @return: names, each with the path of the file that it should be in, from the root of the repository.
    """
    return re.findall(r"\[`([^`\]]+)`\]\(\.\./((?:tests|bench)/[^)#]+\.py)\)", text)


def isIn(name: str, path: str) -> bool:
    """
    Whether a file has what a link names: a group or a scenario of it; a target of the fuzzer; or otherwise a class of
    tests, or a promise of the simulation, and a method of it after a period.
    """
    module = Path(path).stem
    if path.startswith(SCENARIOS):
        return module in GROUPS and name in {module, *(scenario.name for scenario in GROUPS[module])}
    if path.startswith(FUZZING):
        return name in MODULES.get(module, ())
    owner, _, method = name.partition(".")
    for node in _parsed(path).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            methods = {inner.name for inner in node.body if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef))}
            return not method or method in methods
    return False


def _parsed(path: str) -> ast.Module:
    file = ROOT / path
    return ast.parse(file.read_text("utf-8")) if file.is_file() else ast.Module([], [])


class SecurityTests(SynchronousTestCase):
    """docs/security.md."""

    text = PAGE.read_text("utf-8")

    def test_named(self) -> None:
        """Everything that the page links to by its name is in the file that the link leads to."""
        links = named(self.text)
        self.assertGreater(len(links), 60)
        self.assertEqual([], [f"{name} in {path}" for name, path in links if not isIn(name, path)])

    def test_kinds(self) -> None:
        """The page names scenarios, targets of the fuzzer, promises of the simulation, and tests."""
        paths = [path for _, path in named(self.text)]
        for folder in (SCENARIOS, FUZZING, PROMISES, "tests/test_"):
            self.assertTrue(any(path.startswith(folder) for path in paths), folder)

    def test_complete(self) -> None:
        """The page names each group of scenarios, or a scenario of it, and each promise of the simulation."""
        paths = {path for _, path in named(self.text)}
        promises = {path.relative_to(ROOT).as_posix() for path in (ROOT / PROMISES).glob("[!_]*.py")}
        wanted = {f"{SCENARIOS}{group}.py" for group in GROUPS} | promises - {f"{PROMISES}promise.py"}
        self.assertGreater(len(promises), 5)
        self.assertEqual(set(), wanted - paths)

    def test_everyLink(self) -> None:
        """Every link to a Python file names something in it, so that none escapes this test."""
        everyLink = re.findall(r"\]\(\.\./[^)]+\.py\)", self.text)
        self.assertEqual(len(everyLink), len(named(self.text)))

    def test_isIn(self) -> None:
        """Names that do not exist, or that are in another file, are found."""
        for name, path, wanted in (
            ("StrangerTests", "tests/test_nobody_hangs.py", True),
            ("StrangerTests.test_tls", "tests/test_nobody_hangs.py", True),
            ("StrangerTests.test_nothing", "tests/test_nobody_hangs.py", False),
            ("StrangerTests", "tests/test_injection.py", False),
            ("StrangerTests", "tests/test_nothing.py", False),
            ("floods", f"{SCENARIOS}floods.py", True),
            ("half-irc", f"{SCENARIOS}floods.py", True),
            ("half-irc", f"{SCENARIOS}death.py", False),
            ("nothing", f"{SCENARIOS}nothing.py", False),
            ("proxy", f"{FUZZING}streams.py", True),
            ("proxy", f"{FUZZING}http.py", False),
            ("nothing", f"{FUZZING}streams.py", False),
        ):
            with self.subTest(f"{name} in {path}"):
                self.assertIs(isIn(name, path), wanted)

    def test_commands(self) -> None:
        """The commands that play scenarios and fuzz name existing ones."""
        line = r"^python -m (bench\.fire --scenarios|tests\.fuzzing) (.+?)(?: --.*)?$"
        commands = re.findall(line, self.text, re.MULTILINE)
        self.assertEqual({"bench.fire --scenarios", "tests.fuzzing"}, {program for program, _ in commands})
        known = {
            "bench.fire --scenarios": {*GROUPS, *(one.name for group in GROUPS.values() for one in group)},
            "tests.fuzzing": set(NAMES),
        }
        wrong = [word for program, words in commands for word in words.split() if word not in known[program]]
        self.assertEqual([], wrong)
