"""Tests of L{twistchat.chat.model.watching}, and of the verbs with which sessions watch."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, FakeOutlet, Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.fanout.audience import WATCHED
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import Entry
from twistchat.chat.model.users import Session
from twistchat.chat.model.watching import Watchers

NFD = "Zoe\N{COMBINING DIAERESIS}"
NFC = "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"


class WatchersTests(SynchronousTestCase):
    """The register of who watches whom."""

    def setUp(self) -> None:
        """Two sessions."""
        outlet = FakeOutlet(FakeDialect())
        self.watchers = Watchers()
        self.one, self.two = Session("s1", outlet), Session("s2", outlet)

    def test_of(self) -> None:
        """Those who watch a nick are found whatever its case, each once."""
        for session, nick in ((self.one, "Bob"), (self.two, "bOB"), (self.one, "BOB"), (self.one, "carol")):
            self.watchers.add(session, nick)
        self.assertEqual(list(self.watchers.of("bob")), [self.one, self.two])
        self.assertEqual(list(self.watchers.of("CAROL")), [self.one])
        self.assertEqual(list(self.watchers.of("dave")), [])
        self.assertEqual(self.one.watched, {"bob": "Bob", "carol": "carol"})

    def test_remove(self) -> None:
        """One who watches no more is found no more; others are."""
        self.watchers.add(self.one, "bob")
        self.watchers.add(self.two, "bob")
        for nick in ("BOB", "bob", "carol"):
            self.watchers.remove(self.one, nick)
        self.assertEqual((list(self.watchers.of("bob")), self.one.watched), ([self.two], {}))

    def test_forget(self) -> None:
        """One who is forgotten watches nobody."""
        for nick in ("bob", "carol"):
            self.watchers.add(self.one, nick)
        self.watchers.add(self.two, "bob")
        self.watchers.forget(self.one)
        self.assertEqual((list(self.watchers.of("bob")), list(self.watchers.of("carol"))), ([self.two], []))
        self.assertEqual(self.one.watched, {})

    def test_nothingLeft(self) -> None:
        """A nick that nobody watches any more takes no memory: clients may try as many nicks as they like."""
        for nick in ("bob", "carol", "dave"):
            self.watchers.add(self.one, nick)
        self.watchers.remove(self.one, "bob")
        self.watchers.forget(self.one)
        self.assertEqual(len(self.watchers), 0)


class WatchTests(SynchronousTestCase):
    """Watching as a session asks for it."""

    def setUp(self) -> None:
        """Someone who may watch three."""
        self.scene = Scene(ChatLimits(watched=3))
        self.chat = self.scene.chat
        self.ann = self.scene.person("ann")

    def watch(self, *nicks: str) -> tuple[list[str], list[str]]:
        """Watch: the nicks that are here, and those that are not."""
        here, gone = self.chat.presence.watch(self.ann.session, nicks)
        return [user.nick for user in here], gone

    def test_presence(self) -> None:
        """The answer is who is here and who is not, each once, as they are called."""
        self.scene.person("Bob")
        self.assertEqual(self.watch("BOB", "carol", "bob", "Carol"), (["Bob"], ["carol"]))
        self.assertEqual(self.watch("carol", "bob"), (["Bob"], ["carol"]))
        self.assertEqual(self.chat.presence.watched(self.ann.session), ["BOB", "carol"])

    def test_full(self) -> None:
        """Those that fit are watched; the others are named, as they were asked for."""
        self.watch("bob")
        error = refused(errors.WatchListFull, lambda: self.watch("carol", "Bob", "dave", "eve", "Frank", "eve"))
        self.assertEqual((error.limit, error.refused), (3, ("eve", "Frank")))
        self.assertEqual(self.chat.presence.watched(self.ann.session), ["bob", "carol", "dave"])
        self.assertEqual(self.watch("DAVE"), ([], ["DAVE"]))

    def test_badNick(self) -> None:
        """What cannot be a nick is nobody's, and takes no place."""
        self.assertEqual(self.watch("1st", "a b", "", "bob", "x" * 33), ([], ["1st", "a b", "", "bob", "x" * 33]))
        self.assertEqual(self.chat.presence.watched(self.ann.session), ["bob"])
        self.chat.presence.unwatch(self.ann.session, ["1st", "bob"])
        self.assertEqual(self.chat.presence.watched(self.ann.session), [])

    def test_composed(self) -> None:
        """A nick is the same however its letters are composed."""
        zoe = self.scene.person(NFD)
        self.assertEqual(self.watch(NFD), ([NFC], []))
        self.assertEqual(self.chat.presence.whoIsHere([NFD, NFC]), ([zoe.user], []))
        self.chat.presence.unwatch(self.ann.session, [NFD])
        self.assertEqual(self.chat.presence.watched(self.ann.session), [])

    def test_entered(self) -> None:
        """Only who has come in may watch."""
        someone = self.scene.connect()
        refused(errors.NotEntered, lambda: self.chat.presence.watch(someone.session, ["bob"]))


