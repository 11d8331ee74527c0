"""Tests of L{twistchat.accounts.codes}, and of the registrar with a mailer."""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import implementer

from tests.accounts.fakes import PASSWORD, AccountCase, sessionFrom
from twistchat.chat import errors
from twistchat.chat.model.sessions import Session
from twistchat.interfaces import IMailer
from twistchat.testing.server import NOON
from twistchat.testing.workers import HeldWorker

ADDRESS = "alice@example.org"

MAIL = '[mail]\nhost = "localhost"\nsecurity = "none"\nsender = "chat@example.org"'
"""The configuration of a server that sends mails."""


@implementer(IMailer)
class FakeMailer:
    """
    Keeps the mails.

    @ivar mails: the recipients and texts.
    @ivar full: whether too many mails wait.
    """

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.full = False

    @property
    def waiting(self) -> int:
        """See L{IMailer.waiting}."""
        return len(self.mails)

    def send(self, recipient: str, subject: str, text: str) -> None:
        """See L{IMailer.send}."""
        if self.full:
            raise errors.Overloaded("mails to send")
        self.mails.append((recipient, text))

    def stop(self) -> None:
        """See L{IMailer.stop}."""


class MailCase(AccountCase):
    """The base of tests of a server that sends mails."""

    def setUp(self) -> None:
        self.mailer = FakeMailer()
        self.serve(mailer=self.mailer)

    def register(self, name: str = "alice", email: str | None = ADDRESS, address: str = "127.0.0.1") -> Deferred[Any]:
        """Register an account."""
        registering: Deferred[Any] = self.registrar.register(sessionFrom(address), name, PASSWORD, email)
        return registering

    def code(self, address: str = ADDRESS) -> str:
        """Take the code out of the only mail."""
        ((recipient, text),) = self.mailer.mails
        self.mailer.mails.clear()
        self.assertEqual(address, recipient)
        (code,) = re.findall("is ([a-z2-9]{8})$", text, re.MULTILINE)
        return str(code)

    def unverified(self) -> str:
        """Register an account, and return the code that verifies it."""
        self.assertEqual("verify", self.successResultOf(self.register()))
        return self.code()

    def verified(self) -> Session:
        """Register an account, verify it, and return a session that is logged in to it."""
        code = self.unverified()
        self.successResultOf(self.registrar.verify(sessionFrom("127.0.0.1"), "alice", code))
        session = sessionFrom("127.0.0.1")
        session.account = "alice"
        return session


class VerifyTests(MailCase):
    """Verifying the mail address of a new account."""

    def test_verified(self) -> None:
        """The account can be used after its address is verified, and the code only once."""
        code = self.unverified()
        self.refused(self.login("alice", PASSWORD), errors.NotVerified)
        self.successResultOf(self.registrar.verify(sessionFrom("127.0.0.1"), "Alice", f" {code.upper()} "))
        self.successResultOf(self.login("alice", PASSWORD))
        account = self.chat.state.accounts.named("alice")
        self.assertEqual((ADDRESS, None), (account.settings["email"], account.until))
        self.assertEqual(["password"], [credential.kind for credential in account.credentials])
        self.refused(self.registrar.verify(sessionFrom("127.0.0.1"), "alice", code), errors.BadCredential)

    def test_guesses(self) -> None:
        """Wrong codes count as failed logins.  An unknown account gets the same answers."""
        code = self.unverified()
        for name in ("alice", "nobody"):
            for number, guess in enumerate(("", "aaaaaaaa", code[:7], code + "a", "x" * 100_000)):
                session = sessionFrom(f"127.0.1.{number // 2}")
                error = self.refused(self.registrar.verify(session, name, guess), errors.BadCredential)
                self.assertEqual("The code is wrong, or no longer valid", error.text)
            self.refused(self.registrar.verify(sessionFrom("127.0.2.1"), name, code), errors.TooFast)
            self.server.advance(60.0)

    def test_stored(self) -> None:
        """The code itself is not stored."""
        code = self.unverified()
        account = self.chat.state.accounts.named("alice")
        self.assertNotIn(code, "".join(f"{credential!r}{credential.secret}" for credential in account.credentials))

    def test_noAddress(self) -> None:
        """Without an address there is nothing to verify; a server that sends no mails ignores the address."""
        self.assertEqual("registered", self.successResultOf(self.register(email=None)))
        self.serve()
        self.assertEqual("registered", self.successResultOf(self.register()))
        self.assertEqual({}, dict(self.chat.state.accounts.named("alice").settings))

    def test_required(self) -> None:
        """The configuration may require an address."""
        self.serve(f"[accounts]\nemailRequired = true\n{MAIL}", mailer=self.mailer)
        self.refused(self.register(email=None), errors.BadCredential)
        self.unverified()

    def test_mailerFull(self) -> None:
        """If the mail cannot be sent, there is no account, and the attempt does not count."""
        self.mailer.full = True
        for _ in range(3):
            self.refused(self.register(), errors.Overloaded)
        self.assertEqual(0, len(self.chat.state.accounts))
        self.mailer.full = False
        self.assertEqual("registered", self.successResultOf(self.register(email=None)))

    def test_again(self) -> None:
        """Somebody who lost the mail can ask for another code, which replaces the first one."""
        first = self.unverified()
        self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.0.1"), "alice"))
        second = self.code()
        self.refused(self.registrar.verify(sessionFrom("127.0.0.1"), "alice", first), errors.BadCredential)
        self.successResultOf(self.registrar.verify(sessionFrom("127.0.0.1"), "alice", second))


