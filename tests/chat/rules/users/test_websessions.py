"""Tests of L{twistchat.chat.rules.users.websessions}, and of the sessions that log in with a web session."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, rebuilt, refused
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import Credential
from twistchat.chat.rules.users.websessions import LOGGED_OUT
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot


def browser(name: str = "Firefox", secret: str = "") -> Credential:
    """Make a web session."""
    return Credential("websession", name, secret or f"hash of {name}", created=1)


def begin(scene: Scene, person: Person, account: str, webSession: str | None) -> Deferred[None]:
    """Begin to log a session in, with the web session of this name."""
    hash = None if webSession is None else browser(webSession).secret
    return Deferred.fromCoroutine(scene.chat.identity.login(person.session, account, hash))


def manual(limits: ChatLimits | None = None) -> ManualScene:
    """Make a chat with the account alice, whose journal holds events."""
    scene = ManualScene(limits)
    registering = Deferred.fromCoroutine(scene.chat.accounts.register(None, "alice"))
    scene.commit()
    done(registering)
    return scene


class WebSessionCase(SynchronousTestCase):
    """A chat with the account alice, which can have three web sessions."""

    def setUp(self) -> None:
        self.scene: Scene = Scene(ChatLimits(credentialsPerAccount=3))
        self.scene.account("alice")
        self.rules = self.scene.chat.webSessions

    @property
    def alice(self) -> Account:
        """The account."""
        return self.scene.state.accounts.named("alice")

    def names(self) -> list[str]:
        """The names of the web sessions."""
        return [credential.name for credential in self.alice.ofKind("websession")]

    def isConnected(self, name: str) -> bool:
        """Whether somebody is connected with the web session of this name."""
        return self.rules.isConnected(self.alice, browser(name).secret)

    def end(self, name: str) -> None:
        """End a web session."""
        done(self.scene.chat.accounts.removeCredential(None, "alice", "websession", name))


class OpenTests(WebSessionCase):
    """Opening."""

    def test_found(self) -> None:
        """A web session is found by the hash of its secret, until it ends; also by a server that starts later."""
        done(self.rules.open("Alice", browser()))
        restored = Scene().state
        restoreSnapshot(restored, takeSnapshot(self.scene.state, ""))
        for state in (self.scene.state, rebuilt(self.scene.entries), restored):
            found = state.accounts.withWebSession("hash of Firefox")
            assert found is not None
            self.assertEqual(("alice", browser()), (found[0].name, found[1]))
            self.assertEqual(["hash of Firefox"], list(state.accounts.webSessions))
            self.assertIsNone(state.accounts.withWebSession("Firefox"))
        self.end("Firefox")
        self.assertIsNone(self.scene.state.accounts.withWebSession("hash of Firefox"))
        self.assertEqual([], list(self.scene.state.accounts.webSessions))

    def test_replaced(self) -> None:
        """If a web session replaces another one of its name, the other one's secret is of no use any more."""
        done(self.rules.open("alice", browser(secret="1")))
        done(self.rules.open("alice", browser(secret="2")))
        self.assertIsNone(self.scene.state.accounts.withWebSession("1"))
        self.assertIsNotNone(self.scene.state.accounts.withWebSession("2"))

    def test_dropped(self) -> None:
        """The web sessions of an account end with it."""
        done(self.rules.open("alice", browser()))
        done(self.scene.chat.accounts.drop(None, "alice"))
        self.assertIsNone(self.scene.state.accounts.withWebSession("hash of Firefox"))
        refused(errors.NoSuchAccount, lambda: self.rules.open("alice", browser()))

    def test_unusable(self) -> None:
        """No web session of a suspended account is opened."""
        done(self.scene.chat.accounts.suspend(None, "alice", "spam"))
        refused(errors.Suspended, lambda: self.rules.open("alice", browser()))

    def test_tooMany(self) -> None:
        """If an account has too many, the first one ends, and its sessions with it.  Tokens do not count."""
        done(self.scene.chat.accounts.setCredential(None, "alice", Credential("token", "phone", "t")))
        for name in "123":
            done(self.rules.open("alice", browser(name)))
        person = self.scene.connect()
        done(begin(self.scene, person, "alice", "1"))
        done(self.scene.enter(person, "alice"))
        done(self.rules.open("alice", browser("4")))
        self.assertEqual(["2", "3", "4"], self.names())
        self.assertEqual([LOGGED_OUT], person.outlet.reasons)

    def test_atOnce(self) -> None:
        """Those that are opened at the same time do not exceed the limit.  Even more at the same time are refused."""
        scene = self.scene = manual(ChatLimits(credentialsPerAccount=3))
        opening = [scene.chat.webSessions.open("alice", browser(name)) for name in "12"]
        scene.commit()
        opening += [scene.chat.webSessions.open("alice", browser(name)) for name in "345"]
        refused(errors.TooManyOf, lambda: scene.chat.webSessions.open("alice", browser("6")))
        scene.commit()
        for receipt in opening:
            done(receipt)
        self.assertEqual(["3", "4", "5"], self.names())


