"""Tests of L{twistchat.protocols.irc.replies.formatting}."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.protocols.irc.replies.formatting import joinWords

WORDS = st.lists(st.text("ab\N{LATIN SMALL LETTER E WITH ACUTE}\N{SNOWMAN}", min_size=1, max_size=8), max_size=20)


class JoinWordsTests(SynchronousTestCase):
    """L{joinWords}."""

    def test_fills(self) -> None:
        """A text has as many words as fit into its size in bytes, separators included."""
        self.assertEqual(["aa bb", "cc"], list(joinWords(["aa", "bb", "cc"], " ", 5)))
        self.assertEqual(["aa", "bb", "cc"], list(joinWords(["aa", "bb", "cc"], " ", 4)))
        self.assertEqual(["\u00e9,b", "cc"], list(joinWords(["\u00e9", "b", "cc"], ",", 4)))
        self.assertEqual([], list(joinWords([], " ", 5)))

    def test_longWord(self) -> None:
        """A word that is longer than a text has one of its own, wherever it is."""
        self.assertEqual(["aaaa", "b", "cccc"], list(joinWords(["aaaa", "b", "cccc"], " ", 3)))

    @given(WORDS, st.integers(1, 20), st.sampled_from([" ", ",", ", "]))
    def test_all(self, words: list[str], size: int, separator: str) -> None:
        """No word is lost or split.  Only a text of one word is too long.  No text has room for one more word."""
        texts = [text.split(separator) for text in joinWords(words, separator, size)]
        self.assertEqual(words, [word for text in texts for word in text])
        for text in texts:
            self.assertTrue(len(text) == 1 or len(separator.join(text).encode()) <= size)
        for text, following in pairwise(texts):
            self.assertGreater(len(separator.join([*text, following[0]]).encode()), size)
