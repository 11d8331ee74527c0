"""Tests of L{twistchat.accounts.secrets.tokens}."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from twistchat.accounts.secrets.tokens import digest, digestCode, find, makeCode, makeToken
from twistchat.chat.model.events import Credential
from twistchat.testing.accounts import randomness


class TokenTests(SynchronousTestCase):
    """Tokens and codes."""

    def test_token(self) -> None:
        """A token has a prefix and at least 32 random characters, which need no quoting anywhere."""
        random = randomness()
        token = makeToken(random)
        self.assertRegex(token, re.compile("tct_[A-Za-z0-9_-]{36}$"))
        self.assertNotEqual(token, makeToken(random))

    def test_code(self) -> None:
        """A code has 8 letters and digits that look different from each other."""
        random = randomness()
        codes = {makeCode(random) for _ in range(500)}
        self.assertEqual(500, len(codes))
        self.assertEqual(set("abcdefghjkmnpqrstuvwxyz23456789"), set("".join(codes)))
        self.assertEqual({8}, set(map(len, codes)))

    def test_typed(self) -> None:
        """A code may be typed in capitals, with spaces and with hyphens."""
        for typed in ("abcd2345", "ABCD-2345", " abcd 2345 "):
            self.assertEqual(digest("abcd2345"), digestCode(typed))
        self.assertNotEqual(digest("abcd2345"), digestCode("abcd2346"))

    def test_find(self) -> None:
        """The credential with the hash is found; half a hash and no hash find nothing."""
        first, second = Credential("token", "a", digest("x")), Credential("token", "b", digest("y"))
        self.assertIs(second, find(digest("y"), (first, second)))
        self.assertIs(first, find(digest("x"), (first, second)))
        for hash in (digest("z"), digest("x")[:32], ""):
            self.assertIsNone(find(hash, (first, second)))
