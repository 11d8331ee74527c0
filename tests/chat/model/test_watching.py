"""Tests of L{twistchat.chat.model.watching}, and of the verbs for watching."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, FakeOutlet, Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.fanout.audience import WATCHED
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import Entry
from twistchat.chat.model.sessions import Session
from twistchat.chat.model.watching import Watchers

NFD = "Zoe\N{COMBINING DIAERESIS}"
NFC = "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"


class WatchersTests(SynchronousTestCase):
    """The register of watches."""

    def setUp(self) -> None:
        """Two sessions."""
        outlet = FakeOutlet(FakeDialect())
        self.watchers = Watchers()
        self.one, self.two = Session("s1", outlet), Session("s2", outlet)

    def test_of(self) -> None:
        """The watchers of a nick are found with any case, each once."""
        for session, nick in ((self.one, "Bob"), (self.two, "bOB"), (self.one, "BOB"), (self.one, "carol")):
            self.watchers.add(session, nick)
        self.assertEqual(list(self.watchers.of("bob")), [self.one, self.two])
        self.assertEqual(list(self.watchers.of("CAROL")), [self.one])
        self.assertEqual(list(self.watchers.of("dave")), [])
        self.assertEqual(self.one.watched, {"bob": "Bob", "carol": "carol"})

    def test_remove(self) -> None:
        """A session that stops watching is not found any more; others are."""
        self.watchers.add(self.one, "bob")
        self.watchers.add(self.two, "bob")
        for nick in ("BOB", "bob", "carol"):
            self.watchers.remove(self.one, nick)
        self.assertEqual((list(self.watchers.of("bob")), self.one.watched), ([self.two], {}))

    def test_forget(self) -> None:
        """A forgotten session watches nobody."""
        for nick in ("bob", "carol"):
            self.watchers.add(self.one, nick)
        self.watchers.add(self.two, "bob")
        self.watchers.forget(self.one)
        self.assertEqual((list(self.watchers.of("bob")), list(self.watchers.of("carol"))), ([self.two], []))
        self.assertEqual(self.one.watched, {})

    def test_nothingLeft(self) -> None:
        """A nick without watchers takes no memory: clients may try any number of nicks."""
        for nick in ("bob", "carol", "dave"):
            self.watchers.add(self.one, nick)
        self.watchers.remove(self.one, "bob")
        self.watchers.forget(self.one)
        self.assertEqual(len(self.watchers), 0)


class WatchTests(SynchronousTestCase):
    """The verbs for watching."""

    def setUp(self) -> None:
        """A user who may watch three nicks."""
        self.scene = Scene(ChatLimits(watched=3))
        self.chat = self.scene.chat
        self.ann = self.scene.person("ann")

    def watch(self, *nicks: str) -> tuple[list[str], list[str]]:
        """Watch nicks, and return those that are online, and those that are not."""
        here, gone = self.chat.presence.watch(self.ann.session, nicks)
        return [user.nick for user in here], gone

    def test_presence(self) -> None:
        """The answer names who is online and who is not, each once, in their own spelling."""
        self.scene.person("Bob")
        self.assertEqual(self.watch("BOB", "carol", "bob", "Carol"), (["Bob"], ["carol"]))
        self.assertEqual(self.watch("carol", "bob"), (["Bob"], ["carol"]))
        self.assertEqual(self.chat.presence.watched(self.ann.session), ["BOB", "carol"])

    def test_full(self) -> None:
        """Nicks within the limit are watched.  The others are returned in the requested spelling."""
        self.watch("bob")
        error = refused(errors.WatchListFull, lambda: self.watch("carol", "Bob", "dave", "eve", "Frank", "eve"))
        self.assertEqual((error.limit, error.refused), (3, ("eve", "Frank")))
        self.assertEqual(self.chat.presence.watched(self.ann.session), ["bob", "carol", "dave"])
        self.assertEqual(self.watch("DAVE"), ([], ["DAVE"]))

    def test_badNick(self) -> None:
        """An invalid nick is never online, and does not count."""
        self.assertEqual(self.watch("1st", "a b", "", "bob", "x" * 33), ([], ["1st", "a b", "", "bob", "x" * 33]))
        self.assertEqual(self.chat.presence.watched(self.ann.session), ["bob"])
        self.chat.presence.unwatch(self.ann.session, ["1st", "bob"])
        self.assertEqual(self.chat.presence.watched(self.ann.session), [])

    def test_composed(self) -> None:
        """The composition of a nick's letters does not matter."""
        zoe = self.scene.person(NFD)
        self.assertEqual(self.watch(NFD), ([NFC], []))
        self.assertEqual(self.chat.presence.whoIsHere([NFD, NFC]), ([zoe.user], []))
        self.chat.presence.unwatch(self.ann.session, [NFD])
        self.assertEqual(self.chat.presence.watched(self.ann.session), [])

    def test_entered(self) -> None:
        """Only users who have entered may watch."""
        someone = self.scene.connect()
        refused(errors.NotEntered, lambda: self.chat.presence.watch(someone.session, ["bob"]))


