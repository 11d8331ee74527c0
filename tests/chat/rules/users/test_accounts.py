"""Tests of L{twistchat.chat.rules.users.accounts}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import SERVER, AccountRegistered, Credential, CredentialSet, RoomRegistered
from twistchat.chat.rules.users.accounts import LONGEST_NAME, MOST_PLACES, RECORDED
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot

PASSWORD = Credential("password", secret="hash")


class AccountsTestCase(SynchronousTestCase):
    """A chat with an account."""

    def setUp(self) -> None:
        """Register alice."""
        self.scene = Scene(ChatLimits(nicksPerAccount=3, credentialsPerAccount=2))
        self.rules = self.scene.chat.accounts
        self.alice = self.register("Alice")

    def register(self, name: str, asker: Person | None = None, **more: Any) -> Account:
        """Register an account with a password."""
        session = None if asker is None else asker.session
        account: Account = done(Deferred.fromCoroutine(self.rules.register(session, name, [PASSWORD], **more)))
        return account


class RegistrationTests(AccountsTestCase):
    """Registration."""

    def test_register(self) -> None:
        """An account has a name, a time, its credentials and its mail address."""
        bob = self.register("Bob", email="bob@example.org", until=7)
        self.assertEqual((bob.name, bob.registered, bob.until), ("Bob", self.scene.entries[-1].time, 7))
        self.assertEqual((bob.credentials, bob.settings), ((PASSWORD,), {"email": "bob@example.org"}))
        self.assertIs(self.scene.state.accounts.get("BOB"), bob)

    def test_refused(self) -> None:
        """A name must be valid, free, not reserved, and not the nick of another user."""
        scene = Scene(reserved=("NickServ",))
        bob, carol = scene.person("bob"), scene.person("carol")

        def ask(name: str, asker: Person | None = None) -> Deferred[Account]:
            session = None if asker is None else asker.session
            return Deferred.fromCoroutine(scene.chat.accounts.register(session, name))

        refused(errors.BadNick, lambda: ask("1st"))
        refused(errors.BadNick, lambda: ask("' OR 1=1 --"))
        refused(errors.BadNick, lambda: ask("cn=a,dc=b"))
        refused(errors.NickReserved, lambda: ask("nickserv"))
        refused(errors.NickInUse, lambda: ask("carol", bob))
        done(ask("bob", bob))
        done(ask("carol"))  # an administrator registers whom they want
        refused(errors.AccountExists, lambda: ask("BOB", bob))
        refused(errors.NickOwned, lambda: ask("сarol"))
        self.assertEqual(len(scene.state.accounts), 2)
        del carol

    def test_twice(self) -> None:
        """If two register a name at once, the first has it.  The second loses nothing to the first's account."""
        scene = ManualScene()
        one, two = Credential("password", secret="one"), Credential("password", secret="two")
        asked = [Deferred.fromCoroutine(scene.chat.accounts.register(None, "alice", [c])) for c in (one, two)]
        while scene.log.waiting:
            scene.commit()
        account = done(asked[0])
        refused(errors.AccountExists, lambda: asked[1])
        self.assertEqual(account.credentials, (one,))

    def test_verified(self) -> None:
        """An account whose address must be verified is not usable before that.  If it expires, its name is free."""
        bob = self.register("Bob", until=7)
        self.assertFalse(bob.usable)
        done(self.rules.verify(None, "bob"))
        self.assertTrue(bob.usable)
        self.register("Carol", until=7)
        done(self.rules.expire("Carol"))
        self.assertIsNone(self.scene.state.accounts.get("carol"))
        self.register("Carol")

    def test_damaged(self) -> None:
        """If an account was lost, because its entries were damaged, nobody else gets its name and its rooms."""
        done(self.scene.log.append(RoomRegistered(SERVER, "#den", "lost")))
        for asked in (
            lambda: Deferred.fromCoroutine(self.rules.register(None, "Lost")),
            lambda: self.scene.log.append(AccountRegistered(SERVER, "lost")),
        ):
            refused(errors.NameRetired, asked)