class ExpiryTests(MailCase):
    """Accounts that nobody verifies."""

    def test_expires(self) -> None:
        """The code is valid for a day.  The account is removed an hour later, and its name is free again."""
        code = self.unverified()
        self.server.advance(86_400.0)
        self.refused(self.registrar.verify(sessionFrom("127.0.0.1"), "alice", code), errors.BadCredential)
        self.server.advance(3_590.0)
        self.assertEqual(1, len(self.chat.state.accounts))
        self.server.advance(20.0)
        self.assertEqual(0, len(self.chat.state.accounts))
        self.unverified()

    def test_verifiedStays(self) -> None:
        """A verified account is not removed, and no call stays scheduled."""
        self.verified()
        self.server.advance(100_000.0)
        self.assertEqual(1, len(self.chat.state.accounts))
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_restart(self) -> None:
        """After a restart the account is removed in time."""
        directory = self.mktemp()
        self.serve(mailer=self.mailer, directory=directory)
        self.unverified()
        self.server.close()
        self.serve(mailer=self.mailer, directory=directory, start=NOON + 80_000.0)
        self.assertEqual(1, len(self.chat.state.accounts))
        self.server.advance(9_990.0)
        self.assertEqual(1, len(self.chat.state.accounts))
        self.server.advance(20.0)
        self.assertEqual(0, len(self.chat.state.accounts))
        self.server.close()

    def test_many(self) -> None:
        """Many accounts are removed in portions."""
        until = int(self.server.context.wall() * 1000) - 86_400_000
        for number in range(120):
            registering = self.chat.accounts.register(None, f"user{number}", until=until)
            self.successResultOf(Deferred.fromCoroutine(registering))
        self.registrar.tend()
        self.assertEqual(70, len(self.chat.state.accounts))
        for _ in range(3):
            self.server.advance(10.0)
        self.assertEqual(0, len(self.chat.state.accounts))
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_cluster(self) -> None:
        """In a cluster the leader removes accounts, wherever they were registered."""
        nodes = self.chat.state.nodes
        for id in ("a-1", nodes.own):
            nodes.join(id, id)
        self.unverified()
        self.server.advance(100_000.0)
        self.assertEqual(1, len(self.chat.state.accounts))
        nodes.lose("a-1")
        self.server.advance(3600.0)
        self.assertEqual(0, len(self.chat.state.accounts))
        self.registrar.stop()

    def test_stopped(self) -> None:
        """A stop cancels the removal."""
        self.unverified()
        self.registrar.stop()
        self.assertEqual([], self.server.clock.getDelayedCalls())


