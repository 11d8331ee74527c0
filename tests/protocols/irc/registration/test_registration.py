"""Coming in through the IRC door: what has to be said, in which order, and what is answered."""

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
    """The numerics among lines, and the commands of other messages, in their order."""
    return [line.split(" ")[1] if line.startswith(":") else line.split(" ")[0] for line in lines]


class WelcomeTests(SynchronousTestCase):
    """What someone is told who has come in."""

    def test_order(self) -> None:
        """001 to 005, the host, the numbers of users, and the message of the day, in this order and no other."""
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
        """Without any configuration the server's name has a dot in it, so that no user can be called that."""
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
        """LUSERS counts who is here, who is invisible, and who is coming in; what there is none of is left out."""
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
        """LUSERS counts operators, those who are invisible as well, for as long as they are what they are."""
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
        """Whatever the order in which they come, the last of them brings the client in; CAP END alone does not."""
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
        """A client that knows no capabilities comes in with two lines, in either order."""
        for lines in permutations(["NICK alice", "USER alice 0 * :Alice"]):
            client = MemoryServer().connectIrc()
            client.send(lines[0])
            client.expect()
            client.send(lines[1])
            self.assertEqual("001", numerics(client.lines())[0])

    def test_capEndTooEarly(self) -> None:
        """CAP END before NICK and USER is nothing to complain of."""
        client = MemoryServer().connectIrc()
        client.send("CAP END", "NICK alice", "CAP END", "USER alice 0 * :Alice")
        self.assertEqual("001", numerics(client.lines())[0])

    def test_byteByByte(self) -> None:
        """Whoever sends byte by byte is told the same as whoever sends all at once, with CR LF, LF, or both mixed."""
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
        """Every line of the server ends with CR LF, and none has either within."""
        client = MemoryServer().irc("alice")
        client.send("HELP", "VERSION")
        self.assertEqual(client.raw.count(b"\r\n"), client.raw.count(b"\n"))
        self.assertEqual(client.raw.count(b"\r\n"), client.raw.count(b"\r"))


class WrongTests(SynchronousTestCase):
    """What can be wrong before a client is in."""

    def setUp(self) -> None:
        """Connect someone; bob is here."""
        self.server = MemoryServer()
        self.bob = self.server.irc("bob")
        self.client = self.server.connectIrc()

    def check(self, line: str, *answers: str | re.Pattern[str]) -> None:
        """Hold what a line is answered with."""
        self.client.send(line)
        self.client.expect(*answers)

    def test_twentyWrongThings(self) -> None:
        """Each is answered with its numeric, and none keeps the client from coming in then."""
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
        Bytes that are not UTF-8 are refused with FAIL, whatever the client's capabilities; the command is C{*} where it
        cannot be read (IRCv3 utf8-only).
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
        """Empty lines mean nothing."""
        self.client.sendBytes(b"\r\n\n\r\n   \r\n")
        self.client.expect()

    def test_twiceUser(self) -> None:
        """USER is said once."""
        self.client.send("USER alice 0 * :Alice")
        self.check("USER alice 0 * :Alice", ":twistchat 462 * :You may not reregister")

    def test_afterRegistration(self) -> None:
        """USER, PASS and WEBIRC come too late for one who is in."""
        for line in ("USER a 0 * :b", "PASS x", "WEBIRC a b c d"):
            self.bob.send(line)
            self.bob.expect(":twistchat 462 bob :You may not reregister")

    def test_anotherNick(self) -> None:
        """Who has named a nick that is taken can name another; and one who has named one can name another still."""
        self.client.send("USER alice 0 * :Alice", "NICK bob")
        self.client.expect(":twistchat 433 * bob :Nickname is already in use")
        self.client.send("CAP LS", "NICK carol", "NICK dave", "CAP END")
        self.assertIn(f"Network, dave!~alice@{host()}", self.client.until(re.compile(r":\S+ 001 .*")))

    def test_tooManyLines(self) -> None:
        """Who sends 64 messages and does not come in is told to go."""
        self.client.send(*["PING x"] * 64)
        self.assertEqual(64, len(self.client.lines()))
        self.assertFalse(self.client.gone)
        self.client.send("PING x")
        self.client.expect(f"ERROR :Closing Link: {host()} (You sent 64 messages and did not register)")
        self.assertTrue(self.client.gone)

    def test_tooManyMixedLines(self) -> None:
        """Blank lines count together with the others."""
        self.client.send(*["PING x", ""] * 32)
        self.assertFalse(self.client.gone)
        self.client.send("PING x")
        self.assertTrue(self.client.gone)

    def test_tooManyBadLines(self) -> None:
        """Lines that cannot be read, or are too long, count, too."""
        for line in (b"\xff\r\n", b"X" * 600 + b"\r\n"):
            client = self.server.connectIrc()
            client.sendBytes(line * 64)
            self.assertFalse(client.gone)
            client.sendBytes(line)
            self.assertTrue(client.gone)

    def test_tooLate(self) -> None:
        """Who does not come in within 30 s is told to go, capabilities or none."""
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
        """QUIT is answered with ERROR before registration too."""
        self.client.send("QUIT :bye")
        self.client.expect(f"ERROR :Closing Link: {host()} (Quit: bye)")
        self.assertTrue(self.client.gone)


