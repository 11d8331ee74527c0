"""Tests of L{twistchat.wire.irc.wrapping}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.irc.wrapping import fit, isBoundary, wrap

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
WHOLE = (
    "e\u0301",
    "\u0915\u093f",
    FAMILY,
    WALES,
    "\U0001f44d\U0001f3fd",
    "\u2764\ufe0f",
    "\U0001f1eb\U0001f1f7",
    "\u1112\u1161\u11ab",
)
"""What is one character to a reader, and several code points."""


class FitTests(SynchronousTestCase):
    """Cutting off the end."""

    def test_short(self) -> None:
        """Text that fits is unchanged."""
        for text, size in (("", 0), ("abc", 3), ("é", 2), ("abc", 400)):
            self.assertEqual(fit(text, size), text)

    def test_codePoints(self) -> None:
        """A character that does not fit whole is dropped."""
        self.assertEqual([fit("aéz", size) for size in range(-1, 5)], ["", "", "a", "a", "aé", "aéz"])

    def test_clusters(self) -> None:
        """A grapheme is not cut."""
        for whole in WHOLE:
            for size in range(1, len(f"a{whole}".encode())):
                self.assertEqual(fit(f"a{whole}b", size), "a", whole)
            self.assertEqual(fit(f"a{whole}b", len(f"a{whole}".encode())), f"a{whole}")

    def test_flags(self) -> None:
        """A sequence of flags is cut between flags."""
        france, japan = "\U0001f1eb\U0001f1f7", "\U0001f1ef\U0001f1f5"
        self.assertEqual(fit(france + japan + france, 20), france + japan)
        self.assertEqual(fit(f"x{france}{japan}", 13), f"x{france}")

    def test_hugeCluster(self) -> None:
        """A grapheme that is larger than the available room is cut between its code points."""
        self.assertEqual(fit("e" + "\u0301" * 50, 10), "e" + "\u0301" * 4)

    def test_surrogates(self) -> None:
        """A lone surrogate causes no error."""
        self.assertEqual(fit("ab\ud800cd", 4), "ab\ud800c")


class WrapTests(SynchronousTestCase):
    """Splitting into pieces."""

    def test_words(self) -> None:
        """Pieces end after a space, if there is one."""
        self.assertEqual(wrap("how is everyone today?", 8), ["how is ", "everyone", " today?"])
        self.assertEqual(wrap("how is everyone", 9), ["how is ", "everyone"])
        self.assertEqual(wrap("aaaaaaaaaa bb", 4), ["aaaa", "aaaa", "aa ", "bb"])
        self.assertEqual(wrap("      ", 4), ["    ", "  "])

    def test_whole(self) -> None:
        """Text that fits is one piece, and so is an empty text."""
        self.assertEqual(wrap("abcd", 4), ["abcd"])
        self.assertEqual(wrap("", 4), [""])

    def test_tooSmall(self) -> None:
        """Room for less than one character is refused."""
        with self.assertRaises(ValueError):
            wrap("abc", 3)

    def test_spaceWithMark(self) -> None:
        """A combining mark stays with the space before it."""
        self.assertEqual(wrap("ab \u0301cd", 4), ["ab", " \u0301c", "d"])

    @given(
        st.text(
            st.characters(exclude_categories=["Cs"]) | st.sampled_from(" \u0301\u200d\U0001f1eb\U0001f1f7a"),
            max_size=60,
        ),
        st.integers(4, 40),
    )
    def test_joined(self, text: str, size: int) -> None:
        """The pieces make up the text again.  None is too long, and none is empty."""
        pieces = wrap(text, size)
        self.assertEqual("".join(pieces), text)
        self.assertLessEqual(max(len(piece.encode()) for piece in pieces), size)
        self.assertEqual([piece for piece in pieces if not piece], [] if text else [""])

    def test_clusters(self) -> None:
        """Pieces begin at the beginning of a grapheme."""
        text = "".join(WHOLE) * 5
        start = 0
        for piece in wrap(text, 32)[:-1]:
            start += len(piece)
            self.assertTrue(isBoundary(text, start), start)

    def test_linear(self) -> None:
        """A long text takes linear time."""
        self.assertEqual(len(wrap("x" * 1_000_000, 400)), 2500)