class EndTests(WebSessionCase):
    """The sessions of the chat, when a web session ends."""

    def setUp(self) -> None:
        super().setUp()
        for name in ("Firefox", "Safari"):
            done(self.rules.open("alice", browser(name)))

    def test_disconnected(self) -> None:
        """Sessions that logged in with it, before or after they entered, are disconnected.  Others stay."""
        people = [self.scene.connect() for _ in range(3)]
        for person, name in zip(people, ("Firefox", "Safari", None), strict=True):
            done(begin(self.scene, person, "alice", name))
            done(self.scene.enter(person, "alice"))
        late = self.scene.person("late")
        done(begin(self.scene, late, "alice", "Firefox"))
        self.assertEqual((True, True), tuple(self.isConnected(name) for name in ("Firefox", "Safari")))
        self.end("Firefox")
        self.assertEqual([[LOGGED_OUT], [], [], [LOGGED_OUT]], [one.outlet.reasons for one in (*people, late)])

    def test_loggedOut(self) -> None:
        """A session that has logged out does not depend on the web session any more."""
        person = self.scene.connect()
        done(begin(self.scene, person, "alice", "Firefox"))
        done(self.scene.enter(person, "someone"))
        self.assertTrue(self.isConnected("Firefox"))
        done(self.scene.logOut(person))
        self.assertFalse(self.isConnected("Firefox"))
        done(begin(self.scene, person, "alice", None))
        self.end("Firefox")
        self.assertEqual([], person.outlet.reasons)

    def test_repeated(self) -> None:
        """Another login to the same account does not make a session independent of the web session."""
        person = self.scene.connect()
        done(begin(self.scene, person, "alice", "Firefox"))
        done(self.scene.enter(person, "someone"))
        done(begin(self.scene, person, "alice", None))
        self.end("Firefox")
        self.assertEqual([LOGGED_OUT], person.outlet.reasons)

    def test_beforeEntering(self) -> None:
        """If the web session ends before the session enters, it does not come in, and is not logged in any more."""
        person = self.scene.connect()
        done(begin(self.scene, person, "alice", "Firefox"))
        self.end("Firefox")
        refused(errors.NotLoggedIn, lambda: self.scene.enter(person, "alice"))
        refused(errors.NickOwned, lambda: self.scene.enter(person, "alice"))
        done(self.scene.enter(person, "someone"))
        self.assertIsNone(person.user.source.account)

    def test_nameReused(self) -> None:
        """A later web session that gets the name does not let in a session that logged in with the earlier one."""
        entering, guest = self.scene.connect(), self.scene.person("guest")
        done(begin(self.scene, entering, "alice", "Firefox"))
        self.end("Firefox")
        done(self.rules.open("alice", browser(secret="another secret")))
        refused(errors.NotLoggedIn, lambda: self.scene.enter(entering, "alice"))
        done(begin(self.scene, guest, "alice", "Firefox"))
        self.assertEqual([LOGGED_OUT], guest.outlet.reasons)

    def test_meanwhile(self) -> None:
        """If the web session ends while the session enters or logs in, the session is disconnected."""
        scene = manual()
        scene.chat.webSessions.open("alice", browser())
        scene.commit()
        entering, guest = scene.connect(), scene.connect()
        scene.enter(guest, "guest")
        scene.commit()
        done(begin(scene, entering, "alice", "Firefox"))
        scene.chat.accounts.removeCredential(None, "alice", "websession", "Firefox")
        waiting: list[Deferred[Any]] = [scene.enter(entering, "someone"), begin(scene, guest, "alice", "Firefox")]
        scene.commit()
        for one in waiting:
            done(one)
        self.assertEqual(([LOGGED_OUT], [LOGGED_OUT]), (entering.outlet.reasons, guest.outlet.reasons))
