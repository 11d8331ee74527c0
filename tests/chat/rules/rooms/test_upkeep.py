"""Tests of L{twistchat.chat.rules.rooms.upkeep}: what rooms without an owner lose when they are empty."""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.model.events import SERVER, Entry, Event, Joined, Kicked, ModeChange, ModesSet, Parted, RoomRenamed
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import Operator
from twistchat.chat.rules.rooms.upkeep import MOST_PROMOTIONS, RETRY
from twistchat.journal.memory import MemoryLog
from twistchat.testing import inMemory

LOCKS = (("+O", ()), ("+z", ()), ("+R", ()), ("+i", ()), ("+k", ("key",)), ("+l", ("1",)), ("+b", ("*!*@*",)))


def byServer(scene: Scene) -> list[Entry]:
    """The entries of the server itself."""
    return [entry for entry in scene.entries if entry.event.source == SERVER]


class UnlockingTests(SynchronousTestCase):
    """An empty room without an owner loses its locks."""

    def setUp(self) -> None:
        """A member of a room, and a user who wants to join."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.alice, self.bob = self.scene.person("alice", "#Room"), self.scene.person("bob")

    def lock(self, letters: str, *parameters: str) -> None:
        """Lock the room, with any rank."""
        self.alice.user.operator = Operator("helper", frozenset({"rooms"}))
        self.scene.modes(self.alice, "#room", letters, *parameters)
        self.alice.user.operator = None

    def join(self, person: Person) -> None:
        """Let a user join."""
        done(self.chat.membership.join(person.session, "#room", unlimited=True))

    def part(self, person: Person) -> None:
        """Let a user leave."""
        done(self.chat.membership.part(person.session, "#room"))

    def test_everyLock(self) -> None:
        """Each lock keeps others out while the room has a member, and nobody when it is empty."""
        for letters, parameters in LOCKS:
            with self.subTest(letters):
                self.lock(letters, *parameters)
                self.assertRaises(errors.ChatError, self.join, self.bob)
                self.part(self.alice)
                self.join(self.bob)
                self.assertEqual(self.scene.ranks("#room"), {"bob": "o"})
                self.assertEqual(self.scene.room("#room").modes, {"n": None, "t": None})
                self.assertEqual(self.scene.room("#room").lists, {"b": {}, "e": {}, "I": {}})
                self.part(self.bob)
                self.join(self.alice)

    def test_exceptions(self) -> None:
        """Exceptions are removed with the locks, because they would apply to the next locks."""
        self.lock("+eI", "mallory", "mallory")
        self.part(self.alice)
        self.assertIsNone(self.scene.state.rooms.get("#room"))

    def test_theRestStays(self) -> None:
        """Modes that are not locks stay, and so does the topic."""
        self.lock("+ms-n+i")
        done(self.chat.channels.setTopic(self.alice.session, "#room", "tea"))
        self.part(self.alice)
        room = self.scene.room("#room")
        assert room.topic is not None
        self.assertEqual((set(room.modes), room.topic.text), (set("mst"), "tea"))

    def test_everyWayOut(self) -> None:
        """It works for every way of leaving."""
        killer = self.scene.operator("killer", "kill")
        for leave in (
            lambda: self.chat.membership.kick(self.alice.session, "#room", "alice"),
            lambda: self.chat.operators.kill(killer.session, "alice", "spam"),
            lambda: self.chat.presence.close(self.alice.session, "bye"),
        ):
            self.lock("+i")
            leave()
            if self.alice.session.user is None:
                self.alice = self.scene.person("alice2")
            self.join(self.bob)
            self.part(self.bob)
            self.join(self.alice)

    def test_occupied(self) -> None:
        """While the room has a member, nothing is lost."""
        self.join(self.bob)
        self.lock("+i")
        self.part(self.alice)
        self.assertIn("i", self.scene.room("#room").modes)

    def test_owned(self) -> None:
        """A registered room keeps its locks, which its founder passes."""
        carol = self.scene.person("carol", "#room", account="Carol")
        self.scene.found("#room", "Carol")
        before = byServer(self.scene)
        self.scene.modes(self.alice, "#room", "+i")
        self.part(carol)
        self.part(self.alice)
        for person in (self.alice, self.bob):
            refused(errors.InviteOnly, lambda person=person: self.join(person))  # type: ignore[misc]
        self.join(carol)
        self.assertEqual(byServer(self.scene), before)

    def test_permanent(self) -> None:
        """A room with mode P, which an operator of the server sets, keeps its locks."""
        self.lock("+iP")
        self.part(self.alice)
        refused(errors.InviteOnly, lambda: self.join(self.bob))

    def test_recorded(self) -> None:
        """One stored entry says what was lost, and gives the same state again."""
        self.lock("+ikb", "key", "*!*@*")
        self.part(self.alice)
        (entry,) = byServer(self.scene)
        self.assertEqual(
            entry.event,
            ModesSet(
                SERVER,
                "#Room",
                (ModeChange(False, "i"), ModeChange(False, "k", "*"), ModeChange(False, "b", "*!*@*")),
            ),
        )
        self.assertTrue(entry.event.durable)
        self.assertIsNone(self.scene.later)

    def test_afterAReplay(self) -> None:
        """If entries leave a room locked and empty, the first user can join, and hears that the locks are gone."""
        self.scene.log.append(ModesSet(SERVER, "#other", (ModeChange(True, "i"), ModeChange(True, "b", "*!*@*"))))
        carol = self.scene.person("carol")
        done(self.chat.membership.join(carol.session, "#other"))
        self.scene.endTurn()
        self.assertEqual(carol.heard(), ["#other carol joined", "#other  set -i -b *!*@*"])
        self.assertEqual(self.scene.ranks("#other"), {"carol": "o"})
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))


class LateTests(SynchronousTestCase):
    """Events in flight when a room becomes empty."""

    def setUp(self) -> None:
        """A member of a room, and a user who wants to join."""
        self.scene = ManualScene()
        self.chat = self.scene.chat
        self.alice, self.bob = self.scene.person("alice", "#a"), self.scene.person("bob")

    def test_lateLock(self) -> None:
        """A lock that is applied after its author has left binds nobody.  The next user to join removes it."""
        lock = ModesSet(self.alice.user.source, "#a", (ModeChange(True, "i"),))
        self.chat.presence.close(self.alice.session, "connection lost")
        self.scene.log.append(lock)
        self.scene.commit()
        self.assertIn("i", self.scene.room("#a").modes)
        self.chat.membership.join(self.bob.session, "#a")
        self.scene.commit()
        self.scene.commit()
        self.assertEqual(self.scene.ranks("#a"), {"bob": "o"})
        self.assertNotIn("i", self.scene.room("#a").modes)

    def test_staleHeir(self) -> None:
        """The rank does not pass if an operator is there, nor to a user who has left.  It passes later."""
        self.chat.membership.join(self.bob.session, "#a")
        carol = self.scene.person("carol", "#a")
        self.scene.now += 600
        change = ModeChange(True, "o", "bob", self.bob.user.source)
        for name in ("#a", "#none"):
            early = self.scene.log.append(ModesSet(SERVER, name, (change,)))
            self.scene.commit()
            self.assertEqual(refused(errors.NotInRoom, lambda early=early: early).room, name)  # type: ignore[misc]
        self.assertEqual(self.scene.ranks("#a"), {"alice": "o", "bob": "", "carol": ""})
        self.chat.membership.part(self.alice.session, "#a")
        self.scene.commit()
        self.scene.now += 600
        self.chat.membership.part(self.bob.session, "#a")
        self.chat.upkeep.tend()
        self.chat.upkeep.tend()
        self.assertEqual(len(self.scene.log.waiting), 2)
        self.scene.commit()
        self.assertEqual(self.scene.ranks("#a"), {"carol": ""})
        self.assertEqual(self.scene.later, RETRY)
        self.scene.clear(carol)
        self.chat.upkeep.tend()
        self.scene.commit()
        self.assertEqual(self.scene.ranks("#a"), {"carol": "o"})
        self.assertEqual(carol.heard(), ["#a  set +o carol"])

    def test_heirOfAnotherTime(self) -> None:
        """A rank in flight does not pass if the room was created again, nor before a new operator's time has passed."""
        for gone in (False, True):
            with self.subTest(gone=gone):
                scene = ManualScene()
                alice, bob, carol = (scene.person(nick, "#a") for nick in ("alice", "bob", "carol"))
                scene.chat.presence.close(alice.session, "connection lost")
                scene.commit()
                scene.now += 600
                b, c = bob.user.source, carol.user.source
                events = [Parted(b, "#a", ""), Parted(c, "#a", ""), Joined(c, "#a"), Joined(b, "#a")]
                for event in [*events, Parted(c, "#a", "")] if gone else events:
                    scene.log.append(event)
                scene.chat.upkeep.tend()
                scene.commit()
                self.assertEqual([type(entry.event) for entry in byServer(scene)], [ModesSet])
                self.assertEqual(scene.ranks("#a"), {"bob": ""} if gone else {"carol": "o", "bob": ""})


