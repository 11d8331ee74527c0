"""Tests of AUTHENTICATE and of the capability sasl (IRCv3 sasl-3.1, sasl-3.2)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from pyotp import TOTP
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.fakes import sessionFrom
from tests.protocols.irc.accounts import PASSWORD, Refusing, addAccount, encoded, negotiating, plain, scram
from tests.protocols.irc.servers import STRANGER, encrypt, host, mask, rooted, serverWith, staffed
from twistchat.chat import errors
from twistchat.chat.model.events import Credential
from twistchat.chat.model.sessions import Asker
from twistchat.config import AccountsSettings
from twistchat.interfaces import Authenticated, WebCaller, WebSession
from twistchat.net.carrier import Carrier
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.registration.authentication import MAX_FAILURES
from twistchat.testing import IrcClient, MemoryServer
from twistchat.wire.sasl import MAX_ENCODED

LOGGED_IN = f":twistchat 900 * *!*@{host()} alice :You are now logged in as alice"

SUCCESS = ":twistchat 903 * :SASL authentication successful"

WRONG = ":twistchat 904 * :SASL authentication failed: The account or the password is wrong"

FINGERPRINT = "ab" * 32


def identify(case: SynchronousTestCase, fingerprint: str = FINGERPRINT) -> None:
    """Give every later connection this certificate."""
    encrypt(case)
    begin = IrcConnection.begin

    def beginSo(self: Any) -> None:
        self.openSession.fingerprint = fingerprint
        begin(self)

    case.patch(IrcConnection, "begin", beginSo)


def connectionOf(server: MemoryServer) -> Any:
    """Get the protocol of the only client of a server."""
    (session,) = server.chat.state.sessions.values()
    return session.outlet


class Case(SynchronousTestCase):
    """
    Tests with the account alice.

    @ivar server: the server.
    @ivar client: a client that has requested sasl.
    """

    def setUp(self) -> None:
        """Start a server, and connect a client."""
        self.server = MemoryServer()
        addAccount(self.server, "alice")
        self.client = negotiating(self.server)

    def gets(self, line: str, *answer: str) -> None:
        """Assert that these lines, and no others, are the reply to a line."""
        self.client.skip()
        self.client.send(line)
        self.client.expect(*answer)

    def fails(self, response: str, *answer: str, mechanism: str = "PLAIN") -> None:
        """Assert that an exchange with this response ends with these lines."""
        self.gets(f"AUTHENTICATE {mechanism}", "AUTHENTICATE +")
        self.gets(f"AUTHENTICATE {response}", *answer)

    def account(self, nick: str) -> str | None:
        """Get the account of a user."""
        return self.server.chat.identity.find(nick).source.account


class PlainTests(Case):
    """PLAIN before registration."""

    def test_login(self) -> None:
        """900 and 903 say that it worked, and the user has the account from the start."""
        self.gets("AUTHENTICATE PLAIN", "AUTHENTICATE +")
        self.gets(f"AUTHENTICATE {plain('alice')}", LOGGED_IN, SUCCESS)
        self.client.send("NICK alice", "USER alice 0 * :Alice", "CAP END")
        self.client.until(re.compile(":twistchat 001 alice .*"))
        self.assertEqual("alice", self.account("alice"))

    def test_names(self) -> None:
        """900 has the names that the client has sent.  The name of the account is in its display form."""
        self.client.send("NICK al", "USER al 0 * :Al")
        self.fails(plain("ALICE"), f":twistchat 900 * al!~al@{host()} alice :You are now logged in as alice", SUCCESS)

    def test_wrong(self) -> None:
        """A wrong password and an unknown account have the same reply.  The client may try again."""
        self.fails(plain("alice", "wrong"), WRONG)
        self.fails(plain("nobody"), WRONG)
        self.fails(plain("alice"), LOGGED_IN, SUCCESS)

    def test_anyCase(self) -> None:
        """Mechanisms may be written in any case."""
        self.fails(plain("alice"), LOGGED_IN, SUCCESS, mechanism="plain")

    def test_malformed(self) -> None:
        """Responses that are malformed are refused, with the reason."""
        failed = WRONG.removesuffix("The account or the password is wrong")
        nul = f"{failed}PLAIN needs two names and a password, with one NUL between each and none within them"
        self.fails("x", f"{failed}the message is not base64")
        self.fails(encoded("alice"), nul)
        self.fails(plain("alice", "correct\0horse"), nul)
        self.fails(plain("alice", identity="bob"), f"{failed}you cannot act for another account")

    def test_longPassword(self) -> None:
        """A password of 257 bytes is wrong."""
        self.fails(plain("alice", "x" * 257), WRONG)

    def test_again(self) -> None:
        """Before registration a client may log in again, to another account too (sasl-3.2, "SASL Reauthentication")."""
        addAccount(self.server, "bob")
        self.fails(plain("alice"), LOGGED_IN, SUCCESS)
        self.fails(plain("bob"), LOGGED_IN.replace("alice", "bob"), SUCCESS)
        self.client.send("NICK bob", "USER bob 0 * :Bob", "CAP END")
        self.assertEqual("bob", self.account("bob"))

    def test_label(self) -> None:
        """A label is on the reply."""
        self.client = negotiating(self.server, "127.0.0.1", "labeled-response", "batch")
        self.gets("@label=x AUTHENTICATE PLAIN", "@label=x AUTHENTICATE +")
        self.client.send(f"@label=y AUTHENTICATE {plain('alice')}")
        first, *lines, last = self.client.lines()
        self.assertRegex(first, "@label=y :twistchat BATCH .* labeled-response")
        self.assertEqual([LOGGED_IN, SUCCESS], [line.partition(" ")[2] for line in lines])
        self.assertRegex(last, ":twistchat BATCH -.*")


class ScramTests(Case):
    """SCRAM-SHA-256."""

    def setUp(self) -> None:
        """Connect a client that may not send its password."""
        super().setUp()
        self.client = negotiating(self.server, STRANGER)

    def test_login(self) -> None:
        """The client logs in, and the server proves that it knows the client.  No line contains the password."""
        for line in scram(self.client, "alice"):
            self.client.send(line)
        self.client.expect(LOGGED_IN.replace(host(), host(STRANGER)), SUCCESS)

    def test_wrong(self) -> None:
        """A wrong password and an unknown account have the same replies."""
        for name, password in (("alice", "wrong password"), ("nobody", PASSWORD)):
            lines = scram(self.client, name, password)
            for _ in range(3):
                self.client.send(next(lines))
            self.client.expect(WRONG)

    def test_together(self) -> None:
        """Ten people behind one address log in at the same moment; each step of all comes before the next step."""
        clients = [negotiating(self.server, STRANGER) for _ in range(10)]
        for number in range(10):
            addAccount(self.server, f"user{number}")
        steps = [scram(client, f"user{number}") for number, client in enumerate(clients)]
        for _ in range(4):
            for client, step in zip(clients, steps, strict=True):
                client.send(next(step))
        for client in clients:
            client.until(SUCCESS)

    def test_notConfirmed(self) -> None:
        """The client is not logged in before it has confirmed the server's proof."""
        lines = scram(self.client, "alice")
        for _ in range(3):
            self.client.send(next(lines))
        self.client.skip()
        self.client.send("AUTHENTICATE *", "NICK al", "USER al 0 * :Al", "CAP END")
        self.client.until(":twistchat 906 * :SASL authentication aborted")
        self.client.until(re.compile(":twistchat 001 al .*"))
        self.assertIsNone(self.account("al"))

    def test_channelBinding(self) -> None:
        """Channel binding is not offered, neither as a mechanism nor within this one."""
        self.gets(
            "AUTHENTICATE SCRAM-SHA-256-PLUS",
            ":twistchat 908 * SCRAM-SHA-256 :are available SASL mechanisms",
            ":twistchat 904 * :SASL authentication failed: this mechanism is not available on this connection",
        )
        self.fails(
            encoded("p=tls-unique,,n=alice,r=x"),
            ":twistchat 904 * :SASL authentication failed: this server does not offer channel binding",
            mechanism="SCRAM-SHA-256",
        )

    def test_nonce(self) -> None:
        """The nonce of the server must come back as it was."""
        self.client.send("AUTHENTICATE SCRAM-SHA-256", f"AUTHENTICATE {encoded('n,,n=alice,r=x')}")
        self.gets(
            f"AUTHENTICATE {encoded('c=biws,r=x,p=AAAA')}",
            ":twistchat 904 * :SASL authentication failed: the nonce is not the one that the server sent",
        )


