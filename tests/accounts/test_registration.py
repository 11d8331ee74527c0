"""Tests of L{twistchat.accounts.registration}."""

from __future__ import annotations

from typing import Any

from zope.interface.verify import verifyObject

from tests.accounts.fakes import PASSWORD, AccountCase, sessionFrom
from tests.accounts.secrets.test_keys import FINGERPRINT, KEY
from twistchat.chat import errors
from twistchat.interfaces import IRegistrar
from twistchat.testing.workers import HeldWorker

SHA = "ab" * 32
"""The fingerprint of a certificate."""


class RegisterTests(AccountCase):
    """Registering an account."""

    def test_interface(self) -> None:
        """The object provides the interface that doors use."""
        verifyObject(IRegistrar, self.registrar)

    def register(
        self, name: str = "alice", password: str = PASSWORD, address: str | None = "127.0.0.1", **more: Any
    ) -> Any:
        """Register an account, and return C{"registered"} or the error."""
        outcome: list[Any] = []
        self.registrar.register(sessionFrom(address), name, password, **more).addBoth(outcome.append)
        return getattr(outcome[0], "value", outcome[0])

    def test_registers(self) -> None:
        """The account exists and has a password, and nothing else."""
        self.assertEqual("registered", self.register("Alice"))
        account = self.chat.state.accounts.named("alice")
        (credential,) = account.credentials
        self.assertEqual(("Alice", "password", True), (account.name, credential.kind, account.usable))
        self.assertNotIn(PASSWORD, credential.secret + credential.scram)
        self.successResultOf(self.login("alice", PASSWORD))

    def test_refused(self) -> None:
        """Bad names, passwords and mail addresses are refused with an error that names the fault."""
        self.account("alice")
        self.server.irc("carol")
        for name, password, email, error in (
            ("", PASSWORD, None, errors.BadNick),
            ("a b", PASSWORD, None, errors.BadNick),
            ("'; DROP TABLE--", PASSWORD, None, errors.BadNick),
            ("NickServ", PASSWORD, None, errors.NickReserved),
            ("ALICE", PASSWORD, None, errors.AccountExists),
            ("alicе", PASSWORD, None, errors.NickOwned),
            ("carol", PASSWORD, None, errors.NickInUse),
            ("bob", "short", None, errors.BadPassword),
            ("bob", "nul\0nul\0nul", None, errors.BadPassword),
            ("bob", "x" * 257, None, errors.BadPassword),
            ("bob", "password1", None, errors.BadPassword),
            ("bob", PASSWORD, "bob@example.org\r\nBcc: x@example.org", errors.BadCredential),
        ):
            self.assertIsInstance(self.register(name, password, email=email), error)
        self.assertEqual(1, len(self.chat.state.accounts))

    def test_loggedIn(self) -> None:
        """Someone who is logged in cannot register another account."""
        self.account()
        session = sessionFrom(None)
        session.account = "alice"
        self.refused(self.registrar.register(session, "bob", PASSWORD), errors.AlreadyLoggedIn)

    def test_notEncrypted(self) -> None:
        """A password that others could read is not taken."""
        self.serve('[accounts]\nregistration = "open"')
        self.assertIsInstance(self.register(address="192.0.2.1"), errors.NotEncrypted)
        registering = self.registrar.register(sessionFrom("192.0.2.1", secure=True), "alice", PASSWORD)
        self.successResultOf(registering)
        changing = self.registrar.setPassword(sessionFrom("192.0.2.1"), "alice", "another horse")
        self.refused(changing, errors.NotEncrypted)

    def test_modes(self) -> None:
        """Who can register follows the configuration; if it does not say so, it depends on who reaches the server."""
        for mode, reachable, expected in (
            ("auto", False, "open"),
            ("auto", True, "closed"),
            ("open", True, "open"),
            ("closed", False, "closed"),
            ("invitation", False, "invitation"),
        ):
            self.serve(f'[accounts]\nregistration = "{mode}"\ninvitation = "x"', reachable=reachable)
            self.assertEqual(expected, self.registrar.registration)
        self.serve(reachable=True)
        self.assertIsInstance(self.register(), errors.RegistrationClosed)
        self.server.configure('[accounts]\nregistration = "open"')
        self.server.context.rehash()
        self.assertEqual("registered", self.register())

    def test_invitation(self) -> None:
        """Only the right code registers an account.  Wrong codes count as failed logins of the address."""
        self.serve('[accounts]\nregistration = "invitation"\ninvitation = "söse"')
        for _ in range(5):
            self.assertIsInstance(self.register(), errors.InvitationNeeded)
        self.assertEqual("registered", self.register("alice", invitation="söse"))
        for _ in range(3):
            self.assertIsInstance(self.register("bob", invitation="x"), errors.InvitationNeeded)
        error = self.register("bob", invitation="söse")
        self.assertIsInstance(error, errors.TooFast)
        self.assertEqual("send wrong codes or passwords", error.what)

    def test_rate(self) -> None:
        """An address registers three accounts in ten minutes.  Refused attempts do not count."""
        for number in range(3):
            self.assertIsInstance(self.register("bob", "short"), errors.BadPassword)
            self.assertEqual("registered", self.register(f"user{number}"))
        error = self.register("user3")
        self.assertIsInstance(error, errors.TooFast)
        self.assertEqual(200.0, error.wait)
        self.assertEqual("registered", self.register("user3", address="127.0.0.2"))
        self.server.advance(200.0)
        self.assertEqual("registered", self.register("user4"))

    def test_atOnce(self) -> None:
        """Of two registrations of a name, or of look-alikes, at once, one succeeds and one is refused at once."""
        worker = HeldWorker()
        self.serve(makeWorker=lambda: worker)
        first = self.registrar.register(sessionFrom("127.0.0.1"), "alice", PASSWORD)
        for name in ("Alice", "alicе"):
            second = self.registrar.register(sessionFrom("127.0.0.2"), name, PASSWORD)
            self.assertEqual(name, self.refused(second, errors.AccountExists).account)
        self.assertNoResult(first)
        worker.run()
        self.successResultOf(first)
        self.assertEqual(1, len(self.chat.state.accounts))

    def test_reservationEnds(self) -> None:
        """A name is free again after a registration that failed."""
        worker = HeldWorker()
        self.serve("[limits]\npasswordQueue = 1", makeWorker=lambda: worker)
        check = self.server.context.passwords.check(None, "")
        for _ in range(5):
            self.assertIsInstance(self.register(), errors.Overloaded)
        worker.run()
        self.successResultOf(check)
        registering = self.registrar.register(sessionFrom("127.0.0.1"), "alice", PASSWORD)
        worker.run()
        self.assertEqual("registered", self.successResultOf(registering))


