"""Tests of L{twistchat.chat.rules.users.claims}."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done, rebuilt, shown
from twistchat.chat.limits import NickProtection
from twistchat.chat.model.events import Source
from twistchat.chat.model.users import User
from twistchat.chat.rules.users.claims import RETRY, guestNick, isForeign


class GuestNickTests(SynchronousTestCase):
    """Free guest nicks."""

    def test_free(self) -> None:
        """The nick depends on the user's id, and is neither in use nor of an account."""
        scene = Scene()
        user = User(Source("u1", "x"))
        first = guestNick(scene.state, user)
        self.assertRegex(first, r"\AGuest[1-9]\d{4}\Z")
        self.assertEqual(guestNick(scene.state, user), first)
        scene.person(first)
        second = guestNick(scene.state, user)
        self.assertEqual(int(second[5:]), int(first[5:]) + 1)
        scene.account(second)
        self.assertEqual(int(guestNick(scene.state, user)[5:]), int(first[5:]) + 2)
        self.assertNotEqual(guestNick(scene.state, User(Source("u2", "x"))), first)

    def test_foreign(self) -> None:
        """A nick is foreign to everybody but its account."""
        scene = Scene()
        scene.account("alice")
        state = scene.state
        self.assertEqual([isForeign(state, "Alice", who) for who in (None, "bob", "ALICE")], [True, True, False])
        self.assertFalse(isForeign(state, "bob", None))


class ClaimTests(SynchronousTestCase):
    """A stranger has the nick of an account."""

    def setUp(self) -> None:
        """Register alice, and let nicks of accounts be used for a while."""
        self.scene = Scene()
        self.scene.protection = NickProtection(strict=False, claimTime=60.0)
        self.scene.account("alice")
        self.bob = self.scene.person("bob", "#a")

    def tearDown(self) -> None:
        """Check that the entries give the same state again."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def test_entered(self) -> None:
        """They are asked to log in after they have entered, and renamed when the time is over."""
        stranger = self.scene.connect()
        done(self.scene.enter(stranger, "Alice"))
        self.assertEqual((stranger.heard(), self.scene.later), ([], 0.0))
        self.scene.wait(0.0)
        self.assertEqual((stranger.heard(), self.scene.later), (["Alice is claimed, 60 s"], 60.0))
        self.scene.wait(59.0)
        self.assertEqual((stranger.heard(), self.scene.later), ([], 1.0))
        self.scene.wait(1.0)
        nick = guestNick(self.scene.state, stranger.user)
        self.assertTrue(stranger.user.nick.startswith("Guest"), nick)
        self.assertEqual(stranger.heard(), [f"Alice is {stranger.user.nick}"])
        self.scene.wait(RETRY)
        self.assertEqual((stranger.heard(), self.scene.later), ([], None))

    def test_loggedIn(self) -> None:
        """They keep the nick if they log in in time."""
        owner = self.scene.connect()
        done(self.scene.enter(owner, "alice"))
        self.scene.wait(0.0)
        done(self.scene.logIn(owner, "alice"))
        self.scene.wait(60.0)
        self.assertEqual((owner.user.nick, self.scene.later), ("alice", None))

    def test_renamed(self) -> None:
        """A user who takes such a nick is asked too.  If they give it up, nothing happens to them."""
        done(self.scene.chat.identity.rename(self.bob.session, "alice"))
        self.scene.wait(0.0)
        self.assertEqual(self.bob.heard(), ["bob is alice", "alice is claimed, 60 s"])
        done(self.scene.chat.identity.rename(self.bob.session, "robert"))
        self.scene.wait(60.0)
        self.assertEqual((self.bob.user.nick, self.scene.later), ("robert", None))

    def test_givenAway(self) -> None:
        """Also where such nicks are refused: a nick may be given to an account while somebody has it."""
        self.scene.protection = NickProtection()
        self.scene.account("Bob")
        self.scene.wait(0.0)
        self.assertEqual(self.bob.heard(), ["bob is claimed, 60 s"])
        carol = self.scene.person("carol")
        done(self.scene.chat.accounts.group(None, "alice", "Carol"))
        self.scene.wait(0.0)
        self.assertEqual(carol.heard(), ["carol is claimed, 60 s"])
        self.scene.wait(60.0)
        self.assertEqual([user.nick[:5] for user in self.scene.state.users], ["Guest", "Guest"])

    def test_ownRegistration(self) -> None:
        """Who registers their own nick and logs in is not asked."""
        done(Deferred.fromCoroutine(self.scene.chat.accounts.register(self.bob.session, "bob")))
        done(self.scene.logIn(self.bob, "bob"))
        self.scene.clear(self.bob)
        self.scene.wait(0.0)
        self.assertEqual((self.bob.heard(), self.scene.later), ([], None))

    def test_ownVerification(self) -> None:
        """Who verifies the account of their own nick is not asked, even if the login is stored later."""
        accounts = self.scene.chat.accounts
        done(Deferred.fromCoroutine(accounts.register(self.bob.session, "bob", until=1)))
        self.scene.wait(0.0)
        done(accounts.verify(self.bob.session, "bob"))
        self.scene.wait(0.0)
        self.assertEqual((self.bob.heard(), self.scene.later), ([], None))

    def test_verifiedElsewhere(self) -> None:
        """Who has the nick of an account is asked if somebody else verifies it, or the user of another account."""
        accounts = self.scene.chat.accounts
        done(Deferred.fromCoroutine(accounts.register(self.bob.session, "bob", until=1)))
        carol = self.scene.person("carol")
        done(accounts.verify(carol.session, "bob"))
        self.scene.wait(0.0)
        self.assertEqual(self.bob.heard(), ["bob is claimed, 60 s"])
        done(Deferred.fromCoroutine(accounts.register(None, "Carol", until=1)))
        self.scene.account("other")
        done(self.scene.logIn(carol, "other"))
        self.scene.clear(carol)
        done(accounts.verify(carol.session, "carol"))
        self.scene.wait(0.0)
        self.assertEqual(carol.heard(), ["carol is claimed, 60 s"])

    def test_gone(self) -> None:
        """Those who have left are forgotten."""
        stranger = self.scene.person("alice")
        done(self.scene.chat.presence.close(stranger.session, "bye"))
        self.scene.wait(0.0)
        self.assertIsNone(self.scene.later)
