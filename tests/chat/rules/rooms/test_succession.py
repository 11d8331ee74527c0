"""Tests of L{twistchat.chat.model.vacancies}: who operates a room after its last operator has left."""

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
    """Alice, who operates a room, and two later members."""

    def setUp(self) -> None:
        self.scene = Scene()
        self.chat = self.scene.chat
        self.alice, self.bob, self.carol = (self.scene.person(nick, "#a") for nick in ("alice", "bob", "carol"))
        self.scene.clear(self.alice, self.bob, self.carol)

    def tearDown(self) -> None:
        """Check that the entries alone give the same state."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def ranks(self, name: str = "#a") -> dict[str, str]:
        """Return the members of the room, with their ranks."""
        return self.scene.ranks(name)

    def part(self, *people: Person) -> None:
        """Let users leave the room."""
        for person in people:
            done(self.chat.membership.part(person.session, "#a"))

    def join(self, *people: Person) -> None:
        """Let users join the room."""
        for person in people:
            done(self.chat.membership.join(person.session, "#a", unlimited=True))

    def quit(self, person: Person) -> None:
        """Let a user disconnect."""
        done(self.chat.presence.close(person.session, "connection lost"))

    def visitor(self, nick: str, username: str = "~u", host: str = "", account: str | None = None) -> Person:
        """Connect a user with these names."""
        person = self.scene.connect()
        uid = f"uid{len(self.scene.entries)}"
        source = Source(uid, nick, username, host or f"{nick.lower()}.host", account)
        done(self.scene.log.append(Entered(source, person.session.id, node="local")))
        return person


class ReturnTests(SuccessionTestCase):
    """The last operator gets the rank back within ten minutes."""

    def test_reconnected(self) -> None:
        """A guest who connects again is recognized by nick, username and host.  The room gets no other operator."""
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
        """A user who stays connected is recognized with any nick; another user with the old nick is not."""
        self.part(self.alice)
        done(self.chat.identity.rename(self.alice.session, "alicia"))
        impostor = self.visitor("alice", host="alice.host")
        self.join(impostor, self.alice)
        self.assertEqual(self.ranks(), {"bob": "", "carol": "", "alice": "", "alicia": "o"})

    def test_others(self) -> None:
        """A user who differs in one of the names is another user."""
        self.quit(self.alice)
        for nick, username, host in (("alice2", "~u", "alice.host"), ("alice", "~v", ""), ("alice", "~u", "evil.host")):
            person = self.visitor(nick, username, host)
            self.join(person)
            self.assertEqual(self.ranks()[nick], "")
            self.quit(person)

    def test_account(self) -> None:
        """A user with an account is recognized by the account only, with any names."""
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
        """It works for every way of leaving, and for all ranks."""
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
        """They pass the locks of the room, but no ban set by members who stayed."""
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
        """After ten minutes they join as others do, and locks apply."""
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
        A user who empties the room to become its first member operates it.  The last operator still gets the rank back
        on return, even if others became operators meanwhile.
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
        """A claim to a room that has ended stays, even if other rooms lose their operators."""
        done(self.chat.membership.join(self.bob.session, "#b"))
        done(self.chat.membership.join(self.carol.session, "#b"))
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        done(self.chat.membership.part(self.bob.session, "#b"))
        self.join(self.carol, self.visitor("alice"))
        self.assertEqual(self.ranks(), {"carol": "o", "alice": "o"})

    def test_emptyRoom(self) -> None:
        """An operator who leaves the room empty has no claim."""
        self.part(self.bob, self.carol, self.alice)
        self.join(self.bob, self.alice)
        self.assertEqual(self.ranks(), {"bob": "o", "alice": ""})

    def test_chosen(self) -> None:
        """There is no claim if an operator of the server has given the rank to another member."""
        helper = self.scene.operator("helper", "rooms")
        self.quit(self.alice)
        self.join(helper)
        done(self.chat.channels.takeOver(helper.session, "#a"))
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks()["alice"], "")

    def test_owned(self) -> None:
        """There is no claim once an account owns the room, even without another operator."""
        helper = self.scene.operator("helper", "rooms")
        self.quit(self.alice)
        self.join(helper)
        self.scene.modes(helper, "#a", "+P")
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks()["alice"], "")

    def test_voiceGiven(self) -> None:
        """A half-operator or operator of the server who gives or removes a voice does not change a claim."""
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
        """A claim stays if another member became operator meanwhile and has resigned."""
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.join(self.bob, self.carol)
        self.scene.modes(self.bob, "#a", "-o", "bob")
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks(), {"bob": "", "carol": "", "alice": "o"})

    def test_renamed(self) -> None:
        """A claim follows the room's name.  It does not apply to another room that has the old name."""
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
        """A claim stays if only the case of the name changes."""
        self.part(self.alice)
        helper = self.scene.operator("helper", "rooms")
        self.join(helper)
        done(self.chat.channels.rename(helper.session, "#a", "#A"))
        self.join(self.alice)
        self.assertEqual(self.ranks("#A")["alice"], "o")

    def test_renamedBeside(self) -> None:
        """A claim to one room does not move if another room with a vacancy is renamed."""
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
        """A claim to a room that has ended does not apply to a room that is renamed to its name."""
        dave = self.scene.person("dave", "#b")
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        done(self.chat.channels.rename(dave.session, "#b", "#a"))
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks(), {"dave": "o", "alice": ""})


