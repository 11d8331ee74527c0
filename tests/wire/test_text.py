"""Tests of L{twistchat.wire.text}."""

from __future__ import annotations

import sys
from unicodedata import bidirectional, category

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.text import printable


class PrintableTests(SynchronousTestCase):
    """Text for a terminal."""

    def test_everyCodePoint(self) -> None:
        """No control character, line separator, direction control or lone surrogate passes, and no letter is lost."""
        directions = {"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        marks = {"\u061c", "\u200e", "\u200f"}
        for point in range(sys.maxunicode + 1):
            character = chr(point)
            kind = category(character)
            if kind in ("Cc", "Zl", "Zp", "Cs") or bidirectional(character) in directions or character in marks:
                shown = printable(character)
                if len(shown) != 1 or not (shown == " " or category(shown) == "So"):
                    self.fail(f"U+{point:04X} is shown as {shown!r}")
            elif kind[0] in "LMNPS" and printable(character) != character:
                self.fail(f"U+{point:04X} is changed")

    def test_pictures(self) -> None:
        """A tab becomes a space, C0 and DEL become their pictures, and the rest the replacement character."""
        for text, shown in {
            "a\tb": "a b",
            "\x00\x1b[31m\x07\n\r": "\u2400\u241b[31m\u2407\u240a\u240d",
            "\x7f": "\u2421",
            "\x85\x9b31m": "\ufffd\ufffd31m",
            "\u202egnp.exe": "\ufffdgnp.exe",
            "\u2028\u2029\u2066\u061c": "\ufffd" * 4,
            "\U000e0041\ufff9": "\ufffd" * 2,
            "\ud83d!": "\ufffd!",
            "": "",
        }.items():
            with self.subTest(text.encode("unicode_escape")):
                self.assertEqual(printable(text), shown)

    def test_untouched(self) -> None:
        """Text of any script is unchanged: right to left, with joiners, and emoji."""
        for text in (
            "Grüße, \u201cWelt\u201d",
            "שלום עולם",
            "می\u200cخواهم",
            "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}\ufe0f",
            "e\u0301 \u00ad \u00a0",
        ):
            self.assertEqual(printable(text), text)

    @settings(max_examples=300, derandomize=True, deadline=None)
    @given(st.text(st.characters(), max_size=30))
    def test_anyText(self, text: str) -> None:
        """Safe text is unchanged when it is cleaned again, keeps its length, and can be encoded as UTF-8."""
        shown = printable(text)
        self.assertEqual(printable(shown), shown)
        self.assertEqual(len(shown), len(text))
        shown.encode()
