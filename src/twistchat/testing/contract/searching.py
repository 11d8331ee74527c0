"""Tests of searching."""

from __future__ import annotations

from twistchat.chat.model.events import PrivateMessage, TopicSet
from twistchat.testing.contract.opened import ANN, BOB, GUEST, OpenedJournal, said


class SearchContract(OpenedJournal):
    """A search finds texts by their words."""

    def test_search(self) -> None:
        """A text must contain all words, as whole words, in any order.  Case and diacritics are ignored."""
        texts = ["The quick brown fox", "a BROWN dog", "Café brown-eyed", "don't panic", "browning", "тихий ДОМ"]
        self.append(*map(said, texts))
        self.append(said("brown elsewhere", "#other"))
        self.assertEqual(self.search("brown"), [texts[0], texts[1], texts[2]])
        self.assertEqual(self.search("fox THE"), [texts[0]])
        self.assertEqual(self.search("cafe"), [texts[2]])
        self.assertEqual(self.search("CAFÉ"), [texts[2]])
        self.assertEqual(self.search("don't"), [texts[3]])
        self.assertEqual(self.search("panic don"), [texts[3]])
        self.assertEqual(self.search("panic'don"), [])
        self.assertEqual(self.search("дом"), [texts[5]])
        self.assertEqual(self.search("fox dog"), [])

    def test_searchKinds(self) -> None:
        """Actions and notices are found.  Topics and names are not."""
        self.append(said("waves brown", kind="action"), said("brown note", kind="notice"))
        self.append(TopicSet(ANN, "#room", "brown topic"))
        self.assertEqual(self.search("brown"), ["waves brown", "brown note"])
        self.assertEqual(self.search("ann"), [])
        self.assertEqual(self.search("room"), [])

    def test_searchPages(self) -> None:
        """A search finds the newest texts, sorted oldest first.  C{before} gives the next page."""
        entries = self.append(*(said(f"word {number}") for number in range(7)))
        self.assertEqual(self.search("word", 3), ["word 4", "word 5", "word 6"])
        self.assertEqual(self.search("word", 3, entries[4].sequence), ["word 1", "word 2", "word 3"])
        self.assertEqual(self.search("word", 3, entries[1].sequence), ["word 0"])
        self.assertEqual(self.search("word", 3, entries[0].sequence), [])

    def test_searchAnything(self) -> None:
        """No character has a special meaning.  Without a word, nothing is found."""
        self.append(said('say "hello" to AND or NEAR text:x'))
        for words in ("", "  ", '"', "*", "()", "'", "\u0000", "-", "^", "{}", "\ud800", "☃"):
            self.assertEqual(self.search(words), [], words)
        for words in ('"hello', "hello*", "(hello", "AND", "NEAR say", "text:x", "-hello", "^say", "say\u0000"):
            self.assertEqual(len(self.search(words)), 1, words)

    def test_searchPrivately(self) -> None:
        """A search for an account includes its private conversations, and no others."""
        self.append(
            said("secret room"),
            PrivateMessage(ANN, "s1", BOB, "secret one"),
            PrivateMessage(BOB, "s2", ANN, "secret two"),
        )
        self.append(PrivateMessage(GUEST, "s3", BOB, "secret guest"))
        self.assertEqual(self.search("secret"), ["secret room"])
        self.assertEqual(self.search("secret", account="BOB"), ["secret room", "secret one", "secret two"])
        self.assertEqual(self.search("secret", account="carol"), ["secret room"])
        self.assertEqual(self.search("secret", account="an"), ["secret room"])
        self.assertEqual(self.result(self.history.search([], "secret", 5)), [])
