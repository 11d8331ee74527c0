"""Tests of L{twistchat.importing.naming}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NickOwned
from twistchat.chat.model.names import normalizeNick, normalizeRoom
from twistchat.importing.naming import firstFree, nickFrom, roomFrom


class NamingTests(SynchronousTestCase):
    """Valid names."""

    def test_nicks(self) -> None:
        """What no nick has becomes an underline."""
        for name, nick in (
            ("Alice", "Alice"),
            ("bob.baker", "bob_baker"),
            ("9lives", "_9lives"),
            ("-x", "_-x"),
            ("日本", "日本"),
            ("a b!", "a_b"),
            ("", "user"),
            ("...", "user"),
            ("a" * 40, "a" * 32),
            ("a" + "\u0301" * 9, "user"),
        ):
            self.assertEqual(nick, nickFrom(name, 32), name)

    def test_rooms(self) -> None:
        """Rooms are in lower case, and have hyphens in place of spaces."""
        for name, room in (
            ("general", "#general"),
            ("#General Talk", "#general-talk"),
            ("a,b:c", "#a-b-c"),
            ("☕", "#☕"),
            (" ", "#room"),
            ("x" * 80, "#" + "x" * 63),
        ):
            self.assertEqual(room, roomFrom(name, 64), name)

    @given(st.text(max_size=50), st.integers(4, 40))
    def test_any(self, name: str, limit: int) -> None:
        """Any name gives valid names, which stay as they are."""
        nick, room = nickFrom(name, limit), roomFrom(name, max(limit, 5))
        self.assertEqual(nick, normalizeNick(nick, limit))
        self.assertEqual(room, normalizeRoom(room, max(limit, 5)))

    def test_free(self) -> None:
        """A name that is taken gets the first suffix that is free, within the limit."""
        taken = {"alice", "alice-2", "abcdefgh"}

        def check(name: str) -> None:
            if name in taken:
                raise NickOwned(name)

        self.assertEqual("bob", firstFree("bob", 8, check))
        self.assertEqual("alice-3", firstFree("alice", 8, check))
        self.assertEqual("abcdef-2", firstFree("abcdefgh", 8, check))

        def refuse(name: str) -> None:
            raise NickOwned(name)

        self.assertRaises(NickOwned, firstFree, "bob", 8, refuse)
