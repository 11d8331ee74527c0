"""Tests of L{twistchat.chat.rules.users.logins}, and of the verbs that log in and out."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import AccountSet, Entered, SessionEnded, SessionMoved, SessionStarted
from twistchat.chat.model.users import ADMINISTRATOR, PRIVILEGES
from twistchat.chat.snapshot import takeSnapshot


class EnterTests(SynchronousTestCase):
    """Sessions that log in before they enter."""

    def setUp(self) -> None:
        """Register alice, and let bob wait in a room."""
        self.scene = Scene()
        self.scene.account("alice")
        self.bob = self.scene.person("bob", "#a")

    def come(self, nick: str = "alice", account: str = "alice") -> Person:
        """Log in and enter."""
        person = self.scene.connect()
        done(self.scene.logIn(person, account))
        done(self.scene.enter(person, nick))
        return person

    def test_account(self) -> None:
        """A user has the account from the start, so nobody is told that they logged in."""
        person = self.scene.connect()
        done(self.scene.logIn(person, "ALICE"))
        self.assertEqual((person.session.account, person.session.currentAccount), ("alice", "alice"))
        self.assertIsInstance(done(self.scene.enter(person, "someone")).event, Entered)
        self.assertEqual((person.user.source.account, person.user.nick), ("alice", "someone"))
        self.assertIs(self.scene.state.users.ofAccount("Alice"), person.user)
        self.assertEqual(person.session.currentAccount, "alice")
        self.scene.endTurn()
        self.assertEqual((person.heard(), self.bob.heard()), ([], []))

    def test_second(self) -> None:
        """A second session joins the same user in the same rooms, whichever nick it asks for."""
        first = self.come()
        done(self.scene.chat.membership.join(first.session, "#a"))
        self.scene.clear(first, self.bob)
        second = self.scene.connect()
        done(self.scene.logIn(second, "alice"))
        entry = done(self.scene.enter(second, "bob"))
        self.assertIsInstance(entry.event, SessionStarted)
        self.assertIs(second.user, first.user)
        done(self.scene.chat.speaking.say(self.bob.session, "#a", "hello"))
        self.scene.endTurn()
        self.assertEqual(first.heard(), ["#a bob: hello"])
        self.assertEqual(second.heard(), ["#a bob: hello"])
        self.assertEqual(self.bob.heard(), [])

    def test_notUsable(self) -> None:
        """A suspended account, and one that is not verified, let nobody in, and nobody learns of an account."""
        scene = self.scene
        early = scene.connect()
        done(scene.logIn(early, "alice"))
        done(scene.chat.accounts.suspend(None, "alice", "spam"))
        late = scene.connect()
        self.assertEqual(refused(errors.Suspended, lambda: scene.logIn(late, "alice")).reason, "spam")
        refused(errors.Suspended, lambda: scene.enter(early, "alice"))
        self.assertIsNone(early.session.user)
        done(Deferred.fromCoroutine(scene.chat.accounts.register(None, "carol", until=2**50)))
        refused(errors.NotVerified, lambda: scene.logIn(late, "carol"))
        refused(errors.NoSuchAccount, lambda: scene.logIn(late, "nobody"))

    def test_dropped(self) -> None:
        """A session whose account was dropped before it entered is told, and comes in as a guest if it tries again."""
        person = self.scene.connect()
        done(self.scene.logIn(person, "alice"))
        done(self.scene.chat.accounts.drop(None, "alice"))
        refused(errors.NotLoggedIn, lambda: self.scene.enter(person, "ally"))
        done(self.scene.enter(person, "ally"))
        self.assertEqual((person.user.source.account, person.session.account), (None, None))

    def test_noGuests(self) -> None:
        """Where no guests may be, an account is needed to enter, and who logs out is disconnected."""
        self.scene.guests = False
        person = self.scene.connect()
        refused(errors.AccountRequired, lambda: self.scene.enter(person, "ally"))
        done(self.scene.logIn(person, "alice"))
        done(self.scene.enter(person, "ally"))
        done(self.scene.logOut(person))
        self.assertEqual(["You are logged out"], person.outlet.reasons)
        self.assertEqual("alice", person.user.source.account)

    def test_tooMany(self) -> None:
        """An account has at most ten sessions, before and after they enter."""
        for _ in range(ChatLimits().sessionsPerAccount):
            self.come()
        late = self.scene.connect()
        self.assertEqual(refused(errors.TooManySessions, lambda: self.scene.logIn(late, "alice")).limit, 10)
        refused(errors.TooManySessions, lambda: self.scene.logIn(self.bob, "alice"))
        self.assertEqual(self.bob.user.source.account, None)

    def test_owned(self) -> None:
        """Only the account's user can have its nicks and their look-alikes, in any case."""
        done(self.scene.chat.accounts.group(None, "alice", "Liddell"))
        stranger = self.scene.connect()
        for nick in ("alice", "ALICE", "\N{CYRILLIC SMALL LETTER A}lice", "liddell"):
            self.assertEqual(refused(errors.NickOwned, partial(self.scene.enter, stranger, nick)).nick, nick)
            refused(errors.NickOwned, partial(self.scene.chat.identity.rename, self.bob.session, nick))
        alice = self.come("Liddell")
        self.assertEqual(alice.user.nick, "Liddell")
        done(self.scene.chat.identity.rename(alice.session, "Alice"))
        self.scene.account("carol")
        other = self.scene.connect()
        done(self.scene.logIn(other, "carol"))
        refused(errors.NickOwned, lambda: self.scene.enter(other, "liddell"))

    def test_administrator(self) -> None:
        """An administrator is a server operator with all privileges, from the start until they log out."""
        self.scene.account("root", admin="yes")
        root = self.come("root", "root")
        assert root.user.operator is not None
        self.assertEqual(root.user.operator.title, ADMINISTRATOR)
        self.assertEqual(root.user.operator.privileges, frozenset(PRIVILEGES))
        self.assertEqual(self.scene.state.users.operators, 1)
        done(self.scene.logOut(root))
        self.assertIsNone(root.user.operator)

    def test_banned(self) -> None:
        """A banned address keeps a session out of an account that is here already."""
        self.come()
        operator = self.scene.operator("op", "ban")
        done(self.scene.chat.operators.banFromServer(operator.session, "192.0.2.0/24", None))
        person = self.scene.connect(address="192.0.2.7")
        done(self.scene.logIn(person, "alice"))
        refused(errors.ServerBanned, lambda: self.scene.enter(person, "alice"))


