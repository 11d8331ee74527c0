"""Tests of REGISTER, VERIFY and the capability draft/account-registration (IRCv3 account-registration)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.test_codes import FakeMailer
from tests.protocols.irc.accounts import PASSWORD, addAccount, negotiating, plain
from tests.protocols.irc.servers import SECRET, STRANGER, encrypt, host, mask, rooted, serverWith, staffed
from twistchat.chat import errors
from twistchat.chat.model.sessions import Session
from twistchat.config import AccountsSettings
from twistchat.protocols.irc.commands.accounts import CODES
from twistchat.testing import IrcClient, MemoryServer

CAPABILITY = "draft/account-registration"


class FakeRegistrar:
    """
    Registers nothing.

    @ivar outcome: what every call returns, or the error with which it fails.
    @ivar calls: the arguments of the calls, without the session.
    """

    registration = "open"

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome
        self.calls: list[tuple[Any, ...]] = []

    def register(
        self, session: Session, name: str, password: str, email: str | None = None, invitation: str | None = None
    ) -> Deferred[Any]:
        """Note the call."""
        return self._call(name, password, email, invitation)

    def verify(self, session: Session, name: str, code: str) -> Deferred[Any]:
        """Note the call."""
        return self._call(name, code)

    def _call(self, *arguments: Any) -> Deferred[Any]:
        self.calls.append(arguments)
        return fail(self.outcome) if isinstance(self.outcome, Exception) else succeed(self.outcome)


class Case(SynchronousTestCase):
    """
    Tests with a registered client.

    @ivar server: the server.
    @ivar client: its client.
    """

    def setUp(self) -> None:
        """Start a server, and register a client."""
        self.use(MemoryServer())

    def use(self, server: MemoryServer) -> None:
        """Use this server."""
        self.server = server
        self.client = server.irc("alice", CAPABILITY)

    def fake(self, outcome: object) -> FakeRegistrar:
        """Let every registration end like this."""
        registrar = FakeRegistrar(outcome)
        self.server.context.registrar = registrar  # type: ignore[assignment]  # without the other methods
        return registrar

    def gets(self, line: str, *answer: str | re.Pattern[str]) -> None:
        """Assert that these lines, and no others, are the reply to a line."""
        self.client.skip()
        self.client.send(line)
        self.client.expect(*answer)

    def early(self, *lines: str) -> None:
        """Use a client that has not registered, and has sent these lines."""
        self.client = negotiating(self.server, "127.0.0.1", CAPABILITY)
        self.client.send(*lines)


class RegisterTests(Case):
    """REGISTER."""

    def test_success(self) -> None:
        """The account has the client's nick, and the client is logged in to it."""
        self.gets(
            f"REGISTER * * :{PASSWORD}",
            ":twistchat REGISTER SUCCESS alice :The account is registered",
            f":twistchat 900 alice {mask('alice')} alice :You are now logged in as alice",
        )
        self.assertEqual("alice", self.server.chat.identity.find("alice").source.account)
        self.client.send("QUIT")
        self.client = negotiating(self.server)
        self.client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
        self.assertIn("903", self.client.lines()[-1])

    def test_customName(self) -> None:
        """The account may have another name, if the configuration allows it."""
        self.gets(
            f"REGISTER Liddell * :{PASSWORD}",
            ":twistchat REGISTER SUCCESS Liddell :The account is registered",
            f":twistchat 900 alice {mask('alice')} Liddell :You are now logged in as Liddell",
        )
        self.use(serverWith(irc={"customAccountNames": False}))
        self.gets(
            f"REGISTER Liddell * :{PASSWORD}",
            ":twistchat FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK Liddell :The name of the account must be your nick, "
            "alice",
        )
        self.gets(
            f"REGISTER Alice * :{PASSWORD}",
            ":twistchat REGISTER SUCCESS Alice :The account is registered",
            f":twistchat 900 alice {mask('alice')} Alice :You are now logged in as Alice",
        )

    def test_early(self) -> None:
        """A client may register an account before its connection, and come in with it."""
        self.early("NICK bob", "USER bob 0 * :Bob")
        self.gets(
            f"REGISTER * * :{PASSWORD}",
            ":twistchat REGISTER SUCCESS bob :The account is registered",
            f":twistchat 900 * bob!~bob@{host()} bob :You are now logged in as bob",
        )
        self.client.send("CAP END")
        self.assertEqual("bob", self.server.chat.identity.find("bob").source.account)

    def test_needNick(self) -> None:
        """It needs a nick first, also for another name."""
        self.early()
        for name in ("*", "bob"):
            self.gets(f"REGISTER {name} * :{PASSWORD}", ":twistchat FAIL REGISTER NEED_NICK * :Send a nick first")

    def test_tooEarly(self) -> None:
        """If the configuration does not allow it, or the door has a password, the connection is registered first."""
        why = ":Register your connection first"
        for irc in ({"earlyAccounts": False}, {"password": SECRET}):
            self.server = serverWith(irc=irc)
            self.early("NICK bob")
            self.gets(f"REGISTER * * :{PASSWORD}", f":twistchat FAIL REGISTER COMPLETE_CONNECTION_REQUIRED {why}")
            self.gets("VERIFY bob 123456", f":twistchat FAIL VERIFY COMPLETE_CONNECTION_REQUIRED {why}")

    def test_arguments(self) -> None:
        """An asterisk is no mail address.  The fourth parameter is an invitation code."""
        registrar = self.fake(errors.Overloaded("passwords to check"))
        self.client.send(
            "REGISTER * * secret", "REGISTER bob b@example.org :a secret", "REGISTER * * secret code", "REGISTER * * :"
        )
        self.assertEqual(
            [
                ("alice", "secret", None, None),
                ("bob", "a secret", "b@example.org", None),
                ("alice", "secret", None, "code"),
                ("alice", "", None, None),
            ],
            registrar.calls,
        )

    def test_tooFew(self) -> None:
        """Without a password it is refused.  The password that stands in the wrong place is not repeated."""
        self.gets(
            "REGISTER secret secret",
            ":twistchat 461 alice REGISTER :Not enough parameters: <account> <email> <password> [<invitation>]",
        )

    def test_verification(self) -> None:
        """If a mail was sent, the client is not logged in yet."""
        self.fake("verify")
        self.gets(
            "REGISTER * a@example.org secret",
            ":twistchat REGISTER VERIFICATION_REQUIRED alice :The account is registered.  A code was sent to "
            "a@example.org: VERIFY alice <code>",
        )
        self.assertIsNone(self.server.chat.identity.find("alice").source.account)

    def test_loggedIn(self) -> None:
        """Someone who is logged in cannot register another account, nor verify one."""
        self.client.send(f"REGISTER * * :{PASSWORD}")
        for line, command in ((f"REGISTER bob * :{PASSWORD}", "REGISTER bob"), ("VERIFY bob x", "VERIFY bob")):
            word, name = command.split()
            self.gets(line, f":twistchat FAIL {word} ALREADY_AUTHENTICATED {name} :You are logged in to alice already")
        self.early("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}", "NICK al")
        self.gets(
            f"REGISTER * * :{PASSWORD}",
            ":twistchat FAIL REGISTER ALREADY_AUTHENTICATED al :You are logged in to alice already",
        )

    def test_codes(self) -> None:
        """Each error has the code of the specification."""
        for error, code in (
            (errors.AccountExists("x"), "ACCOUNT_EXISTS"),
            (errors.NickOwned("x"), "ACCOUNT_EXISTS"),
            (errors.NameRetired("x"), "BAD_ACCOUNT_NAME"),
            (errors.BadNick("x", "is bad"), "BAD_ACCOUNT_NAME"),
            (errors.BadName("x", "is bad"), "BAD_ACCOUNT_NAME"),
            (errors.NickReserved("x"), "BAD_ACCOUNT_NAME"),
            (errors.NickInUse("x", "x"), "BAD_ACCOUNT_NAME"),
            (errors.AlreadyLoggedIn("x"), "ALREADY_AUTHENTICATED"),
            (errors.BadPassword("is too long"), "UNACCEPTABLE_PASSWORD"),
            (errors.BadPassword("is too short", weak=True), "WEAK_PASSWORD"),
            (errors.BadCredential("The mail address", "has no @"), "INVALID_EMAIL"),
            (errors.RegistrationClosed(), "TEMPORARILY_UNAVAILABLE"),
            (errors.InvitationNeeded(), "TEMPORARILY_UNAVAILABLE"),
            (errors.NotEncrypted(), "TEMPORARILY_UNAVAILABLE"),
            (errors.TooFast("register accounts", 9.0), "TEMPORARILY_UNAVAILABLE"),
            (errors.Overloaded("passwords to check"), "TEMPORARILY_UNAVAILABLE"),
            (errors.NotStored("the disk is full"), "TEMPORARILY_UNAVAILABLE"),
        ):
            self.fake(error)
            self.gets("REGISTER bob * secret", f":twistchat FAIL REGISTER {code} bob :{error.text}")
        self.assertEqual(10, len(CODES))

    def test_realCodes(self) -> None:
        """Real mistakes get these codes too, and register nothing."""
        addAccount(self.server, "bob")
        self.server.irc("carol")
        for line, code in (
            ("REGISTER bob * :correct horse", "ACCOUNT_EXISTS bob"),
            ("REGISTER BOB * :correct horse", "ACCOUNT_EXISTS BOB"),
            ("REGISTER b\N{CYRILLIC SMALL LETTER O}b * :correct horse", "ACCOUNT_EXISTS b\N{CYRILLIC SMALL LETTER O}b"),
            ("REGISTER carol * :correct horse", "BAD_ACCOUNT_NAME carol"),
            ("REGISTER NickServ * :correct horse", "BAD_ACCOUNT_NAME NickServ"),
            ("REGISTER a!b * :correct horse", "BAD_ACCOUNT_NAME a!b"),
            ("REGISTER (uid=*) * :correct horse", "BAD_ACCOUNT_NAME (uid=*)"),
            ("REGISTER ';DROP * :correct horse", "BAD_ACCOUNT_NAME ';DROP"),
            ("REGISTER * * short", "WEAK_PASSWORD alice"),
            ("REGISTER * * password", "WEAK_PASSWORD alice"),
            (f"REGISTER * * {'x' * 257}", "UNACCEPTABLE_PASSWORD alice"),
            ("REGISTER * not-an-address :correct horse", "INVALID_EMAIL alice"),
        ):
            self.gets(line, re.compile(rf":twistchat FAIL REGISTER {re.escape(code)} :.+"))
        self.assertEqual(1, len(self.server.chat.state.accounts))

    def test_withoutCapabilities(self) -> None:
        """A client without the capability gets a notice."""
        self.client = self.server.irc("old")
        self.fake(errors.AccountExists("old"))
        self.gets("REGISTER * * secret", ":twistchat NOTICE old :*** REGISTER: There is an account old already")

    def test_storm(self) -> None:
        """An address may register three accounts in ten minutes."""
        self.server = serverWith(accounts=AccountsSettings(registration="open", plaintext=True))
        for number in range(5):
            self.client = self.server.irc(f"nick{number}", CAPABILITY, host=STRANGER)
            self.client.send(f"REGISTER * * :{PASSWORD}")
        self.client.expect(re.compile(r":twistchat FAIL REGISTER TEMPORARILY_UNAVAILABLE nick4 :.*try again in \d+ .*"))
        self.assertEqual(3, len(self.server.chat.state.accounts))

    def test_invitation(self) -> None:
        """The invitation code is the fourth parameter."""
        self.server = serverWith(accounts=AccountsSettings(registration="invitation", invitation="tea party"))
        self.client = self.server.irc("alice", "standard-replies")
        for code in ("", " tea", " :tea  party"):
            self.gets(
                f"REGISTER * * correct-horse{code}",
                ":twistchat FAIL REGISTER TEMPORARILY_UNAVAILABLE alice :"
                "You need a valid invitation code to register an account here",
            )
        self.client.send("REGISTER * * correct-horse :tea party")
        self.client.until(":twistchat REGISTER SUCCESS alice :The account is registered")


