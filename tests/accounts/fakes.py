"""A server in memory with the default limits, and sessions that log in to it."""

from __future__ import annotations

from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, FakeOutlet
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.sessions import Session
from twistchat.interfaces import Authenticated
from twistchat.testing import MemoryServer
from twistchat.testing.server import settingsOf

PASSWORD = "correct horse"
"""The password of the accounts of tests."""


def users(**passwords: str) -> Any:
    """A further source of passwords, which knows these users."""
    return InMemoryUsernamePasswordDatabaseDontUse(**{name: password.encode() for name, password in passwords.items()})


def sessionFrom(address: str | None, secure: bool = False, exempt: bool = False) -> Session:
    """Make the session of a client that has not entered."""
    return Session("s", FakeOutlet(FakeDialect()), exempt, address=address, secure=secure)


class AccountCase(SynchronousTestCase):
    """The base of tests with accounts."""

    def serve(self, toml: str = "", **parts: Any) -> None:
        """
        Start a server.

        @param toml: its configuration.
        """
        self.server = MemoryServer(settingsOf(toml), **parts)
        self.chat = self.server.chat
        self.logins: Any = self.server.context.logins
        self.registrar: Any = self.server.context.registrar

    def setUp(self) -> None:
        self.serve()

    def account(self, name: str = "alice", password: str = PASSWORD) -> Account:
        """Register an account, from an address that nobody else has."""
        registering = self.registrar.register(sessionFrom(None), name, password)
        self.assertEqual("registered", self.successResultOf(registering))
        return self.chat.state.accounts.named(name)

    def login(self, name: str, password: str, address: str | None = "127.0.0.1") -> Deferred[Authenticated]:
        """Log in with a password, from an address."""
        logging: Deferred[Authenticated] = self.logins.password(sessionFrom(address), name, password)
        return logging

    def refused(self, doing: Deferred[Any], *kinds: type[BaseException]) -> Any:
        """The error with which something fails."""
        return self.failureResultOf(doing, *kinds).value
