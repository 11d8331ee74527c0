"""Tests of L{twistchat.chat.model.metadata}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import BadMetadataKey, BadMetadataValue
from twistchat.chat.model.metadata import NOTHING, changed, checkKey, checkValue


class KeyTests(SynchronousTestCase):
    """The keys (metadata, "Keys and Values")."""

    def test_valid(self) -> None:
        """A key has lower-case letters, digits and four other characters."""
        for key in ("avatar", "display-name", "example.org/a_b", "0", "x" * 32):
            checkKey(key, 32)

    def test_invalid(self) -> None:
        """The empty key, capitals, other characters and long keys are refused."""
        for key in ("", "Avatar", "a b", "ä", "a:b", "$url", "a\n", "*", "x" * 33):
            with self.subTest(key):
                self.assertRaises(BadMetadataKey, checkKey, key, 32)


class ValueTests(SynchronousTestCase):
    """The values."""

    def test_any(self) -> None:
        """A key without a form of its own takes any text, in any script, up to the limit in bytes."""
        for value in ("x", "a b", "日本語", "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}", "é" * 150):
            checkValue("status", value, 300)
        self.assertRaises(BadMetadataValue, checkValue, "status", "é" * 151, 300)

    def test_unsafe(self) -> None:
        """Control characters, and characters that change the direction of a text, are refused for every key."""
        for character in "\x00\x07\x1b\x7f\x9b\n\u202e\u2066\u200e\u2028\ud800\ufeff":
            for key in ("status", "display-name"):
                with self.subTest(key, character=hex(ord(character))):
                    self.assertRaises(BadMetadataValue, checkValue, key, f"a{character}b", 300)

    def test_forms(self) -> None:
        """Well-known keys take only values that a client can rely on."""
        for key, good, bad in (
            ("avatar", ["https://a.example/x.png?s={size}"], ["http://a.example/x", "javascript:x", "https://", "x"]),
            ("avatar", ["https://[2001:db8::1]/x"], ["https://a b", "https:///x", "https://a/\N{SNOWMAN}"]),
            ("color", ["#4080ff", "#ABCDEF"], ["4080ff", "#fff", "red", "#4080fg", "#4080ff0"]),
            ("display-name", ["Ann Example", "x" * 64], [" Ann", "Ann ", "x" * 65]),
        ):
            for value in good:
                checkValue(key, value, 300)
            for value in bad:
                with self.subTest(key, value=value):
                    self.assertRaises(BadMetadataValue, checkValue, key, value, 300)

    def test_changed(self) -> None:
        """A change makes new values, and removing the last key gives the shared empty mapping."""
        before = changed(changed(NOTHING, "a", "1"), "b", "2")
        after = changed(before, "a", "3")
        self.assertEqual((dict(before), list(after.items())), ({"a": "1", "b": "2"}, [("b", "2"), ("a", "3")]))
        self.assertIs(changed(changed(after, "a", None), "b", None), NOTHING)
