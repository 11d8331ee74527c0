"""Tests of L{twistchat.accounts.sources}."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.fakes import users
from twistchat.accounts.credentials import AccountPassword
from twistchat.accounts.sources import PasswordSources
from twistchat.chat.errors import Overloaded
from twistchat.chat.model.accounts import Account, Accounts
from twistchat.interfaces import Authenticated


class Recorder:
    """A source that records what it is asked, and then does what the test says."""

    def __init__(self, answer: Any) -> None:
        self.asked: list[tuple[bytes, bytes]] = []
        self.answer = answer

    def requestAvatarId(self, credentials: Any) -> Any:
        """Answer."""
        self.asked.append((credentials.username, credentials.password))
        return self.answer()


def crash() -> Any:
    """Fail as a broken plugin does."""
    raise OSError("no such file")


class SourcesTests(SynchronousTestCase):
    """The composition of our own checker and further sources."""

    def setUp(self) -> None:
        self.accounts = Accounts()
        self.accounts.add(Account("Alice", 0))
        self.accounts.group(self.accounts.named("Alice"), "ally")
        self.created: list[str] = []

    def check(self, name: str, password: str, *sources: Any, own: Any = None) -> Deferred[Any]:
        """Check a password."""

        async def create(name: str) -> str:
            self.created.append(name)
            return name

        first: Any = SimpleNamespace(requestAvatarId=lambda _: own() if own else fail(UnauthorizedLogin()))
        checker = PasswordSources(first, sources, self.accounts, create)
        return checker.requestAvatarId(AccountPassword(name, password))

    def test_ownFirst(self) -> None:
        """If our own checker accepts the password, or cannot check it, no source is asked."""
        source = Recorder(crash)
        own = Authenticated("Alice", "password")
        self.assertIs(own, self.successResultOf(self.check("alice", "x", source, own=lambda: succeed(own))))
        self.failureResultOf(self.check("alice", "x", source, own=lambda: fail(Overloaded("passwords"))), Overloaded)
        self.assertEqual([], source.asked)

    def test_order(self) -> None:
        """The sources are asked in order until one accepts.  The account is the one with that name, in any case."""
        last = Recorder(crash)
        sources = (users(bob="x"), users(alice="secret"), last)
        self.assertEqual(
            Authenticated("Alice", "password"), self.successResultOf(self.check("alice", "secret", *sources))
        )
        self.assertEqual([], last.asked)
        self.assertEqual([], self.created)

    def test_broken(self) -> None:
        """A source that fails is logged and skipped; the log does not have the password."""
        source = Recorder(crash)
        self.assertEqual(
            Authenticated("Alice", "password"),
            self.successResultOf(self.check("Alice", "secret", source, users(Alice="secret"))),
        )
        self.assertEqual(1, len(self.flushLoggedErrors(OSError)))
        self.failureResultOf(self.check("Alice", "wrong", source), UnauthorizedLogin)
        self.flushLoggedErrors(OSError)

    def test_busy(self) -> None:
        """A source that is too busy is not a wrong password: the client can try again."""
        source = Recorder(lambda: fail(Overloaded("passwords to check")))
        self.failureResultOf(self.check("alice", "x", source), Overloaded)

    def test_unknown(self) -> None:
        """A name without an account is created, if that is allowed; a nick of an account counts as such a name."""
        self.successResultOf(self.check("bob", "secret", users(bob="secret")))
        self.successResultOf(self.check("ally", "secret", users(ally="secret")))
        self.assertEqual(["bob", "ally"], self.created)

    def test_notAsked(self) -> None:
        """Sources see only names that an account can have, and passwords of a sane size without NUL."""
        source = Recorder(lambda: fail(UnauthorizedLogin()))
        for name, password in (
            ("*)(uid=*", "x"),
            ("' OR ''='", "x"),
            ("a:b", "x"),
            ("a\0", "x"),
            ("../etc", "x"),
            ("", "x"),
            ("alice", "x\0"),
            ("alice", "x" * 257),
        ):
            self.failureResultOf(self.check(name, password, source), UnauthorizedLogin)
        self.assertEqual([], source.asked)
        self.failureResultOf(self.check("Björn", "schön", source), UnauthorizedLogin)
        self.assertEqual([("Björn".encode(), "schön".encode())], source.asked)
