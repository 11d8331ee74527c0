"""Tests of coming in through the line door: the name, the lobby, and who is not let in."""

from __future__ import annotations

import re
from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.servers import GOODBYE, STRANGER, commit, limited
from twistchat.config import ChatSettings, ServerSettings, Settings
from twistchat.config.limits import Limits
from twistchat.net.reload import rehash
from twistchat.protocols.line.settings import LineSettings
from twistchat.testing import LineClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS

GREETING = "* This is twistchat.  Type the name you want to have here"


class ArrivalTests(SynchronousTestCase):
    """A name, and then the lobby."""

    def setUp(self) -> None:
        self.server = MemoryServer()

    def test_asksForAName(self) -> None:
        """The first line says where one is, and what to type."""
        self.server.connect().expect(GREETING)

    def test_comesIntoTheLobby(self) -> None:
        """A name brings one into the lobby, which one founds where it was empty."""
        alice = self.server.connect()
        alice.skip()
        alice.send("alice")
        alice.expect(
            "* You are alice.  /help lists what you can type", "* 1 in #lobby: @alice", "* alice joined #lobby"
        )

    def test_isSeenToCome(self) -> None:
        """Those who are there see the new one come; the new one sees who is there, in the order of their coming."""
        alice = self.server.person("alice")
        bob = self.server.connect()
        bob.skip()
        bob.send("bob")
        bob.expect("* You are bob.  /help lists what you can type", "* 2 in #lobby: @alice bob", "* bob joined #lobby")
        alice.expect("* bob joined #lobby")

    def test_seesTopicAndHistory(self) -> None:
        """The lobby's topic and its last lines are shown, and then what happens there."""
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
        """Where there are more than sixty, they are counted, and /who is named."""
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
        """Letters of any script make a name, which is shown in its composed form."""
        self.server.person("日本")
        client = self.server.connect()
        client.send("Zoe\N{COMBINING DIAERESIS}")
        client.until("* You are Zoë.  /help lists what you can type")

    def test_spaceAroundTheName(self) -> None:
        """White space around a name is not part of it."""
        client = self.server.connect()
        client.send("  alice\t")
        client.until("* alice joined #lobby")

    def test_motd(self) -> None:
        """The administrator's greeting comes first, line by line; control characters in it are shown, not sent."""
        settings = replace(
            SETTINGS,
            doors={**SETTINGS.doors, "line": LineSettings("UTC", "Hello!\nBe \x1bkind.")},
            server=ServerSettings("chat.test"),
        )
        client = MemoryServer(settings).connect()
        client.expect("* Hello!", "* Be ␛kind.", "* This is chat.test.  Type the name you want to have here")

    def test_anotherLobby(self) -> None:
        """The lobby is the room that the administrator chose."""
        client = MemoryServer(replace(SETTINGS, chat=ChatSettings("#Welcome"))).connect()
        client.send("alice")
        client.until("* alice joined #Welcome")
        client.send("/who")
        client.expect("* 1 in #Welcome: @alice")

    def test_lobbyJoinsAreNotLimited(self) -> None:
        """Coming into the lobby is the server's own doing: no rate of joins binds it."""
        server = limited(roomJoinBurst=1, userJoinBurst=1, exempt=())
        for number in range(5):
            server.person(f"p{number}", f"192.0.2.{number}")


