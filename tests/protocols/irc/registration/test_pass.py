"""Tests of logging in with PASS, and of nicks that are taken while a client may still log in."""

from __future__ import annotations

import re

from argon2 import PasswordHasher
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.accounts import PASSWORD, Refusing, addAccount, negotiating, plain
from tests.protocols.irc.servers import SECRET, STRANGER, host, serverWith
from twistchat.chat import errors
from twistchat.testing import IrcClient, MemoryServer

WRONG = "The account or the password is wrong"


class Case(SynchronousTestCase):
    """
    Tests with the account alice.

    @ivar server: the server.
    """

    def setUp(self) -> None:
        """Start a server."""
        self.use(MemoryServer())

    def use(self, server: MemoryServer) -> None:
        """Use this server, and register alice there."""
        self.server = server
        addAccount(server, "alice")

    def enter(self, *lines: str, nick: str = "alice", address: str = "127.0.0.1") -> IrcClient:
        """Connect a client that sends these lines, and then its names."""
        client = self.server.connectIrc(address)
        client.send(*lines, f"NICK {nick}", f"USER {nick} 0 * :x")
        return client

    def welcomed(self, client: IrcClient, nick: str, account: str | None) -> None:
        """Assert that a client has come in."""
        client.until(re.compile(f":twistchat 001 {nick} .*"))
        self.assertEqual(account, self.server.chat.identity.find(nick).source.account)

    def refused(self, client: IrcClient, why: str, address: str = "127.0.0.1") -> None:
        """Assert that a client was refused and disconnected."""
        client.expect(f":twistchat 464 * :{why}", f"ERROR :Closing Link: {host(address)} ({why})")
        self.assertTrue(client.gone)


class LoginTests(Case):
    """PASS with an account and a password."""

    def test_login(self) -> None:
        """The client comes in with its account, and may have its nick."""
        client = self.enter(f"PASS :alice:{PASSWORD}")
        self.assertEqual(
            f":twistchat 900 * alice!~alice@{host()} alice :You are now logged in as alice", client.lines()[0]
        )
        self.assertEqual("alice", self.server.chat.identity.find("alice").source.account)
        self.welcomed(self.enter(f"PASS :ALICE:{PASSWORD}", nick="al"), "alice", "alice")

    def test_colon(self) -> None:
        """The password may contain colons."""
        bob = self.server.irc("bob")
        bob.send("REGISTER * * :pass:word:s", "QUIT")
        self.welcomed(self.enter("PASS bob:pass:word:s", nick="bob"), "bob", "bob")

    def test_wrong(self) -> None:
        """A failed login ends the connection, and says why.  A wrong password and an unknown account look the same."""
        self.refused(self.enter("PASS alice:wrong"), WRONG)
        self.refused(self.enter(f"PASS :nobody:{PASSWORD}", nick="nobody"), WRONG)

    def test_refusals(self) -> None:
        """Any other refusal ends it too."""
        self.server.context.logins = Refusing(errors.Suspended("spam"))
        self.refused(self.enter(f"PASS :alice:{PASSWORD}"), "This account is suspended: spam")

    def test_plaintext(self) -> None:
        """A password that was sent in the open is refused."""
        self.refused(
            self.enter(f"PASS :alice:{PASSWORD}", nick="al", address=STRANGER), errors.NotEncrypted().text, STRANGER
        )

    def test_noLogin(self) -> None:
        """Without a server password, a PASS that names no account and password is ignored."""
        for number, line in enumerate(("PASS secret", "PASS :", "PASS ::secret", "PASS alice:")):
            self.welcomed(self.enter(line, nick=f"guest{number}"), f"guest{number}", None)


class ServerPasswordTests(Case):
    """PASS at a server that has a password."""

    def setUp(self) -> None:
        """Start a server with the password C{secret}."""
        self.use(MemoryServer())
        journal = self.server
        self.server = serverWith(irc={"password": SECRET})
        account = journal.chat.state.accounts.named("alice")
        credential = account.credential("password")
        assert credential is not None
        self.server.pump()
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "alice", [credential])))

    def test_login(self) -> None:
        """A login is enough."""
        self.welcomed(self.enter(f"PASS :alice:{PASSWORD}"), "alice", "alice")
        client = negotiating(self.server)
        client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}", "NICK al", "USER al 0 * :Al", "CAP END")
        self.welcomed(client, "alice", "alice")

    def test_wrongLogin(self) -> None:
        """If the account exists, PASS is a login and nothing else."""
        self.refused(self.enter("PASS alice:secret"), WRONG)

    def test_serverPassword(self) -> None:
        """Any other PASS is the server's password."""
        self.welcomed(self.enter("PASS secret", nick="bob"), "bob", None)
        for line in ("PASS nobody:secret", "PASS :secret:", "PASS wrong"):
            client = self.enter(line, nick="carol")
            if line == "PASS wrong":
                client.expect(":twistchat 464 * :Password incorrect", re.compile("ERROR .*"))
            self.assertTrue(client.gone)


class ColonTests(SynchronousTestCase):
    """A server's password that contains a colon."""

    def test_colon(self) -> None:
        """It is no login, unless there is an account of that name."""
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        client = serverWith(irc={"password": hasher.hash("nobody:secret")}).connectIrc()
        client.send("PASS nobody:secret", "NICK bob", "USER bob 0 * :Bob")
        client.until(re.compile(":twistchat 001 bob .*"))


class NickTests(Case):
    """Nicks that are taken."""

    def test_refusedAtOnce(self) -> None:
        """A client that cannot log in any more is told at once."""
        client = self.server.connectIrc()
        client.send("NICK alice")
        client.expect(re.compile(":twistchat 433 \\* alice :.*"))

    def test_refusedAtTheEnd(self) -> None:
        """A client that negotiates is told at the end, and may then name another nick."""
        client = negotiating(self.server)
        client.send("NICK alice", "USER x 0 * :x")
        client.expect()
        client.send("CAP END")
        client.expect(re.compile(r":twistchat 433 \* alice :.*"))
        client.send("NICK bob")
        self.welcomed(client, "bob", None)

    def test_own(self) -> None:
        """After the login the nick is the client's own, also while another session has it."""
        for _ in range(2):
            client = negotiating(self.server)
            client.send("NICK alice", "USER alice 0 * :x")
            client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}", "CAP END")
            self.welcomed(client, "alice", "alice")

    def test_invalid(self) -> None:
        """A nick that nobody can have is refused at once."""
        client = negotiating(self.server)
        client.send("NICK a!b", "NICK NickServ")
        client.expect(re.compile(r":twistchat 432 \* a!b :.*"), re.compile(r":twistchat 432 \* NickServ :.*"))
