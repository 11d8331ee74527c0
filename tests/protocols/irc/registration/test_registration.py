"""Tests of connection registration: the required commands, their order, and the welcome."""

from __future__ import annotations

import re
from itertools import permutations

from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.irc.servers import SECRET, STRANGER, host, mask, rooted, serverWith, staffed
from twistchat import __version__
from twistchat.chat.model.modes.user import USER_MODES
from twistchat.config import Settings
from twistchat.testing import IrcClient, ManualLog, MemoryServer, inMemory

VERSION = f"twistchat-{__version__}"


def numerics(lines: list[str]) -> list[str]:
    """Get the numerics and commands of lines, in order."""
    return [line.split(" ")[1] if line.startswith(":") else line.split(" ")[0] for line in lines]


class WelcomeTests(SynchronousTestCase):
    """The welcome."""

    def test_order(self) -> None:
        """It has 001 to 005, the host, the numbers of users, and the message of the day, in this order."""
        server = serverWith(irc={"motd": "One\nTwo", "network": "Example"})
        client = server.connectIrc()
        client.send("NICK alice", "USER alice 0 * :Alice Liddell")
        lines = client.lines()
        self.assertEqual("001 002 003 004 005 005 005 396 251 255 265 266 375 372 372 376", " ".join(numerics(lines)))
        self.assertEqual(
            [
                f":twistchat 001 alice :Welcome to the Example Network, {mask('alice')}",
                f":twistchat 002 alice :Your host is twistchat, running version {VERSION}",
                ":twistchat 003 alice :This server was started 2026-01-01 12:00:00 UTC",
            ],
            lines[:3],
        )
        self.assertRegex(
            lines[3], rf":twistchat 004 alice twistchat {VERSION} {''.join(USER_MODES)} [A-Za-z]+ [A-Za-z]+"
        )
        self.assertEqual(
            f":twistchat 396 alice {host()} :is now your visible host",
            next(line for line in lines if " 396 " in line),
        )
        self.assertEqual(
            [
                ":twistchat 375 alice :- twistchat Message of the day -",
                ":twistchat 372 alice :- One",
                ":twistchat 372 alice :- Two",
                ":twistchat 376 alice :End of /MOTD command",
            ],
            lines[-4:],
        )

    def test_defaultName(self) -> None:
        """Without a configuration the server's name contains a dot, so that no user can have it as a nick."""
        server = MemoryServer(Settings())
        client = server.connectIrc(STRANGER)
        client.send("NICK twistchat.local")
        self.assertEqual(["432"], numerics(client.lines()))
        client.send("NICK alice", "USER alice 0 * :Alice")
        lines = client.lines()
        self.assertTrue(all(line.startswith(":twistchat.local ") for line in lines), lines)
        self.assertIn("004 alice twistchat.local ", lines[3])
        server.connect(STRANGER).expect("* This is twistchat.local.  Type the name you want to have here")

    def test_noMotd(self) -> None:
        """Without a message of the day it ends with 422."""
        client = MemoryServer().connectIrc()
        client.send("NICK alice", "USER alice 0 * :Alice")
        self.assertEqual(":twistchat 422 alice :There is no message of the day", client.lines()[-1])

    def test_counts(self) -> None:
        """LUSERS counts users, invisible users and unregistered connections, and omits counts of zero."""
        server = MemoryServer()
        bob = server.irc("bob")
        bob.join("#a")
        bob.send("MODE bob +i")
        bob.skip()
        server.connectIrc(STRANGER)
        bob.send("LUSERS")
        bob.expect(
            ":twistchat 251 bob :There are 0 users and 1 invisible on 1 servers",
            ":twistchat 253 bob 1 :unknown connection(s)",
            ":twistchat 254 bob 1 :channels formed",
            ":twistchat 255 bob :I have 1 clients and 0 servers",
            ":twistchat 265 bob 1 1 :Current local users 1, max 1",
            ":twistchat 266 bob 1 1 :Current global users 1, max 1",
        )
        server.irc("carol").send("QUIT")
        bob.send("LUSERS")
        self.assertIn(":twistchat 265 bob 1 2 :Current local users 1, max 2", bob.lines())

    def test_operators(self) -> None:
        """LUSERS counts operators as long as they are operators, also invisible ones."""
        server = staffed()
        bob, root = server.irc("bob"), rooted(server, "root")
        root.send("MODE root +i", "NICK toor")
        for line, counts in (
            ("PING x", ["251 bob :There are 1 users and 1 invisible on 1 servers", "252 bob 1 :operator(s) online"]),
            (
                "MODE toor -i",
                ["251 bob :There are 2 users and 0 invisible on 1 servers", "252 bob 1 :operator(s) online"],
            ),
            ("MODE toor -o", ["251 bob :There are 2 users and 0 invisible on 1 servers"]),
            ("MODE toor +i", ["251 bob :There are 1 users and 1 invisible on 1 servers"]),
            (
                "OPER root secret",
                ["251 bob :There are 1 users and 1 invisible on 1 servers", "252 bob 1 :operator(s) online"],
            ),
            ("QUIT", ["251 bob :There are 1 users and 0 invisible on 1 servers"]),
        ):
            root.send(line)
            bob.skip()
            bob.send("LUSERS")
            told = [line.removeprefix(":twistchat ") for line in bob.lines()]
            self.assertEqual(counts, [line for line in told if line[:3] in {"251", "252"}], line)


