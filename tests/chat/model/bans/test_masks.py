"""Tests of L{twistchat.chat.model.bans.masks}."""

from __future__ import annotations

import hashlib
import re
import timeit

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.bans.masks import (
    ACTING,
    MATCHING,
    MOST_WILDCARDS,
    BadMask,
    Glob,
    Mask,
    checkWildcards,
    fullMask,
    normalizeExtended,
    normalizeMask,
    readGlob,
)
from twistchat.chat.model.events import Source
from twistchat.chat.model.users import User


def asRegex(mask: str) -> str:
    """Return a mask as a regular expression."""
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in mask)


class MaskTests(SynchronousTestCase):
    """Masks."""

    def test_normalize(self) -> None:
        """Missing parts of a mask match anything."""
        for text, mask in {
            "bob": "bob!*@*",
            "Bob!": "bob!*@*",
            "bob!U": "bob!u@*",
            "!u": "*!u@*",
            "u@h": "*!u@h",
            "@H": "*!*@h",
            "bob!u@h": "bob!u@h",
            "bob!@h": "bob!*@h",
            "!@": "*!*@*",
            "*": "*!*@*",
            "***b**!**@a*****b": "*b*!*@a*b",
            "u@h!x": "u@h!x@*",
            "n!u@h@i": "n!u@h@i",
            "ÄB": "Äb!*@*",
        }.items():
            with self.subTest(text):
                self.assertEqual(normalizeMask(text), mask)

    @settings(max_examples=300)
    @given(st.text("aB*?!@ä", min_size=1))
    def test_normalForm(self, text: str) -> None:
        """A normal form is its own normal form, matches the same users, and has all three parts."""
        mask = normalizeMask(text)
        self.assertEqual(normalizeMask(mask), mask)
        self.assertNotIn("**", mask)
        self.assertRegex(mask, "^[^!]+!.+@.+$")

    @settings(max_examples=1000)
    @given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
    def test_matches(self, mask: str, text: str) -> None:
        """A mask matches as the regular expression does.  Its other characters are literal."""
        self.assertEqual(Glob(mask).matches(text), re.fullmatch(asRegex(mask), text, re.DOTALL) is not None)

    def test_literally(self) -> None:
        """No other character is special, and the whole text must match."""
        for mask, text, expected in (
            ("[a]", "a", False),
            ("[a]", "[a]", True),
            ("a.c", "abc", False),
            ("\\*", "\\anything", True),
            ("\\?", "\\a", True),
            ("\\?", "a", False),
            ("*[a]?*.", "x[a]y.", True),
            ("*[a]?*.", "xay.", False),
            ("?\n?", "a\nb", True),
            ("b", "bob", False),
            ("bob", "bo", False),
            ("?", "\N{GRINNING FACE}", True),
            ("?", "", False),
            ("", "", True),
            ("*", "", True),
            ("a*\n", "ab\n", True),
            ("ab*ba", "aba", False),
            ("ab*ba", "abba", True),
            ("*b*b", "ab", False),
            ("*b*b", "bab", True),
            ("*b*b*", "ab", False),
            ("*b*b*", "abb", True),
        ):
            with self.subTest(f"{mask!r} {text!r}"):
                self.assertIs(Glob(mask).matches(text), expected)

    @settings(max_examples=500)
    @given(st.text("~acrUmnx:*#@+!?b ", min_size=1, max_size=12), st.booleans())
    def test_extendedNormalForm(self, text: str, binding: bool) -> None:
        """The normal form of an extended mask is its own.  The error for an invalid one names valid forms."""
        try:
            mask = normalizeExtended(text, binding)
        except BadMask as bad:
            self.assertRegex(str(bad), "^(nick!user@host, or one of )?~.:[#A-Z]+")
            return
        self.assertEqual(normalizeExtended(mask, binding), mask)
        self.assertNotIn("**", mask)
        test = Mask(mask)
        self.assertEqual(test.restriction, mask[1] if mask[:3] in ("~m:", "~n:") else "")
        self.assertTrue(binding or not test.restriction)
        user = User(Source("u1", "b", "a", "c", "x", "m n"))
        self.assertIn(test.matches(user, fullMask(user.source)), (True, False))

    def test_split(self) -> None:
        """The text of an extended mask is unchanged.  A colon in a plain mask does not make it extended."""
        for text, mask in (
            ("~r:~A:b**", "~r:~a:b*"),
            ("~c:#A**b", "~c:#a**b"),
            ("~U@2001:DB8::1", "*!~u@2001:db8::1"),
            ("~bob!a:b", "~bob!a:b@*"),
        ):
            self.assertEqual(normalizeExtended(text), mask)

    def test_unknown(self) -> None:
        """A mask of an unknown kind matches nobody: it may come from the journal of a newer version."""
        user = User(Source("u1", "bob", "~u", "host"))
        self.assertFalse(Mask("~x:*").matches(user, fullMask(user.source)))
        self.assertTrue(Mask("~U:*!*@*").matches(user, fullMask(user.source)))

    def test_one(self) -> None:
        """A mask names one nick or account if that part has no wildcard."""
        for text, expected in (
            ("bob", True),
            ("bob!*@*", True),
            ("b?b", False),
            ("bob*", False),
            ("*!~u@host", False),
            ("~a:bob", True),
            ("~a:bo*", False),
            ("~a:*", False),
            ("~U:bob", True),
            ("~U:*!*@host", False),
            ("~c:#room", False),
            ("~r:bob", False),
        ):
            self.assertIs(Mask(normalizeExtended(text)).matchesOne, expected, text)

    def test_host(self) -> None:
        """A mask of nicks names one host if that part has no wildcard."""
        for text, expected in (
            ("*!~u@Host", "host"),
            ("bob!*@host", "host"),
            ("~U:*!*@host", "host"),
            ("~m:*!*@host", "host"),
            ("*!*@h?st", ""),
            ("*!*@*.host", ""),
            ("*!*@*@host", ""),
            ("bob", ""),
            ("~a:x!y@host", ""),
            ("~r:x!y@host", ""),
            ("~c:#x!y@host", ""),
        ):
            self.assertEqual(Mask(normalizeExtended(text)).host, expected, text)

    def test_tables(self) -> None:
        """The letters that name users and the letters that restrict are different."""
        self.assertEqual(set(MATCHING) & set(ACTING), set())
        for table in (MATCHING, ACTING):
            for letter, kind in table.items():
                self.assertEqual((kind.letter, kind.usage), (letter, f"~{letter}:{kind.wants}"))

    def test_cost(self) -> None:
        """The worst masks cost no more for a thousand texts than hashing some tens of megabytes."""
        unit = min(timeit.repeat(lambda: hashlib.sha256(bytes(1_000_000)).digest(), number=5, repeat=5))
        for mask in (
            "*a" * 50 + "*b",
            "*" + "a" * 90 + "b*c",
            "*" + "a?" * 8 + "b*",
            "*a*a?a" * 3 + "*b",
            "*a" * 14 + "*b",
        ):
            glob = Glob(mask)
            self.assertFalse(glob.matches("a" * 200))
            taken = min(timeit.repeat(lambda glob=glob: glob.matches("a" * 200), number=1000, repeat=3))  # type: ignore[misc]
            self.assertLess(taken, 10 * unit, mask)

    def test_wildcards(self) -> None:
        """The number of wildcards in a mask is limited.  A run of stars counts as one."""
        for mask in ("*a" * MOST_WILDCARDS, "?" * MOST_WILDCARDS, "*?" * (MOST_WILDCARDS // 2)):
            checkWildcards(mask)
            self.assertIsInstance(readGlob(mask), Glob)
            for more in ("*", "?"):
                error = self.assertRaises(BadMask, checkWildcards, f"{mask}b{more}")
                self.assertEqual(str(error), "a mask of at most 16 wildcards (* and ?)")
                self.assertRaises(BadMask, readGlob, f"{mask}b{more}")
        self.assertTrue(readGlob("*" * 100 + "B").matches("ab"))

    def test_fullMask(self) -> None:
        """A user's own mask is folded, as masks are."""
        source = Source("u1", "Bob", "~Line", "AB.cloak")
        self.assertEqual(fullMask(source), "bob!~line@ab.cloak")
        self.assertTrue(Glob(normalizeMask("~LINE@*.Cloak")).matches(fullMask(source)))
