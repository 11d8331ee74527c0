"""Tests of L{twistchat.testing.server}: the assertions fail when they should, with a useful message."""

from __future__ import annotations

import re
from dataclasses import replace
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.protocols.basic import LineOnlyReceiver
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import ConfigError, ServerSettings
from twistchat.config.limits import Limits
from twistchat.doors.irc import IrcDoor
from twistchat.testing import LineClient, MemoryServer, settingsOf
from twistchat.testing.server import NOON, SETTINGS


class EchoBot(LineOnlyReceiver):
    """A bot as its author would write it: it repeats private messages."""

    delimiter = b"\n"

    def connectionMade(self) -> None:
        """Enter."""
        self.sendLine(b"echobot")

    def lineReceived(self, line: bytes) -> None:
        """Repeat a private message."""
        told = re.fullmatch(rb"\[\d\d:\d\d\] @echobot <(\S+)> (.*)", line)
        if told is not None:
            self.sendLine(b"/msg " + told[1] + b" " + told[2])


class MemoryServerTests(SynchronousTestCase):
    """A whole server in memory."""

    def test_settingsOf(self) -> None:
        """
        The text of a configuration file gives settings with the default limits.  The error of a mistake names its line.
        """
        settings = settingsOf('[server]\nname = "tea.example"\n')
        self.assertEqual("tea.example", settings.server.name)
        self.assertEqual(Limits(), settings.limits)
        mistake = self.assertRaises(ConfigError, settingsOf, "[limits]\nnick = 0\n")
        self.assertTrue(str(mistake).startswith("twistchat.toml:2: limits.nick: "), mistake)

    def test_configure(self) -> None:
        """Another configuration file takes effect when the server reads it again.  A file with a mistake does not."""
        server = MemoryServer()
        server.configure('[line]\nmotd = "Tea"\n')
        server.connect().expect("* This is twistchat.  Type the name you want to have here")
        server.context.rehash()
        server.connect().expect("* Tea", "* This is twistchat.  Type the name you want to have here")
        server.configure("[line]\nmotd = 7\n")
        self.failureResultOf(server.context.rehash(), ConfigError)

    def test_directory(self) -> None:
        """Another server with the same directory continues a journal on disk."""
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        before = MemoryServer(directory=directory)
        before.person("alice").send("Hello", "/topic Tea")
        self.successResultOf(before.close())
        after = MemoryServer(directory=directory, start=NOON + 60)
        bob = after.connect()
        bob.send("bob")
        bob.until("[12:00] <alice> Hello")
        bob.until("* alice set the topic of #lobby to: Tea")
        self.successResultOf(after.close())

    def test_bot(self) -> None:
        """A bot's protocol can be connected, and used."""
        server = MemoryServer()
        link = server.plug(EchoBot())
        alice = server.person("alice")
        alice.send("/msg echobot one", "/msg echobot two")
        alice.expect("[12:00] @alice <echobot> one", "[12:00] @alice <echobot> two")
        link.cut()
        server.pump()
        alice.expect("* echobot quit (connection lost)")

    def test_noSuchDoor(self) -> None:
        """The server has only the given doors.  An error names the missing door and lists the others."""
        server = MemoryServer(doors=[IrcDoor()])
        for call, door in (
            (lambda: server.plug(Protocol(), "nodoor"), "nodoor"),
            (lambda: server.person("alice"), "line"),
        ):
            error = self.assertRaises(AssertionError, call)
            why = f"the server has no door '{door}'; its doors are: irc (see MemoryServer(doors=...))"
            self.assertEqual(why, str(error))
        error = self.assertRaises(AssertionError, MemoryServer(doors=()).connectIrc)
        self.assertIn("its doors are: none", str(error))

    def test_closedDoor(self) -> None:
        """Connecting to a closed door fails with a message."""
        server = MemoryServer()
        self.successResultOf(server.close())
        error = self.assertRaises(AssertionError, server.connect)
        self.assertEqual("the line door is closed", str(error))

    def test_advance(self) -> None:
        """Time passes only when the test advances the clock."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        alice.send("noon")
        server.advance(3600)
        alice.send("one o'clock")
        bob.expect("[12:00] <alice> noon", "[13:00] <alice> one o'clock")

    def test_start(self) -> None:
        """The start time can be chosen."""
        server = MemoryServer(start=0.0)
        alice, bob = server.person("alice"), server.person("bob")
        alice.send("hello")
        bob.expect("[00:00] <alice> hello")

    def test_settings(self) -> None:
        """The server uses the given settings."""
        server = MemoryServer(replace(SETTINGS, server=ServerSettings("chat.test")))
        server.connect().expect("* This is chat.test.  Type the name you want to have here")

    def test_host(self) -> None:
        """A client connects from the given address, and the server sees it."""
        server = MemoryServer()
        for host in ("192.0.2.7", "2001:db8::7"):
            client = server.connect(host)
            transport: Any = client.transport
            self.assertEqual(host, transport.getHost().host)
            self.assertEqual(6623, transport.getPeer().port)

    def test_personCannotCome(self) -> None:
        """If a client cannot enter, the test fails with the server's message."""
        server = MemoryServer()
        server.person("alice")
        error = self.assertRaises(AssertionError, server.person, "alice")
        self.assertIn("! The nick alice is in use.  Choose another.", str(error))

    def test_close(self) -> None:
        """Closing fires when all clients are gone."""
        server = MemoryServer()
        alice = server.person("alice")
        closed = server.close("Good night")
        alice.expect("* Good night")
        self.assertTrue(alice.gone)
        self.successResultOf(closed)

    def test_closeStalled(self) -> None:
        """A stalled client delays that by five seconds, as docs/testing.md says."""
        server = MemoryServer()
        server.person("alice").link.stalled = True
        closed = server.close()
        self.assertNoResult(closed)
        server.advance(5)
        self.successResultOf(closed)


