"""Tests of the cloak key, and of damaged entries."""

from __future__ import annotations

from unittest import SkipTest

from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import Around, Damaged, Search, Span
from twistchat.testing.contract.opened import OpenedJournal, said


class KeepingContract(OpenedJournal):
    """A journal stores the key of the cloaks, and never shows a damaged entry."""

    def damage(self, entry: Entry) -> bool:
        """
        Change one letter of a stored text, as a failing disk does.

        @return: whether this is possible.  A journal in memory has no stored bytes.
        """
        return False

    def test_cloakKey(self) -> None:
        """The key of the cloaks has 32 bytes, and never changes."""
        key = self.log.cloakKey()
        self.assertEqual(len(key), 32)
        self.assertEqual(self.log.cloakKey(), key)

    def test_damaged(self) -> None:
        """A damaged entry becomes C{Damaged} in the result, at its place.  Other entries are shown."""
        entries = self.append(*(said(f"{number} word") for number in range(3)))
        if not self.damage(entries[1]):
            raise SkipTest("this journal keeps nothing that could be damaged")
        gone = Damaged(entries[1].sequence)
        for span in (Span("#room", 9), Span("#room", 3, oldest=True), Around("#room", 3, entries[1].sequence)):
            self.assertEqual(self.result(self.history.read(span)), [entries[0], gone, entries[2]])
        self.assertEqual(self.result(self.history.read(Around("#room", 1, entries[1].sequence))), [gone])
        found = self.found(Search("word", 9, {"#room": 0}))
        self.assertIn(found, ([entries[0], gone, entries[2]], [entries[0], entries[2]]))
