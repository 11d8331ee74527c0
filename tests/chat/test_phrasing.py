"""Tests of L{twistchat.chat.phrasing}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.phrasing import counted


class CountedTests(SynchronousTestCase):
    """Counts in words."""

    def test_counted(self) -> None:
        """One is singular; all other numbers are plural."""
        self.assertEqual(["0 rooms", "1 room", "2 rooms"], [counted(number, "room") for number in range(3)])
