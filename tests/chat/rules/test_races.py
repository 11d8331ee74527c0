"""Tests of L{twistchat.chat.chat} with a slow journal: durable before visible, and races."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, done, refused, shown
from twistchat.chat import errors
from twistchat.chat.model.sessions import Session


class DurableTests(SynchronousTestCase):
    """Before the journal has an event, nothing changes and nobody sees anything."""

    def setUp(self) -> None:
        """Two users in a room."""
        self.scene = ManualScene()
        self.alice, self.bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        self.scene.clear(self.alice, self.bob)

    def test_nothingYet(self) -> None:
        """While a proposal waits, the verb has no visible effect.  Then the effect and the receipt come."""
        chat, session = self.scene.chat, self.alice.session
        chat.speaking.setEcho(session, True)
        for propose, lines in (
            (lambda: chat.speaking.say(session, "#a", "hello"), ["#a alice: hello"]),
            (lambda: chat.speaking.sayPrivate(session, "bob", "psst"), ["@bob alice: psst"]),
            (lambda: chat.channels.setTopic(session, "#a", "new"), ["#a alice topic new"]),
            (lambda: chat.channels.setModes(session, "#a", "+m", []), ["#a alice set +m"]),
            (lambda: chat.presence.setAway(session, "lunch"), ["alice away lunch"]),
            (lambda: chat.identity.rename(session, "alicia"), ["alice is alicia"]),
            (lambda: chat.membership.kick(session, "#a", "bob"), ["#a alicia kicked bob"]),
            (lambda: chat.membership.invite(session, "#a", "bob"), ["#a alicia invited bob"]),
            (lambda: chat.membership.part(session, "#a"), []),
            (lambda: chat.membership.join(session, "#b"), []),
            (lambda: chat.presence.close(session, "bye"), []),
        ):
            before = shown(self.scene.state)
            receipt = propose()
            assert isinstance(receipt, Deferred)
            self.scene.endTurn()
            self.assertNoResult(receipt)
            self.assertEqual(shown(self.scene.state), before)
            self.assertEqual((self.alice.heard(), self.bob.heard()), ([], []))
            self.scene.commit()
            self.assertEqual(done(receipt), self.scene.entries[-1])
            self.assertEqual(self.bob.heard(), lines)
            self.alice.heard()

    def test_refusedByTheDisk(self) -> None:
        """An event that could not be stored has no effect.  Its proposer gets an error, and nobody else hears of it."""
        before = shown(self.scene.state)
        said = self.scene.chat.speaking.say(self.alice.session, "#a", "hello")
        topic = self.scene.chat.channels.setTopic(self.alice.session, "#a", "new")
        self.scene.log.refuse("the disk is full")
        self.scene.endTurn()
        for receipt in (said, topic):
            self.assertEqual(self.failureResultOf(receipt, errors.NotStored).value.why, "the disk is full")
        self.assertEqual(shown(self.scene.state), before)
        self.assertEqual(self.bob.heard(), [])

    def test_inOrder(self) -> None:
        """Several messages in flight are heard in the order in which they were sent."""
        for n in range(3):
            self.scene.chat.speaking.say(self.alice.session, "#a", str(n))
            self.scene.chat.speaking.say(self.bob.session, "#a", str(n))
        self.scene.commit(4)
        self.assertEqual(self.bob.heard(), ["#a alice: 0", "#a alice: 1"])
        self.scene.commit()
        self.assertEqual((self.bob.heard(), len(self.alice.heard())), (["#a alice: 2"], 3))


class RaceTests(SynchronousTestCase):
    """Checks hold when an event is proposed, and may fail when it is applied."""

    def setUp(self) -> None:
        """A chat with a journal that holds events."""
        self.scene = ManualScene()

    def test_sameNick(self) -> None:
        """If two users enter with one nick at once, the second is refused, and can enter with another."""
        first, second = self.scene.connect(), self.scene.connect()
        entering = [self.scene.enter(first, "alice"), self.scene.enter(second, "ALICE")]
        self.scene.commit()
        done(entering[0])
        error = self.failureResultOf(entering[1], errors.NickInUse).value
        self.assertEqual((error.nick, error.holder), ("ALICE", "alice"))
        self.assertEqual((first.user.nick, second.session.user), ("alice", None))
        again = self.scene.enter(second, "bob")
        self.scene.commit()
        done(again)
        self.assertEqual(second.user.nick, "bob")

    def test_sameNewNick(self) -> None:
        """The same holds for a change of nick, and for look-alikes."""
        alice, bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        self.scene.clear(alice, bob)
        renaming = [
            self.scene.chat.identity.rename(alice.session, "carol"),
            self.scene.chat.identity.rename(bob.session, "c\N{CYRILLIC SMALL LETTER A}rol"),
        ]
        self.scene.commit()
        done(renaming[0])
        assert renaming[1] is not None
        self.assertEqual(self.failureResultOf(renaming[1], errors.NickInUse).value.holder, "carol")
        self.assertEqual((alice.user.nick, bob.user.nick), ("carol", "bob"))
        self.assertEqual(bob.heard(), ["alice is carol"])

    def test_renamedMeanwhile(self) -> None:
        """What happens to a user in flight with a new nick names the new nick: others know no other any more."""
        chat = self.scene.chat
        ann = self.scene.person("ann", "#a")
        cases: tuple[tuple[Callable[[Session], object], str], ...] = (
            (lambda bob: chat.membership.kick(ann.session, "#a", "bob"), "#a ann kicked carl"),
            (lambda bob: chat.membership.part(bob, "#a", "bye"), "#a carl parted bye"),
            (lambda bob: chat.channels.setModes(ann.session, "#a", "+o", ["bob"]), "#a ann set +o carl"),
            (lambda bob: chat.presence.close(bob, "lost"), "carl quit lost"),
            (lambda bob: chat.identity.rename(bob, "dora"), "carl is dora"),
        )
        for then, line in cases:
            bob = self.scene.person("bob", "#a")
            self.scene.clear(ann)
            chat.identity.rename(bob.session, "carl")
            then(bob.session)
            self.scene.commit()
            self.assertEqual(ann.heard(), ["bob is carl", line])
            chat.presence.close(bob.session, "gone")
            self.scene.commit()

    def test_freedNick(self) -> None:
        """A nick is free after its user's quit has been applied, and not before."""
        alice, bob = self.scene.person("alice"), self.scene.person("bob")
        self.scene.chat.presence.close(alice.session, "bye")
        refused(errors.NickInUse, lambda: self.scene.chat.identity.rename(bob.session, "alice"))
        self.scene.commit()
        renaming = self.scene.chat.identity.rename(bob.session, "alice")
        self.scene.commit()
        done(renaming)

    def test_closedWhileEntering(self) -> None:
        """If a connection is lost while its user enters, the user does not remain, and the nick is free."""
        ghost = self.scene.connect()
        entering = self.scene.enter(ghost, "ghost")
        self.assertIsNone(self.scene.chat.presence.close(ghost.session, "lost"))
        self.scene.commit()
        done(entering)
        self.assertEqual((len(self.scene.state.users), self.scene.state.sessions, ghost.session.user), (0, {}, None))
        self.assertEqual(ghost.heard(), [])
        self.scene.person("ghost")

    def test_closedWhileRefused(self) -> None:
        """A lost connection whose nick was taken meanwhile affects nobody else."""
        alice, ghost = self.scene.connect(), self.scene.connect()
        entering, haunting = self.scene.enter(alice, "alice"), self.scene.enter(ghost, "alice")
        self.scene.chat.presence.close(ghost.session, "lost")
        self.scene.commit()
        done(entering)
        self.failureResultOf(haunting, errors.NickInUse)
        self.assertIs(self.scene.chat.identity.find("alice"), alice.user)

    def test_closedWhileJoining(self) -> None:
        """
        If a connection is lost during a join, the user does not remain in the room, and nothing is sent to the closed
        connection.
        """
        alice, bob = self.scene.person("alice"), self.scene.person("bob", "#a")
        self.scene.clear(alice, bob)
        joining = self.scene.chat.membership.join(alice.session, "#a")
        users: list[object] = []
        assert joining is not None
        joining.addCallback(lambda entry: users.append(alice.session.user))
        self.scene.chat.presence.close(alice.session, "lost")
        self.scene.commit()
        self.assertEqual(users, [None])
        self.assertEqual(self.scene.ranks("#a"), {"bob": "o"})
        self.assertEqual((alice.heard(), bob.heard()), ([], ["#a alice joined", "alice quit lost"]))

    def test_closedSession(self) -> None:
        """A session that has ended can do nothing more, even before its user is gone."""
        alice = self.scene.person("alice", "#a")
        self.scene.chat.presence.close(alice.session, "lost")
        for ask in (
            lambda: self.scene.chat.speaking.say(alice.session, "#a", "boo"),
            lambda: self.scene.chat.membership.join(alice.session, "#b"),
        ):
            refused(errors.NotEntered, ask)
        self.scene.commit()
        self.assertEqual((len(self.scene.state.users), len(self.scene.state.rooms)), (0, 0))

    def test_saidBeforeTheKick(self) -> None:
        """Texts before a kick are heard before it."""
        alice, bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        self.scene.clear(alice, bob)
        said = self.scene.chat.speaking.say(bob.session, "#a", "hello")
        self.scene.chat.membership.kick(alice.session, "#a", "bob")
        self.scene.commit()
        done(said)
        self.assertEqual(alice.heard(), ["#a bob: hello", "#a alice kicked bob"])

    def test_saidDuringTheKick(self) -> None:
        """A text that was checked before its sender was kicked is stored and heard, by the sender too."""
        alice, bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        self.scene.clear(alice, bob)
        self.scene.chat.speaking.setEcho(bob.session, True)
        self.scene.chat.membership.kick(alice.session, "#a", "bob")
        said = self.scene.chat.speaking.say(bob.session, "#a", "hello")
        self.scene.commit()
        done(said)
        for person in (alice, bob):
            self.assertEqual(person.heard(), ["#a alice kicked bob", "#a bob: hello"])

    def test_joinDuringTheLock(self) -> None:
        """A join that was checked before a lock succeeds; later joins fail."""
        alice, bob, carol = self.scene.person("alice", "#a"), self.scene.person("bob"), self.scene.person("carol")
        self.scene.chat.channels.setModes(alice.session, "#a", "+i", [])
        joining = self.scene.chat.membership.join(bob.session, "#a")
        self.scene.commit(1)
        refused(errors.InviteOnly, lambda: self.scene.chat.membership.join(carol.session, "#a"))
        self.scene.commit()
        done(joining)
        self.assertEqual(self.scene.ranks("#a"), {"alice": "o", "bob": ""})

    def test_roomsAlike(self) -> None:
        """Of two rooms that look alike, only the first one begins."""
        alice, bob = self.scene.person("alice"), self.scene.person("bob")
        joining = self.scene.chat.membership.join(alice.session, "#a")
        twin = self.scene.chat.membership.join(bob.session, "#\N{CYRILLIC SMALL LETTER A}")
        self.scene.commit()
        done(joining)
        assert twin is not None
        self.assertEqual(self.failureResultOf(twin, errors.RoomLookalike).value.existing, "#a")
        self.assertEqual((bob.user.rooms, len(self.scene.state.rooms)), ({}, 1))

    def test_beginTogether(self) -> None:
        """Of two users who create a room at once, the first is its operator."""
        alice, bob = self.scene.person("alice"), self.scene.person("bob")
        self.scene.chat.membership.join(bob.session, "#A")
        self.scene.chat.membership.join(alice.session, "#a")
        self.scene.commit()
        self.assertEqual(self.scene.ranks("#a"), {"bob": "o", "alice": ""})
        self.assertEqual(self.scene.room("#a").name, "#A")

    def test_kickedTwice(self) -> None:
        """Of two kicks of one user, the second fails, and so does a second part."""
        alice, bob, carol = (self.scene.person(nick, "#a") for nick in ("alice", "bob", "carol"))
        self.scene.promote("#a", "carol", "o")
        kicks = [self.scene.chat.membership.kick(operator.session, "#a", "bob") for operator in (alice, carol)]
        parting = self.scene.chat.membership.part(bob.session, "#a")
        self.scene.commit()
        done(kicks[0])
        self.assertEqual(self.failureResultOf(kicks[1], errors.TargetNotInRoom).value.nick, "bob")
        self.assertEqual(self.failureResultOf(parting, errors.NotInRoom).value.room, "#a")

    def test_goneRecipient(self) -> None:
        """A text or invitation to a user who quits meanwhile fails."""
        alice, bob = self.scene.person("alice", "#a"), self.scene.person("bob")
        self.scene.chat.presence.close(bob.session, "bye")
        receipts = [
            self.scene.chat.speaking.sayPrivate(alice.session, "bob", "psst"),
            self.scene.chat.membership.invite(alice.session, "#a", "bob"),
        ]
        self.scene.commit()
        for receipt in receipts:
            self.assertEqual(self.failureResultOf(receipt, errors.NoSuchNick).value.nick, "bob")

    def test_inviterGone(self) -> None:
        """An invitation by an operator who is kicked meanwhile passes locks, but not bans."""
        alice, bob, carol = self.scene.person("alice", "#a"), self.scene.person("bob", "#a"), self.scene.person("carol")
        self.scene.promote("#a", "bob", "o")
        self.scene.chat.channels.setModes(alice.session, "#a", "+ib", ["carol"])
        self.scene.commit()
        self.scene.chat.membership.kick(alice.session, "#a", "bob")
        inviting = self.scene.chat.membership.invite(bob.session, "#a", "carol")
        self.scene.commit()
        done(inviting)
        refused(errors.Banned, lambda: self.scene.chat.membership.join(carol.session, "#a"))
        self.scene.chat.channels.setModes(alice.session, "#a", "-b", ["carol"])
        self.scene.commit()
        joining = self.scene.chat.membership.join(carol.session, "#a")
        self.scene.commit()
        done(joining)

    def test_inviteeComes(self) -> None:
        """A user who joins while an invitation is on its way hears of the join once."""
        alice, bob = self.scene.person("alice", "#a"), self.scene.person("bob")
        self.scene.chat.membership.join(bob.session, "#a")
        self.scene.chat.membership.invite(alice.session, "#a", "bob")
        self.scene.commit()
        self.assertEqual(bob.heard(), ["#a bob joined", "#a alice invited bob"])

    def test_rankOfOneGone(self) -> None:
        """
        A rank for a user who leaves meanwhile has no effect.  A ban applies to the nick that it names, with any user.
        """
        alice, bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        self.scene.chat.membership.part(bob.session, "#a")
        ranking = self.scene.chat.channels.setModes(alice.session, "#a", "+o", ["bob"])
        self.scene.commit()
        done(ranking)
        self.assertEqual(self.scene.ranks("#a"), {"alice": "o"})
        self.scene.chat.membership.join(bob.session, "#a")
        self.scene.commit()
        self.scene.chat.identity.rename(bob.session, "robert")
        self.scene.chat.channels.setModes(alice.session, "#a", "+b", ["bob"])
        self.scene.commit()
        receipt = self.scene.chat.speaking.say(bob.session, "#a", "under another nick")
        self.scene.commit()
        done(receipt)

    def test_shutdown(self) -> None:
        """A journal that closes finishes the waiting events.  A later quit is refused, and the session is closed."""
        alice, bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        self.scene.clear(alice, bob)
        said = self.scene.chat.speaking.say(alice.session, "#a", "last")
        done(self.scene.log.close())
        done(said)
        going = self.scene.chat.presence.close(alice.session, "shutdown")
        assert going is not None
        self.failureResultOf(going, errors.NotStored)
        self.assertTrue(alice.session.closed)
        self.assertIsNone(self.scene.chat.presence.close(alice.session, "shutdown"))
        self.scene.endTurn()
        self.assertEqual(bob.heard(), ["#a alice: last"])