class LoginTests(SynchronousTestCase):
    """Sessions that log in after they have entered."""

    def setUp(self) -> None:
        """Alice is registered, and two guests are in rooms."""
        self.scene = Scene()
        self.scene.account("alice")
        self.guest = self.scene.person("guest", "#a", "#b")
        self.bob = self.scene.person("bob", "#a", "#c")
        self.scene.clear(self.guest, self.bob)

    def test_first(self) -> None:
        """If the account's user is not here, the user gets the account, and the rooms are told."""
        done(self.scene.logIn(self.guest, "Alice"))
        self.assertEqual(self.guest.user.source.account, "alice")
        self.assertEqual(self.bob.heard(), ["guest account alice"])
        self.assertEqual(self.guest.heard(), ["guest account alice"])
        done(self.scene.logIn(self.guest, "alice"))
        self.assertEqual(self.guest.heard(), [])
        done(self.scene.chat.identity.rename(self.guest.session, "alice"))

    def test_other(self) -> None:
        """A user who is logged in cannot log in to another account."""
        self.scene.account("carol")
        done(self.scene.logIn(self.guest, "alice"))
        self.assertEqual(
            refused(errors.AlreadyLoggedIn, lambda: self.scene.logIn(self.guest, "carol")).account, "alice"
        )
        self.assertEqual(self.guest.user.source.account, "alice")

    def test_moves(self) -> None:
        """If the account's user is here, the session goes over to that user, and the guest leaves."""
        alice = self.scene.connect()
        done(self.scene.logIn(alice, "alice"))
        done(self.scene.enter(alice, "alice"))
        done(self.scene.chat.membership.join(alice.session, "#c"))
        self.scene.clear(alice, self.bob, self.guest)
        done(self.scene.logIn(self.guest, "alice"))
        self.assertIs(self.guest.user, alice.user)
        self.assertIsNone(self.scene.state.users.named("guest"))
        self.scene.endTurn()
        self.assertEqual(self.guest.heard(), ["guest is now alice, not in #a #b"])
        self.assertEqual(self.bob.heard(), ["guest quit Logged in as alice"])
        self.assertEqual(alice.heard(), [])
        self.assertEqual(list(self.guest.user.rooms), ["#c"])
        self.assertIsNone(self.scene.state.rooms.get("#b"))
        done(self.scene.chat.speaking.say(self.bob.session, "#a", "not for them"))
        done(self.scene.chat.speaking.say(self.bob.session, "#c", "for both"))
        done(self.scene.chat.speaking.say(self.guest.session, "#c", "from the second"))
        self.scene.endTurn()
        self.assertEqual(self.guest.heard(), ["#c bob: for both"])
        self.assertEqual(alice.heard(), ["#c bob: for both", "#c alice: from the second"])

    def test_sharedRoom(self) -> None:
        """A session that moves to a user in the same room gets everything once, and not its own departure."""
        alice = self.scene.connect()
        done(self.scene.logIn(alice, "alice"))
        done(self.scene.enter(alice, "alice"))
        done(self.scene.chat.membership.join(alice.session, "#a"))
        self.scene.clear(alice, self.bob, self.guest)
        done(self.scene.chat.speaking.say(self.bob.session, "#a", "before"))
        done(self.scene.logIn(self.guest, "alice"))
        done(self.scene.chat.speaking.say(self.bob.session, "#a", "after"))
        self.scene.endTurn()
        self.assertEqual(self.guest.heard(), ["#a bob: before", "guest is now alice, not in #a #b", "#a bob: after"])
        self.assertEqual(alice.heard(), ["#a bob: before", "guest quit Logged in as alice", "#a bob: after"])

    def test_administrator(self) -> None:
        """Who logs in to an administrator's account becomes a server operator, and is told."""
        self.scene.account("root", admin="yes")
        done(self.scene.logIn(self.guest, "root"))
        assert self.guest.user.operator is not None
        self.assertEqual(self.guest.user.operator.title, ADMINISTRATOR)
        self.assertEqual(self.guest.heard(), ["guest account root", f"guest operator {ADMINISTRATOR}"])

    def test_rights(self) -> None:
        """Who is made an administrator becomes a server operator at once, until that is revoked."""
        self.scene.account("root")
        done(self.scene.logIn(self.guest, "root"))
        change = self.scene.chat.accounts.set
        done(change(None, "root", "admin", "yes"))
        assert self.guest.user.operator is not None
        done(change(None, "root", "email", "root@chat.example"))
        self.assertIsNotNone(self.guest.user.operator)
        done(change(None, "root", "admin", None))
        self.assertIsNone(self.guest.user.operator)

    def test_resigned(self) -> None:
        """An administrator who resigned as a server operator does not become one again by another setting."""
        self.scene.account("root", admin="yes")
        done(self.scene.logIn(self.guest, "root"))
        done(self.scene.chat.identity.resign(self.guest.session))
        done(self.scene.chat.accounts.set(None, "root", "email", "root@chat.example"))
        self.assertIsNone(self.guest.user.operator)

    def test_dropped(self) -> None:
        """Who loses the account of an administrator is a server operator no longer."""
        self.scene.account("root", admin="yes")
        done(self.scene.logIn(self.guest, "root"))
        done(self.scene.chat.accounts.drop(None, "root"))
        self.assertIsNone(self.guest.user.source.account)
        self.assertIsNone(self.guest.user.operator)

    def test_logout(self) -> None:
        """With one session, the user becomes a guest.  One of several sessions ends, and the others stay."""
        done(self.scene.logIn(self.guest, "alice"))
        second = self.scene.connect()
        done(self.scene.logIn(second, "alice"))
        done(self.scene.enter(second, "x"))
        done(self.scene.logOut(second))
        self.assertEqual(second.outlet.reasons, ["You are logged out; your other sessions stay"])
        self.assertEqual(self.guest.user.source.account, "alice")
        done(self.scene.chat.presence.close(second.session, "bye"))
        done(self.scene.logOut(self.guest))
        self.assertEqual((self.guest.user.source.account, self.guest.session.currentAccount), (None, None))
        self.assertIsNone(self.scene.state.users.ofAccount("alice"))
        refused(errors.NotLoggedIn, lambda: self.scene.logOut(self.guest))
        self.assertEqual(self.guest.user.nick, "guest")
        early = self.scene.connect()
        done(self.scene.logIn(early, "alice"))
        done(self.scene.logOut(early))
        self.assertIsNone(early.session.account)

    def test_logoutWithNick(self) -> None:
        """Who logs out and has a nick of the account gets a guest nick."""
        done(self.scene.logIn(self.guest, "alice"))
        done(self.scene.chat.identity.rename(self.guest.session, "alice"))
        done(self.scene.logOut(self.guest))
        self.assertTrue(self.guest.user.nick.startswith("Guest"), self.guest.user.nick)
        self.assertIsNone(self.guest.user.source.account)

    def test_rebuilt(self) -> None:
        """The entries give the same state again."""
        alice = self.scene.connect()
        done(self.scene.logIn(alice, "alice"))
        done(self.scene.enter(alice, "alice"))
        done(self.scene.logIn(self.guest, "alice"))
        again = rebuilt(self.scene.entries)
        self.assertEqual(shown(again), shown(self.scene.state))
        self.assertEqual(takeSnapshot(again, "local"), takeSnapshot(self.scene.state, "local"))


