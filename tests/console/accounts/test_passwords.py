"""Tests of L{twistchat.console.accounts.passwords}."""

from __future__ import annotations

import sys
from io import BytesIO, StringIO, TextIOWrapper

from argon2 import PasswordHasher

from tests.console.cases import ConsoleTestCase
from twistchat.config.keytypes import PasswordHash
from twistchat.config.readings import readingOf


class PasswordTests(ConsoleTestCase):
    """Asking for a password, and hashing it."""

    def test_hashPassword(self) -> None:
        """The first line of standard input is the password, with any line end.  Each hash of it is different."""
        hashes = set()
        for text in ("hünter 2\n", "hünter 2\r\n", "hünter 2", "hünter 2\nnot this\n"):
            self.patch(sys, "stdin", StringIO(text))
            (line,) = self.command("hash-password").splitlines()
            self.assertEqual(line, readingOf(PasswordHash)(line))
            self.assertTrue(PasswordHasher().verify(line, "hünter 2"))
            hashes.add(line)
        self.assertEqual(4, len(hashes))

    def test_hashNothing(self) -> None:
        """An empty password is refused, and so is one that is not UTF-8."""
        for data, why in (
            (b"", "a password has one character at least"),
            (b"\nx", "a password has one character at least"),
            (b"\xff\n", "the password is not UTF-8"),
        ):
            self.patch(sys, "stdin", TextIOWrapper(BytesIO(data), encoding="utf-8"))
            self.assertEqual(f"twistchat: {why}", self.refused("hash-password"))

    def test_hashTyped(self) -> None:
        """At a terminal the command asks for the password twice, and refuses two different answers."""
        self.typed("hunter2", "hunter2")
        self.assertTrue(PasswordHasher().verify(self.command("hash-password").strip(), "hunter2"))
        self.typed("hunter2", "hunter3")
        self.assertIn("two different passwords", self.refused("hash-password"))
        self.typed("", "")
        self.assertIn("one character at least", self.refused("hash-password"))
        for end in (EOFError, KeyboardInterrupt):
            self.typed("hunter2", end)
            self.assertIn("there is no password", self.refused("hash-password"))
