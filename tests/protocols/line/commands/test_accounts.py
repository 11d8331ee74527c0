"""Tests of the line door's commands on accounts."""

from __future__ import annotations

import re
from dataclasses import replace

from pyotp import TOTP
from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.test_codes import FakeMailer
from tests.carriers import overMessages
from twistchat.accounts.secrets.tokens import digest
from twistchat.chat import errors
from twistchat.chat.model.events import Credential
from twistchat.interfaces import WebCaller
from twistchat.testing import LineClient, MemoryServer
from twistchat.testing.server import SETTINGS

PASSWORD = "correct horse"
CHOOSE = "* Choose a password for the account alice (it will be visible; an empty line cancels):"
DONE = "* The account alice is yours, and you are logged in.  /help account says more"
WHEN = r"2026-01-01 12:00"


class AccountTestCase(SynchronousTestCase):
    """Alice, in the lobby."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice = self.server.person("alice")

    def register(self, client: LineClient | None = None) -> None:
        """Register an account for a client, and discard the output."""
        client = self.alice if client is None else client
        client.send("/register", PASSWORD)
        client.until(re.compile(r"\* The account \S+ is yours, .*"))
        client.skip()

    def account(self, nick: str = "alice") -> str | None:
        """Return the account of a user."""
        return self.server.chat.identity.find(nick).source.account


class RegisterTests(AccountTestCase):
    """/register and /verify."""

    def test_asked(self) -> None:
        """The password is asked for, and the client is logged in."""
        self.alice.send("/register", PASSWORD)
        self.alice.expect(CHOOSE, DONE)
        self.assertEqual(self.account(), "alice")

    def test_argument(self) -> None:
        """The password may be in the same line, and a mail address behind it or behind a dash."""
        self.alice.send("/register battery-staple alice@example.org")
        self.alice.expect(DONE)
        bob = self.server.person("bob")
        bob.send("/register - bob@example.org", PASSWORD)
        self.assertEqual(self.account("bob"), "bob")

    def test_refused(self) -> None:
        """A bad password, a second account and somebody else's nick are refused; a dash of nothing cancels."""
        self.alice.send("/register", "short", "")
        self.assertEqual(self.alice.lines()[-1], "* Nothing is registered")
        self.alice.send("/register password")
        self.assertRegex(self.alice.lines()[0], "^! The password ")
        self.assertIsNone(self.account())
        self.register()
        self.alice.send("/register")
        self.alice.expect("! You are logged in to alice already.  /logout first.")

    def test_closed(self) -> None:
        """Where nobody can register, no password is asked for."""
        self.server = MemoryServer(replace(SETTINGS, accounts=replace(SETTINGS.accounts, registration="closed")))
        alice = self.server.person("alice")
        alice.send("/register")
        alice.expect("! You cannot register an account here by yourself.  Ask an administrator of this server.")

    def test_invitation(self) -> None:
        """A word that is no mail address is the invitation."""
        settings = replace(SETTINGS.accounts, registration="invitation", invitation="open sesame")
        self.server = MemoryServer(replace(SETTINGS, accounts=settings))
        alice = self.server.person("alice")
        alice.send("/register battery-staple", "/register battery-staple open sesame")
        alice.expect(
            "! You need a valid invitation code to register an account here.  Ask an administrator of this server.",
            DONE,
        )

    def test_verified(self) -> None:
        """Where a mail address must be verified, the code completes the registration."""
        asked: list[tuple[str, str]] = []
        chat = self.server.chat

        def registered(session: object, name: str, password: str, email: str, code: None) -> Deferred[str]:
            # The account is ready as soon as it is verified; the registrar of this test sends no mail.
            return Deferred.fromCoroutine(chat.accounts.register(None, name)).addCallback(lambda _: "verify")

        def verified(session: object, name: str, code: str) -> Deferred[None]:
            asked.append((name, code))
            return succeed(None) if code == "good" else fail(errors.BadCredential("The code", "is wrong"))

        registrar = self.server.context.registrar
        self.patch(registrar, "register", registered)
        self.patch(registrar, "verify", verified)
        self.alice.send("/register battery-staple a@example.org", "/verify bad", "/verify good")
        self.alice.expect(
            "* A code is on its way to a@example.org.  /verify CODE completes the registration",
            "! The code is wrong.  Give another.",
            "* The mail address of alice is verified",
            "* You are logged in to the account alice",
        )
        self.alice.send("/verify good other")
        self.assertEqual(asked, [("alice", "bad"), ("alice", "good"), ("other", "good")])


