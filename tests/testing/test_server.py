"""Tests of L{twistchat.testing.server}: what a test relies on must fail where it should, and say why."""

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
from twistchat.net.reload import rehash
from twistchat.testing import LineClient, MemoryServer, settingsOf
from twistchat.testing.server import NOON, SETTINGS


class EchoBot(LineOnlyReceiver):
    """A bot as a stranger would write it: it says again whatever it is told in private."""

    delimiter = b"\n"

    def connectionMade(self) -> None:
        """Come in."""
        self.sendLine(b"echobot")

    def lineReceived(self, line: bytes) -> None:
        """Answer what was told in private."""
        told = re.fullmatch(rb"\[\d\d:\d\d\] @echobot <(\S+)> (.*)", line)
        if told is not None:
            self.sendLine(b"/msg " + told[1] + b" " + told[2])


class MemoryServerTests(SynchronousTestCase):
    """A whole server in memory."""

    def test_settingsOf(self) -> None:
        """A configuration file's text gives settings, with the default limits; a mistake names its line."""
        settings = settingsOf('[server]\nname = "tea.example"\n')
        self.assertEqual("tea.example", settings.server.name)
        self.assertEqual(Limits(), settings.limits)
        mistake = self.assertRaises(ConfigError, settingsOf, "[limits]\nnick = 0\n")
        self.assertTrue(str(mistake).startswith("twistchat.toml:2: limits.nick: "), mistake)

    def test_configure(self) -> None:
        """Another configuration file takes effect when the server reads it again; one with a mistake does not."""
        server = MemoryServer()
        server.configure('[line]\nmotd = "Tea"\n')
        server.connect().expect("* This is twistchat.  Type the name you want to have here")
        rehash(server.context)
        server.connect().expect("* Tea", "* This is twistchat.  Type the name you want to have here")
        server.configure("[line]\nmotd = 7\n")
        self.assertRaises(ConfigError, rehash, server.context)

    def test_directory(self) -> None:
        """A server with a journal on disk is continued by another one with the same directory."""
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
        """A bot's protocol can be plugged in, and talked to."""
        server = MemoryServer()
        link = server.plug(EchoBot())
        alice = server.person("alice")
        alice.send("/msg echobot one", "/msg echobot two")
        alice.expect("[12:00] @alice <echobot> one", "[12:00] @alice <echobot> two")
        link.cut()
        server.pump()
        alice.expect("* echobot quit (connection lost)")

    def test_noSuchDoor(self) -> None:
        """There are no doors but those that the server was given."""
        self.assertRaises(KeyError, MemoryServer(doors=()).plug, Protocol(), "line")

    def test_closedDoor(self) -> None:
        """Nobody can be plugged into a door that is closed, and the error says so."""
        server = MemoryServer()
        self.successResultOf(server.close())
        error = self.assertRaises(AssertionError, server.connect)
        self.assertEqual("the line door is closed", str(error))

    def test_advance(self) -> None:
        """Time passes when the test says so, and only then."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        alice.send("noon")
        server.advance(3600)
        alice.send("one o'clock")
        bob.expect("[12:00] <alice> noon", "[13:00] <alice> one o'clock")

    def test_start(self) -> None:
        """When it starts can be chosen."""
        server = MemoryServer(start=0.0)
        alice, bob = server.person("alice"), server.person("bob")
        alice.send("hello")
        bob.expect("[00:00] <alice> hello")

    def test_settings(self) -> None:
        """It takes an administrator's settings."""
        server = MemoryServer(replace(SETTINGS, server=ServerSettings("chat.test")))
        server.connect().expect("* This is chat.test.  Type the name you want to have here")

    def test_host(self) -> None:
        """A client comes from where it says; the server sees that address."""
        server = MemoryServer()
        for host in ("192.0.2.7", "2001:db8::7"):
            client = server.connect(host)
            transport: Any = client.transport
            self.assertEqual(host, transport.getHost().host)
            self.assertEqual(6623, transport.getPeer().port)

    def test_personCannotCome(self) -> None:
        """A person who cannot come in fails the test with what they were told."""
        server = MemoryServer()
        server.person("alice")
        error = self.assertRaises(AssertionError, server.person, "alice")
        self.assertIn("! The nick alice is in use.  Choose another.", str(error))

    def test_close(self) -> None:
        """Closing fires when everyone is gone."""
        server = MemoryServer()
        alice = server.person("alice")
        closed = server.close("Good night")
        alice.expect("* Good night")
        self.assertTrue(alice.gone)
        self.successResultOf(closed)


class LineClientTests(SynchronousTestCase):
    """Someone at the line door."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def fails(self, client: LineClient, *expected: str | re.Pattern[str]) -> str:
        """Hold that these lines are not what was seen, and give the error's text."""
        return str(self.assertRaises(AssertionError, client.expect, *expected))

    def test_expect(self) -> None:
        """What was seen since the last look, as strings or patterns."""
        self.alice.send("one", "two")
        self.bob.expect("[12:00] <alice> one", re.compile(r"\[..:..\] <alice> t.o"))
        self.bob.expect()

    def test_expectOther(self) -> None:
        """Another line, one too few or too many: the error shows what was expected and what was found."""
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
        """A string or a pattern is the whole line, not a part of it."""
        self.alice.send("one")
        self.fails(self.bob, "<alice> one")
        self.alice.send("one")
        self.fails(self.bob, re.compile("<alice>"))

    def test_until(self) -> None:
        """Lines are passed over until one fits; those behind it are still to be seen."""
        self.alice.send("one", "two", "three")
        self.assertEqual("[12:00] <alice> two", self.bob.until(re.compile(".*two")))
        self.bob.expect("[12:00] <alice> three")

    def test_untilNever(self) -> None:
        """Where none fits, the error shows what was passed over."""
        self.alice.send("one")
        error = self.assertRaises(AssertionError, self.bob.until, "* never")
        self.assertEqual("expected\n  * never\nfound\n  [12:00] <alice> one", str(error))
        error = self.assertRaises(AssertionError, self.bob.until, "* never")
        self.assertEqual("expected\n  * never\nfound\n  (nothing)", str(error))

    def test_skip(self) -> None:
        """What was passed over is not seen again; every byte is kept."""
        self.alice.send("one")
        self.bob.skip()
        self.bob.expect()
        self.assertTrue(self.bob.raw.endswith(b"[12:00] <alice> one\n"))

    def test_hangUp(self) -> None:
        """A connection that was lost is gone on both sides."""
        self.bob.hangUp()
        self.assertTrue(self.bob.gone)
        self.assertFalse(self.bob.link.open)
        self.alice.expect("* bob quit (connection lost)")

    def test_finish(self) -> None:
        """One who sends no more still reads."""
        self.bob.sendBytes(b"bye\n/who\n")
        self.bob.finish()
        self.bob.expect("* 2 in #lobby: @alice bob")
        self.assertTrue(self.bob.gone)
