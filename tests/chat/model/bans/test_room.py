"""Tests of L{twistchat.chat.model.bans.room}: whom bans bind, and what it costs to know that."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Person, Scene, done, refused
from twistchat.chat.errors import Banned
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.bans.masks import MOST_WILDCARDS, Mask
from twistchat.chat.model.bans.room import MOST_CHANGES
from twistchat.chat.model.events import ModeChange, ModesSet

LIMITS = ChatLimits(bans=1000)
MASKS = ("bob", "*!*@bad", "~m:bob", "~n:*!*@bad", "~m:~c:#b", "~c:@#b", "~a:*", "~r:?o?", "~m:~U:b*")


class CostTests(SynchronousTestCase):
    """How often a mask is compared with a user."""

    def setUp(self) -> None:
        """A room with three hundred bans that match nobody, its operator, and a member."""
        self.scene = Scene(LIMITS)
        self.chat = self.scene.chat
        self.alice, self.bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        for number in range(300):
            self.set("+b", f"*{number}*!*@*.bad")
        self.room = self.scene.room("#a")
        self.tests = 0
        names = Mask.matches

        def count(*given: object) -> bool:
            self.tests += 1
            return names(*given)  # type: ignore[arg-type]  # what it is called with

        self.patch(Mask, "matches", count)
        self.say()
        self.tests = 0

    def set(self, letters: str, *masks: str) -> None:
        """Change modes of the room."""
        self.scene.modes(self.alice, "#a", letters, *masks)

    def say(self) -> None:
        """Let the member send a text."""
        done(self.chat.speaking.say(self.bob.session, "#a", "hello"))

    def cost(self, act: Callable[[], object]) -> int:
        """Count the masks that are tested by an action, and by the member's next text."""
        self.tests = 0
        act()
        self.say()
        return self.tests

    def test_text(self) -> None:
        """Without changes, a text costs no test."""
        self.assertEqual(self.cost(lambda: None), 0)

    def test_join(self) -> None:
        """If a member joins another room, has a rank there, or leaves it, the masks here are not tested again."""

        def travel() -> None:
            done(self.chat.membership.join(self.bob.session, "#other", unlimited=True))
            self.scene.modes(self.bob, "#other", "+v", "bob")
            done(self.chat.membership.part(self.bob.session, "#other"))

        self.assertEqual(self.cost(travel), 0)
        self.set("+b", "~c:#other")
        self.set("-b", "~c:#other")
        self.say()
        self.assertEqual(self.cost(travel), 0)

    def test_joiner(self) -> None:
        """A user who joins is compared with each mask once, and the others are not."""
        eve = self.scene.person("eve")
        self.assertEqual(self.cost(lambda: done(self.chat.membership.join(eve.session, "#a", unlimited=True))), 300)

    def test_change(self) -> None:
        """If a ban or an exception is added or removed, a member's next text costs one test."""
        for letters in ("+b", "+e", "-b", "-e"):
            self.assertEqual(self.cost(lambda letters=letters: self.set(letters, "eve")), 1, letters)  # type: ignore[misc]
        self.assertEqual(self.cost(lambda: self.set("+bb-b", "x1", "x2", "7")), 2)
        self.assertEqual(self.cost(lambda: self.set("+I", "eve")), 0)
        self.assertEqual(self.cost(lambda: self.chat.channels.setModes(self.alice.session, "#a", "+b", ["x1"])), 0)

    def test_oneOfSeveral(self) -> None:
        """If several masks are added or removed at once, the test ends at the first that matches the member."""
        self.set("+bb", "bob", "eve")
        refused(Banned, self.say)
        self.set("-bb", "eve", "bob")
        self.say()

    def test_changes(self) -> None:
        """After many changes, or with a new nick, a member is compared with the whole list once."""
        for number in range(MOST_CHANGES + 1):
            self.set("+e", f"free{number}")
        self.assertEqual(self.cost(lambda: None), 300)
        self.assertEqual(self.cost(lambda: done(self.chat.identity.setAccount(self.bob.user, "bobby"))), 300)

    def test_rename(self) -> None:
        """A new nick costs one test per mask, for speaking and for the nick lock together."""
        self.assertEqual(self.cost(lambda: done(self.chat.identity.rename(self.bob.session, "robert"))), 300)
        self.assertEqual(self.cost(lambda: done(self.chat.identity.rename(self.bob.session, "rob"))), 300)


