"""Tests of the words of a command for a service."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.protocols.irc.services.nickserv import NICKSERV
from twistchat.protocols.irc.services.request import Request, splitWords
from twistchat.testing import MemoryServer


class WordsTests(SynchronousTestCase):
    """The words of a request."""

    def setUp(self) -> None:
        """Make a client, which no test uses."""
        self.server = MemoryServer()

    def request(self, text: str) -> Request:
        """Make a request that needs no client."""
        none: object = None
        return Request(none, NICKSERV, text, none)  # type: ignore[arg-type]  # it is not used

    def test_split(self) -> None:
        """Words are separated by spaces only."""
        self.assertEqual(splitWords("  a b\u2003c\td  e "), ["a", "b\u2003c\td", "e"])

    def test_rest(self) -> None:
        """The rest of the text keeps its spaces."""
        request = self.request("  #tea  description  good   tea ")
        self.assertEqual(request.rest(0), "#tea  description  good   tea")
        self.assertEqual(request.rest(2), "good   tea")
        self.assertEqual(request.rest(3), "tea")
        self.assertEqual(request.rest(9), "")

    def test_word(self) -> None:
        """A missing word is empty."""
        self.assertEqual(self.request("add x").word(0), "ADD")
        self.assertEqual(self.request("add x").word(2), "")

    def test_repr(self) -> None:
        """A request shows no words, since they may be a password."""
        self.assertNotIn("sesame", repr(self.request("sesame")))


class LongAnswerTests(ServiceConversations):
    """Answers."""

    def test_cut(self) -> None:
        """A notice that is too long is cut, and never split into two lines."""
        alice = self.irc("alice")
        alice.send(f"PRIVMSG NickServ :UNGROUP {'x' * 400}")
        (line,) = alice.lines()
        self.assertIn("You are not logged in", line)
