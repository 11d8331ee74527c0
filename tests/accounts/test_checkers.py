"""Tests of L{twistchat.accounts.checkers}."""

from __future__ import annotations

from statistics import median
from time import thread_time
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin, UnhandledCredentials
from twisted.cred.portal import IRealm
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface
from zope.interface.verify import verifyObject

from twistchat.accounts.checkers import accountOf, makePortal
from twistchat.accounts.credentials import AccountKey, AccountPassword, AccountToken, IAvatar
from twistchat.accounts.secrets.passwords import SALTS, Verifier
from twistchat.accounts.secrets.tokens import TOKEN
from twistchat.chat.model.accounts import Account, Accounts
from twistchat.interfaces import Authenticated
from twistchat.testing.workers import InlineWorker

TRIES = 9
"""The number of times that a login is measured."""


class PortalTests(SynchronousTestCase):
    """The portal, with the costs of a real server."""

    def setUp(self) -> None:
        self.accounts = Accounts()
        verifier = Verifier(InlineWorker, 1)
        self.portal = makePortal(self.accounts, verifier, lambda own: own)
        for name in ("alice", "bare"):
            self.accounts.add(Account(name, 0))
        self.alice = self.accounts.named("alice")
        password = self.successResultOf(verifier.hash("correct horse", bytes(SALTS)))
        self.accounts.setCredential(self.alice, password)

    def login(self, credentials: Any, *interfaces: type[Interface]) -> Deferred[Any]:
        """Log in."""
        return self.portal.login(credentials, None, *(interfaces or (IAvatar,)))

    def test_avatar(self) -> None:
        """The avatar says who has logged in, and with which credential."""
        interface, avatar, logout = self.successResultOf(self.login(AccountPassword("alice", "correct horse")))
        self.assertEqual((IAvatar, Authenticated("alice", "password")), (interface, avatar))
        logout()

    def test_interfaces(self) -> None:
        """The parts provide the interfaces of cred."""
        verifyObject(IRealm, self.portal.realm)
        for checker in self.portal.checkers.values():
            verifyObject(ICredentialsChecker, checker)
        self.failureResultOf(
            self.login(AccountPassword("alice", "correct horse"), ICredentialsChecker), UnauthorizedLogin
        )
        self.failureResultOf(self.login(UsernamePassword(b"alice", b"correct horse")), UnhandledCredentials)

    def test_secrets(self) -> None:
        """Credentials do not show their secrets."""
        for credentials in (AccountPassword("alice", "secret"), AccountToken("alice", "secret")):
            self.assertNotIn("secret", repr(credentials))

    def test_keys(self) -> None:
        """A key that nobody has is not that of an unknown account."""
        for name in (None, "alice", "nobody"):
            self.failureResultOf(self.login(AccountKey(name, "certificate", "x")), UnauthorizedLogin)

    def test_sameTime(self) -> None:
        """
        A login takes equally long whether or not the account exists and has a password.

        Each kind of login is measured many times, in turn.  The time is that of this thread, so other processes do not
        disturb it.
        """
        kinds = {
            "wrong": AccountPassword("alice", "wrong horse"),
            "unknown": AccountPassword("nobody", "wrong horse"),
            "bare": AccountPassword("bare", "wrong horse"),
            "invalid": AccountPassword("*)(uid=*", "wrong horse"),
            "right": AccountPassword("alice", "correct horse"),
        }
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(TRIES):
            for kind, credentials in kinds.items():
                start = thread_time()
                self.login(credentials).addErrback(lambda failure: failure.trap(UnauthorizedLogin))
                times[kind].append(thread_time() - start)
        medians = {kind: median(taken) for kind, taken in times.items()}
        for kind, taken in medians.items():
            self.assertLess(abs(taken - medians["wrong"]), 0.3 * medians["wrong"], f"{kind}: {medians}")

    def test_sameTokens(self) -> None:
        """A token takes no argon2id, for known and unknown accounts."""
        for name in ("alice", "nobody"):
            start = thread_time()
            self.failureResultOf(self.login(AccountToken(name, f"{TOKEN}x")), UnauthorizedLogin)
            self.assertLess(thread_time() - start, 0.005)


class AccountOfTests(SynchronousTestCase):
    """Finding an account by what a client typed."""

    def test_names(self) -> None:
        """It is found by its name and its nicks, in any case; not by look-alikes, nor by endless names."""
        accounts = Accounts()
        alice = Account("Alice", 0)
        accounts.add(alice)
        accounts.group(alice, "Ally")
        for name in ("alice", "ALICE", "ally"):
            self.assertIs(alice, accountOf(accounts, name))
        for name in ("", "alicе", "аlly", "alice ", "Portal", "alice\0", "a" * 1_000_000):
            self.assertIsNone(accountOf(accounts, name))
