"""Tests of L{twistchat.journal.history.words}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.journal.history.words import Letters, isWord, matches, phrases, tokens


class WordTests(SynchronousTestCase):
    """The words of texts and searches."""

    def test_tokens(self) -> None:
        """Tokens are runs of letters and digits, without case and diacritics."""
        self.assertEqual(tokens("Don't   PANIC, Zoë: 42nd_time!"), ["don", "t", "panic", "zoe", "42nd", "time"])
        self.assertEqual(tokens("… ☃ --"), [])

    def test_forgotten(self) -> None:
        """Characters that are not cached give the same words."""
        self.assertEqual(tokens("\u1e9e\ua64a-\U00010400\u0301!", Letters(0)), ["\xdf\ua64b", "\U00010428"])

    def test_quickly(self) -> None:
        """The quick check of letters does not change the result."""
        self.assertFalse(matches("abc def", [["bc"]]))
        self.assertTrue(matches("Abc DEF", [["abc"], ["def"]]))
        self.assertFalse(matches("abc", [["ab", "c"]]))

    def test_phrases(self) -> None:
        """There is a phrase for each word typed.  A word with neither letter nor digit is ignored."""
        self.assertEqual(phrases("don't - x"), [["don", "t"], ["x"]])
        self.assertEqual([word for word in ("a", "-7", "ж", "", "…", "_") if isWord(word)], ["a", "-7", "ж"])

    def test_matches(self) -> None:
        """A text must contain all phrases, each as adjacent tokens."""
        self.assertTrue(matches("a b c d", [["b", "c"], ["a"]]))
        self.assertFalse(matches("a b c d", [["b", "d"]]))
        self.assertFalse(matches("a b", [["a"], ["x"]]))
        self.assertFalse(matches("a", [["a", "b"]]))
