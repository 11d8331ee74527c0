"""Tests of C{tools/exports.py}, and of the makers that it calls."""

from __future__ import annotations

from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from tests.tools.scripts import loadScript
from twistchat.importing import mattermost, slack


class MainTests(SynchronousTestCase):
    """The command line."""

    def setUp(self) -> None:
        """Load the script, and make a folder."""
        self.main = loadScript("exports").main
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_makes(self) -> None:
        """It makes exports of both kinds as archives and folders, of which the readers know the source."""
        for name, reader, source in (
            ("slack", slack, "slack T0TEAM001"),
            ("mattermost", mattermost, "mattermost acme"),
        ):
            for path in (self.folder / f"{name}.zip", self.folder / name):
                self.assertEqual(0, self.main([name, str(path), "--messages", "20"]))
                self.assertEqual(source, reader.sourceOf(path))

    def test_deterministic(self) -> None:
        """The same seed makes the same bytes, and another seed makes others."""
        for name in ("slack", "mattermost"):
            made = []
            for number, seed in enumerate("112"):
                path = self.folder / f"{name}{number}.zip"
                self.main([name, str(path), "--messages", "20", "--seed", seed])
                made.append(path.read_bytes())
            self.assertEqual(made[0], made[1])
            self.assertNotEqual(made[1], made[2])

    def test_exists(self) -> None:
        """It overwrites nothing."""
        with redirect_stderr(StringIO()) as errors:
            self.assertRaises(SystemExit, self.main, ["slack", str(self.folder)])
        self.assertIn("exists; name a new file or folder", errors.getvalue())