class CredentialTests(AccountCase):
    """Changing the credentials of an account."""

    def setUp(self) -> None:
        super().setUp()
        self.owned = self.account()
        self.here = sessionFrom("127.0.0.1")

    def test_password(self) -> None:
        """A new password replaces the old one."""
        self.refused(self.registrar.setPassword(self.here, "alice", "alice"), errors.BadPassword)
        self.successResultOf(self.registrar.setPassword(self.here, "alice", "another horse"))
        self.successResultOf(self.login("alice", "another horse"))
        self.refused(self.login("alice", PASSWORD), errors.LoginFailed)
        self.assertEqual(1, len(self.owned.credentials))

    def test_gone(self) -> None:
        """The account may be gone by the time its password is hashed."""
        worker = HeldWorker()
        self.serve(makeWorker=lambda: worker)
        registering = self.registrar.register(self.here, "alice", PASSWORD)
        worker.run()
        self.successResultOf(registering)
        changing = self.registrar.setPassword(self.here, "alice", "another horse")
        self.successResultOf(self.chat.accounts.drop(None, "alice"))
        worker.run()
        self.refused(changing, errors.NoSuchAccount)

    def test_tokenName(self) -> None:
        """A token needs a name that can be shown."""
        for name in ("", "x" * 65, "a\nb"):
            self.refused(self.registrar.addToken(self.here, "alice", name), errors.BadName)

    def test_tokenTwice(self) -> None:
        """A token does not replace another one, which may be in use: also not while that is being stored."""
        first = self.registrar.addToken(self.here, "alice", "phone")
        self.refused(self.registrar.addToken(self.here, "ALICE", "phone"), errors.BadName)
        self.successResultOf(first)
        self.refused(self.registrar.addToken(self.here, "alice", "phone"), errors.BadName)
        self.successResultOf(
            self.login("alice", self.successResultOf(self.registrar.addToken(self.here, "alice", "b")))
        )
        self.successResultOf(self.chat.accounts.removeCredential(None, "alice", "token", "phone"))
        self.successResultOf(self.registrar.addToken(self.here, "alice", "phone"))

    def test_certificate(self) -> None:
        """A certificate is added by its fingerprint, or is that of the session."""
        colons = ":".join(["AB"] * 32)
        self.assertEqual(SHA, self.successResultOf(self.registrar.addCertificate(self.here, "alice", colons)))
        self.refused(self.registrar.addCertificate(self.here, "alice"), errors.BadCredential)
        self.refused(self.registrar.addCertificate(self.here, "alice", "x"), errors.BadCredential)
        self.here.fingerprint = "cd" * 32
        self.assertEqual("cd" * 32, self.successResultOf(self.registrar.addCertificate(self.here, "alice")))
        self.account("bob")
        self.refused(self.registrar.addCertificate(self.here, "bob"), errors.BadCredential)

    def test_sshKey(self) -> None:
        """An SSH key is added as a line of authorized_keys, and stored without its comment."""
        added = self.registrar.addSshKey(self.here, "alice", f"{KEY} alice@laptop")
        self.assertEqual(FINGERPRINT, self.successResultOf(added))
        stored = self.owned.credential("sshkey", FINGERPRINT)
        assert stored is not None
        self.assertEqual(KEY, stored.secret)
        self.refused(self.registrar.addSshKey(self.here, "alice", "x"), errors.BadCredential)
