"""Tests of L{twistchat.accounts.mails}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.accounts.mails import resetMail, verificationMail


class MailTests(SynchronousTestCase):
    """What the mails say."""

    def test_verification(self) -> None:
        """The mail names the server and the account, and says how to use the code in each door."""
        subject, text = verificationMail("chat.example", "alice", "471-471")
        self.assertEqual("Verify your mail address for alice at chat.example", subject)
        for line in (
            "    /msg NickServ VERIFY alice 471-471",
            "    /quote VERIFY alice 471-471",
            "    /verify 471-471 alice",
        ):
            self.assertIn(line, text.splitlines())
        self.assertIn("the account alice at the chat server chat.example", text)
        self.assertIn("If this was not you, ignore this mail.", text)

    def test_reset(self) -> None:
        """The mail says that nothing has changed yet, and how to use the code."""
        subject, text = resetMail("chat.example", "alice", "471-471")
        self.assertEqual("Reset the password of alice at chat.example", subject)
        self.assertIn("    /msg NickServ SETPASS alice 471-471 PASSWORD", text.splitlines())
        self.assertIn("your password stays as it is", text)
        self.assertIn("If this was not you, ignore this mail.", text)

    def test_subjectsHaveNoCode(self) -> None:
        """A subject, which phones show on locked screens, does not contain the code."""
        for mail in (verificationMail, resetMail):
            self.assertNotIn("471", mail("chat.example", "alice", "471-471").subject)

    def test_lineBreaks(self) -> None:
        """No name can write a line of the mail."""
        for mail in (verificationMail, resetMail):
            for bad in ("alice\nSee http://example.com", "alice\rx", "alice\x1b[2J", "al\u2028ice", "al\u202eice"):
                self.assertRaises(ValueError, mail, "chat.example", bad, "471")
                self.assertRaises(ValueError, mail, bad, "alice", "471")
                self.assertRaises(ValueError, mail, "chat.example", "alice", bad)
