"""Tests of L{twistchat.console.accounts.views} that need no server.  C{test_commands} has the others."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from twistchat.console.accounts.views import WIDEST, asJson, laidOut


class ViewTests(SynchronousTestCase):
    """L{asJson} and L{laidOut}."""

    def test_json(self) -> None:
        """What a terminal would obey is escaped, and means the same."""
        shown = {"name": "eve", "suspended": "\x9b2J\u202e", "registered": 0}
        line = asJson(shown)
        self.assertTrue(line.isprintable(), line)
        self.assertEqual(shown | {"registered": "1970-01-01T00:00:00.000Z"}, json.loads(line))

    def test_widest(self) -> None:
        """A column is as wide as its longest cell, up to a limit, and every cell is whole."""
        long = "x" * (WIDEST + 5)
        lines = list(laidOut([("A", "B"), ("abc", "1"), (long, "2")]))
        self.assertEqual([f"A{' ' * (WIDEST - 1)}  B", f"abc{' ' * (WIDEST - 3)}  1", f"{long}  2"], lines)
        self.assertEqual(["A    B", "abc  1"], list(laidOut([("A", "B"), ("abc", "1")])))