class CredentialTests(AccountsTestCase):
    """Credentials."""

    def test_unnamed(self) -> None:
        """A second factor has no name, as a password has none: there is one of each."""
        for secret in ("1", "2"):
            done(self.rules.setCredential(None, "alice", Credential("totp", secret=secret)))
        self.assertEqual(self.alice.ofKind("totp"), (Credential("totp", secret="2"),))
        refused(errors.BadName, lambda: self.rules.setCredential(None, "alice", Credential("token", secret="1")))

    def test_set(self) -> None:
        """A credential is added, replaced and removed."""
        for secret in ("1", "2"):
            done(self.rules.setCredential(None, "alice", Credential("token", "phone", secret)))
        self.assertEqual([c.secret for c in self.alice.ofKind("token")], ["2"])
        done(self.rules.removeCredential(None, "alice", "token", "phone"))
        self.assertEqual(self.alice.credentials, (PASSWORD,))
        error = refused(errors.NoSuchCredential, lambda: self.rules.removeCredential(None, "alice", "token", "phone"))
        self.assertEqual(error.text, "This account has no token named phone")

    def test_limits(self) -> None:
        """An account has a bounded number of credentials of each kind.  One can still be replaced."""
        for name in "ab":
            done(self.rules.setCredential(None, "alice", Credential("token", name)))
        error = refused(errors.TooManyOf, lambda: self.rules.setCredential(None, "alice", Credential("token", "c")))
        self.assertEqual(error.text, "There are 2 tokens already, and no more can be added")
        done(self.rules.setCredential(None, "alice", Credential("token", "b")))
        done(self.rules.setCredential(None, "alice", Credential("sshkey", "c")))

    def test_names(self) -> None:
        """A credential has a printable name of bounded length; only a password has none."""
        for name in ("", "a\nb", "a\0b", "x" * (LONGEST_NAME + 1)):
            refused(
                errors.BadName,
                lambda name=name: self.rules.setCredential(None, "alice", Credential("token", name)),  # type: ignore[misc]
            )
        done(self.rules.setCredential(None, "alice", Credential("token", "x" * LONGEST_NAME)))

    def test_unique(self) -> None:
        """A certificate belongs to one account."""
        self.register("bob")
        done(self.rules.setCredential(None, "alice", Credential("certificate", "print")))
        error = refused(
            errors.BadCredential, lambda: self.rules.setCredential(None, "bob", Credential("certificate", "print"))
        )
        self.assertEqual(error.text, "This certificate belongs to another account")

    def test_noSuchAccount(self) -> None:
        """Nothing can be changed of an account that does not exist."""
        for asked in (
            lambda: self.rules.setCredential(None, "eve", PASSWORD),
            lambda: self.rules.suspend(None, "eve", ""),
            lambda: self.rules.drop(None, "eve"),
            lambda: self.scene.log.append(CredentialSet(self.scene.person("zoe").user.source, "eve", PASSWORD)),
        ):
            refused(errors.NoSuchAccount, asked)


class LoginRecordTests(AccountsTestCase):
    """The record of logins."""

    def record(self, place: str, kind: str = "password") -> bool:
        """Record a login, and return whether there is an entry of it."""
        receipt = self.rules.recordLogin("alice", kind, "", place)  # type: ignore[arg-type]  # one of the literals
        return receipt is not None

    def test_seldom(self) -> None:
        """A login with the same credential from the same place is recorded once a day."""
        self.assertTrue(self.record("home"))
        self.assertFalse(self.record("home"))
        self.assertTrue(self.record("work"))
        self.scene.now += RECORDED / 1000
        self.assertTrue(self.record("home"))
        self.assertEqual(list(self.alice.places), ["work", "home"])
        self.assertEqual(self.alice.used["password", ""], self.scene.entries[-1].time)

    def test_noPlace(self) -> None:
        """A login without an address has no place."""
        self.assertTrue(self.record(""))
        self.assertFalse(self.record(""))
        self.assertEqual(dict(self.alice.places), {})

    def test_places(self) -> None:
        """The places are bounded: the one that was used least recently is forgotten."""
        for number in range(MOST_PLACES + 2):
            self.record(f"place{number}")
        self.assertEqual(list(self.alice.places), [f"place{number}" for number in range(2, MOST_PLACES + 2)])