class RegainTests(SynchronousTestCase):
    """Owners who take their nicks back from strangers."""

    def setUp(self) -> None:
        """A stranger has the nick of an account."""
        self.scene = Scene()
        self.stranger = self.scene.person("alice", "#a")
        done(Deferred.fromCoroutine(self.scene.chat.accounts.register(None, "alice")))
        self.owner = self.scene.person("ally", "#a")
        done(self.scene.logIn(self.owner, "alice"))
        self.scene.clear(self.stranger, self.owner)

    def release(self, nick: str) -> Deferred[None]:
        """Ask for the release of a nick."""
        return Deferred.fromCoroutine(self.scene.chat.identity.release(self.owner.session, nick))

    def regain(self, nick: str) -> Deferred[None]:
        """Ask for a nick."""
        return Deferred.fromCoroutine(self.scene.chat.identity.regain(self.owner.session, nick))

    def test_release(self) -> None:
        """The stranger gets a guest nick, and the owner keeps theirs."""
        done(self.release("Alice"))
        guest = self.stranger.user.nick
        self.assertTrue(guest.startswith("Guest"), guest)
        self.assertEqual((self.stranger.heard(), self.owner.heard()), ([f"alice is {guest}"],) * 2)
        done(self.release("alice"))
        self.assertEqual(self.owner.heard(), [])

    def test_regain(self) -> None:
        """The owner gets the nick, also if it is a look-alike that the stranger has."""
        done(self.regain("alice"))
        self.assertEqual(self.owner.user.nick, "alice")
        done(self.regain("alice"))
        self.assertEqual(self.owner.user.nick, "alice")

    def test_notTheirs(self) -> None:
        """Nobody can take other nicks, and guests can take none."""
        self.scene.account("carol")
        for nick in ("carol", "dave"):
            self.assertEqual(refused(errors.NoSuchCredential, partial(self.release, nick)).name, nick)
            refused(errors.NoSuchCredential, partial(self.regain, nick))
        done(self.scene.logOut(self.owner))
        refused(errors.NotLoggedIn, lambda: self.release("alice"))


