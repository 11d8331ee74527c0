"""Tests of L{twistchat.accounts.throttle}."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.fakes import sessionFrom
from twistchat.accounts.throttle import REMEMBERED, SWEPT, Buckets, Throttle
from twistchat.chat.errors import TooFast
from twistchat.config.limits import Limits
from twistchat.net.limits.admission import Admission, LoginFailures


class BucketsTests(SynchronousTestCase):
    """Buckets by key."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.buckets = Buckets(lambda: (2, 0.1), self.clock.seconds)

    def test_keys(self) -> None:
        """Each key has a bucket of its own."""
        self.assertEqual([0.0, 0.0, 10.0, 0.0], [self.buckets.take(key) for key in "aaab"])

    def test_give(self) -> None:
        """A token can be returned; that of a key that is not remembered is not missed."""
        self.buckets.take("a")
        self.buckets.take("a")
        self.buckets.give("a")
        self.buckets.give("z")
        self.assertEqual([0.0, 10.0], [self.buckets.take("a"), self.buckets.take("a")])

    def test_wait(self) -> None:
        """Asking how long to wait takes no token, and remembers no key."""
        self.assertEqual([0.0, 0], [self.buckets.wait("a"), len(self.buckets)])
        self.buckets.take("a")
        self.assertEqual(
            [0.0, 0.0, 0.0, 10.0],
            [ask("a") for ask in (self.buckets.wait, self.buckets.wait, self.buckets.take, self.buckets.wait)],
        )

    def test_sweep(self) -> None:
        """Keys whose buckets are full are forgotten, and others are not."""
        for key in range(SWEPT - 1):
            self.buckets.take(key)
        self.clock.advance(10.0)
        self.buckets.take("a")
        self.buckets.take("b")
        self.assertEqual(2, len(self.buckets))
        self.assertEqual([0.0, 10.0], [self.buckets.take("a"), self.buckets.take("a")])

    def test_bounded(self) -> None:
        """However many keys there are, the memory is bounded; the newest keys are remembered."""
        for key in range(2 * REMEMBERED):
            self.buckets.take(key)
            self.buckets.take(key)
        self.assertLessEqual(len(self.buckets), REMEMBERED)
        self.assertEqual(10.0, self.buckets.take(2 * REMEMBERED - 1))


class ThrottleTests(SynchronousTestCase):
    """Failures by address and by account."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.admission = Admission(Limits(loginFailures=3, loginRate=0.05), self.clock.seconds)
        accounts = Buckets(lambda: (5, 1 / 300), self.clock.seconds)
        self.throttle = Throttle(LoginFailures(self.admission), accounts, 4)

    def exhaust(self, count: int, address: str | None, name: str | None, trusted: bool = False) -> str:
        """Fail to log in so many times, and return why the next attempt is not made."""
        session = sessionFrom(address)
        for _ in range(count):
            self.throttle.begin(session, name, trusted)
        error = self.assertRaises(TooFast, self.throttle.begin, session, name, trusted)
        return f"{error.what} {error.wait:.0f}"

    def test_address(self) -> None:
        """An address has three failures at once, then one in 20 s, for all names together."""
        self.assertEqual("log in 20", self.exhaust(3, "192.0.2.1", "alice"))
        self.assertEqual("log in 20", self.exhaust(0, "192.0.2.1", "bob"))
        self.assertEqual("log in 20", self.exhaust(0, "192.0.2.1", None))
        self.clock.advance(20.0)
        self.assertEqual("log in 20", self.exhaust(1, "192.0.2.1", "bob"))

    def test_account(self) -> None:
        """A name has five failures at once from all addresses, then one in five minutes, in any case of letters."""
        self.assertEqual("log in 20", self.exhaust(3, "192.0.2.1", "alice"))
        self.assertEqual("log in to this account 300", self.exhaust(2, "192.0.2.2", "Alice"))
        self.assertEqual("log in to this account 300", self.exhaust(0, "192.0.2.3", "ALICE"))
        self.clock.advance(300.0)
        self.assertEqual("log in to this account 300", self.exhaust(1, "192.0.2.4", "alice"))

    def test_figures(self) -> None:
        """Logins that are not checked count, by what had too many failures."""
        self.exhaust(3, "192.0.2.1", "alice")
        self.exhaust(2, "192.0.2.2", "alice")
        self.exhaust(0, "192.0.2.1", "bob")
        self.assertEqual(self.throttle.figures.throttled, {"address": 2, "account": 1})

    def test_heldUp(self) -> None:
        """An attempt that is held up for the account does not count for the address."""
        self.exhaust(3, "192.0.2.1", "alice")
        for _ in range(10):
            self.exhaust(2 if _ == 0 else 0, "192.0.2.2", "alice")
        self.assertEqual("log in 20", self.exhaust(1, "192.0.2.2", "bob"))

    def test_withdraw(self) -> None:
        """An attempt that is withdrawn was no failure, neither of the address nor of the account."""
        for _ in range(20):
            self.throttle.begin(sessionFrom("192.0.2.1"), "alice").withdraw()
        self.assertEqual("log in 20", self.exhaust(3, "192.0.2.1", "alice"))

    def test_trusted(self) -> None:
        """Someone who is trusted is held up by their own address only.  Withdrawing gives others no more attempts."""
        self.exhaust(3, "192.0.2.1", "alice")
        self.exhaust(2, "192.0.2.2", "alice")
        self.throttle.begin(sessionFrom("192.0.2.3"), "alice", trusted=True).withdraw()
        self.assertEqual("log in to this account 300", self.exhaust(0, "192.0.2.4", "alice"))
        self.assertEqual("log in 20", self.exhaust(3, "192.0.2.3", "alice", trusted=True))

    def test_trustedCounts(self) -> None:
        """The failures of someone who is trusted count for the account."""
        self.exhaust(3, "192.0.2.1", "alice", trusted=True)
        self.assertEqual("log in to this account 300", self.exhaust(2, "192.0.2.2", "alice"))

    def test_exempt(self) -> None:
        """Exempt clients, and those without an address, are not held up by an address; the former by nothing."""
        session = sessionFrom(None, exempt=True)
        for _ in range(20):
            self.throttle.begin(session, "alice")
        self.assertEqual("log in to this account 300", self.exhaust(5, None, "alice"))

    def test_longNames(self) -> None:
        """Only the beginning of a long name is remembered."""
        self.exhaust(3, "192.0.2.1", "a" * 1000)
        self.exhaust(2, "192.0.2.2", "a" * 2000)