class ChangeTests(AccountsTestCase):
    """Settings, nicks, suspension and removal."""

    def test_settings(self) -> None:
        """A setting is changed and cleared.  An unknown one, or one with a line break, is refused."""
        done(self.rules.set(None, "alice", "email", "a@example.org"))
        self.assertEqual(self.alice.settings, {"email": "a@example.org"})
        done(self.rules.set(None, "alice", "email", None))
        self.assertEqual(self.alice.settings, {})
        refused(errors.BadName, lambda: self.rules.set(None, "alice", "colour", "red"))
        refused(errors.BadText, lambda: self.rules.set(None, "alice", "email", "a@b\r\nBcc: c@d"))
        done(self.rules.set(None, "alice", "admin", "yes"))
        self.assertTrue(self.alice.isAdmin)

    def test_nicks(self) -> None:
        """An account has several nicks, up to a limit."""
        for nick in ("Lici", "Ali"):
            done(self.rules.group(None, "alice", nick))
        self.assertEqual(self.alice.nicks, ("Lici", "Ali"))
        refused(errors.TooManyOf, lambda: self.rules.group(None, "alice", "third"))
        done(self.rules.ungroup(None, "alice", "LICI"))
        refused(errors.NoSuchCredential, lambda: self.rules.ungroup(None, "alice", "Lici"))
        refused(errors.BadCredential, lambda: self.rules.ungroup(None, "alice", "Alice"))
        self.register("Lici")
        refused(errors.AccountExists, lambda: self.rules.group(None, "alice", "lici"))

    def test_suspended(self) -> None:
        """The sessions of a suspended account end, with the reason.  It is usable again after the suspension."""
        phone = self.scene.person("alice", account="Alice")
        laptop, bob = self.scene.attach(phone), self.scene.person("bob")
        done(self.rules.suspend(None, "ALICE", "spam"))
        self.assertEqual((self.alice.suspended, self.alice.usable), ("spam", False))
        for person in (phone, laptop):
            self.assertEqual(person.outlet.reasons, ["This account is suspended: spam"])
        self.assertEqual(bob.outlet.reasons, [])
        done(self.rules.restore(None, "alice"))
        self.assertTrue(self.alice.usable)
        refused(errors.BadText, lambda: self.rules.suspend(None, "alice", "a\nb"))

    def test_dropped(self) -> None:
        """A dropped account leaves nothing but its name, which nobody can register.  Its user becomes a guest."""
        alice, bob = self.scene.person("alice", "#a", account="Alice"), self.scene.person("bob", "#a")
        self.scene.found("#b", "bob", alice="o")
        done(self.rules.drop(alice.session, "alice"))
        self.scene.endTurn()
        self.assertIsNone(self.scene.state.accounts.get("alice"))
        self.assertIsNone(alice.user.source.account)
        self.assertIsNone(self.scene.state.users.ofAccount("alice"))
        self.assertEqual(self.scene.room("#b").granted, {})
        self.assertEqual(bob.heard(), ["alice account None"])
        refused(errors.NameRetired, lambda: Deferred.fromCoroutine(self.rules.register(None, "alice")))

    def test_replayed(self) -> None:
        """The same entries give the same accounts, and so does a snapshot."""
        done(self.rules.set(None, "alice", "email", "a@example.org"))
        done(self.rules.group(None, "alice", "Lici"))
        self.rules.recordLogin("alice", "password", "", "home")
        self.register("bob")
        done(self.rules.drop(None, "bob"))
        done(self.rules.suspend(None, "alice", "spam"))
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))
        other = rebuilt([])
        restoreSnapshot(other, takeSnapshot(self.scene.state, "local"))
        self.assertEqual(shown(other)["accounts"], shown(self.scene.state)["accounts"])
        self.assertEqual(len(shown(other)["accounts"]), 1)

    def test_source(self) -> None:
        """An entry says which user caused it; an administrator is the server itself."""
        alice = self.scene.person("zoe")
        self.register("zoe", alice)
        sources = [e.event.source.nick for e in self.scene.entries if isinstance(e.event, AccountRegistered)]
        self.assertEqual(sources, ["", "zoe"])