class VerifyTests(Case):
    """VERIFY."""

    def test_success(self) -> None:
        """The client is logged in."""
        addAccount(self.server, "bob")
        registrar = self.fake(None)
        self.gets(
            "VERIFY BOB 123456",
            ":twistchat VERIFY SUCCESS bob :The account is verified",
            f":twistchat 900 alice {mask('alice')} bob :You are now logged in as bob",
        )
        self.assertEqual([("BOB", "123456")], registrar.calls)

    def test_codes(self) -> None:
        """Each error has the code of the specification."""
        for error, code in (
            (errors.BadCredential("The code", "is wrong"), "INVALID_CODE"),
            (errors.LoginFailed(), "INVALID_CODE"),
            (errors.NoSuchAccount("bob"), "INVALID_CODE"),
            (errors.TooFast("log in", 9.0), "TEMPORARILY_UNAVAILABLE"),
            (errors.NotStored("the disk is full"), "TEMPORARILY_UNAVAILABLE"),
        ):
            self.fake(error)
            self.gets("VERIFY bob 123456", f":twistchat FAIL VERIFY {code} bob :{error.text}")


class MailTests(Case):
    """Registration at a server that sends mails."""

    def setUp(self) -> None:
        """Start a server that sends mails, and register an account there."""
        self.mailer = FakeMailer()
        self.use(MemoryServer(mailer=self.mailer))
        self.client.send(f"REGISTER * a@example.org :{PASSWORD}")
        self.client.until(re.compile(":twistchat REGISTER VERIFICATION_REQUIRED alice :.*"))

    def test_verify(self) -> None:
        """The code from the mail completes the registration.  Until then nobody can log in."""
        other = negotiating(self.server)
        other.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
        self.assertRegex(other.lines()[-1], ":twistchat 902 .* not verified .*")
        ((recipient, text),) = self.mailer.mails
        self.assertEqual("a@example.org", recipient)
        code = re.findall("is ([a-z2-9]{8})$", text, re.MULTILINE)[0]
        for name, wrong in (("alice", "aaaaaaaa"), ("alice", "*"), ("nobody", code), ("(uid=*)", code)):
            self.gets(
                f"VERIFY {name} {wrong}", re.compile(rf":twistchat FAIL VERIFY INVALID_CODE {re.escape(name)} :.+")
            )
        self.gets(
            f"VERIFY alice {code}",
            ":twistchat VERIFY SUCCESS alice :The account is verified",
            f":twistchat 900 alice {mask('alice')} alice :You are now logged in as alice",
        )

    def test_guesses(self) -> None:
        """Wrong codes count as failed logins."""
        client = self.server.irc("eve", "standard-replies", host=STRANGER)
        codes = []
        for _ in range(4):
            self.server.advance(1.0)
            client.skip()
            client.send("VERIFY alice aaaaaaaa")
            codes += [line.split()[3] for line in client.lines()]
        self.assertEqual([*["INVALID_CODE"] * 3, "TEMPORARILY_UNAVAILABLE"], codes)


