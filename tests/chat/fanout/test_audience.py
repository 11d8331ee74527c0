"""Tests of L{twistchat.chat.fanout.audience}: renderings, recipients and order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.chat.fakes import FakeDialect, Person, Scene, done, written
from twistchat.chat.fanout.delivery import SHARED, isIgnored, passesFilter
from twistchat.chat.model.events import (
    Entry,
    Event,
    Invited,
    Joined,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RoomMessage,
    RoomMessageRedacted,
    RoomTagMessage,
    Source,
    TopicSet,
)
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import Operator
from twistchat.interfaces import IDialect

ALICE, BOB = Source("u1", "Alice"), Source("u2", "Bob")


@implementer(IDialect)
@dataclass(frozen=True)
class ValueDialect:
    """A dialect that equals others with its name, as the dialects of a door that makes one for each session."""

    name: str

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        return f"{self.name} {written(entry.event)}\n".encode()


class RenderTests(SynchronousTestCase):
    """One rendering for each dialect, and one object for all sessions."""

    def setUp(self) -> None:
        """Make a room with many listeners in two dialects, and a third dialect elsewhere."""
        self.scene = Scene()
        self.one, self.two, self.other = FakeDialect("one"), FakeDialect("two"), FakeDialect("other")
        self.ones = [self.scene.person(f"one{n}", "#a", dialect=self.one) for n in range(5)]
        self.twos = [self.scene.person(f"two{n}", "#a", dialect=self.two) for n in range(5)]
        self.scene.person("other", "#b", dialect=self.other)
        self.scene.clear(*self.ones, *self.twos)
        for dialect in (self.one, self.two, self.other):
            dialect.rendered.clear()

    def say(self, person: Person, text: str) -> int:
        """Send a text to the room, and return its sequence number."""
        entry: Entry = done(self.scene.chat.speaking.say(person.session, "#a", text))
        return entry.sequence

    def test_renders(self) -> None:
        """
        Each dialect present renders each entry once, with any number of listeners.  Other dialects render nothing.
        """
        sequences = [self.say(person, "x") for person in self.ones[:3] + self.twos[:3]]
        self.assertEqual((self.one.rendered, self.two.rendered), ([], []))
        self.scene.endTurn()
        self.assertEqual((self.one.rendered, self.two.rendered, self.other.rendered), (sequences, sequences, []))

    def test_goneDialect(self) -> None:
        """A dialect whose last listener has left renders nothing more."""
        for person in self.twos:
            done(self.scene.chat.membership.part(person.session, "#a"))
        self.scene.endTurn()
        self.two.rendered.clear()
        self.say(self.ones[0], "x")
        self.scene.endTurn()
        self.assertEqual(self.two.rendered, [])

    def test_sharedObject(self) -> None:
        """All who hear the same turn in one dialect get the same object, once."""
        self.say(self.ones[0], "1")
        self.say(self.ones[0], "2")
        self.scene.endTurn()
        for listeners in (self.ones[1:], self.twos):
            first = listeners[0].outlet.delivered
            self.assertEqual(first, [b"#a one0: 1\n#a one0: 2\n"])
            for listener in listeners:
                self.assertEqual(len(listener.outlet.delivered), 1)
                self.assertIs(listener.outlet.delivered[0], first[0])
        self.assertIsNot(self.ones[1].outlet.delivered[0], self.twos[0].outlet.delivered[0])

    def test_senders(self) -> None:
        """Those who spoke in the turn get the rest of it.  With echo they get everything.  Nobody renders again."""
        self.scene.chat.speaking.setEcho(self.ones[2].session, True)
        for person in self.ones[:3]:
            self.say(person, "x")
        self.scene.endTurn()
        self.assertEqual(self.ones[0].outlet.delivered, [b"#a one1: x\n#a one2: x\n"])
        self.assertEqual(self.ones[1].outlet.delivered, [b"#a one0: x\n#a one2: x\n"])
        self.assertIs(self.ones[2].outlet.delivered[0], self.ones[3].outlet.delivered[0])
        self.assertEqual(len(self.one.rendered), 3)
        self.say(self.ones[0], "alone")
        self.ones[0].outlet.delivered.clear()
        self.scene.endTurn()
        self.assertEqual(self.ones[0].outlet.delivered, [])

    def test_longRuns(self) -> None:
        """After a long run of texts, the speakers share what the others said."""
        for person in self.ones[:3]:
            for _ in range(10):
                self.say(person, "x" * SHARED)
        self.scene.endTurn()
        zero, one, other = [person.outlet.delivered for person in (self.ones[0], self.ones[1], self.ones[4])]
        self.assertEqual(len(zero), 2)
        self.assertIs(zero[1], one[1])
        self.assertEqual(other, [one[0] + b"".join(zero)])

    def test_speakersOfThisTurn(self) -> None:
        """A session that spoke in an earlier turn shares the object of this one."""
        self.say(self.ones[0], "x")
        self.scene.endTurn()
        self.say(self.ones[1], "y")
        self.say(self.twos[1], "z")
        self.scene.endTurn()
        self.assertIs(self.ones[0].outlet.delivered[-1], self.ones[2].outlet.delivered[-1])

    def test_ignoring(self) -> None:
        """Sessions that ignore somebody get the rest.  Nobody renders again, and nobody gets an empty delivery."""
        self.scene.chat.speaking.ignore(self.ones[0].session, "two0")
        self.say(self.twos[0], "spam")
        self.say(self.twos[1], "ham")
        self.scene.endTurn()
        self.assertEqual(self.ones[0].outlet.delivered, [b"#a two1: ham\n"])
        self.assertEqual(self.ones[1].outlet.delivered, [b"#a two0: spam\n#a two1: ham\n"])
        self.assertEqual(len(self.one.rendered), 2)
        self.say(self.twos[0], "spam")
        self.ones[0].outlet.delivered.clear()
        self.scene.endTurn()
        self.assertEqual(self.ones[0].outlet.delivered, [])

    def test_nothingToSay(self) -> None:
        """If a dialect renders nothing for an event, its listeners get nothing."""
        mute = FakeDialect("mute", (RoomMessage, Quit))
        listener = self.scene.person("mute", "#a", dialect=mute)
        self.say(self.ones[0], "x")
        self.scene.endTurn()
        done(self.scene.chat.presence.close(self.ones[0].session, "bye"))
        self.assertEqual(listener.outlet.delivered, [])

    def test_equalDialects(self) -> None:
        """Equal dialects are one."""
        ann = self.scene.person("ann", "#a", dialect=ValueDialect("v"))
        ben = self.scene.person("ben", "#a", dialect=ValueDialect("v"))
        self.scene.clear(ann, ben)
        self.say(self.ones[0], "x")
        self.scene.endTurn()
        self.assertEqual(ann.outlet.delivered, [b"v #a one0: x\n"])
        self.assertIs(ann.outlet.delivered[0], ben.outlet.delivered[0])

    def test_ofNoRoom(self) -> None:
        """
        An event that is not of one room is rendered once per dialect too.  Users who share several rooms hear it once.
        """
        for person in (*self.ones, *self.twos):
            done(self.scene.chat.membership.join(person.session, "#c", unlimited=True))
        self.scene.clear(*self.ones, *self.twos)
        self.one.rendered.clear()
        self.two.rendered.clear()
        sequence = done(self.scene.chat.presence.close(self.ones[0].session, "bye")).sequence
        self.assertEqual((self.one.rendered, self.two.rendered), ([sequence], [sequence]))
        for listener in (*self.ones[1:], *self.twos):
            self.assertEqual(listener.outlet.delivered, [b"one0 quit bye\n"])
        self.assertIs(self.ones[1].outlet.delivered[0], self.ones[2].outlet.delivered[0])

    def test_tuned(self) -> None:
        """
        An outlet is asked for its dialect with the room's folded name when it joins, and with "" for everything else.
        """
        listener = self.scene.connect()
        done(self.scene.enter(listener, "tuned"))
        done(self.scene.chat.membership.join(listener.session, "#BIG"))
        self.assertEqual(listener.outlet.tuned, ["#big"])
        self.scene.endTurn()
        done(self.scene.chat.speaking.sayPrivate(self.ones[0].session, "tuned", "x"))
        self.assertEqual(listener.outlet.tuned, ["#big", ""])


class OrderTests(SynchronousTestCase):
    """Who hears which part of a turn."""

    def setUp(self) -> None:
        """Two users in a room, and one outside."""
        self.scene = Scene()
        self.alice, self.bob, self.carol = (
            self.scene.person("alice", "#a"),
            self.scene.person("bob", "#a"),
            self.scene.person("carol"),
        )
        self.scene.clear(self.alice, self.bob)
        self.scene.wakes = 0

    def say(self, text: str, room: str = "#a") -> None:
        """Let alice send a text."""
        done(self.scene.chat.speaking.say(self.alice.session, room, text))

    def test_wake(self) -> None:
        """The end of the turn is requested when the first entry waits, and not again before it has come."""
        self.assertEqual(self.scene.wakes, 0)
        done(self.scene.chat.membership.join(self.carol.session, "#c"))
        self.say("1")
        self.say("2")
        self.assertEqual(self.scene.wakes, 1)
        self.scene.endTurn()
        self.scene.endTurn()
        self.assertEqual(self.scene.wakes, 1)
        self.say("3")
        self.assertEqual(self.scene.wakes, 2)

    def test_join(self) -> None:
        """A user who joins in the middle of a turn hears it from their own join on."""
        self.say("before")
        done(self.scene.chat.membership.join(self.carol.session, "#a"))
        self.say("after")
        self.scene.endTurn()
        self.assertEqual(self.carol.heard(), ["#a carol joined", "#a alice: after"])
        self.assertEqual(self.bob.heard(), ["#a alice: before", "#a carol joined", "#a alice: after"])

    def test_othersUndisturbed(self) -> None:
        """If a user joins and gets a reply in between, the others still share the turn as one object."""
        dan = self.scene.person("dan", "#a")
        self.scene.clear(self.bob, dan)
        self.say("1")
        done(self.scene.chat.membership.join(self.carol.session, "#a"))
        for number in "234":
            self.scene.state.broadcast.flushTo(self.carol.session)
            self.carol.outlet.deliver(b"reply\n")
            self.say(number)
        self.assertEqual(self.bob.outlet.delivered, [])
        self.scene.endTurn()
        self.assertEqual(len(self.bob.outlet.delivered), 1)
        self.assertIs(self.bob.outlet.delivered[0], dan.outlet.delivered[0])
        self.assertEqual(
            self.carol.heard(),
            ["#a carol joined", "reply", "#a alice: 2", "reply", "#a alice: 3", "reply", "#a alice: 4"],
        )
        self.assertEqual(self.bob.heard(), ["#a alice: 1", "#a carol joined", *[f"#a alice: {n}" for n in "234"]])

    def test_leave(self) -> None:
        """A user who parts, is kicked or quits in the middle of a turn has heard it up to then."""
        for room, leave in (
            ("#p", lambda: self.scene.chat.membership.part(self.bob.session, "#p", "bye")),
            ("#k", lambda: self.scene.chat.membership.kick(self.alice.session, "#k", "bob", "bye")),
        ):
            with self.subTest(room):
                for person in (self.alice, self.bob):
                    done(self.scene.chat.membership.join(person.session, room))
                self.scene.clear(self.bob)
                self.say("before", room)
                done(leave())
                self.say("after", room)
                self.scene.endTurn()
                heard = self.bob.heard()
                self.assertEqual(heard[0], f"{room} alice: before")
                self.assertEqual((len(heard), "bye" in heard[1]), (2, True))
        self.say("before")
        done(self.scene.chat.presence.close(self.bob.session, "bye"))
        self.say("after")
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#a alice: before"])

    def test_rename(self) -> None:
        """A rename is between the texts before it and after it."""
        self.say("1")
        done(self.scene.chat.identity.rename(self.alice.session, "alicia"))
        self.say("2")
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#a alice: 1", "alice is alicia", "#a alicia: 2"])
        self.assertEqual(self.alice.heard(), ["alice is alicia"])

    def test_quit(self) -> None:
        """A quit is too, for users who share several rooms."""
        done(self.scene.chat.membership.join(self.alice.session, "#b"))
        done(self.scene.chat.membership.join(self.bob.session, "#b"))
        self.scene.clear(self.bob)
        self.say("1", "#a")
        self.say("2", "#b")
        done(self.scene.chat.presence.close(self.alice.session, "bye"))
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#a alice: 1", "#b alice: 2", "alice quit bye"])

    def test_retune(self) -> None:
        """
        If a session changes its dialect in the middle of a turn, it hears each part once, in the dialect of that time.
        """
        self.bob.outlet.dialect = ValueDialect("new")
        self.say("1")
        self.scene.room("#a").audience.add(self.bob.session)
        self.say("2")
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#a alice: 1", "new #a alice: 2"])

    def test_removeStranger(self) -> None:
        """A session that does not listen can be removed."""
        self.scene.room("#a").audience.remove(self.carol.session)
        self.say("x")
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#a alice: x"])

    def test_settle(self) -> None:
        """A session gets its waiting entries before a reply, and nobody hears them twice."""
        done(self.scene.chat.membership.join(self.carol.session, "#c"))
        self.scene.clear(self.carol)
        self.say("1")
        done(self.scene.chat.speaking.say(self.carol.session, "#c", "elsewhere"))
        self.scene.state.broadcast.flushTo(self.bob.session)
        self.bob.outlet.deliver(b"reply\n")
        self.say("2")
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#a alice: 1", "reply", "#a alice: 2"])

    def test_settleInMany(self) -> None:
        """In many rooms, with few or many waiting, all members get their entries, and nobody else."""
        eve = self.scene.person("eve", "#x", "#y", "#z")
        fay = self.scene.person("fay", "#x", "#other")
        gil = self.scene.person("gil", "#x", "#y", "#z", "#other")
        hal = self.scene.person("hal", "#other")
        self.scene.clear(eve, fay, gil, hal)
        for rooms in (["#x"], ["#x", "#y", "#z"]):
            for room in [*rooms, "#other"]:
                done(self.scene.chat.speaking.say(gil.session, room, "1"))
            self.scene.state.broadcast.flushTo(eve.session)
            self.assertEqual(eve.heard(), [f"{room} gil: 1" for room in rooms])
            self.assertEqual((fay.heard(), hal.heard()), (["#x gil: 1"], []))
            self.scene.endTurn()
            self.assertEqual((eve.heard(), fay.heard(), hal.heard()), ([], *2 * [["#other gil: 1"]]))

    def test_settleUnentered(self) -> None:
        """Nothing waits for a session that has not entered."""
        self.say("1")
        self.scene.state.broadcast.flushTo(self.scene.connect().session)
        self.assertEqual(self.bob.heard(), [])

    def test_private(self) -> None:
        """A private text comes after everything said in rooms before it."""
        self.say("1")
        done(self.scene.chat.speaking.sayPrivate(self.alice.session, "bob", "2"))
        self.say("3")
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#a alice: 1", "@bob alice: 2", "#a alice: 3"])

    def test_flushedEmptyRoom(self) -> None:
        """A room that ends in the turn of its last entry causes no error."""
        done(self.scene.chat.membership.join(self.carol.session, "#c"))
        done(self.scene.chat.speaking.say(self.carol.session, "#c", "x"))
        done(self.scene.chat.membership.part(self.carol.session, "#c"))
        self.scene.endTurn()
        self.assertEqual(self.carol.heard(), ["#c carol joined", "#c carol parted"])


class LabelTests(SynchronousTestCase):
    """What a session gets of events with its label."""

    def setUp(self) -> None:
        """Alice and bob in a room, and carol outside.  Alice's requests have labels."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.alice, self.bob = self.scene.person("alice", "#a"), self.scene.person("bob", "#a")
        self.carol = self.scene.person("carol")
        self.session = self.alice.session
        self.scene.clear(self.alice, self.bob)

    def label(self, text: str = "L") -> Origin:
        """Make a request of alice's with a label."""
        return Origin(self.session, text)

    def test_everyVerb(self) -> None:
        """The answer to every verb that changes a room has the label, for the requesting session only."""
        chat, session = self.chat, self.session
        phone = self.scene.attach(self.alice)
        verbs: list[tuple[Callable[[], object], str]] = [
            (lambda: chat.channels.setTopic(self.label(), "#a", "x"), "#a alice topic x"),
            (lambda: chat.channels.setModes(self.label(), "#a", "+m", ()), "#a alice set +m"),
            (lambda: chat.membership.invite(self.label(), "#a", "carol"), "#a alice invited carol"),
            (lambda: chat.channels.rename(self.label(), "#a", "#b"), "#a alice renamed it #b"),
            (lambda: chat.membership.kick(self.label(), "#b", "bob", "x"), "#b alice kicked bob x"),
            (lambda: chat.membership.part(self.label(), "#b", "x"), "#b alice parted x"),
            (lambda: chat.membership.join(self.label(), "#c"), "#c alice joined"),
        ]
        for verb, line in verbs:
            with self.subTest(line):
                verb()
                self.scene.endTurn()
                self.assertEqual((self.alice.heard(), phone.heard()), ([f"L> {line}"], [line]))
        operator = frozenset({"rooms"})
        self.alice.user.operator = Operator("Operator", operator)
        chat.channels.setModes(session, "#c", "-o", ["alice"])
        self.scene.clear(self.alice)
        chat.channels.takeOver(self.label(), "#c")
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["L> #c alice set +q alice"])

    def test_takenBack(self) -> None:
        """A redaction has it too."""
        source, to = self.alice.user.source, self.bob.user.source
        for event, line in (
            (RoomMessageRedacted(source, "#a", 1, "m"), "#a alice unsaid m"),
            (PrivateMessageRedacted(source, to, 1, "m"), "@bob alice untold m"),
        ):
            done(self.scene.log.append(event, self.label()))
            self.scene.endTurn()
            self.assertEqual((self.alice.heard(), self.bob.heard()), ([f"L> {line}"], [line]))

    def test_texts(self) -> None:
        """A text has it on the requested echo, and not without."""
        tags = (("typing", "done"),)

        def say() -> list[str]:
            self.chat.speaking.say(self.label("1"), "#a", "1")
            self.chat.speaking.sendTags(self.label("2"), "#a", tags)
            self.chat.speaking.sayPrivate(self.label("3"), "bob", "2")
            self.chat.speaking.sendTagsPrivate(self.label("4"), "bob", tags)
            self.chat.speaking.say(self.session, "#a", "3")
            self.scene.endTurn()
            return self.alice.heard()

        self.assertEqual(say(), [])
        heard = self.bob.heard()
        self.assertEqual(len(heard), 5)
        self.chat.speaking.setEcho(self.session, True)
        self.assertEqual(say(), [f"{number}> {line}" for number, line in enumerate(heard[:4], 1)] + heard[4:])

    def test_ignoring(self) -> None:
        """A session that ignores somebody does not hear them, even if another's entry in the same turn has a label."""
        dave, eve = self.scene.person("dave", "#a"), self.scene.person("eve", "#a")
        self.chat.speaking.ignore(dave.session, "bob")
        self.scene.clear(self.alice, self.bob, dave, eve)
        for part in (False, True):
            self.chat.speaking.say(self.bob.session, "#a", "ignored")
            if part:
                self.scene.state.broadcast.flushTo(dave.session)
                self.chat.speaking.say(self.bob.session, "#a", "ignored again")
            self.chat.channels.setTopic(self.label(), "#a", f"heard {part}")
            self.scene.endTurn()
            self.assertEqual(dave.heard(), [f"#a alice topic heard {part}"])
            self.assertIn("#a bob: ignored", eve.heard())

    def test_toOneself(self) -> None:
        """Of a text to oneself, only the echo has the label (IRCv3 labeled-response, "Tags")."""
        self.chat.speaking.sayPrivate(self.label(), "alice", "1")
        self.assertEqual(self.alice.heard(), ["@alice alice: 1"])
        self.chat.speaking.setEcho(self.session, True)
        self.chat.speaking.sayPrivate(self.label(), "alice", "2")
        self.chat.speaking.sendTagsPrivate(self.label(), "alice", (("typing", "done"),))
        self.assertEqual(
            self.alice.heard(),
            [
                "@alice alice: 2",
                "L> @alice alice: 2",
                "@alice alice signals +typing=done",
                "L> @alice alice signals +typing=done",
            ],
        )

    def test_nothingInItsPlace(self) -> None:
        """An outlet that delivers an entry itself does not get it again, but gets the entries around it."""
        self.chat.channels.setTopic(self.session, "#a", "1")
        self.chat.channels.setTopic(self.label(""), "#a", "2")
        self.chat.channels.setTopic(self.session, "#a", "3")
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["#a alice topic 1", "#a alice topic 3"])
        self.chat.channels.setTopic(self.label(""), "#a", "4")
        self.scene.endTurn()
        self.chat.identity.rename(self.label(""), "alicia")
        self.assertEqual(self.alice.outlet.delivered, [])
        self.assertEqual(len(self.bob.heard()), 5)

    def test_several(self) -> None:
        """If several sessions have labels in one turn, each gets its own label only."""
        for person, text in ((self.alice, "1"), (self.bob, "2")):
            self.scene.promote("#a", person.user.nick, "o")
            self.chat.channels.setTopic(Origin(person.session, f"L{text}"), "#a", text)
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["L1> #a alice topic 1", "#a bob topic 2"])
        self.assertEqual(self.bob.heard(), ["#a alice topic 1", "L2> #a bob topic 2"])

    def test_nothingToSay(self) -> None:
        """An outlet is not asked if its dialect renders nothing."""
        self.alice.outlet.dialect = FakeDialect("mute", (TopicSet, PrivateMessage))
        self.scene.room("#a").audience.add(self.session)
        self.patch(self.alice.outlet, "echo", lambda label, data: self.fail("it was asked"))
        self.chat.channels.setTopic(self.label(), "#a", "x")
        self.chat.speaking.setEcho(self.session, True)
        self.chat.speaking.sayPrivate(self.label(), "bob", "x")
        self.scene.endTurn()
        self.assertEqual(self.alice.outlet.delivered, [])

    def test_rendersOnce(self) -> None:
        """The entry is rendered once, with any number of labels, and the others share the one object."""
        dave = self.scene.person("dave", "#a")
        self.scene.clear(self.bob)
        self.scene.dialect.rendered.clear()
        self.chat.channels.setTopic(self.label(), "#a", "x")
        self.scene.endTurn()
        self.assertEqual(len(self.scene.dialect.rendered), 1)
        self.assertIs(self.bob.outlet.delivered[0], dave.outlet.delivered[0])


