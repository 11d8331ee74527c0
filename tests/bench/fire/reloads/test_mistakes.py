"""Mistakes in a configuration, and in the file that has it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.reloads.mistakes import MISTAKES, Mistake, placed

GOOD = """[listen]
irc = ["ssl:4:certKey=cert.pem"]
line = ["tcp:1:interface=127.0.0.1"]
web = ["tcp:2:interface=127.0.0.1"]
"""


class MistakeTests(SynchronousTestCase):
    """The mistakes."""

    def test_placed(self) -> None:
        """Each mistake is in place in its context, and the good configuration behind it."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "chat.toml")
            path.write_text(GOOD)
            for mistake in MISTAKES:
                with placed(mistake, path) as good:
                    self.assertEqual(GOOD, good)
                    hidden = not path.is_file() or not path.stat().st_mode & 0o400
                    self.assertTrue(hidden or path.read_bytes() != GOOD.encode(), mistake.name)
                self.assertEqual(GOOD, path.read_text(), mistake.name)

    def test_reported(self) -> None:
        """A report names the file, and the line behind those of the good configuration."""
        path = Path("chat.toml")
        fifth = Mistake("x", lambda path, good: None, "FILE: no", 1)
        self.assertTrue(fifth.isReported("chat.toml:5: nonsense", path, GOOD))
        for wrong in ("chat.toml:2: nonsense", "chat.toml: nonsense", "chatXtoml:5: nonsense", "chat.toml:5: yes"):
            self.assertFalse(fifth.isReported(wrong, path, GOOD), wrong)
        whole = Mistake("x", lambda path, good: None, "FILE: no")
        self.assertTrue(whole.isReported("chat.toml: nonsense", path, GOOD))
        self.assertFalse(whole.isReported("chat.toml:5: nonsense", path, GOOD))
