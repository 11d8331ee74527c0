"""Tests of L{twistchat.chat.model.accounts}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.accounts import Account, Accounts


class UnverifiedTests(SynchronousTestCase):
    """The accounts whose mail address is not verified yet."""

    def setUp(self) -> None:
        self.accounts = Accounts()
        self.early, self.late, self.other = Account("early", 0, 1), Account("late", 1, 2), Account("other", 0)
        for account in (self.early, self.other, self.late):
            self.accounts.add(account)

    def test_order(self) -> None:
        """They are found without looking at all others, in the order of their registration."""
        self.assertEqual([self.early, self.late], list(self.accounts.unverified))

    def test_verified(self) -> None:
        """An account that is verified, or removed, is no longer among them."""
        self.accounts.verify(self.early)
        self.accounts.verify(self.other)
        self.assertEqual([self.late], list(self.accounts.unverified))
        self.assertTrue(self.early.usable)
        self.accounts.remove(self.late)
        self.accounts.remove(self.early)
        self.assertEqual([], list(self.accounts.unverified))
        self.assertEqual(1, len(self.accounts))


class IterationTests(SynchronousTestCase):
    """All accounts."""

    def test_once(self) -> None:
        """An account with several nicks is found once."""
        accounts = Accounts()
        alice, bob = Account("alice", 0), Account("Bob", 0)
        for account in (alice, bob):
            accounts.add(account)
        for nick in ("al", "Zoe"):
            accounts.group(alice, nick)
        self.assertEqual([alice, bob], list(accounts))

    def test_changes(self) -> None:
        """Accounts may be registered, dropped and get nicks during the iteration.  Those that are gone are left out."""
        accounts = Accounts()
        alice, bob, carol, dave = (Account(name, 0) for name in ("alice", "bob", "carol", "dave"))
        for account in (alice, bob, carol):
            accounts.add(account)
        accounts.group(alice, "al")
        found = iter(accounts)
        self.assertIs(alice, next(found))
        accounts.ungroup(alice, "al")
        accounts.remove(bob)
        accounts.add(dave)
        accounts.group(carol, "caro")
        self.assertEqual([carol], list(found))