class OrderTests(SynchronousTestCase):
    """The order of NICK, USER and CAP."""

    def test_any(self) -> None:
        """In any order, the last of the commands registers the client; CAP END alone does not."""
        for lines in permutations(["NICK alice", "USER alice 0 * :Alice", "CAP LS 302"]):
            if lines[-1] == "CAP LS 302":
                continue  # then they are in without
            with self.subTest(lines):
                client = MemoryServer().connectIrc()
                client.send(*lines)
                self.assertNotIn("001", numerics(client.lines()))
                client.send("CAP END")
                self.assertEqual("001", numerics(client.lines())[0])

    def test_withoutCap(self) -> None:
        """A client without CAP registers with two lines, in either order."""
        for lines in permutations(["NICK alice", "USER alice 0 * :Alice"]):
            client = MemoryServer().connectIrc()
            client.send(lines[0])
            client.expect()
            client.send(lines[1])
            self.assertEqual("001", numerics(client.lines())[0])

    def test_capEndTooEarly(self) -> None:
        """CAP END before NICK and USER is allowed."""
        client = MemoryServer().connectIrc()
        client.send("CAP END", "NICK alice", "CAP END", "USER alice 0 * :Alice")
        self.assertEqual("001", numerics(client.lines())[0])

    def test_byteByByte(self) -> None:
        """The result is the same byte by byte and all at once, with CR LF, LF, or both."""
        said = []
        for data in (
            b"CAP LS 302\r\nNICK alice\r\nUSER alice 0 * :\xc3\x84lice\r\nCAP END\r\nPING x\r\n",
            b"CAP LS 302\nNICK alice\r\n\r\n\nUSER alice 0 * :\xc3\x84lice\nCAP END\nPING x\n",
        ):
            whole, single = MemoryServer().connectIrc(), MemoryServer().connectIrc()
            whole.sendBytes(data)
            for byte in data:
                single.sendBytes(bytes([byte]))
            said += [whole.raw, single.raw]
        self.assertEqual(1, len(set(said)))
        self.assertIn(b"PONG twistchat", said[0])

    def test_endsLinesWithCrLf(self) -> None:
        """Every line of the server ends with CR LF, and contains neither elsewhere."""
        client = MemoryServer().irc("alice")
        client.send("HELP", "VERSION")
        self.assertEqual(client.raw.count(b"\r\n"), client.raw.count(b"\n"))
        self.assertEqual(client.raw.count(b"\r\n"), client.raw.count(b"\r"))


