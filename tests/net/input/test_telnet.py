"""Tests of L{twistchat.net.input.telnet}."""

from __future__ import annotations

from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from twistchat.interfaces.carrier import IClient
from twistchat.net.input.telnet import COMMANDS, TelnetSplitter
from twistchat.wire.telnet import BINARY, DO, ECHO, IAC, WILL, WONT

NOP = bytes((IAC, 241))


class TelnetSplitterTests(SynchronousTestCase):
    """A stream whose client may use telnet, on a fake clock."""

    now = 0.0

    def setUp(self) -> None:
        """Make a splitter.  The test case is its client."""
        self.replies: list[bytes] = []
        self.refusals: list[str] = []
        self.closing = self
        self.splitter = TelnetSplitter(cast(IClient, self), 100, lambda: self.now)

    def reply(self, data: bytes) -> None:
        """See L{IClient.reply}."""
        self.replies.append(data)

    def turnAway(self, reason: str, name: str = "") -> None:
        """See L{IClosing.turnAway}."""
        self.refusals.append(reason)

    def test_lines(self) -> None:
        """Commands are removed and answered; the rest is lines, also a last one without a terminator."""
        self.assertEqual([b"alice"], self.splitter.feed(b"al" + bytes((IAC, DO, 3)) + b"ice\r\nhel"))
        self.assertEqual([bytes((IAC, WONT, 3))], self.replies)
        self.assertEqual([b"hello"], [*self.splitter.feed(b"lo"), *self.splitter.finish()])

    def test_commands(self) -> None:
        """A burst of commands is allowed, then a rate; beyond that the client is turned away."""
        most, rate = map(int, COMMANDS)
        self.splitter.feed(NOP * most)
        self.now += 2
        self.splitter.feed(NOP * 2 * rate)
        self.assertEqual([], self.refusals)
        self.assertEqual((), self.splitter.feed(NOP + b"line\n"))
        self.assertEqual(["You sent too many telnet commands"], self.refusals)

    def test_tooManyAtOnce(self) -> None:
        """A burst beyond the limit is refused as a whole, and does not count."""
        most = int(COMMANDS[0])
        self.splitter.feed(NOP * (most + 1))
        self.assertEqual(1, len(self.refusals))
        self.splitter.feed(NOP * most)
        self.assertEqual(1, len(self.refusals))

    def test_hideInput(self) -> None:
        """Only a client that has negotiated something is asked to hide its input."""
        self.assertFalse(self.splitter.hideInput(True))
        self.assertEqual([], self.replies)
        self.splitter.feed(bytes((IAC, DO, BINARY)))
        self.assertTrue(self.splitter.hideInput(True))
        self.assertEqual([bytes((IAC, WILL, BINARY)), bytes((IAC, WILL, ECHO))], self.replies)