class LineClientTests(SynchronousTestCase):
    """A client of the line door."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def fails(self, client: LineClient, *expected: str | re.Pattern[str]) -> str:
        """Assert that the output differs from these lines, and return the error's text."""
        return str(self.assertRaises(AssertionError, client.expect, *expected))

    def test_expect(self) -> None:
        """The output since the last look, compared with strings or patterns."""
        self.alice.send("one", "two")
        self.bob.expect("[12:00] <alice> one", re.compile(r"\[..:..\] <alice> t.o"))
        self.bob.expect()

    def test_expectOther(self) -> None:
        """For a wrong, missing or additional line, the error shows the expected and the found lines."""
        self.alice.send("one")
        self.assertEqual(
            "expected\n  [12:00] <alice> two\nfound\n  [12:00] <alice> one", self.fails(self.bob, "[12:00] <alice> two")
        )
        self.alice.send("one")
        self.assertEqual("expected\n  (nothing)\nfound\n  [12:00] <alice> one", self.fails(self.bob))
        self.alice.send("one")
        self.fails(self.bob, "[12:00] <alice> one", "[12:00] <alice> one")
        self.assertEqual("expected\n  x\nfound\n  (nothing)", self.fails(self.bob, "x"))

    def test_expectWholeLines(self) -> None:
        """A string or a pattern must match the whole line."""
        self.alice.send("one")
        self.fails(self.bob, "<alice> one")
        self.alice.send("one")
        self.fails(self.bob, re.compile("<alice>"))

    def test_until(self) -> None:
        """Lines are read until one matches.  Later lines stay unread."""
        self.alice.send("one", "two", "three")
        self.assertEqual("[12:00] <alice> two", self.bob.until(re.compile(".*two")))
        self.bob.expect("[12:00] <alice> three")

    def test_untilNever(self) -> None:
        """If no line matches, the error shows the lines that were read."""
        self.alice.send("one")
        error = self.assertRaises(AssertionError, self.bob.until, "* never")
        self.assertEqual("expected\n  * never\nfound\n  [12:00] <alice> one", str(error))
        error = self.assertRaises(AssertionError, self.bob.until, "* never")
        self.assertEqual("expected\n  * never\nfound\n  (nothing)", str(error))

    def test_skip(self) -> None:
        """Lines are read once.  All received bytes are kept."""
        self.alice.send("one")
        self.bob.skip()
        self.bob.expect()
        self.assertTrue(self.bob.raw.endswith(b"[12:00] <alice> one\n"))

    def test_hangUp(self) -> None:
        """A lost connection is closed at both ends."""
        self.bob.hangUp()
        self.assertTrue(self.bob.gone)
        self.assertFalse(self.bob.link.open)
        self.alice.expect("* bob quit (connection lost)")

    def test_finish(self) -> None:
        """A client that closed its sending side still reads."""
        self.bob.sendBytes(b"bye\n/who\n")
        self.bob.finish()
        self.bob.expect("* 2 in #lobby: @alice bob")
        self.assertTrue(self.bob.gone)