class RefusedNameTests(SynchronousTestCase):
    """Names that cannot be had: the error says why, and another may be tried on the same connection."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice = self.server.person("alice")

    def refused(self, name: str, why: str) -> None:
        """Hold that a name is refused with these words, and that another is taken after it."""
        client = self.server.connect()
        client.skip()
        client.send(name)
        client.expect(why)
        client.send("bob")
        client.until("* bob joined #lobby")
        client.hangUp()
        self.alice.until("* bob quit (connection lost)")

    def test_inUse(self) -> None:
        """The same name, whatever its case."""
        self.refused("alice", "! The nick alice is in use.  Choose another.")
        self.refused("ALICE", "! The nick ALICE looks like alice, which is in use.  Choose another.")

    def test_lookalike(self) -> None:
        """A name that would be taken for another: its first letter here is Cyrillic."""
        self.refused("аlice", "! The nick аlice looks like alice, which is in use.  Choose another.")

    def test_reserved(self) -> None:
        """The names of services are nobody's, in any spelling."""
        self.refused("NickServ", "! The nick NickServ is reserved.  Choose another.")
        self.refused("nickserv", "! The nick nickserv is reserved.  Choose another.")

    def test_bad(self) -> None:
        """What cannot be a name, with the reason."""
        self.refused("two words", '! The nick "two words" has a space in it.  Choose another.')
        self.refused("7up", "! The nick 7up begins with a digit.  Choose another.")
        self.refused("a" * 33, f"! The nick {'a' * 33} is longer than 32 characters (it has 33).  Choose another.")
        self.refused(
            "a\0b", "! The nick a\N{REPLACEMENT CHARACTER}b has U+0000 (a control character) in it.  Choose another."
        )

    def test_command(self) -> None:
        """A command is no name; most are not obeyed, and one that does not exist is answered as later on."""
        advice = "Type the name first, for example: alice"
        self.refused("/who", f"! /who works once you have a name.  {advice}")
        self.refused("/LIST", f"! /rooms works once you have a name.  {advice}")
        self.refused("/nick", f"! /nick works once you have a name.  {advice}")
        hint = "/help lists the commands; to say the line, type another / in front of it"
        self.refused("/hlep", f"! There is no command /hlep.  Did you mean /help?  {hint}")

    def test_freeAgain(self) -> None:
        """A name is free when its user has gone."""
        self.alice.send("/quit")
        self.server.person("alice")

    def test_takenWhileItWasOnItsWay(self) -> None:
        """Of two who ask for one name at once, the first has it, and the second may try another."""
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
        """Someone whose connection is lost before their name was taken leaves nobody behind."""
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
    """Commands that work before a name is chosen, with the default limits in force."""

    def setUp(self) -> None:
        self.server = MemoryServer(Settings())
        self.client = self.server.connect(STRANGER)
        self.client.skip()

    def test_help(self) -> None:
        """/help says what to type first, then lists the commands; a name may be typed after it."""
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
        """/help explains one command, too."""
        self.client.send("/HELP me")
        self.assertEqual(["* /me TEXT: say what you do", "* For example: /me waves"], self.client.lines()[2:])

    def test_quit(self) -> None:
        """/quit and /exit end the connection."""
        self.client.send("/quit")
        self.client.expect(GOODBYE)
        self.assertTrue(self.client.gone)
        other = self.server.connect(STRANGER)
        other.send("/exit now")
        self.assertTrue(other.gone)

    def test_nick(self) -> None:
        """/nick NICK is a way to type the name."""
        self.client.send("/nick alice")
        self.client.until("* alice joined #lobby")


class DeadlineTests(SynchronousTestCase):
    """A connection that does not come in is not kept."""

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
        """The time is the administrator's to choose, apart from that of the IRC door."""
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
        """Trying names gains no time."""
        server = MemoryServer()
        client = server.connect()
        for _ in range(3):
            server.advance(59)
            client.send("7up")
        self.assertFalse(client.gone)
        server.advance(3)
        self.assertTrue(client.gone)

    def test_offOnceIn(self) -> None:
        """Who has come in may be silent for as long as they like."""
        server = MemoryServer()
        alice = server.person("alice")
        server.advance(100_000)
        self.assertFalse(alice.gone)
        alice.expect()

    def test_tooManyLines(self) -> None:
        """So many lines, none of them a name, and the connection is closed."""
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
        """Lines that are not text, too long, or empty, are counted too."""
        server = limited(unregisteredLines=8)
        client = server.connect()
        client.sendBytes(b"\n\r\n  \n\n\n" + b"\xc1\n" + b"\xc0\n" + b"x" * 5000 + b"\n")
        self.assertFalse(client.gone)
        client.sendBytes(b"\xc0\n")
        self.assertTrue(client.gone)

    def test_linesBehindTheNameDoNotCount(self) -> None:
        """What is sent behind a name that is still on its way is not counted as tries for one."""
        settings = replace(SETTINGS, limits=replace(SETTINGS.limits, unregisteredLines=3))
        server = MemoryServer(settings, inMemory(ManualLog))
        client = server.connect()
        client.send("alice", "one", "two", "three", "four", "/who")
        commit(server)
        client.until("* alice joined #lobby")
        client.expect("* 1 in #lobby: @alice")
        self.assertFalse(client.gone)


