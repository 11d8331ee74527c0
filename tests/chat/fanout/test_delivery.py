"""Tests of L{twistchat.chat.fanout.delivery}: a dialect or an outlet that raises affects only its own sessions."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, FakeOutlet, Person, Scene, done
from twistchat.chat.model.events import Entry
from twistchat.chat.model.sessions import Origin
from twistchat.interfaces import IDialect

POISON = "poison"
"""A text that some cannot bear."""


class BrokenDialect(FakeDialect):
    """A dialect that cannot render one text, nor a topic or nick of that name."""

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        data = super().render(entry)
        if POISON.encode() in data:
            raise ValueError("nothing known of poison")
        return data


class BrokenOutlet(FakeOutlet):
    """
    An outlet that raises.

    @ivar fails: the names of the methods that do.
    """

    fails: tuple[str, ...] = ()

    def _raise(self, name: str) -> None:
        if name in self.fails:
            raise OSError(f"{name} is broken")

    def deliver(self, data: bytes) -> None:
        """See L{IOutlet.deliver}."""
        self._raise("deliver")
        super().deliver(data)

    def dialectFor(self, room: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""
        self._raise("dialectFor")
        return super().dialectFor(room)

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}."""
        self._raise("echo")
        return super().echo(label, data)

    def roomRenamed(self, old: str, entry: Entry, label: str | None) -> None:
        """See L{IOutlet.roomRenamed}."""
        self._raise("roomRenamed")
        super().roomRenamed(old, entry, label)

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
        self._raise("disconnect")
        super().disconnect(reason)


class BrokenDialectTests(SynchronousTestCase):
    """With a dialect that raises."""

    def setUp(self) -> None:
        """Two listeners in a broken dialect, between four in others."""
        self.scene = Scene()
        self.scene.departures.faults = []
        self.broken, other = BrokenDialect("broken"), FakeDialect("other")
        dialects = (None, self.broken, other, None, self.broken, other)
        self.people = [self.scene.person(f"p{n}", "#a", dialect=dialect) for n, dialect in enumerate(dialects)]
        self.sound = [self.people[n] for n in (0, 2, 3, 5)]
        self.ids = [self.people[n].session.id for n in (1, 4)]
        self.scene.clear(*self.people)

    def say(self, person: Person, text: str, label: str | None = None) -> None:
        """Send a text to the room."""
        done(
            self.scene.chat.speaking.say(person.session if label is None else Origin(person.session, label), "#a", text)
        )

    def check(self, *texts: tuple[Person, str]) -> None:
        """Check that all others hear these texts in this order, and that the broken ones are reported."""
        self.scene.endTurn()
        for person in self.sound:
            expected = [f"#a {speaker.user.nick}: {text}" for speaker, text in texts if speaker is not person]
            self.assertEqual(person.heard(), expected)
        reported = [id for what, ids in self.scene.departures.faults or () for id in ids if what is self.broken]
        self.assertEqual(set(reported), set(self.ids))
        self.assertEqual([what for what, _ in self.scene.departures.faults or () if what is not self.broken], [])

    def unheard(self) -> None:
        """Check that sessions of the broken dialect get nothing, and no bytes of another dialect either."""
        self.assertEqual([self.people[n].outlet.delivered for n in (1, 4)], [[], []])

    def test_room(self) -> None:
        """Everything before and after it in the turn is heard, also by those who spoke."""
        texts = [(self.people[0], "one"), (self.people[2], POISON), (self.people[1], "two"), (self.people[3], "three")]
        for person, text in texts:
            self.say(person, text)
        self.check(*texts)

    def test_label(self) -> None:
        """This holds too if an entry has a label or is filtered."""
        self.say(self.people[0], "one", "L")
        self.say(self.people[0], POISON)
        self.check((self.people[0], "one"), (self.people[0], POISON))
        self.unheard()

    def test_settled(self) -> None:
        """This holds too if one of them gets its waiting entries before the others."""
        self.say(self.people[0], POISON)
        self.scene.state.broadcast.flushTo(self.people[1].session)
        self.assertEqual(self.scene.departures.faults, [(self.broken, self.ids[:1])])
        self.say(self.people[0], "two")
        self.check((self.people[0], POISON), (self.people[0], "two"))

    def test_once(self) -> None:
        """It is asked once per turn for what it cannot render, and reported with all its sessions."""
        self.broken.rendered.clear()
        self.say(self.people[0], POISON)
        self.scene.endTurn()
        self.assertEqual(len(self.broken.rendered), 1)
        self.assertEqual(self.scene.departures.faults, [(self.broken, self.ids)])
        self.unheard()

    def test_ofNoRoom(self) -> None:
        """A new nick that it cannot render is heard by all others, and takes effect."""
        done(self.scene.chat.identity.rename(self.people[0].session, POISON))
        self.assertEqual([person.heard() for person in self.sound], [[f"p0 is {POISON}"]] * 4)
        self.assertEqual(self.scene.departures.faults, [(self.broken, self.ids)])
        self.unheard()
        self.assertEqual(self.people[0].user.nick, POISON)
        self.assertEqual(len(self.scene.state.whowas.named("p0")), 1)


