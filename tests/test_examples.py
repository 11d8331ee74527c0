"""The examples: the tests of each, run from its folder without installing it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from twisted.trial.unittest import SynchronousTestCase

EXAMPLES = Path(__file__).parent.parent / "examples"


def load(folder: str, module: str) -> ModuleType:
    """
    Import a module of an example.

    The folder leaves the path again, so that Twisted does not find the example's plugin in other tests.
    """
    path = str(EXAMPLES / folder)
    sys.path.insert(0, path)
    try:
        return import_module(module)
    finally:
        sys.path.remove(path)


_door = load("door", "jsondoor.test.test_door")
JsonContractTests = _door.ContractTests
JsonTests = _door.JsonTests


class PageTests(SynchronousTestCase):
    """The page that explains the examples."""

    def test_quotes(self) -> None:
        """Every piece of code on the page is code of the example that is named above it."""
        page = (EXAMPLES.parent / "docs" / "extending.md").read_text()
        quotes = re.findall(r"From `([^`]+)`:\n\n```python\n(.*?)```\n", page, re.DOTALL)
        self.assertEqual(page.count("```python\n"), len(quotes))
        self.assertGreater(len(quotes), 5)
        for path, code in quotes:
            self.assertIn(f"\n{code}", (EXAMPLES.parent / path).read_text(), path)


class PluginTests(SynchronousTestCase):
    """What a server finds where an example is installed."""

    def test_door(self) -> None:
        """The door is found, has an option, and has a section in the configuration."""
        code = (
            "from twistchat.tap import Options; options = Options();"
            "options.parseOptions(['--json', 'tcp:1', '--set', 'json.greeting=\"Hi\"']);"
            "settings = options.settings; print(dict(settings.listen), settings.doors['json'].greeting)"
        )
        path = os.pathsep.join([str(EXAMPLES / "door"), *sys.path])
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual("{'json': ('tcp:1',)} Hi\n", done.stdout)