class LoginTests(AccountTestCase):
    """/login, /logout and /password."""

    def setUp(self) -> None:
        super().setUp()
        self.register()
        self.alice.send("/logout")
        self.assertEqual(self.alice.lines()[-1], "* You are logged out")
        self.alice.send("/nick al")
        self.alice.skip()

    def test_login(self) -> None:
        """A user of any name logs in to an account, and out again."""
        self.assertIsNone(self.account("al"))
        self.alice.send(f"/login alice {PASSWORD}")
        self.alice.expect("* You are logged in to the account alice")
        self.assertEqual(self.account("al"), "alice")
        self.alice.send("/login alice")
        self.server.advance(1)
        self.alice.send("/logout", "/logout")
        self.alice.expect(
            "! You are logged in to alice already.  /logout first.",
            "* You are logged out",
            "! You are not logged in to an account.  /login first.",
        )

    def test_unknown(self) -> None:
        """An unknown name gets the same answers as a wrong password."""
        self.alice.send("/login nobody", PASSWORD, "", "/login alice", "wrong", "")
        first, second = self.alice.lines()[:4], self.alice.lines()
        self.assertEqual(second, [])
        wrong = "! The account or the password is wrong.  Try again"
        self.assertEqual(first[1], f"{wrong}, or press Enter to cancel.")
        self.alice.send(f"/login nobody {PASSWORD}", "/login alice wrong")
        self.alice.expect(*2 * [f"{wrong}."])

    def test_password(self) -> None:
        """The new password is asked for or in the line, and replaces the old one."""
        self.alice.send(f"/login alice {PASSWORD}", "/password", "another secret", "/password battery staple")
        self.alice.expect(
            "* You are logged in to the account alice",
            "* New password of alice (it will be visible; an empty line cancels):",
            *2 * ["* The account alice has a new password"],
        )
        self.alice.send("/logout", f"/login alice {PASSWORD}", "/login alice battery staple")
        self.assertEqual([line[0] for line in self.alice.lines()], ["*", "!", "*"])
        self.assertEqual(self.account("al"), "alice")

    def test_guests(self) -> None:
        """Commands on the account need one."""
        for line in ("/password", "/tokens", "/nicks", "/account"):
            self.alice.send(line)
            self.alice.expect("! You are not logged in to an account.  /login first.")
            self.server.advance(1)


class ResetTests(AccountTestCase):
    """/resetpass and /setpass."""

    def setUp(self) -> None:
        """Register alice's account, with a mail address and the code that an administrator gave her."""
        self.mailer = FakeMailer()
        self.server = MemoryServer(SETTINGS, mailer=self.mailer)
        accounts, code = self.server.chat.accounts, Credential("code", "reset", digest("abcd1234"), until=2**50)
        self.successResultOf(Deferred.fromCoroutine(accounts.register(None, "alice", [code])))
        self.successResultOf(accounts.set(None, "alice", "email", "alice@example.org"))
        self.alice = self.server.connect()
        self.alice.skip()

    def test_claim(self) -> None:
        """Before somebody has a name, they set a password with a code, once, and log in with it."""
        self.alice.send(
            "/setpass alice wrong", PASSWORD, "/setpass alice abcd1234", "", "/setpass alice abcd1234", PASSWORD
        )
        question = "* New password of alice (it will be visible; an empty line cancels):"
        done = "* The account alice has a new password.  /login alice logs you in"
        wrong = "! The code is wrong, or no longer valid.  Ask for another code."
        self.alice.expect(question, wrong, question, "* The password stays as it is", question, done)
        self.alice.send("/setpass alice abcd1234 battery staple", f"/login alice {PASSWORD}")
        lines = self.alice.lines()
        self.assertRegex(lines[0], "^! The code is wrong")
        self.assertEqual("* You are alice.  /help lists what you can type", lines[1])
        self.assertEqual("alice", self.account())

    def test_mailed(self) -> None:
        """A code is sent to the mail address, if there is one; the answer does not tell."""
        for name, mails in (("nobody", 0), ("alice", 1)):
            self.alice.send(f"/resetpass {name}")
            self.alice.expect(f"* If {name} has a mail address, a code was sent to it.  /setpass {name} CODE takes it")
            self.assertEqual(mails, len(self.mailer.mails))
        (code,) = re.findall(r"SETPASS alice (\S+)", self.mailer.mails[0][1])
        self.alice.send(f"/setpass alice {code} battery staple")
        self.alice.expect("* The account alice has a new password.  /login alice logs you in")
        for usage in ("/resetpass NAME", "/setpass NAME CODE [NEW]"):
            self.alice.send(usage.split()[0])
            self.alice.expect(f"! Usage: {usage}")