class BrokenOutletTests(SynchronousTestCase):
    """With an outlet that raises."""

    def setUp(self) -> None:
        """Five users in a room.  The outlet of the third may break."""
        self.scene = Scene()
        self.scene.departures.faults = []
        self.people = [self.scene.person(f"p{n}", "#a") for n in range(2)]
        self.outlet = BrokenOutlet(self.scene.dialect)
        self.third = Person(self.scene.chat.presence.open(self.outlet), self.outlet)
        done(self.scene.enter(self.third, "third"))
        done(self.scene.chat.membership.join(self.third.session, "#a"))
        self.people += [self.scene.person(f"p{n}", "#a") for n in range(2, 4)]
        self.scene.clear(self.third, *self.people)

    def breakDown(self, *names: str) -> None:
        """Let methods of the outlet raise from now on."""
        self.outlet.fails = names

    def check(self, act: Callable[[], object], *lines: str, raises: bool = True) -> None:
        """
        Check that all except the third hear the effect of an action.


        @param raises: whether the act makes the outlet of the third raise, which is to be reported.
        """
        self.scene.departures.faults = []
        act()
        self.scene.endTurn()
        for person in self.people:
            self.assertEqual(person.heard(), list(lines), person.user.nick)
        self.assertEqual(
            {(what, *ids) for what, ids in self.scene.departures.faults or ()},
            {(self.outlet, self.third.session.id)} if raises else set(),
        )

    def say(self, text: str, label: str | None = None) -> None:
        """Let the third send a text."""
        asker = self.third.session if label is None else Origin(self.third.session, label)
        done(self.scene.chat.speaking.say(asker, "#a", text))

    def test_deliver(self) -> None:
        """Those after it hear the same as those before it."""
        outside = self.scene.person("outside")
        self.scene.modes(self.people[0], "#a", "-n")
        self.scene.clear(*self.people)
        self.breakDown("deliver")
        self.check(lambda: self.scene.chat.speaking.say(outside.session, "#a", "hello"), "#a outside: hello")
        self.assertEqual(len(self.scene.departures.faults or ()), 1)

    def test_deliverOwn(self) -> None:
        """This holds too if it spoke, ignores somebody, or gets its waiting entries before the others."""
        self.scene.chat.speaking.setEcho(self.third.session, True)
        self.breakDown("deliver")
        self.check(lambda: self.say("hello"), "#a third: hello")
        self.scene.chat.speaking.ignore(self.third.session, "p0")
        self.check(lambda: self.say("again"), "#a third: again")
        self.say("settled")
        self.check(lambda: self.scene.state.broadcast.flushTo(self.third.session), "#a third: settled")

    def test_echo(self) -> None:
        """If its own answer fails, the others hear the event as usual."""
        self.scene.chat.speaking.setEcho(self.third.session, True)
        self.breakDown("echo")
        self.check(lambda: self.say("hello", "L"), "#a third: hello")

    def test_ofNoRoom(self) -> None:
        """Changes of a user reach all others."""
        for name in ("dialectFor", "deliver", "echo"):
            self.breakDown(name)
            nick, before = f"third{name}", self.third.user.nick
            self.check(lambda nick=nick: self.rename(nick, "L"), f"{before} is {nick}")  # type: ignore[misc]

    def rename(self, nick: str, label: str) -> None:
        """Let the third change its nick."""
        self.third.user.renames = None
        done(self.scene.chat.identity.rename(Origin(self.third.session, label), nick))

    def test_tune(self) -> None:
        """If its dialect for a room cannot be found, it is in the room and hears nothing."""
        self.breakDown("dialectFor")
        for person in self.people:
            done(self.scene.chat.membership.join(person.session, "#b", unlimited=True))
        self.scene.clear(*self.people)
        self.check(lambda: self.scene.chat.membership.join(self.third.session, "#b"), "#b third joined")
        self.assertIn(self.third.user.source.uid, self.scene.room("#b").members)
        self.check(lambda: self.scene.chat.membership.part(self.third.session, "#b"), "#b third parted", raises=False)

    def test_moved(self) -> None:
        """A room's new name applies for everyone after it."""
        self.breakDown("roomRenamed")
        self.check(lambda: self.scene.chat.channels.rename(self.people[0].session, "#a", "#b"), "#a p0 renamed it #b")
        self.assertEqual([person.outlet.moves for person in self.people], [[("#a", "#b")]] * 4)
        self.check(lambda: self.scene.chat.membership.part(self.third.session, "#b"), "#b third parted", raises=False)

    def test_disconnect(self) -> None:
        """A killed user is gone."""
        operator = self.scene.operator("op", "kill")
        self.breakDown("disconnect")
        self.check(lambda: self.scene.chat.operators.kill(operator.session, "third", "bye"), "op killed third bye")
        self.assertIsNone(self.scene.state.users.named("third"))