class AdmissionTests(SynchronousTestCase):
    """How many may connect, and how often."""

    def refused(self, client: LineClient, why: str) -> None:
        """Hold that a connection was told this, and closed."""
        client.expect(why)
        self.assertTrue(client.gone)

    def test_connectionsPerAddress(self) -> None:
        """So many connections from one address; when one is closed, another may come."""
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
        """A connection that was refused takes no place when it is gone."""
        server = limited(connectionsPerAddress=1)
        first = server.connect(STRANGER)
        for _ in range(3):
            self.assertTrue(server.connect(STRANGER).gone)
        first.hangUp()
        self.assertFalse(server.connect(STRANGER).gone)
        self.assertTrue(server.connect(STRANGER).gone)

    def test_changedWhileRunning(self) -> None:
        """When the configuration is read again, its limits hold for those who connect from then on."""
        server = limited(connectionsPerAddress=1)
        first = server.connect(STRANGER)
        limits = replace(server.configuration.limits, connectionsPerAddress=2)
        server.configuration = replace(server.configuration, limits=limits)
        self.assertTrue(server.connect(STRANGER).gone)
        rehash(server.context)
        second, third = server.connect(STRANGER), server.connect(STRANGER)
        self.assertEqual((False, False, True), (first.gone, second.gone, third.gone))

    def test_sixtyFour(self) -> None:
        """An IPv6 address counts as its /64."""
        server = limited(connectionsPerAddress=1)
        server.connect("2001:db8::1")
        self.assertTrue(server.connect("2001:db8::ffff").gone)
        self.assertFalse(server.connect("2001:db8:0:1::1").gone)

    def test_newPerAddress(self) -> None:
        """So many new connections in ten minutes; the places of those that are gone come back with time."""
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
        """Many who say nothing keep nobody out: the first of them has to go; those who have come in stay."""
        server = limited(unregistered=2)
        alice = server.person("alice", "192.0.2.1")
        silent = [server.connect("192.0.2.2") for _ in range(2)]
        bob = server.person("bob", "192.0.2.3")
        silent[0].until("! Too many people are coming in just now.  Try again in a minute.")
        self.assertEqual([False, False, True, False], [client.gone for client in (alice, bob, *silent)])

    def test_exempt(self) -> None:
        """No number binds the networks that the administrator exempted, nor an IPv4 address mapped into IPv6."""
        server = limited(connectionsPerAddress=1, newPerAddress=1, unregistered=1)
        for _ in range(5):
            self.assertFalse(server.connect("127.0.0.1").gone)
            self.assertFalse(server.connect("::ffff:127.0.0.2").gone)
        self.assertFalse(server.connect(STRANGER).gone)

    def test_nobodyIsExemptByDefault(self) -> None:
        """An administrator who exempts nobody has the limits hold on their own machine too."""
        server = MemoryServer(Settings(limits=Limits(unregistered=1)))
        first = server.connect()
        server.connect()
        self.assertTrue(first.gone)

    def test_loopback(self) -> None:
        """Connections from this machine are not counted by address, for everyone on it has the same."""
        server = MemoryServer(Settings(limits=Limits(connectionsPerAddress=1, newPerAddress=1)))
        for host in ("127.0.0.1", "127.0.0.1", "::1", "::1", "::ffff:127.0.0.1"):
            self.assertFalse(server.connect(host).gone)
        server.connect(STRANGER)
        self.assertTrue(server.connect(STRANGER).gone)


globals().update(overMessages(globals()))