class ExternalTests(Case):
    """EXTERNAL."""

    def setUp(self) -> None:
        """Connect a client with a certificate that alice has."""
        super().setUp()
        credential = Credential("certificate", FINGERPRINT)
        self.server.chat.accounts.setCredential(None, "alice", credential)
        self.server.pump()
        identify(self)
        self.client = negotiating(self.server)

    def test_login(self) -> None:
        """The account may be named, or found by the certificate."""
        self.fails("+", LOGGED_IN, SUCCESS, mechanism="EXTERNAL")
        self.client = negotiating(self.server)
        self.fails(encoded("alice"), LOGGED_IN, SUCCESS, mechanism="EXTERNAL")

    def test_other(self) -> None:
        """The certificate is not one of bob's."""
        addAccount(self.server, "bob")
        self.fails(encoded("bob"), WRONG, mechanism="EXTERNAL")

    def test_unknown(self) -> None:
        """Nobody has this certificate."""
        identify(self, "cd" * 32)
        self.client = negotiating(self.server)
        self.fails("+", WRONG, mechanism="EXTERNAL")


class SecondFactorTests(Case):
    """Accounts with a second factor."""

    def test_refused(self) -> None:
        """PLAIN and SCRAM say that a password is not enough, and an app token logs in with PLAIN."""
        factors = self.server.context.logins.factors
        begun = factors.setUp("alice")
        self.successResultOf(factors.confirm("alice", TOTP(begun.secret).at(self.server.context.wall())))
        refusal = f":twistchat 904 * :{errors.CodeRequired('alice').text}"
        for _ in range(MAX_FAILURES + 1):
            self.fails(plain("alice"), refusal)
        self.fails(plain("alice", "wrong"), WRONG)
        exchange = scram(self.client, "alice")
        for _ in range(3):
            self.client.send(next(exchange))
        self.client.expect(refusal)
        made = self.server.context.registrar.addToken(sessionFrom(None), "alice", "phone")
        self.fails(plain("alice", self.successResultOf(made)), LOGGED_IN, SUCCESS)


