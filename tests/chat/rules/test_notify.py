"""Tests of L{twistchat.chat.rules.notify}: the events that follow from an event, and their audiences."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, ManualScene, Person, Scene, done
from twistchat.chat.fanout.audience import NOTICES
from twistchat.chat.model.events import Entered, Entry, OperatorSet, Source, UserModesSet
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import NO_FLAGS, Operator


class Marked(FakeDialect):
    """
    A dialect that begins with a tilde.

    @ivar msgids: the ids of what it has rendered.
    """

    def __init__(self) -> None:
        super().__init__(mute=())
        self.msgids: list[str] = []

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        self.msgids.append(entry.msgid)
        return b"~" + super().render(entry)


class NoticeTests(SynchronousTestCase):
    """Notices for operators with user mode s."""

    def setUp(self) -> None:
        """An operator who listens with two sessions, one who does not, and others."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.ann, self.bob = self.scene.person("ann"), self.scene.person("bob")
        self.op, self.other = self.scene.operator("op", "kill", "ban"), self.scene.operator("other", "kill", "ban")
        self.phone = self.scene.attach(self.op)
        self.listen(self.op, self.phone)

    def listen(self, *people: Person) -> None:
        """Let an operator set mode s."""
        self.setModes(people[0], "+s")
        marked = Marked()
        for person in people:
            person.outlet.places[NOTICES] = marked
            person.heard()

    def setModes(self, person: Person, text: str) -> None:
        """Change a user's modes."""
        done(Deferred.fromCoroutine(self.chat.identity.setUserModes(person.session, text)))

    def become(self, person: Person, *privileges: str, host: str | None = None) -> None:
        """Become an operator."""
        done(Deferred.fromCoroutine(self.chat.operators.become(person.session, "Boss", privileges, host)))

    def test_told(self) -> None:
        """Every session of such an operator is told of operators, kills and bans; nobody else is."""
        self.become(self.ann)
        done(self.chat.identity.resign(self.ann.session))
        done(self.chat.operators.kill(self.other.session, "bob", "spam"))
        done(self.chat.operators.banFromServer(self.other.session, "x!*@*", None, "spam"))
        done(self.chat.operators.liftServerBan(self.other.session, "x!*@*"))
        told = [
            "~ann operator Boss",
            "~ann operator None",
            "~other killed bob spam",
            "~other banned",
            "~other unbanned",
        ]
        for person in (self.op, self.phone):
            self.assertEqual(person.heard(), told)
        self.assertEqual((self.other.heard(), self.ann.heard()), ([], ["ann operator Boss", "ann operator None"]))

    def test_privilege(self) -> None:
        """An operator without the privilege for bans is not told of them."""
        self.become(self.ann, "kill")
        self.listen(self.ann)
        done(self.chat.operators.banFromServer(self.other.session, "x!*@*", None))
        done(self.chat.operators.liftServerBan(self.other.session, "x!*@*"))
        self.assertEqual(self.ann.heard(), [])
        done(self.chat.operators.kill(self.other.session, "bob", ""))
        self.assertEqual(self.ann.heard(), ["~other killed bob"])

    def test_afterAllElse(self) -> None:
        """It comes after earlier texts."""
        for person in (self.op, self.ann):
            done(self.chat.membership.join(person.session, "#a", unlimited=True))
        self.scene.clear(self.op)
        done(self.chat.speaking.say(self.ann.session, "#a", "hello"))
        done(self.chat.operators.kill(self.other.session, "bob", ""))
        self.assertEqual(self.op.heard(), ["#a ann: hello", "~other killed bob"])

    def test_themselves(self) -> None:
        """An operator who is gone hears nothing."""
        done(self.chat.operators.kill(self.op.session, "op", "enough"))
        self.assertEqual((self.op.heard(), self.phone.heard()), ([], []))

    def test_notForOthers(self) -> None:
        """Only operators can have the mode, also at the start."""
        self.setModes(self.ann, "+s")
        self.setModes(self.ann, "+si")
        self.assertEqual((self.ann.user.modes, self.ann.heard()), ("i", ["ann umode +i-"]))
        eve = self.scene.connect()
        done(Deferred.fromCoroutine(self.chat.identity.enter(eve.session, "eve", "~u", "eve.host", modes="sw")))
        self.assertEqual(eve.user.modes, "w")
        entered = self.scene.entries[-1].event
        assert isinstance(entered, Entered)
        self.assertEqual(entered.modes, "w")

    def test_notFromElsewhere(self) -> None:
        """If an entry gives an entering user such a mode, the user gets only the others."""
        source = Source("u1", "eve")
        done(self.scene.log.append(Entered(source, "elsewhere", "sw")))
        self.assertEqual(self.chat.identity.find("eve").modes, "w")

    def test_noModes(self) -> None:
        """Users without modes share one empty set, even if they had modes."""
        self.setModes(self.ann, "+i")
        self.setModes(self.ann, "-i")
        self.assertIs(self.ann.user.flags, NO_FLAGS)
        self.assertIs(self.bob.user.flags, NO_FLAGS)

    def test_tooLate(self) -> None:
        """
        An operator who has resigned in another session when the mode is applied does not get it, and is not told so.
        """
        scene = ManualScene()
        ann = scene.person("ann")
        ann.user.operator = Operator("Boss", frozenset())
        scene.chat.identity.resign(ann.session)
        modes = Deferred.fromCoroutine(scene.chat.identity.setUserModes(ann.session, "+sw"))
        scene.commit()
        done(modes)
        self.assertEqual((ann.user.modes, ann.heard()), ("w", ["ann operator None", "ann umode +w-"]))

    def test_resigned(self) -> None:
        """An operator who resigns loses the mode, and is told once."""
        scene = ManualScene()
        ann = scene.person("ann")
        ann.user.operator = Operator("Boss", frozenset())
        modes = Deferred.fromCoroutine(scene.chat.identity.setUserModes(ann.session, "+s"))
        for _ in range(2):
            scene.chat.identity.resign(ann.session)
        scene.commit()
        done(modes)
        self.assertEqual(ann.heard(), ["ann umode +s-", "ann operator None", "ann umode +-s"])
        self.assertEqual((ann.user.modes, ann.user.flags), ("", set()))

    def test_ids(self) -> None:
        """An event that follows from another has its own id."""
        self.become(self.op, host="staff.example")
        marked = self.op.outlet.dialect = Marked()
        done(self.chat.identity.resign(self.op.session))
        msgid = self.scene.entries[-1].msgid
        self.assertEqual(marked.msgids, [msgid, f"{msgid}-modes", f"{msgid}-host"])

    def test_labels(self) -> None:
        """An event that follows from another has its label."""
        self.become(self.op, host="staff.example")
        self.op.heard()
        origin = Origin(self.op.session, "L")
        done(self.chat.identity.resign(origin))
        heard = ["op operator None", "op umode +-s", "op host ~u@op.host"]
        self.assertEqual([line for line in self.op.heard() if "~op" not in line], [f"L> {line}" for line in heard])

    def test_turnGoesOn(self) -> None:
        """A ban without listening operators, and an entering user without watchers, do not end a room's turn early."""
        self.setModes(self.op, "-s")
        for person in (self.ann, self.bob):
            done(self.chat.membership.join(person.session, "#a", unlimited=True))
        self.scene.clear(self.ann)
        done(self.chat.speaking.say(self.bob.session, "#a", "1"))
        done(self.chat.operators.banFromServer(self.other.session, "x!*@*", None))
        done(self.chat.operators.liftServerBan(self.other.session, "x!*@*"))
        self.scene.enter(self.scene.connect(), "eve")
        done(self.chat.speaking.say(self.bob.session, "#a", "2"))
        self.scene.endTurn()
        self.assertEqual(self.ann.outlet.delivered, [b"#a bob: 1\n#a bob: 2\n"])


