"""Tests of L{twistchat.protocols.line.prompts}: passwords that a client types on a line of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pyotp import TOTP
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.internet.task import LoopingCall
from twisted.python.monkey import MonkeyPatcher
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.protocols.line.servers import STRANGER
from twistchat.chat.errors import NotStored, Overloaded, TooFast
from twistchat.doors.line import LineDoor
from twistchat.testing import LineClient, MemoryServer
from twistchat.testing.server import SETTINGS
from twistchat.testing.workers import HeldWorker
from twistchat.wire.telnet import BINARY, DO, DONT, ECHO, IAC, WILL, WONT

reactor: Any = installed

PASSWORD = "correct horse"
ASKED = "* alice belongs to an account; password (it will be visible; an empty line cancels):"
AGAIN = "* Password of alice (it will be visible; an empty line cancels):"
WRONG = "! The account or the password is wrong.  Try again, or press Enter to cancel."
CANCELLED = "* Type another name you want to have here"
OPEN = replace(SETTINGS, accounts=replace(SETTINGS.accounts, registration="open", plaintext=True))
"""Settings that accept passwords from other machines without encryption."""

SAID = bytes((IAC, DO, BINARY))
"""What C{telnet -8} says first."""


class PromptTestCase(SynchronousTestCase):
    """A server where Alice has an account, and is in the lobby."""

    settings = OPEN

    def setUp(self) -> None:
        self.server = MemoryServer(self.settings)
        self.alice = self.server.person("alice")
        self.alice.send("/register", PASSWORD)
        self.alice.skip()

    def connect(self, host: str = "127.0.0.1") -> LineClient:
        """Connect a client, and discard the greeting."""
        client = self.server.connect(host)
        client.skip()
        return client

    def absent(self) -> None:
        """Let Alice leave."""
        self.alice.send("/quit")
        self.alice.skip()


class NameTests(PromptTestCase):
    """A name that belongs to an account."""

    def test_asked(self) -> None:
        """Somebody who types it is asked for the password, and comes in with the right one."""
        self.absent()
        client = self.connect()
        client.send("Alice")
        client.expect(ASKED.replace("alice", "Alice"))
        client.send(PASSWORD)
        client.expect(
            "* You are Alice.  /help lists what you can type", "* 1 in #lobby: @Alice", "* Alice joined #lobby"
        )
        user = self.server.chat.identity.find("alice")
        self.assertEqual(user.source.account, "alice")

    def test_wrong(self) -> None:
        """The question stays open until an empty line or /cancel.  Then another name can be typed."""
        for lines in (["wrong", "/cancel"], ["wrong", ""], ["", "/cancel"]):
            with self.subTest(lines=lines):
                client = self.connect()
                client.send("alice", lines[0])
                if lines[0]:
                    client.expect(ASKED, WRONG, AGAIN)
                else:
                    client.expect(ASKED, CANCELLED)
                    client.send("alice")
                    client.expect(ASKED)
                client.send(*lines[1:])
                self.assertEqual(client.lines()[-1], CANCELLED)
                name = f"eve{len(lines[0])}{len(lines[1])}"
                client.send(name)
                client.until(f"* You are {name}.  /help lists what you can type")
        self.alice.send("/account")
        self.assertNotIn("wrong", "".join(self.alice.lines()))

    def test_neverExecuted(self) -> None:
        """A password that looks like a command or a text is neither, and nobody sees it."""
        for password in ("/quit", "//msg", "/nick eve", "eve", "#lobby"):
            client = self.connect()
            client.send("alice", password)
            client.expect(ASKED, WRONG, AGAIN)
            self.assertFalse(client.gone)
            client.hangUp()
        self.assertEqual(self.alice.lines(), [])

    def test_groupedNick(self) -> None:
        """It works with every nick of the account, and a look-alike is refused."""
        self.alice.send("/nicks add ally")
        self.absent()
        client = self.connect()
        client.send("ally", PASSWORD)
        client.until("* You are ally.  /help lists what you can type")
        impostor = self.connect()
        impostor.send("аlly")  # Cyrillic
        impostor.expect("! The nick аlly belongs to an account; log in to use it.  Or choose another.")

    def test_here(self) -> None:
        """If the account's user is here, the client becomes another session of that user."""
        client = self.connect()
        client.send("alice", PASSWORD, "hello")
        client.until("* You are alice, and were here already; you are in #lobby")
        bob = self.server.person("bob")
        client.send("me too")
        self.assertRegex(bob.lines()[-1], "<alice> me too")
        self.assertIn("hello", "".join(self.alice.lines()))

    def test_login(self) -> None:
        """/login works before a name is chosen, with the password in the same line or in the next."""
        self.absent()
        client = self.connect()
        client.send(f"/login alice {PASSWORD}")
        client.until("* You are alice.  /help lists what you can type")
        client.send("/quit")
        client = self.connect()
        client.send("/login alice", PASSWORD)
        client.expect(
            AGAIN, "* You are alice.  /help lists what you can type", "* 1 in #lobby: @alice", "* alice joined #lobby"
        )

    def test_pasted(self) -> None:
        """A script that sends name, password and texts at once is understood."""
        self.absent()
        bob = self.server.person("bob")
        client = self.connect(STRANGER)
        client.sendBytes(f"alice\n{PASSWORD}\none\ntwo\n".encode())
        self.server.advance(5)
        self.assertEqual([line[8:] for line in bob.lines()[-2:]], ["<alice> one", "<alice> two"])


