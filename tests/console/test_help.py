"""Tests of L{twistchat.console.help}."""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from twistchat.console.help import NARROWEST, WIDTH, helpOf, widthOf
from twistchat.console.help import listed as listedIn
from twistchat.console.server.running import BanOptions


class HelpTests(SynchronousTestCase):
    """The layout of help texts."""

    def test_width(self) -> None:
        """The terminal says how wide it is.  A width that makes no sense does not count."""
        for columns, width in (("100", 100), ("", WIDTH), ("wide", WIDTH), ("5", NARROWEST)):
            self.patch(os, "environ", {"COLUMNS": columns})
            self.assertEqual(width, widthOf(None))
        self.assertEqual(50, widthOf(50))

    def test_command(self) -> None:
        """What the command does comes first, then its options, then examples."""
        options = BanOptions()
        description = options.longdesc
        empty, what, listed, examples = f"\n{helpOf(options, ['first', 'second'], 60)}".split("\n\n")
        self.assertEqual("", empty)
        self.assertEqual(description.split(), what.split())
        self.assertTrue(listed.startswith("Options:\n"), listed)
        self.assertIn("[default: for ever]", " ".join(listed.split()))
        self.assertEqual("Examples:\n  first\n  second", examples)
        self.assertLessEqual(max(map(len, what.splitlines())), 60)
        self.assertEqual(description, options.longdesc)

    def test_groups(self) -> None:
        """Each group is a paragraph.  The descriptions of all groups begin in the same column."""
        groups = [("One", [("a", None, None, "x " * 20)]), ("Two", [("longer", None, None, "y")])]
        self.assertEqual(
            [f"One:\n  a       {('x ' * 15).strip()}\n          {('x ' * 5).strip()}", "Two:\n  longer  y"],
            list(listedIn(groups, 40)),
        )
