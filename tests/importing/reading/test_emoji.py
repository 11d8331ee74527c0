"""Tests of L{twistchat.importing.reading.emoji}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.importing.reading.emoji import emojiNamed, outsideCode, reactionNamed, withEmoji


class NameTests(SynchronousTestCase):
    """The names of emoji."""

    def test_names(self) -> None:
        """Names of both servers are known, and others are not."""
        self.assertEqual("👍", emojiNamed("thumbsup"))
        self.assertEqual("👍", emojiNamed("+1"))
        self.assertEqual("❤️", emojiNamed("heart"))
        self.assertEqual("🇩🇪", emojiNamed("flag-de"))
        self.assertIsNone(emojiNamed("party-parrot"))
        self.assertIsNone(emojiNamed("#"))

    def test_tones(self) -> None:
        """A skin tone follows the first character, and replaces its variation selector."""
        self.assertEqual("👍🏼", emojiNamed("thumbsup::skin-tone-3"))
        self.assertEqual("👍🏽", emojiNamed("thumbsup_medium_skin_tone"))
        self.assertEqual("☝🏿", emojiNamed("point_up::skin-tone-6"))
        self.assertEqual("👩🏻‍🔬", emojiNamed("female-scientist::skin-tone-2"))
        self.assertIsNone(emojiNamed("party-parrot::skin-tone-2"))
        self.assertIsNone(emojiNamed("thumbsup::skin-tone-9"))

    def test_reactions(self) -> None:
        """A custom emoji keeps its name in colons.  What cannot be a name is none."""
        self.assertEqual("👍", reactionNamed("thumbsup"))
        self.assertEqual(":party-parrot:", reactionNamed("party-parrot"))
        self.assertEqual(":party-parrot:", reactionNamed("party-parrot::skin-tone-2"))
        self.assertIsNone(reactionNamed(""))
        self.assertIsNone(reactionNamed("a b"))
        self.assertIsNone(reactionNamed("x" * 101))


class TextTests(SynchronousTestCase):
    """Emoji in texts."""

    def test_texts(self) -> None:
        """Known names become emoji; unknown names, times and addresses stay."""
        self.assertEqual("tea 🎉👋🏽!", withEmoji("tea :tada::wave::skin-tone-4:!"))
        for text in ("no colon", ":party-parrot:", "at 10:100:3", "https://a.example:100:tada", "std::tada::x"):
            self.assertEqual(text, withEmoji(text))

    def test_code(self) -> None:
        """Code stays as it is."""
        self.assertEqual("`:tada:` 🎉 ```\n:tada:\n``` 🎉", withEmoji("`:tada:` :tada: ```\n:tada:\n``` :tada:"))
        self.assertEqual("A `b` C", outsideCode("a `b` c", str.upper))
        self.assertEqual("A ` C", outsideCode("a ` c", str.upper))
