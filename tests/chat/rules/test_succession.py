"""Tests of L{twistchat.chat.model.vacancies}: who operates a room that its last operator has left."""

from __future__ import annotations

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Person, Scene, done, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.model.events import Entered, Source
from twistchat.chat.model.users import Operator
from twistchat.chat.model.vacancies import TERM, Vacancy

TEN_MINUTES = 600.0


class SuccessionTestCase(SynchronousTestCase):
    """Alice, who operates a room, and two who came later."""

    def setUp(self) -> None:
        self.scene = Scene()
        self.chat = self.scene.chat
        self.alice, self.bob, self.carol = (self.scene.person(nick, "#a") for nick in ("alice", "bob", "carol"))
        self.scene.clear(self.alice, self.bob, self.carol)

    def tearDown(self) -> None:
        """The entries alone give the same state."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def ranks(self, name: str = "#a") -> dict[str, str]:
        """Who is in the room, with their ranks."""
        return self.scene.ranks(name)

    def part(self, *people: Person) -> None:
        """Let people leave the room."""
        for person in people:
            done(self.chat.membership.part(person.session, "#a"))

    def join(self, *people: Person) -> None:
        """Let people come into the room."""
        for person in people:
            done(self.chat.membership.join(person.session, "#a", unlimited=True))

    def quit(self, person: Person) -> None:
        """Let someone disconnect."""
        done(self.chat.presence.close(person.session, "connection lost"))

    def visitor(self, nick: str, username: str = "~u", host: str = "", account: str | None = None) -> Person:
        """Someone who has just connected, under these names."""
        person = self.scene.connect()
        uid = f"uid{len(self.scene.entries)}"
        source = Source(uid, nick, username, host or f"{nick.lower()}.host", account)
        done(self.scene.log.append(Entered(source, person.session.id)))
        return person


class ReturnTests(SuccessionTestCase):
    """Within ten minutes, the last operator has the rank back."""

    def test_reconnected(self) -> None:
        """A guest who has connected again is known by nick, username and host; the room hears of no other operator."""
        self.quit(self.alice)
        self.assertEqual(self.ranks(), {"bob": "", "carol": ""})
        self.scene.wait(TEN_MINUTES - 1)
        self.scene.clear(self.bob)
        again = self.visitor("ALICE")
        self.join(again)
        self.assertEqual(self.ranks(), {"bob": "", "carol": "", "ALICE": "o"})
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.bob.heard(), ["#a ALICE joined"])
        self.assertIsNone(self.scene.later)

    def test_rejoined(self) -> None:
        """One who stays connected is known whatever they are called; and nobody who takes their nick meanwhile is."""
        self.part(self.alice)
        done(self.chat.identity.rename(self.alice.session, "alicia"))
        impostor = self.visitor("alice", host="alice.host")
        self.join(impostor, self.alice)
        self.assertEqual(self.ranks(), {"bob": "", "carol": "", "alice": "", "alicia": "o"})

    def test_others(self) -> None:
        """Whoever differs in one of the names is another."""
        self.quit(self.alice)
        for nick, username, host in (("alice2", "~u", "alice.host"), ("alice", "~v", ""), ("alice", "~u", "evil.host")):
            person = self.visitor(nick, username, host)
            self.join(person)
            self.assertEqual(self.ranks()[nick], "")
            self.quit(person)

    def test_account(self) -> None:
        """One with an account is known by that, under any name; and by nothing else."""
        self.chat.identity.setAccount(self.alice.user, "Alice")
        self.quit(self.alice)
        for account in (None, "other"):
            guest = self.visitor("alice", account=account)
            self.join(guest)
            self.assertEqual(self.ranks()["alice"], "")
            self.quit(guest)
        self.join(self.visitor("someone", account="ALICE"))
        self.assertEqual(self.ranks()["someone"], "o")
        self.assertEqual(self.scene.room("#a").granted, {})

    def test_everyWayOut(self) -> None:
        """It is the same however they left, and they have all the ranks that they had."""
        killer = self.scene.operator("killer", "kill")
        self.scene.modes(self.alice, "#a", "+v", "alice")
        for leave in (
            lambda: self.part(self.alice),
            lambda: self.chat.membership.kick(self.alice.session, "#a", "alice"),
            lambda: self.chat.operators.kill(killer.session, "alice", "spam"),
        ):
            leave()
            self.assertEqual(self.ranks(), {"bob": "", "carol": ""})
            if self.alice.session.user is None:
                self.alice = self.visitor("alice")
            self.join(self.alice)
            self.assertEqual(self.ranks(), {"bob": "", "carol": "", "alice": "ov"})

    def test_pastTheLocks(self) -> None:
        """They pass the locks of their room, but no ban of somebody who stayed."""
        self.scene.modes(self.alice, "#a", "+ikh", "key", "bob")
        self.quit(self.alice)
        refused(errors.InviteOnly, lambda: self.join(self.visitor("dave")))
        again = self.visitor("alice")
        self.scene.modes(self.bob, "#a", "+b", "alice")
        refused(errors.Banned, lambda: self.join(again))
        self.scene.modes(self.bob, "#a", "-b", "alice")
        self.join(again)
        self.assertEqual(self.ranks()["alice"], "o")

    def test_late(self) -> None:
        """After ten minutes they come in as anyone does, and meet the locks."""
        self.scene.modes(self.alice, "#a", "+i")
        self.quit(self.alice)
        self.scene.now += TEN_MINUTES
        again = self.visitor("alice")
        refused(errors.InviteOnly, lambda: self.join(again))
        self.scene.wait(0)
        self.scene.modes(self.bob, "#a", "-i")
        self.join(again)
        self.assertEqual(self.ranks(), {"bob": "o", "carol": "", "alice": ""})

    def test_once(self) -> None:
        """The rank is given back once."""
        self.scene.modes(self.alice, "#a", "+o", "bob")
        self.part(self.alice)
        self.part(self.bob)
        self.join(self.alice, self.bob)
        self.assertEqual(self.ranks(), {"carol": "", "alice": "", "bob": "o"})
        self.scene.modes(self.bob, "#a", "+o", "carol")
        self.part(self.bob)
        self.join(self.bob)
        self.assertEqual(self.ranks()["bob"], "")

    def test_emptied(self) -> None:
        """
        Who empties the room to come first into it operates it, but so does the last operator when they come back, even
        where others were made operators meanwhile.
        """
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.assertIsNone(self.scene.state.rooms.get("#a"))
        self.assertIsNone(self.scene.later)
        self.join(self.bob, self.carol)
        self.scene.modes(self.bob, "#a", "+o", "carol")
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks(), {"bob": "o", "carol": "o", "alice": "o"})

    def test_emptiedAmongOthers(self) -> None:
        """A claim to a room that has ended holds, whatever rooms lose their operators meanwhile."""
        done(self.chat.membership.join(self.bob.session, "#b"))
        done(self.chat.membership.join(self.carol.session, "#b"))
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        done(self.chat.membership.part(self.bob.session, "#b"))
        self.join(self.carol, self.visitor("alice"))
        self.assertEqual(self.ranks(), {"carol": "o", "alice": "o"})

    def test_emptyRoom(self) -> None:
        """Who leaves a room empty has no claim to it."""
        self.part(self.bob, self.carol, self.alice)
        self.join(self.bob, self.alice)
        self.assertEqual(self.ranks(), {"bob": "o", "alice": ""})

    def test_chosen(self) -> None:
        """They have no claim where an operator of the server has made somebody else operator."""
        helper = self.scene.operator("helper", "rooms")
        self.quit(self.alice)
        self.join(helper)
        done(self.chat.channels.takeOver(helper.session, "#a"))
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks()["alice"], "")

    def test_owned(self) -> None:
        """They have no claim once somebody owns the room, even if no other operator was chosen."""
        helper = self.scene.operator("helper", "rooms")
        self.quit(self.alice)
        self.join(helper)
        self.scene.modes(helper, "#a", "+P")
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks()["alice"], "")

    def test_voiceGiven(self) -> None:
        """A half-operator or an operator of the server who gives or takes a voice neither ends nor delays a claim."""
        helper = self.scene.operator("helper", "rooms")
        self.join(helper)
        self.scene.modes(self.alice, "#a", "+hh", "bob", "helper")
        self.quit(self.alice)
        for person in (self.bob, helper):
            self.scene.wait(TEN_MINUTES / 4)
            self.scene.modes(person, "#a", "+v", "carol")
            self.scene.modes(person, "#a", "-v", "carol")
        again = self.visitor("alice")
        self.join(again)
        self.assertEqual(self.ranks()["alice"], "o")
        self.quit(again)
        self.scene.wait(TEN_MINUTES / 2)
        self.scene.modes(self.bob, "#a", "+v", "carol")
        self.scene.wait(TEN_MINUTES / 2)
        self.assertEqual(self.ranks(), {"bob": "oh", "carol": "v", "helper": "h"})

    def test_resignedByAnother(self) -> None:
        """A claim holds although another member became operator meanwhile and has laid that rank down."""
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.join(self.bob, self.carol)
        self.scene.modes(self.bob, "#a", "-o", "bob")
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks(), {"bob": "", "carol": "", "alice": "o"})

    def test_renamed(self) -> None:
        """A claim goes with the room's name, and into no other room that gets the old one, or got it before."""
        self.scene.person("dave", "#b")
        dave = next(iter(self.chat.identity.find("dave").sessions.values()))
        self.part(self.alice)
        helper = self.scene.operator("helper", "rooms")
        self.join(helper)
        done(self.chat.channels.rename(helper.session, "#a", "#c"))
        done(self.chat.channels.rename(dave, "#b", "#a"))
        self.join(self.alice)
        self.assertEqual(self.ranks("#a"), {"dave": "o", "alice": ""})
        done(self.chat.membership.join(self.alice.session, "#C"))
        self.assertEqual(self.ranks("#c")["alice"], "o")

    def test_renamedToItself(self) -> None:
        """A claim holds where the case of the room's name changes."""
        self.part(self.alice)
        helper = self.scene.operator("helper", "rooms")
        self.join(helper)
        done(self.chat.channels.rename(helper.session, "#a", "#A"))
        self.join(self.alice)
        self.assertEqual(self.ranks("#A")["alice"], "o")

    def test_renamedBeside(self) -> None:
        """A claim to one room is not moved when another room that waits for its operator is renamed."""
        for person in (self.alice, self.bob):
            done(self.chat.membership.join(person.session, "#b"))
        helper = self.scene.operator("helper", "rooms")
        self.join(helper)
        done(self.chat.membership.part(self.alice.session, "#b"))
        self.part(self.alice)
        done(self.chat.channels.rename(helper.session, "#a", "#c"))
        for name in ("#b", "#c"):
            done(self.chat.membership.join(self.alice.session, name))
            self.assertEqual(self.ranks(name)["alice"], "o")

    def test_renamedOver(self) -> None:
        """A claim to a room that has ended is none to a room that is given its name."""
        dave = self.scene.person("dave", "#b")
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        done(self.chat.channels.rename(dave.session, "#b", "#a"))
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks(), {"dave": "o", "alice": ""})


