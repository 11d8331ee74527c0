"""Tests of L{twistchat.chat.rules.users.markers}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import NOON, ManualScene, Person, Scene, done, newState, rebuilt, refused
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import SERVER, MarkerSet
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot

NOW = int(NOON * 1000)
"""The time of the chat, in milliseconds since the epoch."""


class MarkerTests(SynchronousTestCase):
    """Alice has an account and two sessions; bob has an account; gus is a guest."""

    def setUp(self) -> None:
        """Let them come."""
        self.begin(Scene(ChatLimits(markers=3)))

    def begin(self, scene: Scene) -> None:
        """Use a scene."""
        self.scene = scene
        for name in ("alice", "Bob", "carol"):
            scene.account(name)
        self.alice = scene.person("alice", "#Tea", account="alice")
        self.phone = scene.attach(self.alice)
        self.bob = scene.person("bobby", "#Tea", account="Bob")
        self.gus = scene.person("gus", "#Tea")
        scene.endTurn()
        for person in (self.alice, self.phone, self.bob, self.gus):
            person.heard()

    def mark(self, person: Person, target: str, time: int) -> None:
        """Move a marker."""
        marking = self.marking(person, target, time)
        if marking is not None:
            done(marking)

    def marking(self, person: Person, target: str, time: int) -> Any:
        """Begin to move a marker."""
        return self.scene.chat.markers.mark(person.session, target, time)

    def marker(self, person: Person, target: str) -> int | None:
        """Read a marker."""
        return self.scene.chat.markers.marker(person.session, target)

    def test_account(self) -> None:
        """All sessions of the account learn of a marker at once, and nobody else does."""
        self.assertIsNone(self.marker(self.alice, "#tea"))
        self.mark(self.alice, "#TEA", 1000)
        self.assertEqual((self.marker(self.alice, "#tea"), self.marker(self.phone, "#tea")), (1000, 1000))
        self.assertEqual((self.alice.heard(), self.phone.heard()), (["#Tea read 1000"], ["#Tea read 1000"]))
        self.assertEqual((self.bob.heard(), self.gus.heard(), self.marker(self.bob, "#tea")), ([], [], None))

    def test_onlyForward(self) -> None:
        """A marker never moves back, and an entry for that is not even proposed."""
        self.mark(self.alice, "#tea", 2000)
        count = len(self.scene.entries)
        self.mark(self.phone, "#tea", 1000)
        self.mark(self.phone, "#tea", 2000)
        self.assertEqual((self.marker(self.alice, "#tea"), len(self.scene.entries)), (2000, count))
        refused(errors.AlreadyRead, lambda: self.scene.log.append(MarkerSet(SERVER, "alice", "#tea", 1999)))
        self.assertEqual(self.marker(self.alice, "#tea"), 2000)

    def test_present(self) -> None:
        """A marker in the future is one at the present, also if another node proposed it."""
        self.mark(self.alice, "#tea", NOW + 5)
        self.assertEqual(self.marker(self.alice, "#tea"), NOW)
        done(self.scene.log.append(MarkerSet(SERVER, "alice", "bob", NOW + 5)))
        self.assertEqual(self.marker(self.alice, "bobby"), NOW)

    def test_private(self) -> None:
        """The marker of a private conversation belongs to the other account, whatever its nick is."""
        self.mark(self.alice, "bobby", 1000)
        self.assertEqual((self.marker(self.alice, "BOB"), self.phone.heard()), (1000, ["bobby read 1000"]))
        self.mark(self.alice, "carol", 1500)
        self.assertEqual((self.marker(self.alice, "carol"), self.phone.heard()), (1500, ["carol read 1500"]))
        self.mark(self.alice, "alice", 2000)
        self.assertEqual((self.marker(self.phone, "alice"), self.marker(self.bob, "alice")), (2000, None))

    def test_guests(self) -> None:
        """Sessions keep the markers of guests, and of conversations with guests or unknown nicks."""
        count = len(self.scene.entries)
        self.mark(self.gus, "#tea", 1000)
        self.mark(self.gus, "alice", 1100)
        self.mark(self.alice, "GUS", 1200)
        self.mark(self.alice, "gus", 1100)
        self.mark(self.alice, "nobody", 1300)
        self.assertEqual((self.marker(self.gus, "#tea"), self.marker(self.gus, "alice")), (1000, 1100))
        self.assertEqual((self.marker(self.phone, "gus"), self.marker(self.alice, "nobody")), (1200, 1300))
        self.assertEqual(self.phone.heard(), ["gus read 1200", "nobody read 1300"])
        self.assertEqual((len(self.scene.entries), self.marker(self.alice, "#tea")), (count, None))
        for number in range(4):
            self.mark(self.gus, f"g{number}", 1000)
        self.assertEqual(list(self.gus.session.markers), ["g1", "g2", "g3"])

    def test_refused(self) -> None:
        """Nobody marks a room that they may not read, and a target is a room or a nick."""
        done(self.scene.chat.membership.join(self.bob.session, "#coffee"))
        done(self.scene.chat.membership.join(self.bob.session, "#secret"))
        changed = self.scene.chat.channels.setModes(self.bob.session, "#secret", "+s", ())
        assert changed is not None
        done(changed)
        for error, target in (
            (errors.NotInRoom, "#coffee"),
            (errors.NoSuchRoom, "#secret"),
            (errors.NoSuchRoom, "#nowhere"),
            (errors.BadNick, "@#tea"),
            (errors.BadNick, "a b"),
        ):
            self.assertRaises(error, self.marking, self.alice, target, 1000)
            self.assertRaises(error, self.marker, self.alice, target)

    def test_bounded(self) -> None:
        """An account has a limited number of markers; the one that was set first is forgotten."""
        for number, target in enumerate(("#tea", "bobby", "carol", "#tea", "alice")):
            self.mark(self.alice, target, 1000 + number)
        account = self.scene.state.accounts.named("alice")
        self.assertEqual(account.markers, {"carol": 1002, "#tea": 1003, "alice": 1004})

    def test_restart(self) -> None:
        """Markers survive a restart, in their order, and are a part of a snapshot."""
        for number, target in enumerate(("#tea", "bobby", "carol", "#tea", "alice")):
            self.mark(self.alice, target, 1000 + number)
        expected = [("carol", 1002), ("#tea", 1003), ("alice", 1004)]
        again = rebuilt(self.scene.entries)
        self.assertEqual(list(again.accounts.named("alice").markers.items()), expected)
        restored = newState()
        restoreSnapshot(restored, takeSnapshot(self.scene.state, "n"))
        for state in (again, restored):
            self.assertEqual(list(state.accounts.named("alice").markers.items()), expected)
            self.assertEqual([account.name for account in state.accounts.readers("#tea")], ["alice"])

    def test_renamed(self) -> None:
        """The markers of a room follow its name, also over a restart, and nobody keeps one of the old name."""
        self.mark(self.alice, "#tea", 1000)
        self.mark(self.bob, "#tea", 2000)
        self.alice.heard()
        renaming = self.scene.chat.channels.rename(self.alice.session, "#tea", "#Chai")
        assert renaming is not None
        done(renaming)
        self.assertEqual((self.marker(self.alice, "#chai"), self.marker(self.bob, "#chai")), (1000, 2000))
        self.assertIn("#Chai read 1000", self.alice.heard())
        for state in (self.scene.state, rebuilt(self.scene.entries)):
            self.assertEqual(state.accounts.named("bob").markers, {"#chai": 2000})
            self.assertEqual((state.accounts.readers("#tea"), len(state.accounts.readers("#chai"))), ([], 2))

    def test_dropped(self) -> None:
        """A dropped account loses its markers."""
        self.mark(self.alice, "#tea", 1000)
        done(self.scene.chat.accounts.drop(None, "alice"))
        self.assertEqual(self.scene.state.accounts.readers("#tea"), [])
        self.assertIsNone(self.marker(self.alice, "#tea"))

    def test_coalesced(self) -> None:
        """While a marker is being stored, of the later ones only the last is stored."""
        self.scene = scene = ManualScene()
        alice = scene.person("alice", "#tea")
        self.logIn(scene, alice)
        before = len(scene.entries)
        marks = [self.marking(alice, "#tea", time) for time in (1000, 1001, 1005, 1003)]
        self.assertEqual(marks[1:], [None] * 3)
        scene.commit(1)
        done(marks[0])
        self.assertEqual(self.marker(alice, "#tea"), 1000)
        scene.commit()
        stored = [entry.event.read for entry in scene.entries[before:] if isinstance(entry.event, MarkerSet)]
        self.assertEqual((stored, self.marker(alice, "#tea")), ([1000, 1005], 1005))

    def test_shown(self) -> None:
        """What was shown while a marker is being stored is stored after it."""
        self.scene = scene = ManualScene()
        alice = scene.person("alice", "#tea")
        self.logIn(scene, alice)
        for time in (1000, 1005, 1003):
            scene.chat.markers.markShown(alice.session, time, "bob", time)
        scene.commit()
        self.assertEqual(scene.chat.state.accounts.named("alice").markers["bob"], 1005)

    def test_notStored(self) -> None:
        """If a marker cannot be stored, the asker is told, and the one after it is tried."""
        self.scene = scene = ManualScene()
        alice = scene.person("alice", "#tea")
        self.logIn(scene, alice)
        marks = [self.marking(alice, "#tea", time) for time in (1000, 1001)]
        scene.log.refuse("the disk is full")
        assert marks[0] is not None
        self.failureResultOf(marks[0], errors.NotStored)
        self.assertIsNone(self.marker(alice, "#tea"))
        scene.commit()
        self.assertEqual((self.marker(alice, "#tea"), marks[1]), (1001, None))

    def logIn(self, scene: ManualScene, person: Person) -> None:
        """Register alice's account, and log her in."""
        registering = Deferred.fromCoroutine(scene.chat.accounts.register(None, "alice"))
        scene.commit()
        done(registering)
        login = scene.logIn(person, "alice")
        scene.commit()
        done(login)