class WrongTests(SynchronousTestCase):
    """Errors before registration."""

    def setUp(self) -> None:
        """Connect a client; bob is registered."""
        self.server = MemoryServer()
        self.bob = self.server.irc("bob")
        self.client = self.server.connectIrc()

    def check(self, line: str, *answers: str | re.Pattern[str]) -> None:
        """Assert the reply to a line."""
        self.client.send(line)
        self.client.expect(*answers)

    def test_twentyWrongThings(self) -> None:
        """Each error has its numeric, and the client can register afterwards."""
        for line, answer in (
            ("NICK", "431 * :No nickname given"),
            ("NICK :", "431 * :No nickname given"),
            ("NICK bob", "433 * bob :Nickname is already in use"),
            ("NICK BOB", "433 * BOB :Nickname looks like bob, which is in use"),
            ("NICK b\N{CYRILLIC SMALL LETTER O}b", "433 * b\u043eb :Nickname looks like bob, which is in use"),
            ("NICK NickServ", "432 * NickServ :This nick is reserved"),
            ("NICK #room", re.compile(r":twistchat 432 \* #room :The nick .*")),
            ("NICK :a b", re.compile(r":twistchat 432 \* a\ufffdb :The nick .*")),
            ("NICK ::a", re.compile(r":twistchat 432 \* \ufffda :The nick .*")),
            ("NICK " + 33 * "a", re.compile(rf":twistchat 432 \* {33 * 'a'} :The nick is longer than 32 .*")),
            ("NICK " + 500 * "a", re.compile(r":twistchat 432 \* a+… :The nick is longer than 32 .*")),
            ("NICK 1\N{RIGHT-TO-LEFT OVERRIDE}2", re.compile(r":twistchat 432 \* \S+ :The nick .*")),
            ("USER", "461 * USER :Not enough parameters: <username> 0 * <realname>"),
            ("USER alice 0 *", "461 * USER :Not enough parameters: <username> 0 * <realname>"),
            ("USER alice 0 * :", "461 * USER :Not enough parameters: the realname is empty"),
            ("PASS", "461 * PASS :Not enough parameters: <password>"),
            ("JOIN #a", "451 * :You have not registered"),
            ("PRIVMSG bob :hi", "451 * :You have not registered"),
            ("AWAY :gone", "451 * :You have not registered"),
            ("ISUPPORT", "451 * :You have not registered"),
            ("NONSENSE", "451 * :You have not registered"),
            ("WHOIS bob", "451 * :You have not registered"),
            ("OPER root secret", "451 * :You have not registered"),
            ("CAP", "461 * CAP :Not enough parameters: <subcommand> [:<capabilities>]"),
            ("CAP FROB", "410 * FROB :Invalid CAP command"),
            ("CAP ::x y", "410 * \ufffdx\ufffdy :Invalid CAP command"),
            ("PING", "409 * :No origin specified"),
            ("PING :", "409 * :No origin specified"),
            ("X" * 600, "417 * :Input line was too long"),
            (":only.a.source", "NOTICE * :*** *: Message rejected, it has no command"),
        ):
            with self.subTest(line):
                self.check(line, answer if isinstance(answer, re.Pattern) else f":twistchat {answer}")
        self.bob.expect()
        self.client.send("NICK alice", "USER alice 0 * :Alice")
        self.assertEqual("001", numerics(self.client.lines())[0])

    def test_notUtf8(self) -> None:
        """
        Bytes that are not UTF-8 are refused with FAIL, whatever the capabilities.  If the command cannot be read, it is
        C{*} (IRCv3 utf8-only).
        """
        for capabilities in ("", "CAP REQ standard-replies"):
            self.client.send(capabilities)
            self.client.skip()
            self.client.sendBytes(b"USER alice 0 * :\xff\r\n\xc3\r\n")
            self.client.expect(
                ":twistchat FAIL USER INVALID_UTF8 :Message rejected, it is not UTF-8 at byte 16",
                ":twistchat FAIL * INVALID_UTF8 :Message rejected, it is not UTF-8 at byte 0",
            )
        self.bob.sendBytes(b"PRIVMSG bob :\xff\r\n")
        self.bob.expect(":twistchat FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not UTF-8 at byte 13")

    def test_emptyLines(self) -> None:
        """Empty lines are ignored."""
        self.client.sendBytes(b"\r\n\n\r\n   \r\n")
        self.client.expect()

    def test_twiceUser(self) -> None:
        """A second USER is refused."""
        self.client.send("USER alice 0 * :Alice")
        self.check("USER alice 0 * :Alice", ":twistchat 462 * :You may not reregister")

    def test_afterRegistration(self) -> None:
        """USER, PASS and WEBIRC are refused after registration."""
        for line in ("USER a 0 * :b", "PASS x", "WEBIRC a b c d"):
            self.bob.send(line)
            self.bob.expect(":twistchat 462 bob :You may not reregister")

    def test_anotherNick(self) -> None:
        """A client may send another NICK, whether the first was in use or not."""
        self.client.send("USER alice 0 * :Alice", "NICK bob")
        self.client.expect(":twistchat 433 * bob :Nickname is already in use")
        self.client.send("CAP LS", "NICK carol", "NICK dave", "CAP END")
        self.assertIn(f"Network, dave!~alice@{host()}", self.client.until(re.compile(r":\S+ 001 .*")))

    def test_tooManyLines(self) -> None:
        """A client that sends 64 messages without registering is disconnected."""
        self.client.send(*["PING x"] * 64)
        self.assertEqual(64, len(self.client.lines()))
        self.assertFalse(self.client.gone)
        self.client.send("PING x")
        self.client.expect(f"ERROR :Closing Link: {host()} (You sent 64 messages and did not register)")
        self.assertTrue(self.client.gone)

    def test_lineTooMany(self) -> None:
        """The line after the 64 messages is not executed, even if it would complete the registration."""
        self.client.send("USER alice 0 * :Alice", *["PING x"] * 63)
        self.client.skip()
        self.client.send("NICK alice")
        self.client.expect(f"ERROR :Closing Link: {host()} (You sent 64 messages and did not register)")
        self.assertIsNone(self.server.chat.state.users.named("alice"))

    def test_tooManyMixedLines(self) -> None:
        """Blank lines count too."""
        self.client.send(*["PING x", ""] * 32)
        self.assertFalse(self.client.gone)
        self.client.send("PING x")
        self.assertTrue(self.client.gone)

    def test_tooManyBadLines(self) -> None:
        """Invalid lines and lines that are too long count too."""
        for line in (b"\xff\r\n", b"X" * 600 + b"\r\n"):
            client = self.server.connectIrc()
            client.sendBytes(line * 64)
            self.assertFalse(client.gone)
            client.sendBytes(line)
            self.assertTrue(client.gone)

    def test_tooLate(self) -> None:
        """A client that does not register within 30 s is disconnected, with or without CAP."""
        other = self.server.connectIrc()
        other.send("CAP LS 302", "NICK alice", "USER alice 0 * :Alice")
        other.skip()
        self.server.advance(29)
        self.assertFalse(self.client.gone or other.gone)
        self.server.advance(3)
        for client in (self.client, other):
            self.assertTrue(client.gone)
            client.until(re.compile(r"ERROR :Closing Link: \S+ \(You did not come in within 30 s\..*\)"))

    def test_quit(self) -> None:
        """The reply to QUIT before registration is ERROR."""
        self.client.send("QUIT :bye")
        self.client.expect(f"ERROR :Closing Link: {host()} (Quit: bye)")
        self.assertTrue(self.client.gone)