class OfferTests(SynchronousTestCase):
    """The capability, and its value."""

    def value(self, client: IrcClient) -> str | None:
        """Get the value of the capability; C{None} if it is not offered."""
        client.send("CAP LS 302")
        words = " ".join([line.partition(" :")[2] for line in client.lines()]).split()
        for word in words:
            name, _, value = word.partition("=")
            if name == CAPABILITY:
                return value
        return None

    def of(self, irc: dict[str, Any] | None = None, address: str = "127.0.0.1", **accounts: Any) -> str | None:
        """Get the value for these settings."""
        server = serverWith(irc=irc, accounts=AccountsSettings(**accounts))
        return self.value(server.connectIrc(address))

    def test_keys(self) -> None:
        """It follows the configuration."""
        self.assertEqual("before-connect,custom-account-name", self.of())
        self.assertEqual("custom-account-name", self.of({"earlyAccounts": False}))
        self.assertEqual("custom-account-name", self.of({"password": SECRET}))
        self.assertEqual("before-connect", self.of({"customAccountNames": False}))
        self.assertEqual("before-connect,custom-account-name,email-required", self.of(emailRequired=True))
        self.assertEqual("", self.of({"earlyAccounts": False, "customAccountNames": False}))

    def test_available(self) -> None:
        """It is offered only where the client can register an account without an invitation."""
        self.assertIsNone(self.of(registration="closed"))
        self.assertIsNone(self.of(registration="invitation", invitation="x"))
        self.assertIsNone(self.of(address=STRANGER))
        self.assertIsNotNone(self.of(address=STRANGER, plaintext=True))
        encrypt(self)
        self.assertIsNotNone(self.of(address=STRANGER))

    def test_notify(self) -> None:
        """A change of the configuration is announced."""
        server = staffed()
        client = server.irc("bob", CAPABILITY)
        root = rooted(server, "root")
        server.configuration = replace(server.configuration, accounts=AccountsSettings(registration="closed"))
        root.send("REHASH")
        client.expect(f":twistchat CAP bob DEL :{CAPABILITY}")
