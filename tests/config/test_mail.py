"""Tests of the section C{[mail]}: the rules that concern several keys, and the password, which no message shows."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.config.test_builder import fromFile, fromSet
from twistchat.config import ConfigError
from twistchat.config.settings import MailSettings

COMPLETE = """
[mail]
host = "smtp.example"
port = 2525
security = "tls"
user = "chat"
password = "hunter2"
sender = "chat@example.org"
senderName = "The chat"
"""


class MailSectionTests(SynchronousTestCase):
    """The section as a whole."""

    def test_complete(self) -> None:
        """All keys are read."""
        wanted = MailSettings("smtp.example", 2525, "tls", "chat", "hunter2", "chat@example.org", "The chat")
        self.assertEqual(wanted, fromFile(COMPLETE).mail)

    def test_default(self) -> None:
        """Without the section no mail is sent.  With a host, the connection is encrypted."""
        self.assertEqual("", fromFile("").mail.host)
        made = fromFile("[mail]\nhost = 'smtp.example'\nsender = 'chat@example.org'").mail
        self.assertEqual(("starttls", 0), (made.security, made.port))

    def test_contradictions(self) -> None:
        """Each error names the line of a key that is part of the contradiction."""
        mail = "[mail]\nhost = 'smtp.example'\nsender = 'chat@example.org'\n"
        table = {
            "[mail]\nhost = 'smtp.example'": "2: mail.host is set; then mail.sender is wanted too",
            f"{mail}security = 'none'": (
                '4: mail.host "smtp.example" is another machine; mail.security "none" is possible with "localhost" only'
            ),
            f"{mail}user = 'chat'": "4: mail.user and mail.password are wanted together, or neither",
            f"{mail}password = 'hunter2'": "4: mail.user and mail.password are wanted together, or neither",
            "[accounts]\nemailRequired = true": "2: accounts.emailRequired is true; then mail.host is wanted too",
        }
        for text, message in table.items():
            with self.subTest(text):
                bad = self.assertRaises(ConfigError, fromFile, text)
                self.assertEqual(f"twistchat.toml:{message}", str(bad))
        self.assertTrue(fromFile(f"[accounts]\nemailRequired = true\n{mail}").accounts.emailRequired)

    def test_thisMachine(self) -> None:
        """A mail server on this machine needs no encryption.  A name may lead anywhere, except C{localhost}."""
        text = "[mail]\nhost = '{}'\nsender = 'chat@example.org'\nsecurity = 'none'"
        for host in ("localhost", "LocalHost", "127.0.0.1", "127.3.2.1", "::1"):
            self.assertEqual("none", fromFile(text.format(host)).mail.security)
        for host in ("192.0.2.1", "localhost.example", "::ffff:192.0.2.1", "0.0.0.0"):
            self.assertRaises(ConfigError, fromFile, text.format(host))


class PasswordTests(SynchronousTestCase):
    """The password, which no message shows."""

    def test_repr(self) -> None:
        """The settings do not show it."""
        self.assertNotIn("hunter2", repr(fromFile(COMPLETE)))

    def test_file(self) -> None:
        """An error about its line does not show it."""
        for text in (
            "[mail]\npassword = hunter2",
            "[mail]\npassword=hunter2 # secret",
            "mail.password = hunter2",
            "[mail]\npassword = ['hunter2']",
            "[mail]\npassword = 'hunter2\\u0000'",
            '[mail]\npassword = "hunter2\\u0000"',
        ):
            with self.subTest(text):
                bad = self.assertRaises(ConfigError, fromFile, text)
                self.assertNotIn("hunter2", str(bad))
                self.assertIn("password", str(bad))

    def test_option(self) -> None:
        """An error about the option does not show it."""
        for assignment in ("mail.password=hunter2", "mail.password='hunter2", "mail.password=['hunter2']"):
            with self.subTest(assignment):
                bad = self.assertRaises(ConfigError, fromSet, assignment)
                self.assertNotIn("hunter2", str(bad))
                self.assertTrue(str(bad).startswith("--set mail.password: mail.password: "), bad)
        self.assertEqual(
            "--set mail.password: mail.user and mail.password are wanted together, or neither",
            str(self.assertRaises(ConfigError, fromSet, "mail.password='hunter2'")),
        )
