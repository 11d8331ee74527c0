"""Tests of L{twistchat.importing.naming}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NickOwned
from twistchat.chat.model.names import normalizeNick, normalizeRoom
from twistchat.importing.naming import FreeNames, nickFrom, roomFrom
from twistchat.importing.records import ImportProblem


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

        names = FreeNames(8, check)
        self.assertEqual("bob", names.find("bob", "x"))
        self.assertEqual("alice-3", names.find("alice", "x"))
        self.assertEqual("abcdef-2", names.find("abcdefgh", "x"))

    def test_remembered(self) -> None:
        """No name is tried twice, so the same name for many people takes no longer for the last one."""
        tried: list[str] = []
        names = FreeNames(8, tried.append)
        for _ in range(3):
            names.find("bob", "x")
        names.find("BOB", "x")
        self.assertEqual(["bob", "bob-2", "bob-3", "BOB-4"], tried)

    def test_spare(self) -> None:
        """If too many suffixes are taken, there is a spare name.  Without a free name, the error says so."""

        def check(name: str) -> None:
            if name != "U77":
                raise NickOwned(name)

        names = FreeNames(8, check, tries=5)
        self.assertEqual("U77", names.find("bob", "U77"))
        self.assertIn("look like bob", str(self.assertRaises(ImportProblem, names.find, "bob", "U78")))
