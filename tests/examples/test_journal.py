"""The example of a journal passes its own tests, including L{JournalContract <twistchat.testing.JournalContract>}."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.commandlines import CommandLineTestCase
from twistchat.journal.kinds import BUILT_IN
from twistchat.options import chatOptions

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "journal"

# It is not installed; its folder is on the path while it is imported.
sys.path.insert(0, str(FOLDER))
try:
    example: Any = import_module("linejournal.test.test_journal")
finally:
    sys.path.remove(str(FOLDER))


class ContractTests(example.ContractTests):  # type: ignore[misc]  # it is imported at run time
    """See the example."""


class RestartTests(example.RestartTests):  # type: ignore[misc]  # likewise
    """See the example."""


class ServerTests(example.ServerTests):  # type: ignore[misc]  # likewise
    """See the example."""


class ConfigurationTests(CommandLineTestCase):
    """A configuration that chooses the example."""

    def chosen(self, *arguments: str) -> Any:
        """Return the journal settings of these options, with the example installed."""
        options = chatOptions((), [*BUILT_IN, example.LineKind()])
        options.parseOptions(arguments)
        return options.settings.journal

    def test_chosen(self) -> None:
        """It is chosen by its name, and has its own section."""
        self.assertEqual((self.chosen("--journal", "lines").kind, self.chosen().own), ("lines", None))
        Path("chat.toml").write_text('[journal]\nkind = "lines"\n[journal.lines]\nkeep = 5\n', encoding="utf-8")
        self.assertEqual(self.chosen("--config", "chat.toml").own, example.LineSettings(keep=5))
        self.assertEqual(self.chosen("--config", "chat.toml", "--set", "journal.lines.keep=6").own.keep, 6)

    def test_mistakes(self) -> None:
        """Mistakes have the messages of all sections, and name the known kinds."""
        for arguments, message in (
            (
                ("--journal", "tape"),
                'journal.kind: found "tape"; "jetstream" or "lines" or "memory" or "sqlite" is wanted',
            ),
            (("--set", "journal.lines.keep=0"), "journal.lines.keep: found 0; a whole number of at least 1 is wanted"),
            (("--set", "journal.lines.kept=1"), "there is no key journal.lines.kept; did you mean journal.lines.keep?"),
        ):
            error = self.assertRaises(SystemExit, self.chosen, *arguments)
            self.assertIn(message, str(error))