class WebSessionTests(Case):
    """EXTERNAL with the web session that came with the connection."""

    def setUp(self) -> None:
        """Connect a client with a web session of alice's."""
        super().setUp()
        self.opened = self.open("alice")
        self.bring(self.opened.secret)

    def open(self, account: str) -> WebSession:
        """Open a web session."""
        opening = self.server.context.logins.openWebSession(WebCaller("127.0.0.1", secure=False), account, "Firefox/")
        return self.successResultOf(opening)

    def bring(self, secret: str | None) -> None:
        """Connect a client, whose carrier has this secret."""
        self.patch(Carrier, "bearer", secret)
        self.client = negotiating(self.server)

    def test_login(self) -> None:
        """The account may be named, or found by the web session."""
        for response in ("+", encoded("alice"), encoded("ALICE")):
            self.bring(self.opened.secret)
            self.fails(response, LOGGED_IN, SUCCESS, mechanism="EXTERNAL")
        self.client.send("NICK alice", "USER alice 0 * :Alice", "CAP END")
        self.client.until(re.compile(":twistchat 001 alice .*"))
        self.assertEqual("alice", self.account("alice"))

    def test_offered(self) -> None:
        """Only clients with a web session are offered EXTERNAL."""
        for secret, mechanisms in (
            (self.opened.secret, "EXTERNAL,PLAIN,SCRAM-SHA-256"),
            (None, "PLAIN,SCRAM-SHA-256"),
        ):
            self.bring(secret)
            self.client.send("CAP LS 302")
            self.assertIn(f" sasl={mechanisms} ", "".join(self.client.lines()) + " ")

    def test_other(self) -> None:
        """Nobody can act for another account."""
        addAccount(self.server, "bob")
        self.bring(self.opened.secret)
        refusal = WRONG.replace("The account or the password is wrong", "you cannot act for another account")
        self.fails(encoded("bob"), refusal, mechanism="EXTERNAL")

    def test_ended(self) -> None:
        """A web session that has ended logs nobody in, and the client is told what to do.  Failures are limited."""
        self.successResultOf(self.server.context.logins.endWebSession(self.opened.secret))
        why = "your login at the page has ended; log in there again"
        refusal = WRONG.replace("The account or the password is wrong", why)
        for _ in range(MAX_FAILURES - 1):
            self.fails("+", refusal, mechanism="EXTERNAL")
        self.client.send("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
        self.assertTrue(self.client.gone)

    def test_suspended(self) -> None:
        """The owner of a suspended account learns why."""
        self.server.chat.accounts.suspend(None, "alice", "spam")
        self.server.pump()
        self.client.skip()
        self.client.send("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
        self.assertRegex(self.client.lines()[-1], r":twistchat 902 \* :.*spam")

    def test_certificate(self) -> None:
        """A certificate comes first."""
        addAccount(self.server, "bob")
        self.server.chat.accounts.setCredential(None, "bob", Credential("certificate", FINGERPRINT))
        identify(self)
        self.bring(self.opened.secret)
        self.fails("+", LOGGED_IN.replace("alice", "bob"), SUCCESS, mechanism="EXTERNAL")

    def test_loggedOut(self) -> None:
        """When the web session ends, so does the connection.  Others of the account stay."""
        self.fails("+", LOGGED_IN, SUCCESS, mechanism="EXTERNAL")
        self.client.send("NICK alice", "USER alice 0 * :Alice", "CAP END")
        other = negotiating(self.server)
        other.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}", "NICK alice", "USER a 0 * :a", "CAP END")
        self.client.skip()
        ending = self.server.context.logins.endWebSession(self.opened.secret)
        self.server.pump()
        self.successResultOf(ending)
        self.assertIn("Logged out", self.client.lines()[-1])
        self.assertEqual((True, False), (self.client.gone, other.gone))


class ExchangeTests(Case):
    """The exchange itself."""

    def test_capability(self) -> None:
        """A client needs the capability."""
        self.client = self.server.connectIrc()
        self.gets(
            "AUTHENTICATE PLAIN",
            ":twistchat 904 * :SASL authentication failed: request the capability sasl first",
        )

    def test_parameter(self) -> None:
        """A command without a parameter is refused."""
        self.gets("AUTHENTICATE", ":twistchat 461 * AUTHENTICATE :Not enough parameters: <mechanism or data>")

    def test_mechanism(self) -> None:
        """908 lists the mechanisms if the client chooses another one.  Its failures of this kind do not count."""
        for name in ("EXTERNAL", "", "*PLAIN", "x" * 400, "é") * 2:
            self.gets(
                f"AUTHENTICATE :{name}",
                ":twistchat 908 * PLAIN,SCRAM-SHA-256 :are available SASL mechanisms",
                ":twistchat 904 * :SASL authentication failed: this mechanism is not available on this connection",
            )
        self.fails(plain("alice"), LOGGED_IN, SUCCESS)

    def test_abort(self) -> None:
        """An asterisk aborts the exchange, and does no harm if there is none."""
        for _ in range(2 * MAX_FAILURES):
            self.fails("*", ":twistchat 906 * :SASL authentication aborted")
        self.gets("AUTHENTICATE *", ":twistchat 906 * :SASL authentication aborted")
        self.fails(plain("alice"), LOGGED_IN, SUCCESS)

    def test_abortedByRegistration(self) -> None:
        """If the client registers during an exchange, this is aborted, and the client is a guest."""
        self.client.send("NICK al", "USER al 0 * :Al", "AUTHENTICATE PLAIN")
        self.client.skip()
        self.client.send("CAP END")
        self.client.until(":twistchat 906 * :SASL authentication aborted")
        self.client.until(re.compile(":twistchat 001 al .*"))
        self.assertIsNone(self.account("al"))

    def test_chunks(self) -> None:
        """A response comes in chunks of 400 characters.  One that fills its chunks ends with a plus sign."""
        addAccount(self.server, "bob")
        for length in (250, 293, 294, 295):
            response = plain("alice", "x" * length)
            self.client = negotiating(self.server)
            self.gets("AUTHENTICATE PLAIN", "AUTHENTICATE +")
            while len(response) >= 400:
                self.gets(f"AUTHENTICATE {response[:400]}")
                response = response[400:]
            self.gets(f"AUTHENTICATE {response or '+'}", WRONG)

    def test_longChunk(self) -> None:
        """A chunk of more than 400 characters is too long."""
        self.fails("A" * 401, ":twistchat 905 * :SASL message too long")

    def test_longResponse(self) -> None:
        """A response of more than 4,096 characters is too long, and nothing of it is kept."""
        self.gets("AUTHENTICATE PLAIN", "AUTHENTICATE +")
        for _ in range(MAX_ENCODED // 400):
            self.gets(f"AUTHENTICATE {'A' * 400}")
        self.gets(f"AUTHENTICATE {'A' * 400}", ":twistchat 905 * :SASL message too long")
        self.fails(plain("alice"), LOGGED_IN, SUCCESS)

    def test_endless(self) -> None:
        """Endless chunks lead to errors, and then to the end of the connection."""
        for _ in range(64):
            self.client.send("AUTHENTICATE PLAIN", *[f"AUTHENTICATE {'A' * 400}"] * (MAX_ENCODED // 400 + 1))
        self.assertTrue(self.client.gone)
        lines = self.client.lines()
        self.assertEqual(MAX_FAILURES, sum(" 905 " in line for line in lines))
        self.assertEqual(f"ERROR :Closing Link: {host()} (Too many SASL authentication failures)", lines[-1])

    def test_tooManyFailures(self) -> None:
        """After five failures the connection is closed, and the client knows why."""
        for _ in range(MAX_FAILURES - 1):
            self.fails(plain("alice", "wrong"), WRONG)
        self.fails(
            plain("alice", "wrong"),
            WRONG,
            f"ERROR :Closing Link: {host()} (Too many SASL authentication failures)",
        )
        self.assertTrue(self.client.gone)

    def test_refusals(self) -> None:
        """Each refusal has its numeric and its reason."""
        for error, code, why in (
            (errors.Suspended("spam"), "902", "This account is suspended: spam"),
            (errors.NotVerified("alice"), "902", errors.NotVerified("alice").text),
            (errors.TooFast("log in", 7.0), "904", f"SASL authentication failed: {errors.TooFast('log in', 7.0).text}"),
            (errors.Overloaded("logins"), "904", errors.Overloaded("logins").text),
            (errors.NotStored("the disk is full"), "904", errors.NotStored("the disk is full").text),
            (errors.TooManySessions(10), "904", errors.TooManySessions(10).text),
            (errors.AlreadyLoggedIn("bob"), "907", "You are logged in to bob already"),
        ):
            self.server.context.logins = Refusing(error)
            self.client = negotiating(self.server)
            self.fails(plain("alice"), f":twistchat {code} * :{why}")
            self.gets("AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE +")
            self.gets(f"AUTHENTICATE {encoded('n,,n=alice,r=x')}", f":twistchat {code} * :{why}")

    def test_overloaded(self) -> None:
        """What is not the client's fault does not count as a failure."""
        self.server.context.logins = Refusing(errors.Overloaded("logins"))
        for _ in range(2 * MAX_FAILURES):
            self.fails(plain("alice"), f":twistchat 904 * :{errors.Overloaded('logins').text}")
        self.assertFalse(self.client.gone)

    def test_released(self) -> None:
        """A connection keeps nothing of an exchange that was successful, and nothing without one."""
        connection = connectionOf(self.server)
        self.assertIsNone(connection.authentication)
        self.fails(plain("alice"), LOGGED_IN, SUCCESS)
        self.assertIsNone(connection.authentication)


class RegisteredTests(Case):
    """AUTHENTICATE after registration."""

    def setUp(self) -> None:
        """Register a client."""
        super().setUp()
        self.client = self.server.irc("al", "sasl", "account-notify")

    def test_login(self) -> None:
        """The user gets the account, and their neighbours are told."""
        bob = self.server.irc("bob", "account-notify")
        for client in (self.client, bob):
            client.join("#a")
        bob.skip()
        self.fails(
            plain("alice"),
            f":{mask('al')} ACCOUNT alice",
            f":twistchat 900 al {mask('al')} alice :You are now logged in as alice",
            ":twistchat 903 al :SASL authentication successful",
        )
        bob.expect(f":{mask('al')} ACCOUNT alice")
        self.assertEqual("alice", self.account("al"))

    def test_wrong(self) -> None:
        """A failed login changes nothing."""
        self.fails(plain("alice", "wrong"), WRONG.replace("*", "al"))
        self.assertIsNone(self.account("al"))

    def test_same(self) -> None:
        """A user may log in to the same account again."""
        self.client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
        self.fails(
            plain("alice"),
            f":twistchat 900 al {mask('al')} alice :You are now logged in as alice",
            ":twistchat 903 al :SASL authentication successful",
        )

    def test_other(self) -> None:
        """A user cannot change their account: 907."""
        addAccount(self.server, "bob")
        self.client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
        self.fails(plain("bob"), ":twistchat 907 al :You are logged in to alice already")
        self.assertEqual("alice", self.account("al"))

    def test_goneWhileChecking(self) -> None:
        """A client that disconnects while its password is checked is not logged in."""
        checked: Deferred[Authenticated] = Deferred()
        logins: list[str] = []
        self.patch(self.server.chat.identity, "login", lambda asker, account: logins.append(account))
        self.patch(self.server.context.logins, "password", lambda session, name, password: checked)
        self.client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
        self.client.hangUp()
        checked.callback(Authenticated("alice", "password"))
        self.assertEqual([], logins)

    def test_goneWhileLoggingIn(self) -> None:
        """Nothing fails if a client disconnects while its login is stored."""
        stored: Deferred[None] = Deferred()

        async def login(asker: Asker, account: str, webSession: str | None) -> None:
            await stored

        self.patch(self.server.chat.identity, "login", login)
        self.client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
        self.client.hangUp()
        stored.callback(None)
        self.assertTrue(self.client.gone)

    def test_moves(self) -> None:
        """If the account's user is here already, the client becomes another session of theirs."""
        there = negotiating(self.server)
        there.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}", "NICK alice", "USER a 0 * :a", "CAP END")
        self.client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
        lines = self.client.lines()
        self.assertIn(f":{mask('al')} NICK alice", lines)
        self.assertEqual(":twistchat 903 alice :SASL authentication successful", lines[-1])
        self.assertEqual(2, self.server.chat.identity.find("alice").sessionCount)


class OfferTests(SynchronousTestCase):
    """The capability, and its value."""

    def value(self, client: IrcClient) -> str:
        """Get the value of the capability."""
        client.send("CAP LS 302")
        words = " ".join([line.partition(" :")[2] for line in client.lines()]).split()
        (value,) = [word for word in words if word.startswith("sasl")]
        return value

    def test_value(self) -> None:
        """It lists what this connection can use."""
        self.assertEqual("sasl=PLAIN,SCRAM-SHA-256", self.value(MemoryServer().connectIrc()))
        self.assertEqual("sasl=SCRAM-SHA-256", self.value(MemoryServer().connectIrc(STRANGER)))
        server = serverWith(accounts=AccountsSettings(plaintext=True))
        self.assertEqual("sasl=PLAIN,SCRAM-SHA-256", self.value(server.connectIrc(STRANGER)))
        identify(self)
        self.assertEqual("sasl=EXTERNAL,PLAIN,SCRAM-SHA-256", self.value(MemoryServer().connectIrc(STRANGER)))

    def test_old(self) -> None:
        """Before version 302 it has no value."""
        client = MemoryServer().connectIrc()
        client.send("CAP LS")
        self.assertIn("sasl", client.lines()[0].split())

    def test_notify(self) -> None:
        """A change of the configuration is announced, and takes effect at once."""
        server = staffed()
        client = negotiating(server, STRANGER)
        client.send("NICK bob", "USER bob 0 * :Bob", "CAP END")
        client.skip()
        root = rooted(server, "root")
        server.configuration = replace(server.configuration, accounts=AccountsSettings(plaintext=True))
        root.send("REHASH")
        (line,) = client.lines()
        self.assertEqual(":twistchat CAP bob NEW :", line[: line.index(" :") + 2])
        self.assertIn("sasl=PLAIN,SCRAM-SHA-256", line.partition(" NEW :")[2].split())
        client.send("AUTHENTICATE PLAIN")
        client.expect("AUTHENTICATE +")

    def test_plaintext(self) -> None:
        """A client that would send its password in the open is told what to use instead."""
        client = negotiating(MemoryServer(), STRANGER)
        client.send("AUTHENTICATE PLAIN")
        client.expect(
            ":twistchat 908 * SCRAM-SHA-256 :are available SASL mechanisms",
            ":twistchat 904 * :SASL authentication failed: this mechanism is not available on this connection",
        )

    def test_certificate(self) -> None:
        """EXTERNAL is offered when the handshake is complete and the certificate is known."""
        server = MemoryServer()
        client = server.connectIrc()
        connection = connectionOf(server)
        client.send("CAP LS 302")
        client.skip()
        connection.carrier.fingerprint = FINGERPRINT
        connection.entrance.secured()
        server.pump()
        client.expect(":twistchat CAP * NEW :sasl=EXTERNAL,PLAIN,SCRAM-SHA-256")