class HeirTests(SuccessionTestCase):
    """After ten minutes, the member who has been there longest is operator."""

    def test_longest(self) -> None:
        """The room hears that from the server, when the time has come and not before."""
        self.quit(self.alice)
        self.assertEqual(self.scene.later, TEN_MINUTES)
        self.scene.clear(self.bob, self.carol)
        self.scene.wait(TEN_MINUTES - 0.001)
        self.assertEqual((self.bob.heard(), self.ranks()), ([], {"bob": "", "carol": ""}))
        self.scene.wait(0.001)
        self.assertEqual(self.ranks(), {"bob": "o", "carol": ""})
        for person in (self.bob, self.carol):
            self.assertEqual(person.heard(), ["#a  set +o bob"])
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.carol.heard(), [])
        self.assertEqual(self.scene.state.rooms.vacancies, {})

    def test_takenOver(self) -> None:
        """An operator of the server who took a room over, and lays that rank down, leaves it to its longest member."""
        helper = self.scene.operator("helper", "rooms")
        self.join(helper)
        self.part(self.alice)
        done(self.chat.channels.takeOver(helper.session, "#a"))
        self.scene.modes(helper, "#a", "-q", "helper")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"bob": "o", "carol": "", "helper": ""})

    def test_amongOtherModes(self) -> None:
        """It does not matter what other modes change together with the rank."""
        self.scene.modes(self.alice, "#a", "-o+m", "alice")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": "", "bob": "o", "carol": ""})

    def test_severalLost(self) -> None:
        """Of several who lose the rank at once, the last one named is passed over."""
        self.scene.modes(self.alice, "#a", "+o", "bob")
        self.scene.modes(self.bob, "#a", "-oo", "alice", "bob")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": "o", "bob": "", "carol": ""})

    def test_ledMeanwhile(self) -> None:
        """Nobody inherits, and the server does not try, where the room was left and begun again by another."""
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.join(self.carol, self.bob)
        self.scene.clear(self.bob, self.carol)
        count = len(self.scene.entries)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual((len(self.scene.entries), self.scene.later), (count, None))
        self.assertEqual(self.ranks(), {"carol": "o", "bob": ""})

    def test_ofThoseWhoStay(self) -> None:
        """Who left and came back has been there since then."""
        self.quit(self.alice)
        self.part(self.bob)
        self.join(self.bob)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"carol": "o", "bob": ""})

    def test_forTheVisit(self) -> None:
        """A successor's account does not own the room for that."""
        self.chat.identity.setAccount(self.bob.user, "bob")
        self.quit(self.alice)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"bob": "o", "carol": ""})
        self.assertEqual(self.scene.room("#a").granted, {})
        self.assertFalse(self.scene.room("#a").persistent)

    def test_notNeeded(self) -> None:
        """Nobody inherits where there is an operator, where the room is owned, or where it is permanent."""
        self.scene.modes(self.alice, "#a", "+o", "bob")
        self.part(self.alice)
        self.assertIsNone(self.scene.later)
        self.join(self.alice)
        self.chat.identity.setAccount(self.carol.user, "carol")
        self.scene.modes(self.bob, "#a", "+o", "carol")
        self.part(self.carol, self.bob)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": ""})

    def test_permanent(self) -> None:
        """A permanent room that is so no more gets an operator."""
        self.alice.user.operator = Operator("helper", frozenset({"rooms"}))
        self.scene.modes(self.alice, "#a", "+P")
        self.scene.modes(self.alice, "#a", "-o", "alice")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": "", "bob": "", "carol": ""})
        self.scene.modes(self.alice, "#a", "-P")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks()["alice"], "o")
        self.alice.user.operator = None
        self.scene.entries.clear()  # who is an operator of the server was not an entry here
        self.scene.state.__init__(self.scene.state.broadcast)  # type: ignore[misc]  # so that both are empty

    def test_resigned(self) -> None:
        """Who lays the rank down has no claim, and is passed over."""
        self.scene.modes(self.alice, "#a", "-o", "alice")
        self.part(self.alice)
        self.join(self.alice)
        self.assertEqual(self.ranks(), {"bob": "", "carol": "", "alice": ""})
        self.part(self.bob, self.carol)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": ""})
        self.join(self.carol)
        self.assertEqual(self.scene.later, 0.0)
        self.scene.wait(0)
        self.assertEqual(self.ranks(), {"alice": "", "carol": "o"})

    def test_overdue(self) -> None:
        """Once the ten minutes are over, the next who comes inherits at once; giving a voice does not delay that."""
        self.scene.modes(self.alice, "#a", "+h-o", "alice", "alice")
        self.part(self.bob, self.carol)
        self.scene.wait(TEN_MINUTES)
        self.scene.modes(self.alice, "#a", "+v", "alice")
        self.join(self.carol)
        self.scene.wait(0)
        self.assertEqual(self.ranks(), {"alice": "hv", "carol": "o"})

    def test_resignedAndAlone(self) -> None:
        """Who has laid the rank down and leaves the room empty may come first again."""
        self.part(self.bob, self.carol)
        self.scene.modes(self.alice, "#a", "-o", "alice")
        self.part(self.alice)
        self.join(self.alice)
        self.assertEqual(self.ranks(), {"alice": "o"})

    def test_overTakenBack(self) -> None:
        """A claim that is long over does not shorten the next ten minutes."""
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.join(self.bob, self.carol)
        self.scene.wait(2 * TEN_MINUTES)
        self.scene.modes(self.bob, "#a", "-o", "bob")
        self.scene.wait(TEN_MINUTES - 1)
        self.assertEqual(self.ranks(), {"bob": "", "carol": ""})
        self.scene.wait(1)
        self.assertEqual(self.ranks(), {"bob": "", "carol": "o"})

    def test_forgotten(self) -> None:
        """Claims to rooms that have ended do not pile up."""
        for number in range(20):
            for person in (self.bob, self.carol):
                done(self.chat.membership.join(person.session, f"#r{number}", unlimited=True))
            for person in (self.bob, self.carol):
                done(self.chat.membership.part(person.session, f"#r{number}"))
            self.scene.wait(TEN_MINUTES / 4)
        self.assertLess(len(self.scene.state.rooms.vacancies), 6)