class FaultyLog(MemoryLog):
    """
    A journal whose disk may be full.

    @ivar full: whether it is.
    """

    full = False

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{MemoryLog.append}."""
        return fail(errors.NotStored("full")) if self.full and event.durable else super().append(event, origin)


class FaultTests(SynchronousTestCase):
    """The loss is stored later if the disk was full."""

    def setUp(self) -> None:
        """A locked room."""
        self.scene = Scene(journal=inMemory(FaultyLog))
        assert isinstance(self.scene.log, FaultyLog)
        self.journal = self.scene.log
        self.alice = self.scene.person("alice", "#a")
        self.scene.modes(self.alice, "#a", "+ik", "key")

    def test_again(self) -> None:
        """The room is open meanwhile.  Locks that were set again are not removed."""
        self.journal.full = True
        done(self.scene.chat.membership.part(self.alice.session, "#a"))
        self.assertEqual(self.scene.later, RETRY)
        bob = self.scene.person("bob", "#a")
        self.scene.wait(RETRY)
        self.assertEqual((byServer(self.scene), self.scene.later), ([], RETRY))
        self.journal.full = False
        self.scene.modes(bob, "#a", "+i")
        self.scene.wait(RETRY)
        (entry,) = byServer(self.scene)
        self.assertEqual(entry.event, ModesSet(SERVER, "#a", (ModeChange(False, "k", "*"),)))
        self.assertIsNone(self.scene.later)
        self.assertIn("i", self.scene.room("#a").modes)

    def test_noRoomLeft(self) -> None:
        """The loss is stored for a room that has ended too, even if no other room needs upkeep."""
        bob = self.scene.person("bob")
        done(self.scene.chat.membership.invite(self.alice.session, "#a", "bob"))
        done(self.scene.chat.membership.join(bob.session, "#a", unlimited=True))
        done(self.scene.chat.membership.part(self.alice.session, "#a"))
        self.journal.full = True
        done(self.scene.chat.membership.part(bob.session, "#a"))
        self.assertEqual((len(self.scene.state.rooms), self.scene.later), (0, RETRY))
        self.journal.full = False
        self.scene.wait(RETRY)
        self.assertEqual(
            [entry.event.changes for entry in byServer(self.scene) if isinstance(entry.event, ModesSet)],
            [(ModeChange(False, "i"), ModeChange(False, "k", "*"))],
        )

    def test_sooner(self) -> None:
        """It does not wait for a later due time."""
        bob, carol = self.scene.person("bob", "#b"), self.scene.person("carol", "#b")
        done(self.scene.chat.membership.part(bob.session, "#b"))
        self.assertEqual(self.scene.later, 600.0)
        self.journal.full = True
        done(self.scene.chat.membership.part(self.alice.session, "#a"))
        self.assertEqual(self.scene.later, RETRY)
        self.assertEqual(self.scene.ranks("#b"), {"carol": ""})
        self.journal.full = False
        self.scene.wait(RETRY)
        self.assertEqual(self.scene.later, 595.0)
        done(self.scene.chat.membership.part(carol.session, "#b"))

    def test_allSetAgain(self) -> None:
        """If all locks were set again, nothing is stored."""
        self.journal.full = True
        done(self.scene.chat.membership.part(self.alice.session, "#a"))
        self.journal.full = False
        self.scene.modes(self.scene.person("bob", "#a"), "#a", "+ik", "other")
        self.scene.wait(RETRY)
        self.assertEqual(byServer(self.scene), [])


class RenamedTests(SynchronousTestCase):
    """A room that is renamed at that time."""

    def test_renamed(self) -> None:
        """The loss is stored under the current name."""
        scene = ManualScene()
        alice = scene.person("alice", "#a")
        scene.chat.channels.setModes(alice.session, "#a", "+is", ())
        scene.commit()
        source = alice.user.source
        scene.log.append(Kicked(source, "#a", source, ""))
        scene.log.append(RoomRenamed(source, "#a", "#b"))
        scene.commit()
        while scene.log.waiting:
            scene.commit()
        events = [entry.event for entry in byServer(scene)]
        told = [(event.room, event.changes) for event in events if isinstance(event, ModesSet)]
        self.assertEqual(told, [("#a", (ModeChange(False, "i"),)), ("#b", (ModeChange(False, "i"),))])
        self.assertEqual(list(scene.room("#b").modes), ["n", "t", "s"])


class ArmingTests(SynchronousTestCase):
    """When the chat asks for the next call."""

    def test_earliest(self) -> None:
        """It is the time of the first vacancy to pass, and none without such a room."""
        scene = Scene()
        alice, bob = (scene.person(nick, "#a", "#b", "#c") for nick in ("alice", "bob"))
        self.assertIsNone(scene.later)
        done(scene.chat.membership.part(alice.session, "#a"))
        self.assertEqual(scene.later, 600.0)
        scene.now += 100
        done(scene.chat.membership.part(alice.session, "#b"))
        self.assertEqual(scene.later, 600.0)
        scene.wait(500)
        self.assertEqual((scene.ranks("#a"), scene.ranks("#b"), scene.later), ({"bob": "o"}, {"bob": ""}, RETRY))
        scene.wait(RETRY)
        self.assertEqual(scene.later, 95.0)
        done(scene.chat.membership.part(bob.session, "#a"))
        done(scene.chat.presence.close(alice.session, "bye"))
        done(scene.chat.membership.part(bob.session, "#b"))
        self.assertEqual(scene.later, 95.0)
        scene.wait(95)
        self.assertEqual((scene.later, scene.ranks("#c")), (505.0, {"bob": ""}))
        done(scene.chat.presence.close(bob.session, "bye"))
        self.assertIsNone(scene.later)


class ManyTests(SynchronousTestCase):
    """Many rooms at once."""

    def test_inParts(self) -> None:
        """The rank passes in a limited number of rooms at once, and soon after in the others."""
        scene = ManualScene()
        alice, bob = scene.person("alice"), scene.person("bob")
        names = [f"#r{number}" for number in range(MOST_PROMOTIONS + 3)]
        for person in (alice, bob):
            for name in names:
                scene.chat.membership.join(person.session, name, unlimited=True)
            scene.commit()
        scene.chat.presence.close(alice.session, "bye")
        scene.commit()
        scene.now += 600
        for expected in (MOST_PROMOTIONS, 3, 0):
            scene.chat.upkeep.tend()
            self.assertEqual(len(scene.log.waiting), expected)
            scene.commit()
        self.assertEqual({scene.ranks(name)["bob"] for name in names}, {"o"})