class DataTests(AccountTestCase):
    """/tokens, /nicks and /account."""

    def setUp(self) -> None:
        super().setUp()
        self.register()

    def test_browsers(self) -> None:
        """/tokens lists the browsers that are logged in, and logs one out."""
        home = WebCaller("127.0.0.1", secure=False)
        opened = self.successResultOf(self.server.context.logins.openWebSession(home, "alice", "Linux Firefox/1"))
        self.alice.send("/tokens", "/account")
        nothing, browser, _, counts = self.alice.lines()
        self.assertEqual("* You have no tokens; /tokens add NAME makes one", nothing)
        logged = "logged in at the web page since"
        self.assertRegex(browser, rf"^\* Firefox on Linux: {logged} {WHEN}, never used$")
        self.assertEqual("* It has 1 browser", counts)
        self.server.context.logins.webSession(opened.secret)
        self.alice.send("/tokens", "/tokens remove Firefox on Linux", "/tokens", "/tokens remove Firefox on Linux")
        lines = self.alice.lines()
        self.assertRegex(lines[1], f"{WHEN}, last used {WHEN}$")
        self.assertEqual("* Firefox on Linux is logged out", lines[2])
        self.assertEqual([nothing, "! This account has no token named Firefox on Linux.  Look at the list."], lines[3:])

    def test_totp(self) -> None:
        """/totp sets up a second factor, tells about it, and ends it."""
        self.alice.send("/totp", "/totp setup")
        none, secret, uri, advice = self.alice.lines()
        self.assertEqual("* You have no second factor; /totp setup changes that", none)
        self.assertRegex(secret, r"^\* The secret for your app: [A-Z2-7]{32}$")
        self.assertEqual(f"* otpauth://totp/twistchat:alice?secret={secret[-32:]}&issuer=twistchat", uri)
        self.assertIn("/totp confirm CODE", advice)
        app = TOTP(secret[-32:])
        self.alice.send(
            "/totp confirm 12", f"/totp confirm {app.at(self.server.context.wall())}", "/totp", "/totp setup"
        )
        lines = self.alice.lines()
        self.assertEqual("! The code is wrong, or was used before.  Try the next one.", lines[0])
        self.assertEqual(10, len(lines[2].partition(": ")[2].split()))
        self.assertEqual("* You have a second factor; /totp off CODE ends that", lines[3])
        self.assertEqual("! A second factor is set up already; turn it off first.  Give another.", lines[4])
        self.server.advance(30)
        self.alice.send(f"/totp off {app.at(self.server.context.wall())}", "/totp")
        self.alice.expect("* You have no second factor any more", none)
        usage = "! Usage: /totp, /totp setup, /totp confirm CODE or /totp off CODE"
        self.alice.send("/totp x", "/totp confirm", "/totp off", "/totp setup now")
        self.alice.expect(*4 * [usage])

    def test_totpPlaintext(self) -> None:
        """No secret is sent to another machine over a connection that is not encrypted."""
        bob = self.server.person("bob", host="192.0.2.1")
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "carol")))
        (session,) = self.server.chat.identity.find("bob").sessions.values()
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "carol")))
        bob.skip()
        bob.send("/totp setup")
        bob.expect("! Your connection is not encrypted, so do not send a password.  Use TLS.")

    def test_tokens(self) -> None:
        """A token is shown once, works as a password, and can be removed."""
        self.alice.send("/tokens", "/tokens add phone")
        nothing, made = self.alice.lines()
        self.assertEqual(nothing, "* You have no tokens; /tokens add NAME makes one")
        found = re.fullmatch(r"\* The token phone is (\S+) - keep it, because it is shown only now", made)
        assert found is not None
        self.alice.send("/tokens add phone")
        self.alice.expect(
            "! The name phone is that of another token of yours; remove that token first.  Choose another."
        )
        self.alice.send("/tokens", "/nick al", "/logout", f"/login alice {found[1]}", "/tokens")
        lines = self.alice.lines()
        self.assertEqual((lines[0], lines[-1]), ("* phone: never used", f"* phone: last used {WHEN}"))
        self.assertEqual(self.account("al"), "alice")
        self.alice.send("/tokens remove phone", "/tokens remove phone", "/tokens")
        self.alice.expect(
            "* The token phone is removed", "! This account has no token named phone.  Look at the list.", nothing
        )

    def test_nicks(self) -> None:
        """Nicks are added and removed."""
        self.alice.send("/nicks", "/nicks add ally", "/nicks add ally", "/nicks", "/nicks remove ALLY", "/nicks")
        self.alice.expect(
            "* Nicks of alice: alice",
            "* The nick ally belongs to alice now",
            "! The nick ally belongs to an account; log in to use it.  Or choose another.",
            "* Nicks of alice: alice ally",
            "* The nick ALLY does not belong to alice any more",
            "* Nicks of alice: alice",
        )

    def test_alwaysOn(self) -> None:
        """/account set always-on says whether the user stays when they disconnect."""
        self.alice.send("/account set always-on on")
        self.assertEqual(self.alice.lines()[0], "* You stay in your rooms when you disconnect")
        self.alice.send("/account")
        self.alice.until("* You stay in your rooms when you disconnect; /account set always-on off ends that")
        self.alice.skip()
        self.alice.send("/account set always-on default", "/account set always-on", "/account set always-on maybe")
        self.alice.expect(
            "* You leave when you disconnect",
            "! Usage: /account set always-on on, or off, or default",
            re.compile("! The name maybe is not a value of always-on; use on, off or default.*"),
        )

    def test_account(self) -> None:
        """The account is described, with what it has."""
        self.alice.send("/account")
        self.alice.expect(f"* alice is your account, registered {WHEN}")
        self.alice.send("/nicks add ally", "/tokens add a", "/tokens add b", "/join #den", "/room register")
        self.alice.skip()
        self.alice.send("/account")
        self.alice.expect(
            f"* alice is your account, registered {WHEN}", "* Nicks: alice ally", "* It has 2 tokens", "* Rooms: #den"
        )

    def test_drop(self) -> None:
        """An account is dropped only if its name is typed."""
        for line in ("/account drop", "/account drop bob", "/account remove alice"):
            self.alice.send(line)
            self.alice.expect("! Usage: /account, or /account drop alice, which nobody can undo")
        self.alice.send("/account drop ALICE")
        self.alice.expect("* The account alice is gone, and you are a guest")
        self.assertIsNone(self.account())

    def test_usage(self) -> None:
        """Wrong actions are explained."""
        self.alice.send("/tokens make x", "/tokens add", "/nicks x", "/login")
        self.alice.expect(
            *2 * ["! Usage: /tokens, /tokens add NAME or /tokens remove NAME"],
            "! Usage: /nicks, /nicks add NICK or /nicks remove NICK",
            "! Usage: /login NAME [PASSWORD]",
        )


globals().update(overMessages(globals()))