class CodeTests(PromptTestCase):
    """The codes of second factors."""

    QUESTION = "* Code of alice (it will be visible; an empty line cancels):"

    def setUp(self) -> None:
        super().setUp()
        self.alice.send("/totp setup")
        secret, _, _ = self.alice.lines()
        self.totp = TOTP(secret.rpartition(" ")[2])
        self.alice.send(f"/totp confirm {self.code()}")
        self.alice.skip()
        self.absent()
        self.server.advance(60)

    def code(self) -> str:
        """The code that the app shows."""
        return self.totp.at(self.server.context.wall())

    def test_asked(self) -> None:
        """After the password, the code is asked for."""
        client = self.connect()
        client.send("alice", PASSWORD)
        client.expect(ASKED, self.QUESTION)
        client.send(self.code())
        self.assertTrue(client.lines()[0].startswith("* You are alice."))
        client.send("/account")
        self.assertIn("* Your password needs a code of your second factor; /totp off CODE ends that", client.lines())

    def test_wrong(self) -> None:
        """A wrong code is asked for again, and what somebody types as a code is no nick or message."""
        client = self.connect()
        client.send("alice", PASSWORD, "bob")
        wrong = "! The code is wrong, or was used before.  Try the next one, or press Enter to cancel."
        client.expect(ASKED, self.QUESTION, wrong, self.QUESTION)
        client.send(self.code())
        self.assertTrue(client.lines()[0].startswith("* You are alice."))

    def test_typedAhead(self) -> None:
        """The code may be typed before it is asked for.  The line after it is a message."""
        bob, client = self.server.person("bob"), self.connect()
        client.send("alice", PASSWORD, self.code(), "hello")
        self.assertRegex(bob.lines()[-1], "<alice> hello$")

    def test_cancelled(self) -> None:
        """An empty line cancels."""
        client = self.connect()
        client.send("alice", PASSWORD, "")
        client.expect(ASKED, self.QUESTION, CANCELLED)
        client.send("bob")
        self.assertTrue(client.lines()[0].startswith("* You are bob."))

    def test_login(self) -> None:
        """/login asks for both.  With the password in the same line it is refused, and says what to do."""
        client = self.server.person("bob")
        client.send(f"/login alice {PASSWORD}")
        client.expect("! The account alice has a second factor.  Type /login alice, or use an app token.")
        client.send("/login alice", PASSWORD, self.code())
        self.assertEqual("alice", self.server.chat.identity.find("bob").source.account)

    def test_hungUp(self) -> None:
        """Nothing fails if the client disconnects while its password is checked."""
        worker = HeldWorker()
        server = MemoryServer(OPEN, makeWorker=lambda: worker)
        alice = server.person("alice")
        alice.send("/register", PASSWORD)
        worker.run()
        server.pump()
        begun = server.context.logins.factors.setUp("alice")
        confirming = server.context.logins.factors.confirm("alice", TOTP(begun.secret).at(server.context.wall()))
        server.pump()
        self.successResultOf(confirming)
        client = server.connect("127.0.0.1")
        client.send("/login alice", PASSWORD)
        client.hangUp()
        worker.run()
        server.pump()
        self.assertTrue(client.gone)


