"""Tests of L{twistchat.journal.history.search.words}."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from twistchat.journal.history.search.words import SPACELESS, Letters, Words, matches, splitWords, tokens
from twistchat.journal.sqlite.migrate import schema


class WordTests(SynchronousTestCase):
    """The words of texts and searches."""

    def test_tokens(self) -> None:
        """Tokens are runs of letters and digits, without case and diacritics."""
        self.assertEqual(tokens("Don't   PANIC, Zoë: 42nd_time!"), ["don", "t", "panic", "zoe", "42nd", "time"])
        self.assertEqual(tokens("ΣΑΣ σας Straße ſo"), ["σασ", "σασ", "straße", "so"])
        self.assertEqual(tokens("… ☃ --"), [])

    def test_forgotten(self) -> None:
        """Characters that are not cached give the same words."""
        self.assertEqual(tokens("\u1e9e\ua64a-\U00010400\u0301!", Letters(0)), ["\xdf\ua64b", "\U00010428"])

    def test_quickly(self) -> None:
        """The quick check of letters does not change the result."""
        self.assertFalse(matches("abc def", splitWords("bc")))
        self.assertTrue(matches("Abc DEF", splitWords("abc def")))
        self.assertFalse(matches("abc", splitWords("ab-c")))

    def test_splitWords(self) -> None:
        """A word with neither letter nor digit is ignored.  Runs of scripts without spaces are split off."""
        self.assertEqual(splitWords("don't - x -7 ж … _"), Words(["don't", "x", "-7", "ж"], []))
        self.assertEqual(splitWords("iPhone手机 กิน。"), Words(["iPhone"], ["手机", "กิน"]))

    def test_matches(self) -> None:
        """A text must contain all words, and the tokens of a word must be adjacent."""
        self.assertTrue(matches("a b c d", splitWords("b.c a")))
        self.assertFalse(matches("a b c d", splitWords("b.d")))
        self.assertFalse(matches("a b", splitWords("a x")))
        self.assertFalse(matches("a", splitWords("a.b")))

    def test_runs(self) -> None:
        """Of a script without spaces, any part is found, and the words around it are whole words."""
        self.assertTrue(matches("我用iPhone手机", splitWords("iphone 手")))
        self.assertFalse(matches("我用iPhone手机", splitWords("用手")))
        self.assertFalse(matches("我用iPhone手机", splitWords("phone")))

    def test_symbols(self) -> None:
        """The word index of the journal on disk separates words at the same symbols."""
        (*_, newest) = [script for script in schema() if "TABLE word" in script]
        (symbols,) = re.findall("separators ''(.*)''", newest)
        self.assertEqual(len(symbols), len(set(symbols)))
        self.assertEqual(["a"] * len(symbols), tokens("".join([f"a{symbol}" for symbol in symbols])))

    def test_ranges(self) -> None:
        """The word index of the journal on disk has the same ranges."""
        (*_, newest) = [script for script in schema() if "VIEW utterance" in script]
        self.assertEqual(newest.count(SPACELESS), 4)
