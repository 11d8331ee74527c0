"""Tests of L{twistchat.chat.model.modes.user}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.modes.user import OPERATORS_ONLY, SETTABLE, USER_MODES, parseUserModes, sortUserModes


class UserModeTests(SynchronousTestCase):
    """The table, and the parsing of changes."""

    def test_table(self) -> None:
        """Each mode is found by its letter and has a description.  A mode that can be set can be removed."""
        for letter, mode in USER_MODES.items():
            self.assertEqual((mode.letter, len(letter)), (letter, 1))
            self.assertTrue(mode.meaning)
            self.assertLessEqual(mode.given, mode.dropped)
        self.assertEqual(SETTABLE, frozenset("BRTisw"))
        self.assertEqual(OPERATORS_ONLY, frozenset("s"))

    def test_parse(self) -> None:
        """A sign applies to the letters after it, and no sign means plus.  The last change of a letter counts."""
        for text, asked in (
            ("", {}),
            ("i", {"i": True}),
            ("+iw", {"i": True, "w": True}),
            ("+i-w", {"i": True, "w": False}),
            ("-iw+B", {"i": False, "w": False, "B": True}),
            ("+-i", {"i": False}),
            ("+i-i", {"i": False}),
            ("-ww+w", {"w": True}),
        ):
            self.assertEqual(parseUserModes(text), (asked, ""), text)

    def test_notForUsers(self) -> None:
        """Nobody can set operator, logged in or encrypted, but an operator can resign."""
        self.assertEqual(parseUserModes("+orZ"), ({}, ""))
        self.assertEqual(parseUserModes("-orZ"), ({"o": False}, ""))
        self.assertEqual(parseUserModes("-o+o"), ({"o": False}, ""))

    def test_unknown(self) -> None:
        """Unknown letters are reported, each once, beside the known ones."""
        self.assertEqual(parseUserModes("+xiyx-é"), ({"i": True}, "xyé"))

    @given(st.text("+-BRTZiorswxy \x00é"))
    def test_anything(self, text: str) -> None:
        """
        Any text can be parsed: each letter is a mode or unknown, and only modes that users may change are returned.
        """
        asked, unknown = parseUserModes(text)
        self.assertEqual(set(unknown), set(text) - set("+-") - set(USER_MODES))
        self.assertLessEqual(set(asked), set(text) & (SETTABLE | {"o"}))

    def test_sort(self) -> None:
        """Letters are in the order of the table."""
        self.assertEqual((sortUserModes("woB"), sortUserModes(set())), ("Bow", ""))
