"""Tests of L{twistchat.chat.rules.users.connecting}: the end of the last session of an always-on account."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import NOON, Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.model.events import PrivateMessage, ServerBanSet, Source
from twistchat.chat.model.users import ABSENT, DETACHED


class DetachedTests(SynchronousTestCase):
    """A user who stays without a session."""

    def setUp(self) -> None:
        """Ann, who stays, and bob, who does not, in a room."""
        self.scene = Scene()
        self.scene.account("ann", **{"always-on": "on"})
        self.scene.account("bob")
        self.bob = self.scene.person("bob", "#a", account="bob")
        self.ann = self.scene.person("ann", "#a", "#b", account="ann")
        self.user = self.ann.user
        self.scene.clear(self.ann, self.bob)

    def leave(self, person: Person) -> None:
        """Lose the connection of a session."""
        done(self.scene.chat.presence.close(person.session, "bye"))
        self.scene.endTurn()

    def back(self) -> Person:
        """Log in to ann's account with a new session."""
        person = self.scene.connect()
        person.session.account = "ann"
        done(self.scene.enter(person, "other"))
        self.scene.endTurn()
        return person

    def test_away(self) -> None:
        """They stay in their rooms, and others see that they are away."""
        self.leave(self.ann)
        self.assertIs(self.scene.state.users.named("ann"), self.user)
        self.assertEqual(self.bob.heard(), [f"ann away {DETACHED}"])
        self.assertEqual((self.user.away, self.user.sessionCount, self.user.secure), (DETACHED, 0, False))
        self.assertEqual((list(self.user.rooms), self.scene.ranks("#b")), (["#a", "#b"], {"ann": "o"}))
        self.assertEqual(list(self.scene.state.users.detached.values()), [self.user])

    def test_awayMessage(self) -> None:
        """They keep the away message that they had, and others are not notified again."""
        done(self.scene.chat.presence.setAway(self.ann.session, "lunch"))
        self.scene.clear(self.bob)
        self.leave(self.ann)
        self.assertEqual((self.user.away, self.bob.heard()), ("lunch", []))

    def test_idle(self) -> None:
        """They are idle since their last session ended."""
        self.leave(self.ann)
        self.assertEqual(self.user.idle(5.0, NOON + 7), 7.0)

    def test_absent(self) -> None:
        """The away message of a session that nobody uses is not kept."""
        done(self.scene.chat.presence.setAway(self.ann.session, ABSENT))
        self.leave(self.ann)
        self.assertEqual(self.user.away, DETACHED)

    def test_back(self) -> None:
        """A new session is in all rooms of its user, who is not away any more, and keeps their nick."""
        self.leave(self.ann)
        self.scene.clear(self.bob)
        person = self.back()
        self.assertIs(person.session.user, self.user)
        self.assertEqual((self.bob.heard(), self.user.away, self.user.detached), (["ann away"], None, None))
        self.assertEqual(len(self.scene.state.users.detached), 0)
        done(self.scene.chat.speaking.say(self.bob.session, "#a", "hello"))
        self.scene.endTurn()
        self.assertEqual(person.heard(), ["#a bob: hello"])

    def test_loggedInLater(self) -> None:
        """A guest who logs in goes over to the user who is here without a session."""
        self.leave(self.ann)
        guest = self.scene.person("guest", "#a")
        self.scene.clear(self.bob)
        done(self.scene.logIn(guest, "ann"))
        self.scene.endTurn()
        self.assertIs(guest.session.user, self.user)
        self.assertEqual(self.bob.heard(), ["guest quit Logged in as ann", "ann away"])

    def test_others(self) -> None:
        """Users of accounts that are not always-on leave with their last session, and so do guests."""
        self.leave(self.bob)
        self.assertIsNone(self.scene.state.users.named("bob"))
        self.assertEqual(self.ann.heard(), ["bob quit bye"])

    def test_severalSessions(self) -> None:
        """Only the end of the last session matters."""
        phone = self.scene.attach(self.ann)
        self.leave(self.ann)
        self.assertEqual((self.user.away, self.bob.heard()), (None, []))
        self.leave(phone)
        self.assertEqual(self.user.away, DETACHED)

    def test_operator(self) -> None:
        """They are no server operator without a session; an administrator is one again when they return."""
        done(self.scene.chat.accounts.set(None, "ann", "admin", "yes"))
        self.assertTrue(self.user.may("kill"))
        self.leave(self.ann)
        self.assertIsNone(self.user.operator)
        self.assertEqual(self.scene.state.users.operators, 0)
        self.back()
        self.assertTrue(self.user.may("kill"))

    def test_banned(self) -> None:
        """They do not stay if a server ban matches their names, whether it comes before or after."""
        ban = ServerBanSet(Source("op", "op"), "ann!*@*", "spam")
        done(self.scene.log.append(ban))
        self.leave(self.ann)
        self.assertIsNone(self.scene.state.users.named("ann"))
        self.assertIsNone(self.scene.state.accounts.named("ann").presence)

    def test_bannedLater(self) -> None:
        """A server ban of their names removes them, and no others."""
        self.leave(self.ann)
        self.scene.clear(self.bob)
        done(self.scene.log.append(ServerBanSet(Source("op", "op"), "zoe!*@*", "spam")))
        self.assertIs(self.scene.state.users.named("ann"), self.user)
        done(self.scene.log.append(ServerBanSet(Source("op", "op"), "ann!*@*", "spam")))
        self.scene.endTurn()
        self.assertIsNone(self.scene.state.users.named("ann"))
        (quit,) = self.bob.heard()
        self.assertTrue(quit.startswith("ann quit "), quit)

    def test_expiredBan(self) -> None:
        """A ban that has ended does not matter."""
        done(self.scene.log.append(ServerBanSet(Source("op", "op"), "ann!*@*", "spam", until=1)))
        self.leave(self.ann)
        self.assertIs(self.scene.state.users.named("ann"), self.user)

    def test_texts(self) -> None:
        """A private text to them waits for the next login, under the nick that they have."""
        done(self.scene.chat.identity.rename(self.ann.session, "annie"))
        self.leave(self.ann)
        done(self.scene.chat.speaking.sayPrivate(self.bob.session, "annie", "hello"))
        (left,) = self.scene.state.accounts.named("ann").inbox
        event = self.scene.entries[-1].event
        assert isinstance(event, PrivateMessage)
        self.assertEqual((left.sender, event.recipient.nick, event.recipient.account), ("bob", "annie", "ann"))
        self.assertIn("texts wait", self.back().heard())

    def test_refusedTexts(self) -> None:
        """Guests cannot leave texts; a notice goes to the user at once; and user modes apply."""
        self.leave(self.ann)
        guest = self.scene.person("guest")
        say = self.scene.chat.speaking.sayPrivate
        refused(errors.UserAway, lambda: say(guest.session, "ann", "hello"))
        done(say(guest.session, "ann", "beep", "notice"))
        self.user.flags = frozenset("T")
        refused(errors.TextRefused, lambda: say(self.bob.session, "ann", "\1VERSION\1"))
        self.assertEqual(self.scene.state.accounts.named("ann").inbox, ())

    def test_nickOfAnother(self) -> None:
        """If their nick is given to another account, they are renamed in time."""
        done(self.scene.chat.identity.rename(self.ann.session, "zoe"))
        self.leave(self.ann)
        self.scene.account("zoe")
        self.scene.wait(1)
        self.scene.wait(100)
        self.assertTrue(self.user.nick.startswith("Guest"), self.user.nick)

    def test_renamed(self) -> None:
        """The owner of a nick takes it from a user who is here without a session, and who stays so."""
        done(self.scene.chat.identity.rename(self.ann.session, "zoe"))
        self.leave(self.ann)
        done(self.scene.chat.accounts.group(None, "bob", "zoe_"))
        self.scene.account("zoe")
        done(self.scene.logIn(self.scene.person("guest"), "zoe"))
        zoe = self.scene.state.users.ofAccount("zoe")
        assert zoe is not None
        (session,) = zoe.sessions.values()
        done(Deferred.fromCoroutine(self.scene.chat.identity.regain(session, "zoe")))
        self.assertEqual((zoe.nick, self.user.nick[:5]), ("zoe", "Guest"))
        self.assertEqual(self.scene.state.users.detached, {self.user.source.uid: self.user})
