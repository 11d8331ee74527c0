"""Tests of L{twistchat.journal.history.words}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.journal.history import words
from twistchat.journal.history.words import isWord, matches, phrases, tokens


class WordTests(SynchronousTestCase):
    """Words, as they are compared."""

    def test_tokens(self) -> None:
        """Runs of letters and digits, without case and diacritics."""
        self.assertEqual(tokens("Don't   PANIC, Zoë: 42nd_time!"), ["don", "t", "panic", "zoe", "42nd", "time"])
        self.assertEqual(tokens("… ☃ --"), [])

    def test_forgotten(self) -> None:
        """So it is for characters of which there are too many to be remembered."""
        self.patch(words, "REMEMBERED", 0)
        self.assertEqual(tokens("\u1e9e\ua64a-\U00010400\u0301!"), ["\xdf\ua64b", "\U00010428"])

    def test_quickly(self) -> None:
        """What is passed over for its letters would not have matched; what has them in other words does not either."""
        self.assertFalse(matches("abc def", [["bc"]]))
        self.assertTrue(matches("Abc DEF", [["abc"], ["def"]]))
        self.assertFalse(matches("abc", [["ab", "c"]]))

    def test_phrases(self) -> None:
        """A phrase for each thing typed; what has neither letter nor digit is passed over."""
        self.assertEqual(phrases("don't - x"), [["don", "t"], ["x"]])
        self.assertEqual([word for word in ("a", "-7", "ж", "", "…", "_") if isWord(word)], ["a", "-7", "ж"])

    def test_matches(self) -> None:
        """All phrases must be there, each in one piece."""
        self.assertTrue(matches("a b c d", [["b", "c"], ["a"]]))
        self.assertFalse(matches("a b c d", [["b", "d"]]))
        self.assertFalse(matches("a b", [["a"], ["x"]]))
        self.assertFalse(matches("a", [["a", "b"]]))
