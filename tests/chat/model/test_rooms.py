"""Tests of L{twistchat.chat.model.rooms}: what keeps a room, and who gets a rank back."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDepartures, Scene, done, refused
from twistchat.chat.errors import Banned
from twistchat.chat.fanout.audience import Audience, Broadcast
from twistchat.chat.model.events import ModeChange, ModesSet
from twistchat.chat.model.rooms import MOST_FORMER_NAMES, Room, Rooms

LOOKALIKE = "#p\N{CYRILLIC SMALL LETTER A}ul"
"""Looks like C{#paul}."""


class LifeTests(SynchronousTestCase):
    """How long a room lasts."""

    def setUp(self) -> None:
        """A room with one member."""
        self.scene = Scene()
        self.alice = self.scene.person("alice", "#a")

    def leave(self) -> None:
        """Leave the room empty."""
        done(self.scene.chat.membership.part(self.alice.session, "#a"))

    def test_ends(self) -> None:
        """A room without anything to keep ends with its last member."""
        self.leave()
        self.assertEqual(list(self.scene.state.rooms), [])

    def test_kept(self) -> None:
        """A changed mode keeps it, unless the mode is a lock.  Changed back, it does not."""
        for letters, inverse in (("+m", "-m"), ("-n", "+n")):
            with self.subTest(letters):
                self.scene.modes(self.alice, "#a", letters)
                room = self.scene.room("#a")
                self.leave()
                self.assertEqual(list(self.scene.state.rooms), [room])
                done(self.scene.chat.membership.join(self.alice.session, "#a", unlimited=True))
                self.assertEqual(self.scene.ranks("#a"), {"alice": "o"})
                self.scene.modes(self.alice, "#a", inverse)
                self.leave()
                self.assertEqual(list(self.scene.state.rooms), [])
                done(self.scene.chat.membership.join(self.alice.session, "#a", unlimited=True))

    def test_keptTopic(self) -> None:
        """A topic keeps it, with its first spelling and its time."""
        done(self.scene.chat.channels.setTopic(self.alice.session, "#A", "here"))
        created = self.scene.room("#a").created
        self.scene.now += 10
        self.leave()
        done(self.scene.chat.membership.join(self.alice.session, "#A"))
        room = self.scene.room("#a")
        assert room.topic is not None
        self.assertEqual((room.name, room.created, room.topic.text), ("#a", created, "here"))
        done(self.scene.chat.channels.setTopic(self.alice.session, "#a", ""))
        self.leave()
        self.assertEqual(len(self.scene.state.rooms), 0)

    def test_guestsRank(self) -> None:
        """A guest's rank ends when they leave, and keeps nothing."""
        bob = self.scene.person("bob", "#a")
        self.scene.modes(self.alice, "#a", "+o", "bob")
        done(self.scene.chat.membership.part(bob.session, "#a"))
        done(self.scene.chat.membership.join(bob.session, "#a"))
        self.assertEqual(self.scene.ranks("#a"), {"alice": "o", "bob": ""})
        done(self.scene.chat.membership.part(bob.session, "#a"))
        self.leave()
        self.assertEqual(len(self.scene.state.rooms), 0)

    def test_granted(self) -> None:
        """A registered room stays when it is empty.  Accounts get their ranks from its access list, with any nick."""
        bob = self.scene.person("bob", "#a", account="Robert")
        self.scene.found("#a", "Alice", robert="ov")
        done(self.scene.chat.presence.close(bob.session, "bye"))
        self.leave()
        self.assertEqual(len(self.scene.state.rooms), 1)
        done(self.scene.chat.membership.join(self.alice.session, "#a"))
        bobby = self.scene.person("bobby", "#a", account="ROBERT")
        self.assertEqual(self.scene.ranks("#a"), {"alice": "", "bobby": "ov"})
        self.scene.modes(bobby, "#a", "-ov", "bobby", "bobby")
        self.assertEqual(self.scene.room("#a").granted, {"robert": "ov"})

    def test_keptLists(self) -> None:
        """In a replay, with nobody in a room, its bans are there before its founder, and stay."""
        done(self.scene.log.append(ModesSet(self.alice.user.source, "#kept", (ModeChange(True, "b", "eve!*@*"),))))
        self.scene.found("#kept", "owner")
        eve = self.scene.person("eve")
        refused(Banned, lambda: self.scene.chat.membership.join(eve.session, "#kept"))

    def test_noOperatorBesidesTheEntitled(self) -> None:
        """The first member of a registered room does not become operator."""
        bob = self.scene.person("bob", "#a", account="bob")
        self.scene.found("#a", "carol", bob="o")
        self.leave()
        done(self.scene.chat.membership.part(bob.session, "#a"))
        done(self.scene.chat.membership.join(self.alice.session, "#a"))
        done(self.scene.chat.membership.join(bob.session, "#a"))
        self.assertEqual(self.scene.ranks("#a"), {"alice": "", "bob": "o"})

    def test_founder(self) -> None:
        """The user of the founder's account is founder, whatever the access list says."""
        self.scene.found("#a", "Bob", bob="v")
        self.scene.person("bobby", "#a", account="BOB")
        self.assertEqual(self.scene.ranks("#a"), {"alice": "o", "bobby": "qv"})

    def test_noRankKept(self) -> None:
        """A rank that a member is given ends when they leave, with or without an account."""
        bob = self.scene.person("bob", "#a", account="bob")
        self.scene.modes(self.alice, "#a", "+o", "bob")
        done(self.scene.chat.membership.part(bob.session, "#a"))
        done(self.scene.chat.membership.join(bob.session, "#a"))
        self.assertEqual(self.scene.ranks("#a"), {"alice": "o", "bob": ""})


class RoomsTests(SynchronousTestCase):
    """The register of rooms."""

    def test_register(self) -> None:
        """A room is found by its name in any case, and by its skeleton, until it is removed."""
        rooms = Rooms()
        room = Room("#Paul", 5, Audience("#paul", Broadcast(lambda flush: None, FakeDepartures())))
        rooms.add(room)
        self.assertIs(rooms.get("#pAUL"), room)
        self.assertIs(rooms.lookalike(LOOKALIKE), room)
        self.assertIsNone(rooms.get(LOOKALIKE))
        self.assertEqual((list(rooms), len(rooms)), ([room], 1))
        rooms.remove(room)
        self.assertEqual((rooms.get("#paul"), rooms.lookalike("#paul"), len(rooms)), (None, None, 0))

    def test_formerNames(self) -> None:
        """A former name is known until another room has it.  Only the latest hundred are kept."""
        rooms, audience = Rooms(), Audience("#old", Broadcast(lambda flush: None, FakeDepartures()))
        room = Room("#Old", 5, audience)
        rooms.add(room)
        rooms.rename(room, "#0")
        self.assertEqual((rooms.isFormerName("#oLD"), rooms.isFormerName("#0")), (True, False))
        another = Room("#old", 6, audience)
        rooms.add(another)
        rooms.remove(another)
        self.assertFalse(rooms.isFormerName("#old"))
        for number in range(1, MOST_FORMER_NAMES + 2):
            rooms.rename(room, f"#{number}")
        self.assertEqual(
            [rooms.isFormerName(f"#{number}") for number in (0, 1, MOST_FORMER_NAMES)], [False, True, True]
        )