class NameTests(SynchronousTestCase):
    """The names that a client gives."""

    def whois(self, user: str) -> str:
        """Register a client with these names, and get its WHOIS."""
        client = MemoryServer().connectIrc()
        client.send("NICK alice", f"USER {user}")
        client.skip()
        client.send("WHOIS alice")
        return client.lines()[0].removeprefix(":twistchat 311 alice alice ")

    def test_username(self) -> None:
        """A username is marked and cut to 16 characters.  Characters that are invalid before C{@} are removed."""
        for given, shown in (
            ("alice", "~alice"),
            ("a!b@c:d", "~abcd"),
            ("@!", "~user"),
            ("\N{LATIN SMALL LETTER E WITH ACUTE}", "~user"),
            (20 * "x", "~" + 16 * "x"),
        ):
            self.assertEqual(f"{shown} {host()} * :A B", self.whois(f"{given} 0 * :A B"))

    def test_realname(self) -> None:
        """A realname is cut to 150 characters.  The parameters for host and server are ignored."""
        self.assertEqual(f"~a {host()} * :{150 * 'x'}", self.whois(f"a 8 whatever :{200 * 'x'}").replace("* x", "* :x"))

    def test_widest(self) -> None:
        """Names of four-byte characters are cut to the line."""
        client = MemoryServer().connectIrc()
        nick, realname = 32 * "\N{GOTHIC LETTER AHSA}", 110 * "\N{GOTHIC LETTER BAIRKAN}"
        client.send(f"NICK {nick}", f"USER a 0 * :{realname}")
        client.skip()
        client.send(f"WHOIS {nick}", f"WHO {nick}")
        for line in client.lines():
            self.assertLessEqual(len(line.encode()), 510)
            self.assertTrue(line.startswith(f":twistchat {line.split(' ')[1]} {nick} "), line)