class HeardTests(SynchronousTestCase):
    """What those hear who watch."""

    def setUp(self) -> None:
        """Someone who watches bob and robert, in no room with them."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.ann = self.watcher("ann", "bob", "Robert")

    def watcher(self, nick: str, *watched: str) -> Person:
        """Someone who watches these; what they hear for that begins with a tilde."""

        class Marked(FakeDialect):
            def render(self, entry: Entry) -> bytes:
                return b"~" + super().render(entry)

        person = self.scene.person(nick)
        person.outlet.places[WATCHED] = Marked(mute=())
        self.chat.presence.watch(person.session, watched)
        return person

    def test_comingAndGoing(self) -> None:
        """Entering and leaving are heard, of the watched only."""
        bob, carol = self.scene.person("bob"), self.scene.person("carol")
        self.assertEqual(self.ann.heard(), ["~bob entered"])
        done(self.chat.presence.close(bob.session, "bye"))
        done(self.chat.presence.close(carol.session, "bye"))
        self.assertEqual(self.ann.heard(), ["~bob quit bye"])

    def test_renamed(self) -> None:
        """To who watches one of its nicks, a user who renames comes or goes; they do not learn the other nick."""
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
        """In a room with them one hears both: that they are renamed, and that a watched nick is here."""
        done(self.chat.membership.join(self.ann.session, "#a"))
        zack = self.scene.person("zack", "#a")
        self.scene.clear(self.ann)
        done(self.chat.identity.rename(zack.session, "bob"))
        self.assertEqual(self.ann.heard(), ["zack is bob", "~bob entered"])

    def test_news(self) -> None:
        """News of the watched are heard, and with the nick under which they are watched."""
        bob, carol = self.scene.person("bob"), self.scene.person("carol")
        self.ann.heard()
        for person in (bob, carol):
            done(self.chat.presence.setAway(person.session, "lunch"))
            done(self.chat.identity.setRealname(person.session, "B."))
            done(self.chat.identity.setHost(person.user, "new.host"))
            done(self.chat.identity.setAccount(person.user, "acc"))
            done(self.chat.presence.setAway(person.session, None))
        self.assertEqual(
            self.ann.heard(),
            ["~bob away lunch", "~bob realname B.", "~bob host ~u@new.host", "~bob account acc", "~bob away"],
        )

    def test_newsOnce(self) -> None:
        """Who is in a room with them hears it for that, and once."""
        bob = self.scene.person("bob", "#a")
        done(self.chat.membership.join(self.ann.session, "#a"))
        self.scene.clear(self.ann, bob)
        done(self.chat.presence.setAway(bob.session, "lunch"))
        done(self.chat.identity.setRealname(bob.session, "B."))
        self.assertEqual(self.ann.heard(), ["bob away lunch", "bob realname B."])
        self.assertEqual(bob.heard(), ["bob realname B."])

    def test_themselves(self) -> None:
        """Who watches their own nick hears once what is new about them."""
        self.chat.presence.watch(self.ann.session, ["ann"])
        done(self.chat.identity.setRealname(self.ann.session, "A."))
        done(self.chat.presence.setAway(self.ann.session, "lunch"))
        self.assertEqual(self.ann.heard(), ["ann realname A."])

    def test_killed(self) -> None:
        """One who is killed goes, and does not hear of that as one who watches."""
        self.scene.person("bob")
        operator = self.scene.operator("op", "kill")
        self.ann.heard()
        done(self.chat.operators.kill(operator.session, "bob", "spam"))
        self.assertEqual(self.ann.heard(), ["~op killed bob spam"])
        self.chat.presence.watch(self.ann.session, ["ann"])
        done(self.chat.operators.kill(operator.session, "ann", "spam"))
        self.assertEqual(self.ann.heard(), [])

    def test_noMore(self) -> None:
        """Who watches no more, or is gone, hears nothing; nor does it cost anything then."""
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
        """Someone who is away when they come in comes in first, then is away (IRCv3 pre-away)."""
        bob = self.scene.connect()
        done(Deferred.fromCoroutine(self.chat.identity.enter(bob.session, "bob", "~u", "bob.host", away="*")))
        self.assertEqual(self.ann.heard(), ["~bob entered", "~bob away *"])
        self.assertEqual((bob.user.away, bob.heard()), ("*", []))
