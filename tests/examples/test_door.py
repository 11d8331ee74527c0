"""The example of a door passes its own tests, including L{DoorContract <twistchat.testing.DoorContract>}."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).resolve().parents[2]

FOLDER = ROOT / "examples" / "door"


# It is not installed; its folder is on the path while it is imported.
sys.path.insert(0, str(FOLDER))
try:
    example: Any = import_module("jsondoor.test.test_door")
finally:
    sys.path.remove(str(FOLDER))


class ContractTests(example.ContractTests):  # type: ignore[misc]  # it is imported at run time
    """See the example."""


class JsonTests(example.JsonTests):  # type: ignore[misc]  # likewise
    """See the example."""


class PageTests(SynchronousTestCase):
    """The page that explains the example."""

    def test_quotes(self) -> None:
        """Every piece of code on the page comes from the file of the example that is named above it."""
        page = (ROOT / "docs" / "extending.md").read_text()
        quotes = re.findall(r"From `([^`]+)`:\n\n```python\n(.*?)```\n", page, re.DOTALL)
        self.assertEqual(page.count("```python\n"), len(quotes))
        self.assertGreater(len(quotes), 5)
        for path, code in quotes:
            self.assertIn(f"\n{code}", (ROOT / path).read_text(), path)


class PluginTests(SynchronousTestCase):
    """A server with the example installed."""

    def test_door(self) -> None:
        """The door is found, has an option, and has a section in the configuration."""
        code = (
            "from twistchat.tap import Options; options = Options();"
            "options.parseOptions(['--json', 'tcp:1', '--set', 'json.greeting=\"Hi\"']);"
            "settings = options.settings; print(dict(settings.listen), settings.doors['json'].greeting)"
        )
        path = os.pathsep.join([str(FOLDER), *sys.path])
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual("{'json': ('tcp:1',)} Hi\n", done.stdout)