class HeirTests(SuccessionTestCase):
    """After ten minutes, the longest member becomes operator."""

    def test_longest(self) -> None:
        """The server tells the room when the time has come, and not before."""
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
        """If an operator of the server takes a room over and removes their own rank, the longest member gets it."""
        helper = self.scene.operator("helper", "rooms")
        self.join(helper)
        self.part(self.alice)
        done(self.chat.channels.takeOver(helper.session, "#a"))
        self.scene.modes(helper, "#a", "-q", "helper")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"bob": "o", "carol": "", "helper": ""})

    def test_amongOtherModes(self) -> None:
        """Other mode changes in the same command do not matter."""
        self.scene.modes(self.alice, "#a", "-o+m", "alice")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": "", "bob": "o", "carol": ""})

    def test_severalLost(self) -> None:
        """If several members lose the rank at once, the last one named is skipped."""
        self.scene.modes(self.alice, "#a", "+o", "bob")
        self.scene.modes(self.bob, "#a", "-oo", "alice", "bob")
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": "o", "bob": "", "carol": ""})

    def test_ledMeanwhile(self) -> None:
        """Nobody inherits if the room was left and created again by others, and the server does not try."""
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.join(self.carol, self.bob)
        self.scene.clear(self.bob, self.carol)
        count = len(self.scene.entries)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual((len(self.scene.entries), self.scene.later), (count, None))
        self.assertEqual(self.ranks(), {"carol": "o", "bob": ""})

    def test_ofThoseWhoStay(self) -> None:
        """A member who left and returned counts from the return."""
        self.quit(self.alice)
        self.part(self.bob)
        self.join(self.bob)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"carol": "o", "bob": ""})

    def test_forTheVisit(self) -> None:
        """The account of an heir does not own the room."""
        self.chat.identity.setAccount(self.bob.user, "bob")
        self.quit(self.alice)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"bob": "o", "carol": ""})
        self.assertEqual(self.scene.room("#a").granted, {})
        self.assertFalse(self.scene.room("#a").persistent)

    def test_notNeeded(self) -> None:
        """Nobody inherits in a room with an operator, in an owned room, or in a permanent one."""
        self.scene.modes(self.alice, "#a", "+o", "bob")
        self.part(self.alice)
        self.assertIsNone(self.scene.later)
        self.join(self.alice)
        self.scene.found("#a", "carol")
        self.part(self.carol, self.bob)
        self.scene.wait(TEN_MINUTES)
        self.assertEqual(self.ranks(), {"alice": ""})

    def test_permanent(self) -> None:
        """A room that is not permanent any more gets an operator."""
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
        """A member who removes their own rank has no claim, and is skipped."""
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
        """After the ten minutes, the next user to join inherits at once.  Giving a voice does not delay that."""
        self.scene.modes(self.alice, "#a", "+h-o", "alice", "alice")
        self.part(self.bob, self.carol)
        self.scene.wait(TEN_MINUTES)
        self.scene.modes(self.alice, "#a", "+v", "alice")
        self.join(self.carol)
        self.scene.wait(0)
        self.assertEqual(self.ranks(), {"alice": "hv", "carol": "o"})

    def test_resignedAndAlone(self) -> None:
        """A member who removed their rank and leaves the room empty may become first member again."""
        self.part(self.bob, self.carol)
        self.scene.modes(self.alice, "#a", "-o", "alice")
        self.part(self.alice)
        self.join(self.alice)
        self.assertEqual(self.ranks(), {"alice": "o"})

    def test_overTakenBack(self) -> None:
        """An old claim does not shorten the next ten minutes."""
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
        """Claims to rooms that have ended do not accumulate."""
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
        """Without a last operator nobody can reclaim the rank, and a removed room has no heir."""
        scene = Scene()
        alice = scene.person("alice")
        self.assertFalse(Vacancy(0).canReclaim(alice.user, scene.state.users, 1))
        self.assertTrue(replace(Vacancy(0), former=alice.user.source).canReclaim(alice.user, scene.state.users, 1))
        self.assertIsNone(Vacancy(0).successor(None))


class ServerOperatorTests(SuccessionTestCase):
    """Operators of the server without the privilege for rooms do not choose an heir."""

    def test_withoutPrivilege(self) -> None:
        """The last commands of the leaving operator, and other ranks of members, do not end a claim."""
        done(Deferred.fromCoroutine(self.chat.operators.become(self.bob.session, "helper", ("kill",))))
        self.quit(self.alice)
        self.part(self.bob, self.carol)
        self.join(self.bob, self.carol)
        self.scene.modes(self.bob, "#a", "+o", "carol")
        self.join(self.visitor("alice"))
        self.assertEqual(self.ranks()["alice"], "o")
