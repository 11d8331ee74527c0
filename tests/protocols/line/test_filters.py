"""Tests of L{twistchat.protocols.line.filters}."""

from __future__ import annotations

from datetime import UTC

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.spans import At
from twistchat.protocols.line.commands.table import UsageError
from twistchat.protocols.line.filters import Filters, readFilters
from twistchat.wire.plain import Clockface

NOON = 1_767_268_800_000
"""Noon of 1 January 2026, UTC."""

HOUR = 3_600_000


class FilterTests(SynchronousTestCase):
    """The argument of /search."""

    def read(self, argument: str) -> Filters:
        """Read an argument at noon."""
        return readFilters(argument, Clockface(UTC), NOON)

    def test_words(self) -> None:
        """What is no filter is a word."""
        self.assertEqual(self.read("tea  four"), Filters("tea four"))
        self.assertEqual(self.read("http://x from colour:green 9:14"), Filters("http://x from colour:green 9:14"))

    def test_filters(self) -> None:
        """Filters stand anywhere, in any case.  C{after} includes its time, and C{before} does not."""
        self.assertEqual(
            self.read("from:Bob tea In:#Lobby after:2025-12-31 before:2026-01-01 four"),
            Filters("tea four", "#Lobby", "Bob", At(NOON - 36 * HOUR - 1), At(NOON - 12 * HOUR)),
        )
        self.assertEqual(self.read("AFTER:yesterday"), Filters("", after=At(NOON - 36 * HOUR - 1)))
        self.assertEqual(self.read("before:11:00"), Filters("", before=At(NOON - HOUR)))

    def test_wrong(self) -> None:
        """A wrong filter gets one line that says what to type."""
        for argument, text in (
            ("from: bob", "from: needs a value, as in from:bob"),
            ("in:#a tea in:#b", "Give in: only once"),
            ("after:soon", "after: needs a day or a time of day, as in after:2026-11-20 or after:09:14"),
        ):
            self.assertEqual(str(self.assertRaises(UsageError, self.read, argument)), text)
        self.assertRaises(UsageError, self.read, "before:2026-13-01")
