"""Tests of L{twistchat.services.mail.message}."""

from __future__ import annotations

from email import message_from_bytes
from email.headerregistry import Address
from email.policy import SMTP

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import BadCredential
from twistchat.services.mail.message import compose

SENDER = Address("Chät", addr_spec="chat@example.org")


def composed(recipient: str = "alice@example.com", subject: str = "Hello", text: str = "Hi.\n") -> bytes:
    """Compose a mail."""
    return compose(SENDER, recipient, subject, text, 1_700_000_000.0, "<id-1@example.org>")


class ComposeTests(SynchronousTestCase):
    """Mails as bytes."""

    def test_headers(self) -> None:
        """A mail has the headers of RFC 5322, and those that say that a machine wrote it."""
        lines = composed().split(b"\r\n\r\n")[0].split(b"\r\n")
        self.assertEqual(
            [
                b"From: =?utf-8?q?Ch=C3=A4t?= <chat@example.org>",
                b"To: alice@example.com",
                b"Subject: Hello",
                b"Date: Tue, 14 Nov 2023 22:13:20 +0000",
                b"Message-ID: <id-1@example.org>",
                b"Auto-Submitted: auto-generated",
                b'Content-Type: text/plain; charset="utf-8"',
                b"Content-Transfer-Encoding: quoted-printable",
                b"MIME-Version: 1.0",
            ],
            lines,
        )

    def test_text(self) -> None:
        """Any text arrives as it was, in short lines of ASCII with CRLF."""
        text = f"grüße 日本語\n.\n.dot\nFrom me\n{'long ' * 100}\n"
        mail = composed(subject="grüße 日本語" * 10, text=text)
        self.assertTrue(mail.isascii())
        self.assertEqual(mail.count(b"\n"), mail.count(b"\r\n"))
        self.assertLess(max(map(len, mail.split(b"\r\n"))), 80)
        read = message_from_bytes(mail, policy=SMTP)
        self.assertEqual(text, read.get_content().replace("\r\n", "\n"))
        self.assertEqual("grüße 日本語" * 10, read["Subject"])

    def test_lineBreaks(self) -> None:
        """No line break passes into a header."""
        for end in ("\r", "\n", "\r\n"):
            self.assertRaises(ValueError, composed, subject=f"Hello{end}Bcc: bob@example.com")
            self.assertRaises(BadCredential, composed, recipient=f"alice@example.com{end}Bcc: bob@example.com")

    def test_addresses(self) -> None:
        """An address that some servers refuse, or that names several people, is refused with a clear error."""
        for address in ("", "alice", "alice@example.com, bob@example.com", "<alice@example.com>", "älice@example.com"):
            bad = self.assertRaises(BadCredential, composed, recipient=address)
            self.assertIn("mail address", str(bad))
