"""Tests of L{twistchat.chat.model.accounts}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import AccountExists, BadCredential, NameRetired, NickOwned, NoSuchAccount
from twistchat.chat.model.accounts import Account, Accounts, Login
from twistchat.chat.model.events import Credential

LOOKALIKE = "аlice"
"""C{alice} with a Cyrillic letter."""


class AccountTests(SynchronousTestCase):
    """One account."""

    def test_credentials(self) -> None:
        """A credential replaces the one with the same kind and name; the newest is the last."""
        accounts, alice = Accounts(), Account("alice", 1)
        accounts.add(alice)
        old, phone, laptop = (
            Credential("password", secret="1"),
            Credential("token", "phone"),
            Credential("token", "laptop"),
        )
        for credential in (old, phone, laptop, Credential("password", secret="2")):
            accounts.setCredential(alice, credential)
        self.assertEqual(alice.credentials, (phone, laptop, Credential("password", secret="2")))
        self.assertEqual(alice.ofKind("token"), (phone, laptop))
        self.assertEqual(alice.credential("token", "phone"), phone)
        self.assertIsNone(alice.credential("certificate", "phone"))
        accounts.removeCredential(alice, "token", "phone")
        accounts.removeCredential(alice, "token", "tablet")
        self.assertEqual(alice.ofKind("token"), (laptop,))

    def test_usable(self) -> None:
        """An account is usable if it is verified and not suspended, even without a reason."""
        account = Account("alice", 1, until=5)
        self.assertFalse(account.usable)
        account.until = None
        self.assertTrue(account.usable)
        account.suspended = ""
        self.assertFalse(account.usable)

    def test_secret(self) -> None:
        """The representation of a credential does not contain its secrets."""
        shown = repr(Credential("password", secret="$argon2id$x", scram="keys"))
        self.assertEqual(shown, "Credential(kind='password', name='')")


class AccountsTests(SynchronousTestCase):
    """The register."""

    def setUp(self) -> None:
        """Add an account with a second nick."""
        self.accounts = Accounts()
        self.alice = Account("Alice", 1)
        self.accounts.add(self.alice)
        self.accounts.group(self.alice, "Lici")

    def test_found(self) -> None:
        """An account is found by its name in any case.  A nick or a look-alike finds its owner only."""
        self.assertIs(self.accounts.get("aLICE"), self.alice)
        self.assertIsNone(self.accounts.get("lici"))
        self.assertIsNone(self.accounts.get(LOOKALIKE))
        for nick in ("alice", "lici", LOOKALIKE):
            self.assertIs(self.accounts.ownerOf(nick), self.alice)
        self.assertIsNone(self.accounts.ownerOf("bob"))
        for nick, found in (("ALICE", self.alice), ("LICI", self.alice), (LOOKALIKE, None), ("bob", None)):
            self.assertIs(self.accounts.withNick(nick), found)
        self.assertRaises(NoSuchAccount, self.accounts.named, "bob")
        self.assertEqual((list(self.accounts), len(self.accounts)), ([self.alice], 1))

    def test_taken(self) -> None:
        """Names and nicks of accounts, and look-alikes of them, are taken.  The error names the account itself only."""
        self.assertEqual(self.assertRaises(AccountExists, self.accounts.checkFree, "alice").account, "Alice")
        for nick in ("LICI", LOOKALIKE):
            self.assertEqual(self.assertRaises(NickOwned, self.accounts.checkFree, nick).nick, nick)
        self.assertRaises(NickOwned, self.accounts.group, self.alice, "lici")
        self.accounts.checkFree("bob")

    def test_removed(self) -> None:
        """The name and the nicks of a removed account are free, unless the name is retired."""
        self.accounts.remove(self.alice)
        self.assertEqual((list(self.accounts), len(self.accounts)), ([], 0))
        self.accounts.checkFree("alice")
        self.accounts.retire("Alice")
        self.assertRaises(NameRetired, self.accounts.checkFree, "alice")
        self.assertRaises(NameRetired, self.accounts.checkFree, LOOKALIKE)
        self.accounts.checkFree("lici")
        self.assertEqual(self.accounts.retired, ("Alice",))

    def test_ungroup(self) -> None:
        """A nick can be taken away.  The name cannot, and a nick that is not grouped is ignored."""
        for nick in ("LICI", "alice", "bob"):
            self.accounts.ungroup(self.alice, nick)
        self.assertEqual(self.alice.nicks, ())
        self.accounts.checkFree("lici")
        self.assertIs(self.accounts.ownerOf("alice"), self.alice)

    def test_unique(self) -> None:
        """A certificate or an SSH key identifies one account, until that account loses it."""
        bob = Account("bob", 2)
        self.accounts.add(bob)
        for kind in ("certificate", "sshkey"):
            key = Credential(kind, "print")
            self.accounts.setCredential(self.alice, key)
            self.assertRaises(BadCredential, self.accounts.setCredential, bob, key)
            self.assertIs(self.accounts.holderOf(key.kind, "print"), self.alice)
            self.assertEqual(bob.ofKind(key.kind), ())
            self.accounts.removeCredential(self.alice, key.kind, "print")
            self.assertIsNone(self.accounts.holderOf(key.kind, "print"))
            self.accounts.setCredential(bob, key)
            self.assertIs(self.accounts.holderOf(key.kind, "print"), bob)
        self.accounts.remove(bob)
        self.assertIsNone(self.accounts.holderOf("sshkey", "print"))


class LoginTests(SynchronousTestCase):
    """The last logins of an account."""

    def setUp(self) -> None:
        self.account = Account("alice", 1)

    def test_superseded(self) -> None:
        """A login takes the place of earlier ones with the same credential and from the same place."""
        for login in (
            Login("password", "", "home", 1),
            Login("token", "phone", "home", 2),
            Login("password", "", "work", 3),
            Login("token", "phone", "", 4),
        ):
            self.account.record(login)
        self.assertEqual({("token", "phone"): 4, ("password", ""): 3}, self.account.used)
        self.assertEqual([("home", 2), ("work", 3)], list(self.account.places.items()))
        self.assertEqual(3, len(self.account.logins))

    def test_forgotten(self) -> None:
        """A place is forgotten if the login says so, and the credential stays used; and the other way round."""
        self.account.record(Login("password", "", "home", 1))
        self.account.record(Login("token", "phone", "work", 2), "home")
        self.account.forgetCredential("token", "phone")
        self.assertEqual({("password", ""): 1}, self.account.used)
        self.assertEqual({"work": 2}, self.account.places)
        self.account.forgetCredential("password", "")
        self.assertEqual(1, len(self.account.logins))


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
