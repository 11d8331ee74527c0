"""Tests of several sessions of one account: what each of them gets, and what others see of them."""

from __future__ import annotations

from functools import partial

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Person, Scene, done, newState, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.model.users import ABSENT, NOWHERE
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot


class SessionsTests(SynchronousTestCase):
    """Alice has a phone and a laptop, and bob is in a room with her."""

    def setUp(self) -> None:
        """Register alice, and connect everybody."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.scene.account("alice")
        self.phone = self.come()
        done(self.chat.membership.join(self.phone.session, "#a"))
        self.laptop = self.come()
        self.bob = self.scene.person("bob", "#a")
        self.clear()

    def tearDown(self) -> None:
        """Check that the entries and a snapshot give the same state again."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))
        state, data = newState(), takeSnapshot(self.scene.state, "local")
        restoreSnapshot(state, data)
        self.assertEqual(takeSnapshot(state, "local"), data)

    def come(self, away: str | None = None) -> Person:
        """Log in and enter."""
        person = self.scene.connect(address="192.0.2.7")
        done(self.scene.logIn(person, "alice"))
        done(Deferred.fromCoroutine(self.chat.identity.enter(person.session, "alice", "~u", "a.host", away=away)))
        return person

    def away(self, person: Person, message: str | None) -> None:
        """Set the away message of a session."""
        done(self.chat.presence.setAway(person.session, message))

    def clear(self) -> None:
        """Discard the output."""
        self.scene.clear(self.phone, self.laptop, self.bob)

    def heard(self) -> tuple[list[str], list[str], list[str]]:
        """End the turn, and return what the phone, the laptop and bob got."""
        self.scene.endTurn()
        return self.phone.heard(), self.laptop.heard(), self.bob.heard()

    def test_away(self) -> None:
        """The user is away when both sessions are, with the newest message.  Others are told of that only."""
        self.away(self.phone, "pocket")
        self.assertEqual((self.phone.user.away, self.heard()), (None, ([], [], [])))
        self.away(self.laptop, "lunch")
        self.assertEqual((self.phone.user.away, self.heard()), ("lunch", ([], [], ["alice away lunch"])))
        self.away(self.phone, "train")
        self.assertEqual((self.phone.user.away, self.heard()[2]), ("train", ["alice away train"]))
        self.away(self.laptop, None)
        self.assertEqual((self.phone.user.away, self.heard()[2]), (None, ["alice away"]))
        self.away(self.phone, None)
        self.assertEqual(self.heard()[2], [])
        self.assertIs(self.phone.user.absences, NOWHERE)

    def test_absent(self) -> None:
        """A session that nobody uses shows no message if another one has one."""
        self.away(self.phone, "lunch")
        self.away(self.laptop, ABSENT)
        self.assertEqual((self.phone.user.away, self.heard()[2]), ("lunch", ["alice away lunch"]))
        self.away(self.phone, ABSENT)
        self.assertEqual((self.phone.user.away, self.heard()[2]), ("*", ["alice away *"]))

    def test_awayAndEnd(self) -> None:
        """The end of the only present session makes the user away, and a new session brings them back."""
        self.away(self.phone, "pocket")
        done(self.chat.presence.close(self.laptop.session, "bye"))
        self.assertEqual((self.phone.user.away, self.heard()[2]), ("pocket", ["alice away pocket"]))
        fetching = self.come(ABSENT)
        self.assertEqual((self.phone.user.away, self.heard()[2]), ("pocket", []))
        self.laptop = self.come()
        self.assertEqual((self.phone.user.away, self.heard()[2]), (None, ["alice away"]))
        self.assertEqual(len(self.phone.user.absences), 2)
        done(self.chat.presence.close(fetching.session, "bye"))
        self.assertEqual(len(self.phone.user.absences), 1)

    def test_awayAndMove(self) -> None:
        """A session takes its away message along when it moves to another user."""
        for session in (self.phone, self.laptop):
            self.away(session, "lunch")
        guest = self.scene.person("guest", "#a")
        self.away(guest, "asleep")
        self.clear()
        done(self.scene.logIn(guest, "alice"))
        self.assertEqual(
            (self.phone.user.away, self.heard()[2]), ("asleep", ["guest quit Logged in as alice", "alice away asleep"])
        )
        other = self.scene.person("other", "#a")
        self.clear()
        done(self.scene.logIn(other, "alice"))
        self.assertEqual(
            (self.phone.user.away, self.heard()[2]), (None, ["other quit Logged in as alice", "alice away"])
        )

    def test_awayOfAll(self) -> None:
        """An event without a session is about all of them, and one of a session that has ended about none."""
        user = self.phone.user
        user.setAway("", "all")
        self.assertEqual((user.away, len(user.absences)), ("all", 2))
        user.setAway("gone", "x")
        self.assertEqual(len(user.absences), 2)
        user.setAway("", None)
        self.assertIs(user.absences, NOWHERE)

    def test_texts(self) -> None:
        """What one session says, the other gets once; the sender gets it only if it asked for its echo."""
        done(self.chat.speaking.say(self.phone.session, "#a", "hello"))
        done(self.chat.speaking.sendTags(self.phone.session, "#a", (("typing", "active"),)))
        lines = ["#a alice: hello", "#a alice signals +typing=active"]
        self.assertEqual(self.heard(), ([], lines, lines))
        self.chat.speaking.setEcho(self.phone.session, True)
        done(self.chat.speaking.say(self.phone.session, "#a", "again"))
        self.assertEqual(self.heard(), (["#a alice: again"],) * 3)
        done(self.chat.speaking.sayPrivate(self.laptop.session, "bob", "psst"))
        done(self.chat.speaking.sendTagsPrivate(self.laptop.session, "bob", (("x", "y"),)))
        private = ["@bob alice: psst", "@bob alice signals +x=y"]
        self.assertEqual(self.heard(), (private, [], private))
        done(self.chat.speaking.sayPrivate(self.bob.session, "alice", "yes?"))
        self.assertEqual(self.heard(), (["@alice bob: yes?"], ["@alice bob: yes?"], []))

    def test_toOneself(self) -> None:
        """A text to oneself reaches both sessions once."""
        done(self.chat.speaking.sayPrivate(self.phone.session, "alice", "note"))
        self.assertEqual(self.heard(), (["@alice alice: note"], ["@alice alice: note"], []))

    def test_rooms(self) -> None:
        """Both sessions are in the same rooms, and both are told which room was joined."""
        done(self.chat.membership.join(self.laptop.session, "#b"))
        self.assertEqual(self.heard(), (["#b alice joined"], ["#b alice joined"], []))
        self.assertEqual((self.phone.outlet.entered, self.laptop.outlet.entered), (["#b"], ["#b"]))
        done(self.chat.membership.part(self.phone.session, "#b"))
        self.assertEqual(self.heard(), (["#b alice parted"], ["#b alice parted"], []))
        done(self.chat.membership.join(self.bob.session, "#c"))
        self.assertEqual(self.bob.outlet.entered, [])

    def test_nick(self) -> None:
        """A change of nick applies to both."""
        done(self.chat.identity.rename(self.phone.session, "ally"))
        self.assertEqual(self.heard(), (["alice is ally"],) * 3)
        self.assertEqual(self.laptop.user.nick, "ally")

    def test_watched(self) -> None:
        """Others see one user come and go: with the first session, and with the last."""
        carol = self.scene.person("carol")
        self.chat.presence.watch(carol.session, ["alice"])
        done(self.chat.presence.close(self.phone.session, "bye"))
        third = self.come()
        self.assertEqual((carol.heard(), self.heard()[2]), ([], []))
        done(self.chat.presence.close(third.session, "bye"))
        done(self.chat.presence.close(self.laptop.session, "bye"))
        self.assertEqual((carol.heard(), self.heard()[2]), (["alice quit bye"], ["alice quit bye"]))

    def test_killed(self) -> None:
        """A killed user loses all sessions."""
        operator = self.scene.operator("op", "kill")
        done(self.chat.operators.kill(operator.session, "alice", "spam"))
        self.assertEqual(self.phone.outlet.reasons, ["Killed (op (spam))"])
        self.assertEqual(self.laptop.outlet.reasons, ["Killed (op (spam))"])

    def test_serverBan(self) -> None:
        """A server ban on the user's names disconnects all sessions."""
        operator = self.scene.operator("op", "ban")
        done(self.chat.operators.banFromServer(operator.session, "alice!*@*", None, "spam"))
        self.assertEqual((len(self.phone.outlet.reasons), len(self.laptop.outlet.reasons)), (1, 1))

    def test_suspended(self) -> None:
        """A suspension disconnects all sessions."""
        done(self.chat.accounts.suspend(None, "alice", "spam"))
        reasons = ["This account is suspended: spam"]
        self.assertEqual((self.phone.outlet.reasons, self.laptop.outlet.reasons), (reasons, reasons))

    def test_extendedBan(self) -> None:
        """A ban on the account silences every session."""
        done(self.chat.membership.join(self.bob.session, "#z"))
        done(self.chat.membership.join(self.phone.session, "#z"))
        self.scene.modes(self.bob, "#z", "+b", "~a:ALICE")
        for person in (self.phone, self.laptop):
            refused(errors.Banned, partial(self.chat.speaking.say, person.session, "#z", "x"))

    def test_idle(self) -> None:
        """The user is idle since the last text of any session."""
        self.scene.now += 100
        done(self.chat.speaking.say(self.laptop.session, "#a", "x"))
        self.scene.now += 5
        self.assertEqual(self.phone.user.idle(self.scene.now, self.scene.now), 5)