class HeardTests(SynchronousTestCase):
    """What watchers hear."""

    def setUp(self) -> None:
        """A user who watches bob and robert, and shares no room with them."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.ann = self.watcher("ann", "bob", "Robert")

    def watcher(self, nick: str, *watched: str) -> Person:
        """Return a user who watches these nicks.  Output for watches begins with a tilde."""

        class Marked(FakeDialect):
            def render(self, entry: Entry) -> bytes:
                return b"~" + super().render(entry)

        person = self.scene.person(nick)
        person.outlet.places[WATCHED] = Marked(mute=())
        self.chat.presence.watch(person.session, watched)
        return person

    def test_comingAndGoing(self) -> None:
        """Only watched users are reported when they enter and quit."""
        bob, carol = self.scene.person("bob"), self.scene.person("carol")
        self.assertEqual(self.ann.heard(), ["~bob entered"])
        done(self.chat.presence.close(bob.session, "bye"))
        done(self.chat.presence.close(carol.session, "bye"))
        self.assertEqual(self.ann.heard(), ["~bob quit bye"])

    def test_renamed(self) -> None:
        """
        A rename is reported as offline or online to those who watch one of the nicks.  They do not learn the other
        nick.
        """
        other = self.watcher("olga", "bob")
        bob = self.scene.person("Bob")
        for person in (self.ann, other):
            person.heard()
        done(self.chat.identity.rename(bob.session, "robert"))
        self.assertEqual((self.ann.heard(), other.heard()), (["~Bob quit", "~robert entered"], ["~Bob quit"]))
        done(self.chat.identity.rename(bob.session, "ROBERT"))
        done(self.chat.identity.rename(bob.session, "zack"))
        self.assertEqual((self.ann.heard(), other.heard()), (["~ROBERT quit"], []))
        done(self.chat.identity.rename(bob.session, "bob"))
        self.assertEqual((self.ann.heard(), other.heard()), (["~bob entered"], ["~bob entered"]))

    def test_renamedBesideWhoWatches(self) -> None:
        """Watchers in a common room hear both the rename and the watched nick."""
        done(self.chat.membership.join(self.ann.session, "#a"))
        zack = self.scene.person("zack", "#a")
        self.scene.clear(self.ann)
        done(self.chat.identity.rename(zack.session, "bob"))
        self.assertEqual(self.ann.heard(), ["zack is bob", "~bob entered"])

    def test_news(self) -> None:
        """Changes of watched users are heard, under the watched nick."""
        bob, carol = self.scene.person("bob"), self.scene.person("carol")
        self.ann.heard()
        for person in (bob, carol):
            done(self.chat.presence.setAway(person.session, "lunch"))
            done(self.chat.identity.setRealname(person.session, "B."))
            done(self.chat.identity.setHost(person.user, "new.host"))
            done(self.chat.identity.setAccount(person.user, f"{person.user.nick}y"))
            done(self.chat.presence.setAway(person.session, None))
        self.assertEqual(
            self.ann.heard(),
            ["~bob away lunch", "~bob realname B.", "~bob host ~u@new.host", "~bob account boby", "~bob away"],
        )

    def test_newsOnce(self) -> None:
        """Watchers in a common room hear changes once, through the room."""
        bob = self.scene.person("bob", "#a")
        done(self.chat.membership.join(self.ann.session, "#a"))
        self.scene.clear(self.ann, bob)
        done(self.chat.presence.setAway(bob.session, "lunch"))
        done(self.chat.identity.setRealname(bob.session, "B."))
        self.assertEqual(self.ann.heard(), ["bob away lunch", "bob realname B."])
        self.assertEqual(bob.heard(), ["bob realname B."])

    def test_themselves(self) -> None:
        """A user who watches their own nick hears their changes once."""
        self.chat.presence.watch(self.ann.session, ["ann"])
        done(self.chat.identity.setRealname(self.ann.session, "A."))
        done(self.chat.presence.setAway(self.ann.session, "lunch"))
        self.assertEqual(self.ann.heard(), ["ann realname A."])

    def test_killed(self) -> None:
        """A killed user goes offline, and does not hear of it as a watcher."""
        self.scene.person("bob")
        operator = self.scene.operator("op", "kill")
        self.ann.heard()
        done(self.chat.operators.kill(operator.session, "bob", "spam"))
        self.assertEqual(self.ann.heard(), ["~op killed bob spam"])
        self.chat.presence.watch(self.ann.session, ["ann"])
        done(self.chat.operators.kill(operator.session, "ann", "spam"))
        self.assertEqual(self.ann.heard(), [])

    def test_noMore(self) -> None:
        """A session that stops watching, or is gone, hears nothing and costs nothing."""
        self.chat.presence.unwatch(self.ann.session, ["BOB"])
        bob = self.scene.person("bob")
        self.assertEqual(self.ann.heard(), [])
        done(self.chat.identity.rename(bob.session, "robert"))
        self.chat.presence.unwatchAll(self.ann.session)
        done(self.chat.presence.close(bob.session, "bye"))
        self.assertEqual(self.ann.heard(), ["~robert entered"])
        self.chat.presence.watch(self.ann.session, ["bob"])
        self.chat.presence.close(self.ann.session, "bye")
        self.assertEqual(list(self.scene.state.watchers.of("bob")), [])

    def test_eachSession(self) -> None:
        """Each session watches for itself."""
        phone = self.scene.attach(self.ann)
        phone.outlet.places = self.ann.outlet.places
        self.chat.presence.watch(phone.session, ["carol"])
        self.scene.person("bob")
        self.scene.person("carol")
        self.assertEqual((self.ann.heard(), phone.heard()), (["~bob entered"], ["~carol entered"]))

    def test_awayFromTheStart(self) -> None:
        """A user who is away when they enter is reported as online first, then as away (IRCv3 pre-away)."""
        bob = self.scene.connect()
        done(Deferred.fromCoroutine(self.chat.identity.enter(bob.session, "bob", "~u", "bob.host", away="*")))
        self.assertEqual(self.ann.heard(), ["~bob entered", "~bob away *"])
        self.assertEqual((bob.user.away, bob.heard()), ("*", []))
