"""Tests of L{twistchat.chat.model.texts}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat import errors
from twistchat.chat.model.texts import FORMATTING, asksClients, checkMessage, checkText, withoutDelimiters


class MessageTests(SynchronousTestCase):
    """Which texts are valid."""

    def test_taken(self) -> None:
        """Any characters except delimiters are valid, up to both limits."""
        for text in (" ", "a", "a\nb", "\n\na", "\u2028\x85", "\x01ACTION\x01", "ää", "\N{GRINNING FACE}"):
            checkMessage(text, 16, 3)

    def test_refused(self) -> None:
        """The error is about the first mistake."""
        cases: tuple[tuple[str, errors.ChatError], ...] = (
            ("", errors.NothingSaid()),
            ("\n" * 50, errors.NothingSaid()),
            ("äää", errors.TooLong("the message", 6, 5, "bytes")),
            ("ä\nä\n", errors.TooLong("the message", 6, 5, "bytes")),
            ("a\nb\n", errors.TooLong("the message", 3, 2, "lines")),
            ("a\r\n", errors.BadText("the message", "\r")),
            ("\0", errors.BadText("the message", "\0")),
        )
        for text, expected in cases:
            with self.subTest(repr(text)):
                self.assertEqual(self.assertRaises(type(expected), checkMessage, text, 5, 2), expected)

    def test_bytes(self) -> None:
        """The limit is in bytes.  Some characters have four."""
        checkMessage(4 * "\N{GRINNING FACE}", 16, 1)
        self.assertRaises(errors.TooLong, checkMessage, 4 * "\N{GRINNING FACE}", 15, 1)

    def test_oneLine(self) -> None:
        """The text of another event has one line."""
        checkText("the topic", "12345", 5)
        checkText("the topic", "", 5)
        for character in "\r\n\0":
            error = self.assertRaises(errors.BadText, checkText, "the topic", f"a{character}", 5)
            self.assertEqual((error.what, error.character), ("the topic", character))
        self.assertRaises(errors.TooLong, checkText, "the topic", "123456", 5)

    def test_withoutDelimiters(self) -> None:
        """Line ends become spaces."""
        self.assertEqual(withoutDelimiters("a\rb\nc\0d\u2028"), "a b c d\u2028")


class ContentTests(SynchronousTestCase):
    """The kinds of texts for clients."""

    def test_asksClients(self) -> None:
        """A line that begins as CTCP and is not an action is found."""
        for text, asks in (
            ("\x01VERSION\x01", True),
            ("\x01", True),
            ("\x01\x01", True),
            ("\x01action x\x01", True),
            ("\x01ACTIONX", True),
            ("a\n\x01PING", True),
            ("\x01ACTION x\x01\n\x01PING", True),
            ("\x01ACTION x\x01", False),
            ("\x01ACTION", False),
            ("a \x01VERSION\x01", False),
            ("", False),
        ):
            with self.subTest(repr(text)):
                self.assertIs(asksClients(text), asks)

    def test_formatting(self) -> None:
        """Formatting codes of clients are found, and no other control characters."""
        codes = {code for code in range(256) if FORMATTING.search(chr(code))}
        self.assertEqual(codes, {0x02, 0x03, 0x04, 0x0F, 0x11, 0x16, 0x1D, 0x1E, 0x1F})