class SecrecyTests(PromptTestCase):
    """No error repeats a password, and no text after a prompt overtakes it."""

    def test_tooFast(self) -> None:
        """A line over the rate limit is quoted, but not if it may be a password."""
        bob = self.connect(STRANGER)
        bob.send("bob")
        self.server.advance(10)
        bob.skip()
        bob.send(*["/echo on"] * 5, "/login alice secret7", "/login alice")
        self.server.advance(1)
        bob.send("hello")
        refused = [line for line in bob.lines() if line.startswith("! Too fast")]
        self.assertEqual(['Not taken: "/login …"'], list({line.partition(".  ")[2][:21] for line in refused}))
        self.server.advance(10)
        bob.skip()
        bob.send(*["/echo on"] * 3, "/login alice", *["secret8"] * 3)
        self.server.advance(10)
        heard = "".join(bob.lines())
        self.assertNotIn("secret", heard + "".join(self.alice.lines()))
        self.assertIn("Not taken: your line.", heard)

    def test_badBytes(self) -> None:
        """A password that is not UTF-8, or too long, is refused without a word of it, and may be typed again."""
        bob = self.server.person("bob")
        bob.send("/login alice")
        bob.skip()
        bob.sendBytes(b"secr\xe9t\n" + b"s" * 5000 + b"\n")
        first, again, second, asked = bob.lines()
        self.assertRegex(first, r"^! That line is not UTF-8, from its byte 5 on\.")
        self.assertRegex(second, r"^! That line is too long.*Type it again, or press Enter to cancel\.$")
        self.assertEqual([again, asked], [AGAIN, AGAIN])
        bob.send(PASSWORD)
        self.assertIn("you are in #lobby", bob.lines()[0])

    def test_notSaid(self) -> None:
        """Lines that follow a wrong password at once are answers to the same question, and not said."""
        bob = self.server.person("bob")
        bob.sendBytes(b"/login alice\nsecret1\nsecret2\n\nsaid\n")
        self.assertEqual([line.partition("> ")[2] for line in self.alice.lines() if "<" in line], ["said"])
        self.assertEqual(bob.lines(), [AGAIN, WRONG, AGAIN, WRONG, AGAIN, "* You are not logged in"])

    def test_whileChecked(self) -> None:
        """Lines that come while a password is being checked wait for the result, and answer the next question."""
        worker = HeldWorker()
        self.server = MemoryServer(OPEN, makeWorker=lambda: worker)
        witness, bob = self.server.person("witness"), self.server.person("bob")
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "alice")))
        witness.skip()
        bob.send("/login alice")
        for password in ("secret1", "secret2", ""):
            bob.send(password)
        bob.send("said")
        while worker.queue:
            self.assertEqual(witness.lines(), [])
            worker.step()
            self.server.pump()
        self.assertEqual([line.partition("> ")[2] for line in witness.lines()], ["said"])
        self.assertEqual(bob.lines()[-1], "* You are not logged in")

    def test_afterMessages(self) -> None:
        """A password behind messages and /login in one piece of input is not said, and messages go before it."""
        bob = self.server.person("bob")
        bob.sendBytes(f"one\n/login alice\n{PASSWORD}\n".encode())
        self.assertIn("<bob> one", self.alice.lines()[1])
        self.assertIn("You are alice now", bob.lines()[1])

    def test_refused(self) -> None:
        """The question stays open whatever refuses an answer, and until the server takes one."""
        witness, bob = self.server.person("witness"), self.server.person("bob")
        witness.skip()
        for _ in range(2):
            bob.send("/login alice")
            for error in (
                TooFast("log in", 20),
                Overloaded("passwords to check"),
                NotStored("the disk is full"),
                ValueError("bug"),
            ):
                with self.subTest(error=error), self.failing(error):
                    bob.skip()
                    bob.send("secret1")
                    why, asked = bob.lines()
                    self.assertRegex(why, r"^! .*, or press Enter to cancel\.$")
                    self.assertEqual(asked, AGAIN)
                    self.server.advance(10)
            bob.send("/cancel")
            self.assertEqual(bob.lines(), ["* You are not logged in"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)
        self.assertEqual(witness.lines(), [])

    @contextmanager
    def failing(self, error: Exception) -> Iterator[None]:
        """Let the checks of passwords fail with an error."""
        patcher = MonkeyPatcher((self.server.context.logins, "password", lambda *_: fail(error)))
        patcher.patch()
        yield
        patcher.restore()

    def test_throttled(self) -> None:
        """Wrong passwords until the server makes somebody wait, and beyond, are no nicks and no messages."""
        for lines in (["alice"], ["bob", "/login alice"]):
            with self.subTest(lines=lines):
                client = self.connect(STRANGER)
                client.send(*lines)
                heard = []
                for number in range(12):
                    self.server.advance(1)
                    client.send(f"secret{number}")
                    heard += client.lines()
                self.assertIn("too fast.  Try again in ", "".join(heard))
                self.assertTrue(heard[-2].endswith("s, or press Enter to cancel."), heard)
                self.assertEqual(heard[-1], AGAIN)
                self.assertNotIn("secret", "".join([*heard, *self.alice.lines()]))

    def test_lineLimit(self) -> None:
        """Before somebody has a name, the deadline and the limit on lines apply while a question is open."""
        for slow in (False, True):
            client = self.connect(STRANGER)
            client.send("alice")
            for _ in range(3 if slow else 64):
                self.server.advance(1)
                client.send("secret")
            self.assertEqual(client.gone, not slow)
            self.server.advance(180)
            self.assertTrue(client.gone)

    def test_registerRefused(self) -> None:
        """The questions of /register and /password stay open after a password that is not acceptable."""
        bob = self.server.person("bob")
        self.alice.skip()
        bob.send("/register", "bob", "/me x", "a secret of bob", "/password", "bob", "/quit", "another secret", "hello")
        self.assertEqual("".join(line[0] for line in bob.lines()), "*!*!**" * 2)
        self.assertEqual([line.partition("> ")[2] for line in self.alice.lines()], ["hello"])

    def test_typedAhead(self) -> None:
        """A line right behind a command that does not ask, though somebody expects it, is not taken."""
        bob = self.server.person("bob")
        bob.send("/password", "secret1", "/login", "said")
        self.server.advance(10)
        self.alice.skip()
        bob.skip()
        self.alice.send("/login alice", "secret2", "said too")
        heard = "".join([*bob.lines(), *self.alice.lines()])
        self.assertNotIn("secret", heard)
        self.assertIn("<alice> said too", heard)

    def test_typedTwice(self) -> None:
        """A password that is sent again while the first one is being checked is not said."""
        worker = HeldWorker()
        self.server = MemoryServer(OPEN, makeWorker=lambda: worker)
        witness, bob = self.server.person("witness"), self.server.person("bob")
        bob.send("/register", "a secret of bob", "a secret of bob", "said")
        witness.skip()
        while worker.queue:
            worker.step()
            self.server.pump()
        self.assertEqual([line.partition("> ")[2] for line in witness.lines() if "> " in line], ["said"])

    def test_tooFastToAsk(self) -> None:
        """/login over the rate limit asks, so the password behind it is never quoted or said."""
        bob = self.connect(STRANGER)
        bob.send("bob")
        self.server.advance(10)
        bob.skip()
        bob.send(*["hello"] * 5, "/login alice", "secret1")
        heard = bob.lines()
        self.server.advance(1)
        bob.send("secret2")
        heard += bob.lines()
        self.assertIn(AGAIN, heard)
        self.assertIn("Not taken: your line.  Try again in 1 s, or press Enter to cancel.", "".join(heard))
        self.assertNotIn("secret", "".join([*heard, *self.alice.lines()]))

    def test_tooFastName(self) -> None:
        """If the name was refused unread, the password behind it is no name."""
        client = self.connect(STRANGER)
        client.send(*["#"] * 5, "alice")
        self.server.advance(0.6)
        client.send("secret1")
        self.assertRegex(client.lines()[-1], "^! Not taken: your line")
        client.send("eve")
        self.assertNotIn("secret", "".join(self.alice.lines()))


class EncryptionTests(PromptTestCase):
    """Connections that others can read."""

    settings = replace(SETTINGS, accounts=replace(SETTINGS.accounts, registration="open"))

    def test_refused(self) -> None:
        """A client on another machine is told not to send a password before it does, and may take another name."""
        stranger = self.connect(STRANGER)
        stranger.send("alice")
        why = "! Your connection is not encrypted, so do not send a password.  Use TLS."
        stranger.expect("* alice belongs to an account", why)
        stranger.send("secret")
        self.assertRegex(stranger.lines()[0], "^! Not taken: your line")
        for line in ("/login alice", f"/login alice {PASSWORD}"):
            stranger.send(line)
            stranger.expect(why)
            self.server.advance(1)
        stranger.send("bob")
        stranger.until("* You are bob.  /help lists what you can type")
        self.server.advance(10)
        stranger.skip()
        for line in ("/login alice", "/register"):
            stranger.send(line)
            stranger.expect(why)
            self.server.advance(1)


class TelnetTests(PromptTestCase):
    """Clients that can hide what is typed."""

    def test_hidden(self) -> None:
        """A telnet client is told to hide the password, and afterwards to show what is typed."""
        self.absent()
        client = self.connect()
        client.sendBytes(SAID + b"alice\r\n")
        self.assertEqual(
            client.raw.partition(b"have here\n")[2],
            bytes((IAC, WILL, BINARY, IAC, WILL, ECHO)) + b"* alice belongs to an account; password:\n",
        )
        client.skip()
        client.sendBytes(bytes((IAC, DO, ECHO)) + f"{PASSWORD}\r\n".encode())
        unread = client.raw.partition(b"password:\n")[2]
        self.assertTrue(unread.startswith(b"* You are alice."), unread)
        self.assertTrue(unread.endswith(bytes((IAC, WONT, ECHO))), unread)
        client.sendBytes(bytes((IAC, DONT, ECHO)))

    def test_cancelled(self) -> None:
        """The input is shown again after an empty line too."""
        client = self.connect()
        client.sendBytes(SAID + b"alice\r\n")
        client.sendBytes(bytes((IAC, DO, ECHO)) + b"\r\n")
        self.assertTrue(client.raw.endswith(bytes((IAC, WONT, ECHO)) + f"{CANCELLED}\n".encode()))


class TcpTests(TestCase):
    """Telnet over a real connection on loopback, with the real reactor and the default limits."""

    async def test_hidden(self) -> None:
        """The client hears that the server echoes before the question, and that it does not before the answer."""
        server = MemoryServer(OPEN)
        alice = server.person("alice")
        alice.send("/register", PASSWORD, "/quit")
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(LineDoor().factory(server.context))
        self.addCleanup(port.stopListening)
        address: Any = port.getHost()
        pumping = LoopingCall(server.pump)
        pumping.start(0.005)
        self.addCleanup(pumping.stop)
        client = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", address.port), Reader())
        client.write(SAID + b"alice\r\n")
        await client.until(b"password:\n")
        self.assertIn(bytes((IAC, WILL, ECHO)) + b"* alice belongs", client.received)
        client.write(bytes((IAC, DO, ECHO)) + b"wrong one\r\n")
        await client.until(b"Password of alice:\n")
        client.write(PASSWORD.encode() + b"\r\n")
        await client.until(b"* alice joined #lobby\n" + bytes((IAC, WONT, ECHO)))
        self.assertEqual(client.received.count(bytes((IAC, WILL, ECHO))), 1)
        client.write(b"/quit\r\n")
        await client.lost


class Reader(Protocol):
    """
    Reads until a text arrives.

    @ivar received: all bytes so far.
    """

    def __init__(self) -> None:
        self.received = b""
        self.lost: Deferred[None] = Deferred()
        self._wanted: tuple[bytes, Deferred[None]] | None = None

    def write(self, data: bytes) -> None:
        """Send bytes."""
        assert self.transport is not None
        self.transport.write(data)

    async def until(self, wanted: bytes) -> None:
        """Wait until the output ends with these bytes."""
        if not self.received.endswith(wanted):
            arrived: Deferred[None] = Deferred()
            self._wanted = wanted, arrived
            await arrived

    def dataReceived(self, data: bytes) -> None:
        """Record the received bytes."""
        self.received += data
        if self._wanted is not None and self.received.endswith(self._wanted[0]):
            (_, arrived), self._wanted = self._wanted, None
            arrived.callback(None)

    def connectionLost(self, reason: object = None) -> None:
        """Record the end."""
        self.lost.callback(None)