class PasswordTests(SynchronousTestCase):
    """A server with a password."""

    def setUp(self) -> None:
        """Start the server."""
        self.server = serverWith(irc={"password": SECRET})

    def enter(self, *lines: str, address: str = "127.0.0.1") -> IrcClient:
        """Connect a client that sends these lines, NICK and USER."""
        client = self.server.connectIrc(address)
        client.send(*lines, "NICK alice", "USER alice 0 * :Alice")
        return client

    def test_right(self) -> None:
        """A client with the correct password registers.  The last PASS counts."""
        for lines in (["PASS secret"], ["PASS :secret"], ["PASS wrong", "PASS secret"]):
            client = self.enter(*lines)
            self.assertEqual("001", numerics(client.lines())[0])
            client.send("QUIT")

    def test_wrong(self) -> None:
        """Without the correct password a client is told so and disconnected."""
        for lines in ([], ["PASS wrong"], ["PASS secret", "PASS :"]):
            client = self.enter(*lines)
            client.expect(":twistchat 464 * :Password incorrect", f"ERROR :Closing Link: {host()} (Bad password)")
            self.assertTrue(client.gone)

    def test_tooOften(self) -> None:
        """After three wrong passwords in a row an address must wait, even with the correct one."""
        for _ in range(3):
            self.enter("PASS wrong", address=STRANGER)
        client = self.enter("PASS secret", address=STRANGER)
        self.assertRegex(client.lines()[0], r":twistchat 263 \* \w+ :You give passwords too fast; try again in \d+ s")
        self.assertTrue(client.gone)
        self.server.advance(60)
        self.assertEqual("001", numerics(self.enter("PASS secret", address=STRANGER).lines())[0])

    def test_nickIsFree(self) -> None:
        """A client that was refused holds no nick."""
        self.enter("PASS wrong")
        self.assertEqual("001", numerics(self.enter("PASS secret").lines())[0])


class RaceTests(SynchronousTestCase):
    """Two clients that want the same nick at once."""

    def test_loser(self) -> None:
        """The order of the journal decides.  The other client gets 433, and registers with another nick."""
        server = MemoryServer(journal=inMemory(ManualLog))
        one, two = server.connectIrc(), server.connectIrc()
        for client in (one, two):
            client.send("NICK alice", "USER alice 0 * :Alice", "PING x")
            client.expect()
        assert isinstance(server.log, ManualLog)
        while server.log.waiting:
            server.log.commit()
            server.pump()
        self.assertEqual("001", numerics(one.lines())[0])
        two.expect(":twistchat 433 * alice :Nickname is already in use", ":twistchat PONG twistchat x")
        two.send("CAP LIST", "CAP LS", "CAP END")
        self.assertEqual(["CAP", "CAP"], numerics(two.lines()))
        two.send("NICK bob")
        while server.log.waiting:
            server.log.commit()
            server.pump()
        self.assertEqual("001", numerics(two.lines())[0])

    def test_gone(self) -> None:
        """A client that disconnects during registration leaves nothing behind."""
        server = MemoryServer(journal=inMemory(ManualLog))
        client = server.connectIrc()
        client.send("NICK alice", "USER alice 0 * :Alice")
        client.hangUp()
        assert isinstance(server.log, ManualLog)
        while server.log.waiting:
            server.log.commit()
            server.pump()
        self.assertEqual(0, len(server.chat.state.users))


globals().update(overMessages(globals()))
