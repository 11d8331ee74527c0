"""Tests of registration at the line door: names, the lobby, deadlines and admission."""

from __future__ import annotations

import re
from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.servers import GOODBYE, STRANGER, commit, limited
from twistchat.config import ChatSettings, ServerSettings, Settings
from twistchat.config.limits import Limits
from twistchat.protocols.line.settings import LineSettings
from twistchat.testing import LineClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS

GREETING = "* This is twistchat.  Type the name you want to have here"


class ArrivalTests(SynchronousTestCase):
    """A client types a name and joins the lobby."""

    def setUp(self) -> None:
        self.server = MemoryServer()

    def test_asksForAName(self) -> None:
        """The first line names the server, and says what to type."""
        self.server.connect().expect(GREETING)

    def test_comesIntoTheLobby(self) -> None:
        """A client with a name joins the lobby, and founds it if it is empty."""
        alice = self.server.connect()
        alice.skip()
        alice.send("alice")
        alice.expect(
            "* You are alice.  /help lists what you can type", "* 1 in #lobby: @alice", "* alice joined #lobby"
        )

    def test_isSeenToCome(self) -> None:
        """The members see the new client, and it sees them in the order of their joins."""
        alice = self.server.person("alice")
        bob = self.server.connect()
        bob.skip()
        bob.send("bob")
        bob.expect("* You are bob.  /help lists what you can type", "* 2 in #lobby: @alice bob", "* bob joined #lobby")
        alice.expect("* bob joined #lobby")

    def test_seesTopicAndHistory(self) -> None:
        """It sees the lobby's topic and history, and then later events."""
        alice = self.server.person("alice")
        alice.send("/topic Be kind", "hello?")
        bob = self.server.connect()
        bob.skip()
        bob.send("bob")
        bob.expect(
            "* You are bob.  /help lists what you can type",
            "* Topic of #lobby: Be kind (set by alice, 2026-01-01 12:00)",
            "* 2 in #lobby: @alice bob",
            "* History of #lobby, 2026-01-01",
            "* alice set the topic of #lobby to: Be kind",
            "[12:00] <alice> hello?",
            "* End of history of #lobby",
            "* bob joined #lobby",
        )

    def test_aCrowdIsCounted(self) -> None:
        """With more than sixty members it sees their number and a hint to /who."""
        for number in range(60):
            self.server.person(f"p{number}")
        last = self.server.connect()
        last.send("last")
        last.until("* 61 in #lobby; /who lists them")
        last.skip()
        last.send("/who")
        listed = last.lines()
        self.assertEqual(4, len(listed))
        self.assertEqual("* 61 in #lobby: last", listed[3])

    def test_namesOfAnyScript(self) -> None:
        """A name may have letters of any script, and is normalized."""
        self.server.person("日本")
        client = self.server.connect()
        client.send("Zoe\N{COMBINING DIAERESIS}")
        client.until("* You are Zoë.  /help lists what you can type")

    def test_spaceAroundTheName(self) -> None:
        """White space around a name is removed."""
        client = self.server.connect()
        client.send("  alice\t")
        client.until("* alice joined #lobby")

    def test_motd(self) -> None:
        """The greeting comes first, with control characters made visible."""
        settings = replace(
            SETTINGS,
            doors={**SETTINGS.doors, "line": LineSettings("UTC", "Hello!\nBe \x1bkind.")},
            server=ServerSettings("chat.test"),
        )
        client = MemoryServer(settings).connect()
        client.expect("* Hello!", "* Be ␛kind.", "* This is chat.test.  Type the name you want to have here")

    def test_anotherLobby(self) -> None:
        """The lobby is configurable."""
        client = MemoryServer(replace(SETTINGS, chat=ChatSettings("#Welcome"))).connect()
        client.send("alice")
        client.until("* alice joined #Welcome")
        client.send("/who")
        client.expect("* 1 in #Welcome: @alice")

    def test_lobbyJoinsAreNotLimited(self) -> None:
        """The rate limit on joins does not apply to the lobby."""
        server = limited(roomJoinBurst=1, userJoinBurst=1, exempt=())
        for number in range(5):
            server.person(f"p{number}", f"192.0.2.{number}")


