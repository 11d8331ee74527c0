"""Tests of L{twistchat.importing.texts}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.texts import checkMessage
from twistchat.importing.texts import cleaned, oneLine, parts


class CleanedTests(SynchronousTestCase):
    """Texts without what no text has."""

    def test_cleaned(self) -> None:
        """Line ends become LF.  Control characters, directions and halves of characters go; emoji stay whole."""
        for text, clean in (
            ("tea", "tea"),
            ("\n a\tb \r\nc\rd\u2028e\n\n", " a\tb \nc\nd\ne"),
            ("\x01ACTION\x00\x1b[31m\x7f\x85", "ACTION[31m"),
            ("\u202egnp.exe\ud83d", "gnp.exe"),
            ("👩\u200d💻🏴\U000e0067\U000e007f é", "👩\u200d💻🏴\U000e0067\U000e007f é"),
            ("\n\n", ""),
        ):
            self.assertEqual(clean, cleaned(text), ascii(text))

    def test_oneLine(self) -> None:
        """A topic has one line, and is cut at its limit."""
        self.assertEqual("a b c", oneLine(" a\n\tb\x00  c ", 9))
        self.assertEqual("a b", oneLine("a b c", 4))


class PartsTests(SynchronousTestCase):
    """Texts that are too long."""

    def split(self, text: str, limit: int = 10, lines: int = 3) -> list[str]:
        """Split a text."""
        return list(parts(text, limit, lines))

    def test_parts(self) -> None:
        """A text is split between lines, then between words, then anywhere, but not within a character."""
        self.assertEqual(["short"], self.split("short"))
        self.assertEqual(["one\ntwo", "three\nfour"], self.split("one\ntwo\nthree\nfour"))
        self.assertEqual(["a\nb\nc", "d"], self.split("a\nb\nc\nd"))
        self.assertEqual(["one two", "three four"], self.split("one two three four"))
        self.assertEqual(["☕☕☕", "☕☕"], self.split("☕☕☕☕☕"))
        self.assertEqual(["a", "b"], self.split("a\n\n\n\nb"))

    @given(st.text("ab \n☕é", max_size=80), st.integers(4, 20), st.integers(1, 5))
    def test_any(self, text: str, limit: int, lines: int) -> None:
        """Every part is a valid message, and no letter is lost."""
        text = cleaned(text)
        split = self.split(text, limit, lines)
        for part in split:
            checkMessage(part, limit, lines)
        self.assertEqual("".join(text.split()), "".join("".join(split).split()))