class HearsTests(SynchronousTestCase):
    """C{passesFilter} and C{isIgnored}."""

    def test_ignored(self) -> None:
        """Texts, tags and invitations of an ignored user are not heard, with any case of their nick."""
        scene = Scene()
        session = scene.person("alice").session
        scene.person("bOB")
        ignorable: list[Event] = [
            RoomMessage(BOB, "#a", "s", "x"),
            PrivateMessage(BOB, "s", ALICE, "x"),
            RoomTagMessage(BOB, "#a", "s", ()),
            PrivateTagMessage(BOB, "s", ALICE, ()),
            Invited(BOB, "#a", ALICE),
        ]
        for event in [*ignorable, Joined(BOB, "#a"), Quit(BOB, "bye"), RoomMessage(ALICE, "#a", "s", "x")]:
            with self.subTest(written(event)):
                scene.chat.speaking.unignore(session, "bob")
                self.assertFalse(isIgnored(session, event))
                scene.chat.speaking.ignore(session, "bob")
                self.assertIs(isIgnored(session, event), event in ignorable)
                self.assertIs(passesFilter(session, Entry(1, "m", 0, event)), event not in ignorable)


class ModelTests(SynchronousTestCase):
    """Random actions, compared with a chat that delivers every entry at once."""

    @settings(max_examples=150)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["say", "say", "say", "join", "part", "rename", "echo", "ignore", "tell", "turn"]),
                st.integers(0, 2),
                st.integers(0, 2),
            ),
            max_size=40,
        )
    )
    def test_sameForEachRoom(self, steps: list[tuple[str, int, int]]) -> None:
        """
        With long turns and with a turn for each step, everyone hears the same of each room in the same order, and
        events outside rooms are at the same places.
        """
        heard = []
        for eager in (False, True):
            scene = Scene()
            people = [scene.person(f"p{n}", "#r0") for n in range(3)]
            for number, (verb, who, which) in enumerate(steps):
                self.act(scene, people, verb, who, which, number)
                if eager:
                    scene.endTurn()
            scene.endTurn()
            heard.append([person.heard() for person in people])
        for lazy, eagerly in zip(*heard, strict=True):
            for room in ("#r0", "#r1", "#r2"):
                self.assertEqual(
                    [line for line in lazy if line[0] != "#" or line.startswith(room)],
                    [line for line in eagerly if line[0] != "#" or line.startswith(room)],
                )

    def act(self, scene: Scene, people: list[Person], verb: str, who: int, which: int, number: int) -> None:
        """Take a step, if it is possible."""
        chat, person, room = scene.chat, people[who], f"#r{which}"
        inside = room in person.user.rooms
        if verb == "say" and inside:
            done(chat.speaking.say(person.session, room, str(number)))
        elif verb == "join" and not inside:
            done(chat.membership.join(person.session, room, unlimited=True))
        elif verb == "part" and inside:
            done(chat.membership.part(person.session, room))
        elif verb == "rename":
            done(chat.identity.rename(person.session, f"n{number}"))
        elif verb == "echo":
            chat.speaking.setEcho(person.session, not person.session.echo)
        elif verb == "ignore":
            nick = people[which].user.nick
            if not chat.speaking.unignore(person.session, nick):
                chat.speaking.ignore(person.session, nick)
        elif verb == "tell":
            done(chat.speaking.sayPrivate(person.session, people[which].user.nick, str(number)))
        elif verb == "turn":
            scene.endTurn()
