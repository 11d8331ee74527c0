"""Tests of renaming rooms: who may, valid names, and what moves with the room."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, kept, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import Entry, ModesSet, RoomRenamed, TopicSet
from twistchat.chat.model.users import Operator

LOOKALIKE = "#p\N{CYRILLIC SMALL LETTER A}ul"
"""Looks like C{#paul}."""


class RenameTests(SynchronousTestCase):
    """C{renameRoom}, and its effects."""

    def setUp(self) -> None:
        """An operator and a member in a room.  The member is in two more."""
        self.scene = Scene(ChatLimits(reason=5))
        self.chat = self.scene.chat
        self.alice = self.scene.person("alice", "#Old")
        self.bob = self.scene.person("bob", "#first", "#old", "#last")
        self.scene.clear(self.alice, self.bob)

    def rename(self, new: str, person: Person | None = None, old: str = "#old", reason: str = "") -> None:
        """Rename the room, as its operator by default, long after the last rename."""
        self.scene.now += 3600
        done(self.chat.channels.rename((person or self.alice).session, old, new, reason))

    def test_everythingGoesWithIt(self) -> None:
        """Topic, modes, lists, ranks, members and invitations stay with the room."""
        done(self.chat.channels.setTopic(self.alice.session, "#old", "here"))
        carol = self.scene.person("carol", "#old", account="carol")
        self.scene.modes(self.alice, "#old", "+vimb", "carol", "eve")
        dave = self.scene.person("dave")
        done(self.chat.membership.invite(self.alice.session, "#old", "dave"))
        room = self.scene.room("#old")
        before = (room.created, room.topic, room.modes, room.lists, room.granted, self.scene.ranks("#old"))
        self.rename("#New")
        self.assertEqual(
            before, (room.created, room.topic, room.modes, room.lists, room.granted, self.scene.ranks("#new"))
        )
        self.assertIs(self.scene.room("#NEW"), room)
        self.assertEqual(room.name, "#New")
        self.assertIsNone(self.scene.state.rooms.get("#old"))
        self.assertIsNone(self.scene.state.rooms.lookalike("#old"))
        self.assertEqual(list(self.bob.user.rooms), ["#first", "#new", "#last"])
        done(self.chat.membership.join(dave.session, "#new"))
        done(self.chat.membership.part(carol.session, "#new"))

    def test_told(self) -> None:
        """Members hear it under the old name, and later texts under the new name."""
        phone = self.scene.attach(self.bob)
        done(self.chat.speaking.say(self.alice.session, "#old", "before"))
        self.rename("#new", reason="typo")
        done(self.chat.speaking.say(self.alice.session, "#new", "after"))
        self.scene.endTurn()
        heard = ["#Old alice: before", "#Old alice renamed it #new typo", "#new alice: after"]
        self.assertEqual((self.bob.heard(), phone.heard()), (heard, heard))
        self.assertEqual(self.alice.heard(), heard[1:2])
        refused(errors.NoSuchRoom, lambda: self.chat.speaking.say(self.alice.session, "#old", "x"))

    def test_outlets(self) -> None:
        """Each session is told after the others, and is then asked for its dialect under the new name."""
        order: list[str] = []
        outlet = self.bob.outlet
        self.patch(outlet, "deliver", lambda data: order.append(data.decode().strip()))
        self.patch(outlet, "roomRenamed", lambda old, entry, label: order.append(f"moved {old} {entry.event.name}"))
        self.scene.state.broadcast.regroup(self.bob.session)
        outlet.tuned.clear()
        self.rename("#New")
        self.assertEqual(order, ["#Old alice renamed it #New", "moved #old #New"])
        self.assertEqual(outlet.tuned, ["#new"])
        self.assertEqual(self.alice.outlet.moves, [("#old", "#New")])
        carol = self.scene.person("carol")
        self.rename("#newer", old="#new")
        self.assertEqual(carol.outlet.moves, [])

    def test_case(self) -> None:
        """A room may get a name that differs in case only, or that looks like the old one."""
        room = self.scene.room("#old")
        for name in ("#OLD", "#\N{CYRILLIC SMALL LETTER O}ld", "#old"):
            self.rename(name, old=room.name)
            self.assertEqual(room.name, name)
            self.assertIs(self.scene.room(name), room)
            self.assertIs(self.scene.state.rooms.lookalike("#old"), room)
        self.assertEqual(len(self.scene.state.rooms), 3)
        self.assertIsNone(self.chat.channels.rename(self.alice.session, "#old", "#old"))

    def test_who(self) -> None:
        """Operators rename it.  If it is registered, only founders do.  Operators of the server always may."""
        for rank, may in (("q", True), ("a", True), ("o", True), ("h", False), ("v", False), ("", False)):
            self.scene.promote("#old", "bob", rank)
            if may:
                self.rename("#new", self.bob)
                self.rename("#Old", self.bob, "#new")
            else:
                self.assertEqual(refused(errors.NotOperator, lambda: self.rename("#new", self.bob)).room, "#Old")
        self.scene.found("#old", "founder")
        founder = self.scene.person("founder", "#old", account="founder")
        self.scene.promote("#old", "bob", "a")
        refused(errors.NotOperator, lambda: self.rename("#new", self.bob))
        self.rename("#new", founder)
        self.scene.promote("#new", "bob", "")
        self.bob.user.operator = Operator("Operator", frozenset({"rooms"}))
        self.rename("#newer", self.bob, "#new")

    def test_refused(self) -> None:
        """The new name must be valid and free, the asker a member, and the reason short."""
        carol = self.scene.person("carol", "#Paul")
        error = refused(errors.RoomNameInUse, lambda: self.rename("#pAUL"))
        self.assertEqual(error.room, "#Paul")
        alike = refused(errors.RoomLookalike, lambda: self.rename(LOOKALIKE))
        self.assertEqual((alike.room, alike.existing), (LOOKALIKE, "#Paul"))
        for name in ("old", "#", "#a b", "#a,b", "#" + "x" * 64):
            refused(errors.BadRoomName, lambda name=name: self.rename(name))  # type: ignore[misc]
        refused(errors.NotInRoom, lambda: self.rename("#new", carol))
        refused(errors.NoSuchRoom, lambda: self.rename("#new", carol, "#none"))
        refused(errors.TooLong, lambda: self.rename("#new", reason="123456"))
        refused(errors.BadText, lambda: self.rename("#new", reason="a\nb"))

    def test_rate(self) -> None:
        """A room gets three new names at once, then one per minute, from any user.  Exempt sessions have no rate."""
        for number in range(3):
            done(self.chat.channels.rename(self.alice.session, f"#r{number}" if number else "#old", f"#r{number + 1}"))
        error = refused(errors.TooFast, lambda: self.chat.channels.rename(self.alice.session, "#r3", "#r4"))
        self.assertEqual((error.what, round(error.wait)), ("rename rooms", 60))
        self.scene.now += 60
        done(self.chat.channels.rename(self.alice.session, "#r3", "#r4"))
        self.alice.session.exempt = True
        done(self.chat.channels.rename(self.alice.session, "#r4", "#r5"))

    def test_nameIsFree(self) -> None:
        """The old name is free for another room, which has nothing of this one."""
        done(self.chat.channels.setTopic(self.alice.session, "#old", "here"))
        self.rename("#new")
        carol = self.scene.person("carol", "#OLD")
        room = self.scene.room("#old")
        self.assertEqual((room.name, room.topic, self.scene.ranks("#old")), ("#OLD", None, {"carol": "o"}))
        refused(errors.RoomNameInUse, lambda: self.rename("#new", carol))
        done(self.chat.channels.setTopic(carol.session, "#old", "there"))

    def test_replay(self) -> None:
        """What rooms keep is found under their current names, after chains and swaps."""
        done(self.chat.channels.setTopic(self.alice.session, "#old", "1"))
        done(self.chat.channels.setTopic(self.bob.session, "#first", "2"))
        self.rename("#x")
        self.rename("#old", self.bob, "#first")
        self.rename("#first", self.alice, "#x")
        self.rename("#FIRST", self.alice, "#first")
        done(self.chat.channels.setTopic(self.alice.session, "#first", "3"))
        durable = [entry for entry in self.scene.entries if isinstance(entry.event, (TopicSet, ModesSet, RoomRenamed))]
        self.assertEqual(kept(rebuilt(durable)), kept(self.scene.state))
        topics = {name: topic.text for name, (topic, *_) in kept(self.scene.state).items()}
        self.assertEqual(topics, {"#FIRST": "3", "#old": "2"})
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def test_replayOfNothing(self) -> None:
        """Renaming a room without anything to keep has no effect."""
        state = rebuilt([Entry(1, "m", 0, RoomRenamed(self.alice.user.source, "#old", "#new"))])
        self.assertEqual(len(state.rooms), 0)


class RaceTests(SynchronousTestCase):
    """Events in flight when a room is renamed."""

    def setUp(self) -> None:
        """An operator and a member."""
        self.scene = ManualScene()
        self.chat = self.scene.chat
        self.alice = self.scene.person("alice", "#old")
        self.bob = self.scene.person("bob", "#old")
        self.scene.clear(self.alice, self.bob)

    def test_late(self) -> None:
        """Events under the old name after the rename are refused, so their proposer can repeat them.  A part is too."""
        renaming = self.chat.channels.rename(self.alice.session, "#old", "#new")
        late = [
            self.chat.speaking.say(self.bob.session, "#old", "x"),
            self.chat.speaking.sendTags(self.bob.session, "#old", (("typing", "active"),)),
            self.chat.channels.setTopic(self.alice.session, "#old", "x"),
            self.chat.channels.setModes(self.alice.session, "#old", "+m", ()),
            self.chat.membership.part(self.bob.session, "#old"),
        ]
        self.scene.commit()
        done(renaming)
        for proposed in late:
            error = refused(errors.NotInRoom, lambda proposed=proposed: proposed)  # type: ignore[misc]
            self.assertEqual(error.room, "#old")
        self.assertEqual(self.bob.heard(), ["#old alice renamed it #new"])
        self.assertEqual([room.name for room in self.scene.state.rooms], ["#new"])

    def test_early(self) -> None:
        """Events before the rename are heard under the old name."""
        saying = self.chat.speaking.say(self.bob.session, "#old", "x")
        renaming = self.chat.channels.rename(self.alice.session, "#old", "#new")
        self.scene.commit()
        done(saying)
        done(renaming)
        self.assertEqual(self.alice.heard(), ["#old bob: x", "#old alice renamed it #new"])

    def test_twoAtOnce(self) -> None:
        """If two rooms get one name, the first one has it.  If a room gets two names, it has the first."""
        carol = self.scene.person("carol", "#c")
        first = self.chat.channels.rename(self.alice.session, "#old", "#new")
        second = self.chat.channels.rename(carol.session, "#c", "#NEW")
        third = self.chat.channels.rename(self.alice.session, "#old", "#other")
        fourth = self.chat.channels.rename(carol.session, "#c", "#n\N{CYRILLIC SMALL LETTER IE}w")
        self.scene.commit()
        done(first)
        self.assertEqual(refused(errors.RoomNameInUse, lambda: second).room, "#new")
        self.assertEqual(refused(errors.NotInRoom, lambda: third).room, "#old")
        refused(errors.RoomLookalike, lambda: fourth)
        self.assertEqual(sorted(room.name for room in self.scene.state.rooms), ["#c", "#new"])

    def test_takenMeanwhile(self) -> None:
        """A room that was created under the new name meanwhile keeps it."""
        joining = self.chat.membership.join(self.bob.session, "#new")
        renaming = self.chat.channels.rename(self.alice.session, "#old", "#new")
        self.scene.commit()
        done(joining)
        refused(errors.RoomNameInUse, lambda: renaming)
        self.assertEqual(sorted(room.name for room in self.scene.state.rooms), ["#new", "#old"])

    def test_forgotten(self) -> None:
        """A former name is remembered until another room has it, and not forever."""
        rooms = self.scene.state.rooms
        self.chat.channels.rename(self.alice.session, "#old", "#r0")
        self.scene.commit()
        self.assertTrue(rooms.isFormerName("#OLD"))
        room = self.scene.room("#r0")
        for number in range(100):
            rooms.rename(room, f"#r{number + 1}")
        self.assertFalse(rooms.isFormerName("#old"))
        self.assertTrue(rooms.isFormerName("#r0"))
        rooms.rename(room, "#r0")
        self.assertFalse(rooms.isFormerName("#r0"))