class RefusedNameTests(SynchronousTestCase):
    """Refused names: the error has the reason, and the client may try another."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice = self.server.person("alice")

    def refused(self, name: str, why: str) -> None:
        """Assert that a name is refused with this error, and that another one is accepted then."""
        client = self.server.connect()
        client.skip()
        client.send(name)
        client.expect(why)
        client.send("bob")
        client.until("* bob joined #lobby")
        client.hangUp()
        self.alice.until("* bob quit (connection lost)")

    def test_inUse(self) -> None:
        """A name that is in use is refused, whatever its case."""
        self.refused("alice", "! The nick alice is in use.  Choose another.")
        self.refused("ALICE", "! The nick ALICE looks like alice, which is in use.  Choose another.")

    def test_lookalike(self) -> None:
        """A name that looks like another is refused: its first letter is Cyrillic."""
        self.refused("аlice", "! The nick аlice looks like alice, which is in use.  Choose another.")

    def test_reserved(self) -> None:
        """Names of services are reserved, in any spelling."""
        self.refused("NickServ", "! The nick NickServ is reserved.  Choose another.")
        self.refused("nickserv", "! The nick nickserv is reserved.  Choose another.")

    def test_bad(self) -> None:
        """An invalid name is refused with the reason."""
        self.refused("two words", '! The nick "two words" has a space in it.  Choose another.')
        self.refused("7up", "! The nick 7up begins with a digit.  Choose another.")
        self.refused("a" * 33, f"! The nick {'a' * 33} is longer than 32 characters (it has 33).  Choose another.")
        self.refused(
            "a\0b", "! The nick a\N{REPLACEMENT CHARACTER}b has U+0000 (a control character) in it.  Choose another."
        )

    def test_command(self) -> None:
        """A command is not a name.  Most commands are refused, and unknown ones have the usual error."""
        advice = "Type the name first, for example: alice"
        self.refused("/who", f"! /who works once you have a name.  {advice}")
        self.refused("/LIST", f"! /rooms works once you have a name.  {advice}")
        self.refused("/nick", f"! /nick works once you have a name.  {advice}")
        hint = "/help lists the commands; to say the line, type another / in front of it"
        self.refused("/hlep", f"! There is no command /hlep.  Did you mean /help?  {hint}")

    def test_freeAgain(self) -> None:
        """A name is free after its user has left."""
        self.alice.send("/quit")
        self.server.person("alice")

    def test_takenWhileItWasOnItsWay(self) -> None:
        """If two clients want a name at once, the first gets it, and the other may try again."""
        server = MemoryServer(journal=inMemory(ManualLog))
        first, second = server.connect(), server.connect()
        for client in (first, second):
            client.skip()
            client.send("carol")
            client.expect()
        commit(server)
        first.until("* carol joined #lobby")
        second.expect("! The nick carol is in use.  Choose another.")
        second.send("dave")
        commit(server)
        second.until("* dave joined #lobby")

    def test_goneWhileItWasOnItsWay(self) -> None:
        """A client that disconnects during registration leaves no user behind."""
        server = MemoryServer(journal=inMemory(ManualLog))
        client = server.connect()
        client.send("carol")
        client.hangUp()
        commit(server)
        self.assertEqual([], list(server.chat.state.sessions))
        self.assertEqual(0, len(server.chat.state.users))
        other = server.connect()
        other.send("carol")
        commit(server)
        other.until("* carol joined #lobby")


class NamelessCommandTests(SynchronousTestCase):
    """Commands before registration, with the default limits in force."""

    def setUp(self) -> None:
        self.server = MemoryServer(Settings())
        self.client = self.server.connect(STRANGER)
        self.client.skip()

    def test_help(self) -> None:
        """/help says what to type first, and lists the commands.  Then a name is accepted."""
        self.client.send("/help")
        first, second, *rest = self.client.lines()
        self.assertEqual(
            "* Type the name you want to have here, and nothing else in that line, for example: alice", first
        )
        self.assertEqual("* There are 3 minutes for this.  Then you can type:", second)
        self.client.send("alice")
        self.client.until("* alice joined #lobby")
        self.client.skip()
        self.client.send("/help")
        self.assertEqual(rest, self.client.lines())

    def test_helpOfOne(self) -> None:
        """/help explains one command too."""
        self.client.send("/HELP me")
        self.assertEqual(["* /me TEXT: say what you do", "* For example: /me waves"], self.client.lines()[2:])

    def test_quit(self) -> None:
        """/quit and /exit close the connection."""
        self.client.send("/quit")
        self.client.expect(GOODBYE)
        self.assertTrue(self.client.gone)
        other = self.server.connect(STRANGER)
        other.send("/exit now")
        self.assertTrue(other.gone)

    def test_nick(self) -> None:
        """/nick NICK registers."""
        self.client.send("/nick alice")
        self.client.until("* alice joined #lobby")


class DeadlineTests(SynchronousTestCase):
    """Deadlines and limits before registration."""

    def test_late(self) -> None:
        """After three minutes without a name the connection is closed, with the reason."""
        server = MemoryServer(Settings())
        client = server.connect(STRANGER)
        client.skip()
        server.advance(179.9)
        client.expect()
        self.assertFalse(client.gone)
        server.advance(0.1)
        client.expect(
            "! The time to choose a name (3 minutes) is over.  You are welcome to connect again and choose one."
        )
        self.assertTrue(client.gone)

    def test_configured(self) -> None:
        """The time is configurable, separately from the IRC door's."""
        server = limited(lineRegistration=45.0, registration=20.0)
        client, irc = server.connect(), server.connectIrc()
        server.advance(20)
        self.assertEqual((False, True), (client.gone, irc.gone))
        client.skip()
        server.advance(25)
        client.expect(
            "! The time to choose a name (45 seconds) is over.  You are welcome to connect again and choose one."
        )

    def test_refusedNamesDoNotExtendIt(self) -> None:
        """Refused names do not extend the time."""
        server = MemoryServer()
        client = server.connect()
        for _ in range(3):
            server.advance(59)
            client.send("7up")
        self.assertFalse(client.gone)
        server.advance(3)
        self.assertTrue(client.gone)

    def test_offOnceIn(self) -> None:
        """A registered client has no deadline."""
        server = MemoryServer()
        alice = server.person("alice")
        server.advance(100_000)
        self.assertFalse(alice.gone)
        alice.expect()

    def test_tooManyLines(self) -> None:
        """After too many lines without a valid name the connection is closed."""
        server = limited(unregisteredLines=3)
        client = server.connect()
        client.skip()
        client.send("1", "2", "3")
        self.assertEqual(3, len(client.lines()))
        self.assertFalse(client.gone)
        client.send("4")
        client.expect("! You sent 3 lines and none was a name to come in with.  Connect again, and type a name.")
        self.assertTrue(client.gone)

    def test_badLinesCount(self) -> None:
        """Invalid, long and empty lines count."""
        server = limited(unregisteredLines=8)
        client = server.connect()
        client.sendBytes(b"\n\r\n  \n\n\n" + b"\xc1\n" + b"\xc0\n" + b"x" * 5000 + b"\n")
        self.assertFalse(client.gone)
        client.sendBytes(b"\xc0\n")
        self.assertTrue(client.gone)

    def test_linesBehindTheNameDoNotCount(self) -> None:
        """Lines after a name that is being registered do not count."""
        settings = replace(SETTINGS, limits=replace(SETTINGS.limits, unregisteredLines=3))
        server = MemoryServer(settings, inMemory(ManualLog))
        client = server.connect()
        client.send("alice", "one", "two", "three", "four", "/who")
        commit(server)
        client.until("* alice joined #lobby")
        client.expect("* 1 in #lobby: @alice")
        self.assertFalse(client.gone)