class HostTests(SynchronousTestCase):
    """The host of operators, and how others hear of it."""

    def setUp(self) -> None:
        """Three users in common rooms, and another one elsewhere."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.ann = self.scene.person("ann", "#a", "#b", "#c")
        self.bob, self.carol = self.scene.person("bob", "#a", "#b"), self.scene.person("carol", "#b")
        self.out = self.scene.person("out", "#d")
        self.phone, self.tablet = self.scene.attach(self.bob), self.scene.attach(self.ann)
        self.scene.clear(self.ann, self.bob, self.carol, self.out, self.phone, self.tablet)

    def test_rehosted(self) -> None:
        """
        Users in common rooms are told of the new host, and then their outlets are.  The user's own sessions get only
        the event, and nobody else gets anything.
        """
        done(self.chat.speaking.say(self.ann.session, "#a", "hello"))
        notice = self.bob.outlet.hostChanged

        def hostChanged(entry: Entry, before: Source) -> None:
            notice(entry, before)
            self.bob.outlet.deliver(b"seen\n")

        self.patch(self.bob.outlet, "hostChanged", hostChanged)
        done(self.chat.identity.setHost(self.ann.user, "new.host"))
        host, change = "ann host ~u@new.host", [("ann.host", "new.host")]
        self.assertEqual(self.bob.heard(), ["#a ann: hello", host, "seen"])
        self.assertEqual((self.phone.heard(), self.phone.outlet.rehosts), (["#a ann: hello", host], change))
        self.assertEqual((self.carol.heard(), self.carol.outlet.rehosts), ([host], change))
        for person in (self.ann, self.tablet):
            self.assertEqual((person.heard()[-1], person.outlet.rehosts), (host, []))
        self.assertEqual((self.out.heard(), self.out.outlet.rehosts), ([], []))

    def test_back(self) -> None:
        """An operator who resigns gets the previous host back, after becoming operator any number of times."""
        for host in ("staff.example", None, "boss.example"):
            done(Deferred.fromCoroutine(self.chat.operators.become(self.out.session, "Boss", (), host)))
        self.out.heard()
        done(self.chat.identity.resign(self.out.session))
        self.assertEqual(self.out.heard(), ["out operator None", "out host ~u@out.host"])
        self.assertEqual(self.out.user.source.host, "out.host")

    def test_noOther(self) -> None:
        """Without a host in the class, the host stays, and nobody hears anything."""
        done(Deferred.fromCoroutine(self.chat.operators.become(self.out.session, "Boss", ())))
        done(self.chat.identity.resign(self.out.session))
        self.assertEqual(self.out.heard(), ["out operator Boss", "out operator None"])

    def test_entries(self) -> None:
        """All of it follows from one entry, so every node does the same."""
        done(Deferred.fromCoroutine(self.chat.operators.become(self.out.session, "Boss", (), "staff.example")))
        before = len(self.scene.entries)
        done(Deferred.fromCoroutine(self.chat.identity.setUserModes(self.out.session, "+s-o")))
        first, *rest = [entry.event for entry in self.scene.entries[before:]]
        self.assertIsInstance(first, OperatorSet)
        self.assertEqual([event for event in rest if not isinstance(event, UserModesSet)], [])