class NameTests(SynchronousTestCase):
    """What is made of the names that are given."""

    def whois(self, user: str) -> str:
        """How someone is shown who says this."""
        client = MemoryServer().connectIrc()
        client.send("NICK alice", f"USER {user}")
        client.skip()
        client.send("WHOIS alice")
        return client.lines()[0].removeprefix(":twistchat 311 alice alice ")

    def test_username(self) -> None:
        """A username is marked, cut to 16 characters, and what cannot stand before an @ is left out."""
        for given, shown in (
            ("alice", "~alice"),
            ("a!b@c:d", "~abcd"),
            ("@!", "~user"),
            ("\N{LATIN SMALL LETTER E WITH ACUTE}", "~user"),
            (20 * "x", "~" + 16 * "x"),
        ):
            self.assertEqual(f"{shown} {host()} * :A B", self.whois(f"{given} 0 * :A B"))

    def test_realname(self) -> None:
        """A realname is cut to 150 characters; what stands for host and server means nothing."""
        self.assertEqual(f"~a {host()} * :{150 * 'x'}", self.whois(f"a 8 whatever :{200 * 'x'}").replace("* x", "* :x"))

    def test_widest(self) -> None:
        """Names of characters that take four bytes each go as far as they fit, and break no line."""
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
        """Start it."""
        self.server = serverWith(irc={"password": SECRET})

    def enter(self, *lines: str, address: str = "127.0.0.1") -> IrcClient:
        """Connect someone who says these lines, and who they are."""
        client = self.server.connectIrc(address)
        client.send(*lines, "NICK alice", "USER alice 0 * :Alice")
        return client

    def test_right(self) -> None:
        """With the password one comes in; the last that was given counts."""
        for lines in (["PASS secret"], ["PASS :secret"], ["PASS wrong", "PASS secret"]):
            client = self.enter(*lines)
            self.assertEqual("001", numerics(client.lines())[0])
            client.send("QUIT")

    def test_wrong(self) -> None:
        """With another, or none, one is told so and has to go."""
        for lines in ([], ["PASS wrong"], ["PASS secret", "PASS :"]):
            client = self.enter(*lines)
            client.expect(":twistchat 464 * :Password incorrect", f"ERROR :Closing Link: {host()} (Bad password)")
            self.assertTrue(client.gone)

    def test_tooOften(self) -> None:
        """An address that is wrong three times in a row has to wait, whether it is right then or not."""
        for _ in range(3):
            self.enter("PASS wrong", address=STRANGER)
        client = self.enter("PASS secret", address=STRANGER)
        self.assertRegex(client.lines()[0], r":twistchat 263 \* \w+ :You give passwords too fast; try again in \d+ s")
        self.assertTrue(client.gone)
        self.server.advance(60)
        self.assertEqual("001", numerics(self.enter("PASS secret", address=STRANGER).lines())[0])

    def test_nickIsFree(self) -> None:
        """Who could not come in holds no nick."""
        self.enter("PASS wrong")
        self.assertEqual("001", numerics(self.enter("PASS secret").lines())[0])


class RaceTests(SynchronousTestCase):
    """Two want one nick at once."""

    def test_loser(self) -> None:
        """The journal's order decides; the other gets 433, and comes in under another nick."""
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
        """Who hangs up while coming in leaves nothing behind."""
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