class ResetTests(MailCase):
    """Setting a new password with a code."""

    def reset(self, code: str, password: str = "another horse", address: str = "127.0.0.1") -> Deferred[None]:
        """Set a new password."""
        resetting: Deferred[None] = self.registrar.resetPassword(sessionFrom(address), "alice", code, password)
        return resetting

    def test_reset(self) -> None:
        """The code from the mail allows one new password, which logs out the browsers."""
        self.verified()
        opening = self.logins.openWebSession(sessionFrom("127.0.0.1"), "alice", "")
        opened = self.successResultOf(opening)
        self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.0.1"), "ALICE"))
        code = self.code()
        self.refused(self.reset("aaaaaaaa"), errors.BadCredential)
        self.refused(self.reset(code, "short"), errors.BadPassword)
        self.refused(self.reset(code, address="192.0.2.1"), errors.NotEncrypted)
        self.logins.webSession(opened.secret)
        self.successResultOf(self.reset(code))
        self.assertRaises(errors.LoginFailed, self.logins.webSession, opened.secret)
        self.refused(self.reset(code, "a third horse"), errors.BadCredential)
        self.successResultOf(self.login("alice", "another horse"))
        self.refused(self.login("alice", PASSWORD), errors.LoginFailed)

    def test_once(self) -> None:
        """Of two people with the same code at the same time, the first one sets the password."""
        worker = HeldWorker()
        self.serve(mailer=self.mailer, makeWorker=lambda: worker)
        registering = self.register()
        worker.run()
        self.successResultOf(registering)
        self.successResultOf(self.registrar.verify(sessionFrom("127.0.0.1"), "alice", self.code()))
        self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.0.1"), "alice"))
        code = self.code()
        first, second = self.reset(code), self.reset(code, "a third horse")
        worker.run()
        self.successResultOf(first)
        self.refused(second, errors.BadCredential)

    def test_otherCode(self) -> None:
        """A code for something else resets no password."""
        session = self.verified()
        self.successResultOf(self.registrar.setEmail(session, "alice", ADDRESS))
        self.refused(self.reset(self.code()), errors.BadCredential)

    def test_silent(self) -> None:
        """The answer is the same for accounts that do not exist, have no address, or are suspended."""
        self.verified()
        self.successResultOf(self.register("bob", email=None))
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        for name in ("bob", "nobody", "alice"):
            self.assertIsNone(self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.0.2"), name)))
        self.assertEqual([], self.mailer.mails)

    def test_attacked(self) -> None:
        """After a reset the owner can log in from there, even if the account is under attack."""
        self.verified()
        self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.0.5"), "alice"))
        self.successResultOf(self.reset(self.code(), address="127.0.0.5"))
        for number in range(5):
            self.refused(self.login("alice", "wrong horse", f"127.0.1.{number}"), errors.LoginFailed)
        self.successResultOf(self.login("alice", "another horse", "127.0.0.5"))

    def test_rate(self) -> None:
        """An address asks for three mails in ten minutes; an account gets three, whether or not it exists."""
        self.verified()
        for name, mails in (("nobody", 3), ("alice", 2)):
            for number in range(mails):
                self.successResultOf(self.registrar.requestReset(sessionFrom(f"127.0.{mails}.{number}"), name))
            self.refused(self.registrar.requestReset(sessionFrom("127.0.9.1"), name), errors.TooFast)
        for name in "bc":
            self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.8.1"), name))
        self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.8.1"), "d"))
        self.refused(self.registrar.requestReset(sessionFrom("127.0.8.1"), "e"), errors.TooFast)

    def test_beforeHash(self) -> None:
        """A registration that may send no mail is refused before its password is hashed."""
        worker = HeldWorker()
        self.serve(mailer=self.mailer, makeWorker=lambda: worker)
        for name in "bcd":
            self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.8.1"), name))
        self.refused(self.register(address="127.0.8.1"), errors.TooFast)

    def test_bothCount(self) -> None:
        """A mail that is refused because of the account does not count for the address."""
        for number in range(3):
            self.successResultOf(self.registrar.requestReset(sessionFrom(f"127.0.2.{number}"), "nobody"))
        for _ in range(3):
            self.refused(self.registrar.requestReset(sessionFrom("127.0.8.1"), "nobody"), errors.TooFast)
        self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.8.1"), "b"))

    def test_noMails(self) -> None:
        """A server that sends no mails says so."""
        self.serve()
        self.refused(self.registrar.requestReset(sessionFrom("127.0.0.1"), "alice"), errors.BadCredential)
        self.refused(self.registrar.setEmail(sessionFrom("127.0.0.1"), "alice", ADDRESS), errors.BadCredential)

    def test_full(self) -> None:
        """A code that cannot be sent is not kept, and the answer does not tell."""
        self.verified()
        self.mailer.full = True
        self.successResultOf(self.registrar.requestReset(sessionFrom("127.0.0.1"), "alice"))
        self.assertIsNone(self.chat.state.accounts.named("alice").credential("code", "reset"))


class EmailTests(MailCase):
    """Changing the mail address."""

    def test_change(self) -> None:
        """The new address counts after the code that was sent to it is used."""
        session = self.verified()
        self.assertIsNone(self.successResultOf(self.registrar.setEmail(session, "alice", "new@example.org")))
        account = self.chat.state.accounts.named("alice")
        code = self.code("new@example.org")
        self.assertEqual(ADDRESS, account.settings["email"])
        self.assertNotIn("new@example.org", repr(account.credentials))
        self.successResultOf(self.registrar.verify(session, "alice", code))
        self.assertEqual("new@example.org", account.settings["email"])
        self.assertIsNone(account.credential("code", "email"))

    def test_refused(self) -> None:
        """What is no address is refused; so is one to which no mail can be queued, and then nothing is kept."""
        session = self.verified()
        self.refused(self.registrar.setEmail(session, "alice", "a@b.org\r\nBcc: c@d.org"), errors.BadCredential)
        self.mailer.full = True
        self.refused(self.registrar.setEmail(session, "alice", "new@example.org"), errors.Overloaded)
        self.assertIsNone(self.chat.state.accounts.named("alice").credential("code", "email"))
