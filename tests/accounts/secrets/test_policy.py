"""Tests of L{twistchat.accounts.secrets.policy}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.accounts.secrets.policy import COMMON, checkPassword, prepare
from twistchat.chat.errors import BadPassword


class PolicyTests(SynchronousTestCase):
    """Which passwords are acceptable."""

    def why(self, password: str) -> str:
        """Why a password of alicealice is refused."""
        why: str = self.assertRaises(BadPassword, checkPassword, password, "AliceAlice").why
        return why

    def test_size(self) -> None:
        """A password has 8 to 256 bytes of UTF-8."""
        for password in ("x-y-z-w!", "é" * 128, "y" * 256, "schön!!", "correct horse battery staple"):
            checkPassword(password, "AliceAlice")
        for password in ("", "seven77", "\u00ad" * 20 + "ab"):
            self.assertIn("at least 8 characters", self.why(password))
        for password in ("y" * 257, "é" * 129):
            self.assertEqual("is longer than 256 bytes", self.why(password))

    def test_expands(self) -> None:
        """A password that is too long after its preparation is refused too."""
        self.assertIn("256 bytes", self.why("\ufdfa" * 80))

    def test_characters(self) -> None:
        """Control characters are refused, among them NUL and line ends, and halves of characters."""
        for character in "\0\r\n\x1b\x7f\x85\ud800":
            self.assertIn("cannot be typed", self.why(f"correct{character}horse"))

    def test_common(self) -> None:
        """Common passwords are refused, in any case; so is the name of the account."""
        for password in ("password", "PassWord1", "12345678", "\uff50assword"):
            self.assertIn("most common", self.why(password))
        self.assertIn("the name", self.why("aLICEalice"))

    def test_token(self) -> None:
        """A password does not look like a token."""
        self.assertIn("app tokens", self.why("tct_correcthorse"))

    def test_list(self) -> None:
        """The list has only passwords that would be accepted otherwise."""
        self.assertGreater(len(COMMON), 200)
        self.assertEqual([], [word for word in COMMON if len(word) < 8 or word != word.casefold()])


class PrepareTests(SynchronousTestCase):
    """The form in which passwords are hashed."""

    def test_saslprep(self) -> None:
        """The forms of the same password are equal (RFC 4013, section 3)."""
        for given, prepared in (
            ("I\u00adX", "IX"),
            ("user", "user"),
            ("USER", "USER"),
            ("\u00aa", "a"),
            ("\u2168", "IX"),
            ("e\u0301", "é"),
            ("a\u00a0b", "a b"),
        ):
            self.assertEqual(prepared, prepare(given))

    def test_newCharacters(self) -> None:
        """A password with characters that SASLprep does not know is normalized to NFC."""
        self.assertEqual("é\N{MELTING FACE}", prepare("e\u0301\N{MELTING FACE}"))

    def test_tooLong(self) -> None:
        """A password that is too long is not worked on."""
        self.assertEqual("", prepare("é" * 129))