class AdmissionTests(SynchronousTestCase):
    """Limits on connections."""

    def refused(self, client: LineClient, why: str) -> None:
        """Assert that a connection got this error and was closed."""
        client.expect(why)
        self.assertTrue(client.gone)

    def test_connectionsPerAddress(self) -> None:
        """An address has a limited number of connections at a time."""
        server = limited(connectionsPerAddress=2)
        first = server.connect(STRANGER)
        server.connect(STRANGER)
        self.refused(
            server.connect(STRANGER),
            "! Your address has 2 connections, and no more can be.  Close one first.",
        )
        self.assertFalse(server.connect("192.0.2.8").gone)
        first.hangUp()
        self.assertFalse(server.connect(STRANGER).gone)

    def test_refusedIsNotCounted(self) -> None:
        """A refused connection does not count."""
        server = limited(connectionsPerAddress=1)
        first = server.connect(STRANGER)
        for _ in range(3):
            self.assertTrue(server.connect(STRANGER).gone)
        first.hangUp()
        self.assertFalse(server.connect(STRANGER).gone)
        self.assertTrue(server.connect(STRANGER).gone)

    def test_changedWhileRunning(self) -> None:
        """Changed limits apply to later connections."""
        server = limited(connectionsPerAddress=1)
        first = server.connect(STRANGER)
        limits = replace(server.configuration.limits, connectionsPerAddress=2)
        server.configuration = replace(server.configuration, limits=limits)
        self.assertTrue(server.connect(STRANGER).gone)
        server.context.rehash()
        second, third = server.connect(STRANGER), server.connect(STRANGER)
        self.assertEqual((False, False, True), (first.gone, second.gone, third.gone))

    def test_sixtyFour(self) -> None:
        """An IPv6 /64 counts as one address."""
        server = limited(connectionsPerAddress=1)
        server.connect("2001:db8::1")
        self.assertTrue(server.connect("2001:db8::ffff").gone)
        self.assertFalse(server.connect("2001:db8:0:1::1").gone)

    def test_newPerAddress(self) -> None:
        """An address has a limited number of new connections in ten minutes."""
        server = limited(newPerAddress=2)
        for _ in range(2):
            server.connect(STRANGER).hangUp()
        client = server.connect(STRANGER)
        (line,) = client.lines()
        found = re.fullmatch(r"! Too many new connections from your address\.  Try again in (\d+) s\.", line)
        assert found is not None
        self.assertTrue(client.gone)
        server.advance(float(found[1]))
        self.assertFalse(server.connect(STRANGER).gone)

    def test_unregistered(self) -> None:
        """With too many unregistered connections the oldest one is closed.  Registered clients stay."""
        server = limited(unregistered=2)
        alice = server.person("alice", "192.0.2.1")
        silent = [server.connect("192.0.2.2") for _ in range(2)]
        bob = server.person("bob", "192.0.2.3")
        silent[0].until("! Too many people are coming in just now.  Try again in a minute.")
        self.assertEqual([False, False, True, False], [client.gone for client in (alice, bob, *silent)])

    def test_exempt(self) -> None:
        """Exempt networks have no limits, also an IPv4 address mapped into IPv6."""
        server = limited(connectionsPerAddress=1, newPerAddress=1, unregistered=1)
        for _ in range(5):
            self.assertFalse(server.connect("127.0.0.1").gone)
            self.assertFalse(server.connect("::ffff:127.0.0.2").gone)
        self.assertFalse(server.connect(STRANGER).gone)

    def test_nobodyIsExemptByDefault(self) -> None:
        """Without exempt networks the limits apply to this machine too."""
        server = MemoryServer(Settings(limits=Limits(unregistered=1)))
        first = server.connect()
        server.connect()
        self.assertTrue(first.gone)

    def test_loopback(self) -> None:
        """Connections from this machine are not counted by address, since they share one."""
        server = MemoryServer(Settings(limits=Limits(connectionsPerAddress=1, newPerAddress=1)))
        for host in ("127.0.0.1", "127.0.0.1", "::1", "::1", "::ffff:127.0.0.1"):
            self.assertFalse(server.connect(host).gone)
        server.connect(STRANGER)
        self.assertTrue(server.connect(STRANGER).gone)


globals().update(overMessages(globals()))