class PlaceTests(SynchronousTestCase):
    """Masks that name users by their rooms."""

    def test_gone(self) -> None:
        """A user who was bound by a ban on a room, and has left that room, is free after the ban is removed."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        bans, member = scene.room("#a").bans, scene.room("#a").members[bob.user.source.uid]
        done(scene.chat.membership.join(bob.session, "#b"))
        scene.modes(alice, "#a", "+b", "~c:#b")
        self.assertEqual(bans.ofMember(member), {"", "m", "n"})
        done(scene.chat.membership.part(bob.session, "#b"))
        scene.modes(alice, "#a", "-b", "~c:#b")
        self.assertEqual(bans.ofMember(member), frozenset())

    def test_oneOfTwo(self) -> None:
        """If one of two such bans is removed, the other binds users who join its room."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        scene.modes(alice, "#a", "+bb-b", "~c:#b", "~c:#c", "~c:#c")
        done(scene.chat.speaking.say(bob.session, "#a", "hello"))
        done(scene.chat.membership.join(bob.session, "#b"))
        refused(Banned, lambda: scene.chat.speaking.say(bob.session, "#a", "hello"))


class WildcardTests(SynchronousTestCase):
    """Masks of an older journal, with more wildcards than can be set now."""

    def test_older(self) -> None:
        """They match, and can be removed."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        mask = "b" + "*o" * MOST_WILDCARDS + "*b!*@*"
        other = "*?" * MOST_WILDCARDS + "!*@*"
        nick = "b" + "o" * MOST_WILDCARDS + "b"
        changes = (ModeChange(True, "b", mask), ModeChange(True, "b", other))
        done(scene.log.append(ModesSet(alice.user.source, "#a", changes)))
        done(scene.chat.speaking.say(bob.session, "#a", "hello"))
        done(scene.chat.identity.rename(bob.session, nick))
        self.assertTrue(scene.room("#a").barred(bob.user))
        scene.modes(alice, "#a", "-bb", mask, other)
        self.assertEqual(scene.room("#a").lists["b"], {})
        self.assertFalse(scene.room("#a").barred(bob.user))


class Verdicts(RuleBasedStateMachine):
    """The remembered verdicts equal those of the lists."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene(LIMITS)
        self.people = [self.scene.person(nick, "#a") for nick in ("alice", "bob", "rob")]

    @rule(letter=st.sampled_from("be"), mask=st.sampled_from(MASKS), adding=st.booleans())
    def change(self, letter: str, mask: str, adding: bool) -> None:
        """Add or remove masks."""
        self.scene.chat.channels.setModes(self.people[0].session, "#a", ("+" if adding else "-") + letter, [mask])

    @rule(index=st.integers(1, 2))
    def travel(self, index: int) -> None:
        """Let a user join another room, or leave it."""
        session, chat = self.people[index].session, self.scene.chat
        if chat.membership.join(session, "#b", unlimited=True) is None:
            done(chat.membership.part(session, "#b"))

    @rule(name=st.sampled_from(("#b", "#c")))
    def move(self, name: str) -> None:
        """Rename the other room."""
        other = "#c" if name == "#b" else "#b"
        if self.scene.state.rooms.get(name) is None:
            for operator in self.operators(other)[:1]:
                self.scene.room(other).renames = None
                done(self.scene.chat.channels.rename(operator.session, other, name))

    @rule(name=st.sampled_from(("#b", "#c")), index=st.integers(1, 2), letters=st.sampled_from(("+o", "-o", "+v")))
    def promote(self, name: str, index: int, letters: str) -> None:
        """Give a user another rank in the other room."""
        subject = self.people[index].user
        for operator in self.operators(name)[:1]:
            if subject.source.uid in self.scene.room(name).members:
                self.scene.chat.channels.setModes(operator.session, name, letters, [subject.nick])

    @rule(index=st.integers(1, 2), what=st.sampled_from(("bad", "good")), account=st.sampled_from((None, "acc")))
    def appear(self, index: int, what: str, account: str | None) -> None:
        """Change a user's visible names."""
        user = self.people[index].user
        self.scene.chat.identity.setHost(user, what)
        self.scene.chat.identity.setAccount(user, account)

    @rule(index=st.integers(1, 2))
    def ask(self, index: int) -> None:
        """Compute a verdict."""
        room = self.scene.room("#a")
        room.bans.ofMember(room.members[self.people[index].user.source.uid])

    @invariant()
    def sound(self) -> None:
        """The remembered verdict on one user, who is not asked about meanwhile, equals that of the lists."""
        room = self.scene.room("#a")
        member = room.members[self.people[1].user.source.uid]
        assert room.bans.ofMember(member) == room.bans.of(member.user)

    def operators(self, name: str) -> list[Person]:
        """Return those of them who are operators of a room."""
        room = self.scene.state.rooms.get(name)
        members = {} if room is None else room.members
        return [one for one in self.people if (uid := one.user.source.uid) in members and "o" in members[uid].ranks]

    def teardown(self) -> None:
        """The verdict on the other user, which was remembered for long, is right too."""
        room = self.scene.room("#a")
        member = room.members[self.people[2].user.source.uid]
        assert room.bans.ofMember(member) == room.bans.of(member.user)


VerdictTests = Verdicts.TestCase
VerdictTests.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
