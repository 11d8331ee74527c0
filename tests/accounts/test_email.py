"""Tests of L{twistchat.accounts.email}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.accounts.email import checkEmail
from twistchat.chat.errors import BadCredential


class EmailTests(SynchronousTestCase):
    """The syntax of mail addresses."""

    def test_good(self) -> None:
        """Addresses that people have are accepted."""
        for address in (
            "alice@example.org",
            "Alice.O'Neil+chat@mail.example.co.uk",
            "a@b-c.example",
            f"{'a' * 64}@example.org",
            f"a@{'.'.join(['b' * 61] * 4)}.org",
        ):
            self.assertEqual(address, checkEmail(address))

    def test_bad(self) -> None:
        """Everything else is refused, above all whatever could be more than one line or one recipient."""
        for address in (
            "",
            "alice",
            "alice@",
            "@example.org",
            "alice@localhost",
            "alice@example.org\r\nBcc: bob@example.org",
            "alice@example.org\n",
            "alice@example.org\0",
            "alice@example.org,bob@example.org",
            "alice@example.org bob@example.org",
            "alice@@example.org",
            "a@b@example.org",
            ".alice@example.org",
            "alice.@example.org",
            "al..ice@example.org",
            '"alice"@example.org',
            "<alice@example.org>",
            "alice@[127.0.0.1]",
            "alice@-example.org",
            "alice@example-.org",
            "alice@example..org",
            "alicé@example.org",
            "alice@exämple.org",
            f"{'a' * 65}@example.org",
            f"a@{'.'.join(['b' * 63] * 4)}.org",
            "a@" + "b." * 100_000 + "org",
        ):
            self.assertRaises(BadCredential, checkEmail, address)
