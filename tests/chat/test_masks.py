"""Tests of L{twistchat.chat.masks}."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.events import Source
from twistchat.chat.masks import (
    BINDING,
    NAMING,
    BadMask,
    fullMask,
    matches,
    names,
    namesOne,
    normalizeExtended,
    normalizeMask,
    respect,
)
from twistchat.chat.users import User


def asRegex(mask: str) -> str:
    """A mask as a regular expression."""
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in mask)


class CountedMask(str):
    """A mask that counts how often one of its characters is looked at."""

    __slots__ = ("looks",)
    looks: int

    def __getitem__(self, key: object) -> str:
        self.looks += 1
        return super().__getitem__(key)  # type: ignore[index]  # whatever matches() asks for


class MaskTests(SynchronousTestCase):
    """Masks."""

    def test_normalize(self) -> None:
        """What is left out of a mask is any."""
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
        """A normal form is its own, names the same users, and has all three parts."""
        mask = normalizeMask(text)
        self.assertEqual(normalizeMask(mask), mask)
        self.assertNotIn("**", mask)
        self.assertRegex(mask, "^[^!]+!.+@.+$")

    @settings(max_examples=1000)
    @given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
    def test_matches(self, mask: str, text: str) -> None:
        """A mask matches as the regular expression does, its other characters standing for themselves."""
        self.assertEqual(matches(mask, text), re.fullmatch(asRegex(mask), text, re.DOTALL) is not None)

    def test_literally(self) -> None:
        """No other character is special, and the whole text is matched."""
        for mask, text, expected in (
            ("[a]", "a", False),
            ("[a]", "[a]", True),
            ("a.c", "abc", False),
            ("\\*", "\\anything", True),
            ("b", "bob", False),
            ("bob", "bo", False),
            ("?", "\N{GRINNING FACE}", True),
            ("?", "", False),
            ("", "", True),
            ("*", "", True),
            ("a*\n", "ab\n", True),
        ):
            with self.subTest(f"{mask!r} {text!r}"):
                self.assertIs(matches(mask, text), expected)

    @settings(max_examples=500)
    @given(st.text("~acrUmnx:*#@+!?b ", min_size=1, max_size=12), st.booleans())
    def test_extendedNormalForm(self, text: str, binding: bool) -> None:
        """The normal form of an extended mask is its own; what has none is told what would have one."""
        try:
            mask = normalizeExtended(text, binding)
        except BadMask as bad:
            self.assertRegex(str(bad), "^(nick!user@host, or one of )?~.:[#A-Z]+")
            return
        self.assertEqual(normalizeExtended(mask, binding), mask)
        self.assertNotIn("**", mask)
        letter, naming = respect(mask)
        self.assertEqual(mask, f"~{letter}:{naming}" if letter else naming)
        self.assertTrue(binding or not letter)
        user = User(Source("u1", "b", "a", "c", "x", "m n"))
        self.assertIn(names(naming, user, fullMask(user.source)), (True, False))

    def test_one(self) -> None:
        """A mask names one nick or account where that has no wildcard in it."""
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
            self.assertIs(namesOne(normalizeExtended(text)), expected, text)

    def test_tables(self) -> None:
        """No letter is both of one who is named and of what binds."""
        self.assertEqual(set(NAMING) & set(BINDING), set())
        for table in (NAMING, BINDING):
            for letter, kind in table.items():
                self.assertEqual((kind.letter, kind.usage), (letter, f"~{letter}:{kind.wants}"))

    def test_worstCase(self) -> None:
        """The worst mask costs the product of both lengths, and no more."""
        mask = CountedMask("*a" * 50 + "b")
        mask.looks = 0
        self.assertFalse(matches(mask, "a" * 200))
        self.assertLess(mask.looks, len(mask) * 200)

    def test_fullMask(self) -> None:
        """A user's own mask is folded, as masks are."""
        source = Source("u1", "Bob", "~Line", "AB.cloak")
        self.assertEqual(fullMask(source), "bob!~line@ab.cloak")
        self.assertTrue(matches(normalizeMask("~LINE@*.Cloak"), fullMask(source)))