class VacancyTests(SynchronousTestCase):
    """L{Vacancy}."""

    def test_end(self) -> None:
        """It lasts ten minutes, in milliseconds."""
        vacancy = Vacancy(5)
        self.assertEqual((vacancy.end, TERM), (600_005, 600_000))
        self.assertEqual((vacancy.hasExpired(600_004), vacancy.hasExpired(600_005)), (False, True))

    def test_nobody(self) -> None:
        """Without a last operator nobody can reclaim the rank, and a room that was removed has no successor."""
        scene = Scene()
        alice = scene.person("alice")
        self.assertFalse(Vacancy(0).canReclaim(alice.user, scene.state.users, 1))
        self.assertTrue(replace(Vacancy(0), former=alice.user.source).canReclaim(alice.user, scene.state.users, 1))
        self.assertIsNone(Vacancy(0).successor(None))


class ServerOperatorTests(SuccessionTestCase):
    """Operators of the server without the privilege for rooms choose nobody."""

    def test_withoutPrivilege(self) -> None:
        """What the leaving operator sent last, and what others are, ends no claim."""
        done(Deferred.fromCoroutine(self.chat.operators.become(self.bob.session, "helper", ("kill",))))
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.join(self.bob, self.carol)
        self.scene.modes(self.bob, "#a", "+o", "carol")
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks()["alice"], "o")