class RaceTests(SynchronousTestCase):
    """Logins that are on their way at the same time."""

    def setUp(self) -> None:
        """Register alice."""
        self.scene = ManualScene()
        self.chat = self.scene.chat
        registering = Deferred.fromCoroutine(self.chat.accounts.register(None, "alice"))
        self.scene.commit()
        done(registering)

    def settle(self, *waiting: Deferred[Any]) -> None:
        """Commit until nothing is pending, and check that all logins have succeeded."""
        for _ in range(5):
            self.scene.commit()
        for deferred in waiting:
            done(deferred)

    def connect(self) -> Person:
        """Open a session that is logged in."""
        person = self.scene.connect()
        done(self.scene.logIn(person, "alice"))
        return person

    def test_enter(self) -> None:
        """Two sessions that enter at once, under any nicks, are sessions of one user."""
        one, other = self.connect(), self.connect()
        self.settle(self.scene.enter(one, "alice"), self.scene.enter(other, "other"))
        self.assertIs(one.user, other.user)
        self.assertEqual([user.nick for user in self.scene.state.users], ["alice"])

    def test_login(self) -> None:
        """Two guests who log in at once become one user."""
        one, other = self.scene.person("one"), self.scene.person("other")
        self.settle(self.scene.logIn(one, "alice"), self.scene.logIn(other, "alice"))
        self.assertIs(one.user, other.user)
        self.assertEqual([(user.nick, user.source.account) for user in self.scene.state.users], [("one", "alice")])

    def test_leaves(self) -> None:
        """If the account's user leaves while a session is on its way to them, the session becomes the user."""
        first = self.connect()
        self.settle(self.scene.enter(first, "alice"))
        guest, second = self.scene.person("guest"), self.connect()
        self.chat.presence.close(first.session, "bye")
        self.settle(self.scene.enter(second, "ally"))
        self.assertEqual(second.user.nick, "ally")
        self.chat.presence.close(second.session, "bye")
        self.settle(self.scene.logIn(guest, "alice"))
        self.assertEqual((guest.user.nick, guest.user.source.account), ("guest", "alice"))

    def test_lost(self) -> None:
        """A session whose connection is lost while it moves does not stay."""
        first = self.connect()
        self.settle(self.scene.enter(first, "alice"))
        guest = self.scene.person("guest")
        moving = self.scene.logIn(guest, "alice")
        ending = self.chat.presence.close(guest.session, "bye")
        self.settle(moving)
        refused(errors.NoSuchNick, lambda: ending)
        self.assertEqual([user.nick for user in self.scene.state.users], ["alice"])
        self.assertEqual((first.user.sessionCount, first.user.elsewhere), (1, {}))

    def test_lostBefore(self) -> None:
        """A session that has ended before it moves is not added."""
        first = self.connect()
        self.settle(self.scene.enter(first, "alice"))
        user, uid = first.user, first.user.source.uid
        guest = self.scene.person("guest")
        moved = SessionMoved(guest.user.source, guest.session.id, "local", user.source)
        self.chat.presence.close(guest.session, "bye")
        moving = self.scene.log.append(moved)
        self.scene.commit()
        self.failureResultOf(moving, errors.NoSuchNick)
        self.assertEqual([other.source.uid for other in self.scene.state.users], [uid])

    def test_targetLogsOut(self) -> None:
        """If the account's user logs out while a guest logs in, the guest does not become a session of theirs."""
        first = self.connect()
        self.settle(self.scene.enter(first, "ally"))
        guest = self.scene.person("guest")
        out = self.scene.log.append(AccountSet(first.user.source, None))
        self.settle(out, self.scene.logIn(guest, "alice"))
        self.assertIsNot(guest.user, first.user)
        self.assertEqual((first.user.source.account, guest.user.source.account), (None, "alice"))

    def test_userLogsOut(self) -> None:
        """If the account's user logs out while a session comes in, that session does not become one of a guest."""
        first, second = self.connect(), self.connect()
        self.settle(self.scene.enter(first, "ally"))
        out = self.scene.log.append(AccountSet(first.user.source, None))
        self.settle(out, self.scene.enter(second, "other"))
        self.assertEqual((first.user.nick, first.user.source.account), ("ally", None))
        self.assertEqual((second.user.nick, second.user.source.account), ("other", "alice"))

    def test_logsOutMeanwhile(self) -> None:
        """If a session comes in while the only other one logs out, it ends, because a guest has one session."""
        first, second = self.connect(), self.connect()
        self.settle(self.scene.enter(first, "ally"))
        self.settle(self.scene.enter(second, "ally"), self.scene.logOut(first))
        self.assertIsNone(first.user.source.account)
        self.assertEqual((first.outlet.reasons, second.outlet.reasons), ([], ["Another session of yours logged out"]))

    def test_movesOnce(self) -> None:
        """A session that has moved to another user does not move again from the first one."""
        first = self.connect()
        self.settle(self.scene.enter(first, "alice"))
        guest = self.scene.person("guest")
        other = self.scene.connect()
        self.settle(self.chat.presence.attach(other.session, guest.user))
        moved = SessionMoved(guest.user.source, guest.session.id, "local", first.user.source)
        once, again = self.scene.log.append(moved), self.scene.log.append(moved)
        self.scene.commit()
        done(once)
        self.failureResultOf(again, errors.NoSuchNick)
        self.assertEqual((first.user.sessionCount, other.user.sessionCount), (2, 1))

    def test_limit(self) -> None:
        """Sessions that come at once do not exceed the limit."""
        limit = ChatLimits().sessionsPerAccount
        coming = [self.connect() for _ in range(limit + 2)]
        entering = [self.scene.enter(person, "alice") for person in coming]
        for _ in range(5):
            self.scene.commit()
        (user,) = self.scene.state.users
        self.assertEqual(user.sessionCount, limit)
        for late in entering[limit:]:
            self.failureResultOf(late, errors.TooManySessions)

    def test_suspended(self) -> None:
        """A login that is applied after a suspension is refused."""
        guest, early = self.scene.person("guest"), self.connect()
        self.chat.accounts.suspend(None, "alice", "spam")
        login, entering = self.scene.logIn(guest, "alice"), self.scene.enter(early, "alice")
        self.scene.commit()
        refused(errors.Suspended, lambda: login)
        refused(errors.Suspended, lambda: entering)
        self.assertIsNone(guest.user.source.account)

    def test_severalSessionsOfAGuest(self) -> None:
        """If a guest has several sessions, none of them logs the others in."""
        first = self.connect()
        self.settle(self.scene.enter(first, "alice"))
        second = self.connect()
        self.settle(self.scene.enter(second, "alice"))
        out = self.scene.log.append(AccountSet(first.user.source, None))
        self.settle(out)
        refused(errors.TooManySessions, lambda: self.scene.logIn(second, "alice"))
        self.assertIsNone(first.user.source.account)

    def test_sessionEnds(self) -> None:
        """The end of one of several sessions is not a departure."""
        one, other = self.connect(), self.connect()
        self.settle(self.scene.enter(one, "alice"), self.scene.enter(other, "other"))
        ended = self.scene.log.append(SessionEnded(one.user.source, other.session.id, "local", "bye"))
        self.settle(ended)
        self.assertEqual(one.user.sessionCount, 1)
