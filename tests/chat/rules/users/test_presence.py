"""Tests of L{twistchat.chat.rules.users.presence}: entries about sessions decide who is present."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, rebuilt, shown
from twistchat.chat.model.events import Entered, PrivateMessage, Quit, SessionEnded, SessionStarted
from twistchat.chat.model.users import NOWHERE


class SessionEntryTests(SynchronousTestCase):
    """A session begins and ends when its entry is applied."""

    def setUp(self) -> None:
        """A user with two sessions and another user in the same room, with a log that holds events."""
        self.scene = ManualScene()
        self.ann, self.bob = self.scene.person("ann", "#a"), self.scene.person("bob", "#a")
        self.phone = self.scene.connect()
        self.scene.chat.presence.attach(self.phone.session, self.ann.user)
        self.scene.commit()
        self.scene.clear(self.ann, self.bob, self.phone)

    def close(self, person: Person, reason: str = "bye") -> None:
        """Lose a connection."""
        self.scene.chat.presence.close(person.session, reason)

    def test_events(self) -> None:
        """
        Entries contain the session and the node of its connection.  Only the end of the last session removes the user,
        and names the user's rooms.
        """
        user = self.ann.user
        self.close(self.ann)
        self.close(self.phone, "all gone")
        self.assertEqual(
            self.scene.log.waiting,
            [
                SessionEnded(user.source, self.ann.session.id, "local", "bye"),
                SessionEnded(user.source, self.phone.session.id, "local", "all gone", ("#a",)),
            ],
        )
        self.scene.commit(1)
        self.assertEqual((self.bob.heard(), list(user.sessions)), ([], [self.phone.session.id]))
        self.scene.commit(1)
        self.assertEqual((self.bob.heard(), self.scene.state.users.named("ann")), (["ann quit all gone"], None))

    def test_attached(self) -> None:
        """A further session hears its user's rooms from its start on."""
        tablet = self.scene.connect()
        self.scene.chat.presence.attach(tablet.session, self.ann.user)
        self.assertIsNone(tablet.session.user)
        (event,) = self.scene.log.waiting
        self.assertEqual(event, SessionStarted(self.ann.user.source, tablet.session.id, "local"))
        self.scene.commit()
        self.assertIs(tablet.session.user, self.ann.user)
        self.scene.chat.speaking.say(self.bob.session, "#a", "hello")
        self.scene.commit()
        self.assertEqual(tablet.heard(), ["#a bob: hello"])

    def test_nothingAfterwards(self) -> None:
        """A session whose connection is lost hears nothing, even before its end is applied."""
        self.close(self.ann)
        self.scene.chat.speaking.sayPrivate(self.bob.session, "ann", "psst")
        self.scene.chat.channels.rename(self.phone.session, "#a", "#b")
        self.scene.chat.membership.join(self.phone.session, "#c")
        waiting = self.scene.log.waiting
        self.assertIsInstance(waiting[1], PrivateMessage)
        self.scene.commit()
        self.assertEqual((self.ann.heard(), self.ann.outlet.moves, self.ann.outlet.reasons), ([], [], []))
        self.assertIn("@ann bob: psst", self.phone.heard())

    def test_attachedTooLate(self) -> None:
        """A further session whose connection is lost before its start is applied does not stay."""
        tablet = self.scene.connect()
        user = self.ann.user
        self.scene.chat.presence.attach(tablet.session, user)
        self.close(tablet)
        self.scene.commit(1)
        self.assertEqual(dict(user.elsewhere), {tablet.session.id: "local"})
        self.scene.commit()
        self.assertIs(user.elsewhere, NOWHERE)
        self.assertIs(self.scene.state.users.named("ann"), user)


class NodeTests(SynchronousTestCase):
    """Sessions of other processes."""

    def test_presence(self) -> None:
        """A user is present while any node has a session of theirs, on every node."""
        scene = Scene()
        bob = scene.person("bob", "#a")
        ann = scene.person("ann", "#a")
        user, source = ann.user, ann.user.source
        done(scene.log.append(SessionStarted(source, "far", "node2")))
        self.assertEqual(dict(user.elsewhere), {"far": "node2"})
        scene.clear(bob)
        done(scene.chat.presence.close(ann.session, "bye"))
        scene.endTurn()
        self.assertEqual((bob.heard(), scene.state.users.named("ann")), ([], user))
        self.assertEqual(shown(rebuilt(scene.entries)), shown(scene.state))
        done(scene.log.append(SessionEnded(source, "far", "node2", "gone")))
        scene.endTurn()
        self.assertEqual((bob.heard(), scene.state.users.named("ann")), (["ann quit gone"], None))

    def test_unknown(self) -> None:
        """The end of an unknown session changes nothing."""
        scene = Scene()
        ann = scene.person("ann")
        done(scene.log.append(SessionEnded(ann.user.source, "other", "node2", "")))
        self.assertIs(scene.state.users.named("ann"), ann.user)

    def test_before(self) -> None:
        """Entries of earlier versions have no node, and a quit of their own.  Both are applied."""
        scene = Scene()
        ann = scene.person("ann", account="ann")
        self.assertEqual(scene.entries[-1].event, Entered(ann.user.source, ann.session.id, node="local"))
        done(scene.log.append(Quit(ann.user.source, "bye")))
        self.assertIsNone(scene.state.users.named("ann"))
