"""Tests of L{twistchat.chat.rules.unread}, and of the read markers that a door sets for what it has shown."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import NOON, Person, Scene, done
from twistchat.chat.limits import ChatLimits
from twistchat.chat.rules.unread import Unread

NOW = int(NOON * 1000)
"""The time when the chat begins, in milliseconds since the epoch."""


class UnreadTestCase(SynchronousTestCase):
    """Alice, bob and carol have accounts, gus is a guest, and the clock moves one second with each text."""

    def setUp(self) -> None:
        """Let them come."""
        self.scene = Scene(ChatLimits(historyReply=5))
        for name in ("alice", "bob", "carol"):
            self.scene.account(name)
        self.bob = self.scene.person("bob", "#tea", "#cake", account="bob")
        self.alice = self.scene.person("ally", "#Tea", account="alice")
        self.gus = self.scene.person("gus", "#tea")

    def say(self, person: Person, target: str, text: str, rank: str = "") -> None:
        """Say something a second later."""
        self.scene.now += 1
        speaking = self.scene.chat.speaking
        if target.startswith("#"):
            done(speaking.say(person.session, target, text, rank=rank))
        else:
            done(speaking.sayPrivate(person.session, target, text))

    def unread(self, person: Person) -> list[tuple[str, int, int, bool, int]]:
        """Count what a person has not read: names, numbers, and the seconds of the first unread text."""
        found = done(Deferred.fromCoroutine(self.scene.chat.reading.unread(person.session)))
        return [(item.name, item.texts, item.mentions, item.more, (item.since - NOW) // 1000) for item in found]

    def mark(self, person: Person, target: str, seconds: int) -> None:
        """Set a read marker."""
        done(self.scene.chat.markers.mark(person.session, target, NOW + seconds * 1000))


class UnreadTests(UnreadTestCase):
    """L{Reading.unread <twistchat.chat.rules.reading.Reading.unread>}."""

    def test_rooms(self) -> None:
        """The texts of others after the marker count, and those that name the nick or the account."""
        for text in ("one", "two, Ally?", "three", "alice: four"):
            self.say(self.bob, "#tea", text)
        self.say(self.alice, "#tea", "my own")
        self.assertEqual(self.unread(self.alice), [("#tea", 4, 2, False, 1)])
        self.mark(self.alice, "#tea", 2)
        self.assertEqual(self.unread(self.alice), [("#tea", 2, 1, False, 3)])
        self.mark(self.alice, "#tea", 5)
        self.assertEqual((self.unread(self.alice), self.unread(self.bob)), ([], [("#tea", 1, 0, False, 5)]))

    def test_more(self) -> None:
        """Not more than the limit is counted."""
        for _ in range(7):
            self.say(self.gus, "#tea", "again")
        self.assertEqual(self.unread(self.alice), [("#tea", 5, 0, True, 1)])

    def test_mentions(self) -> None:
        """A text with the nick and the account counts once."""
        for text in ("Ally, alias alice", "alice!", "ally?", "allyalice"):
            self.say(self.bob, "#tea", text)
        self.assertEqual(self.unread(self.alice), [("#tea", 4, 3, False, 1)])

    def test_since(self) -> None:
        """The time is that of the first text by another user, also after many of the user's own."""
        for _ in range(4):
            self.say(self.alice, "#tea", "mine")
        self.say(self.bob, "#tea", "hello")
        self.assertEqual(self.unread(self.alice), [("#tea", 1, 0, False, 5)])
        self.say(self.bob, "#tea", "hello?")
        self.assertEqual(self.unread(self.alice), [("#tea", 2, 0, True, 5)])

    def test_withoutMarker(self) -> None:
        """Without a marker the texts since the user joined count."""
        self.say(self.bob, "#cake", "before")
        done(self.scene.chat.membership.join(self.alice.session, "#cake"))
        self.assertEqual(self.unread(self.alice), [])
        self.say(self.bob, "#cake", "after")
        self.assertEqual(self.unread(self.alice), [("#cake", 1, 0, False, 2)])

    def test_private(self) -> None:
        """Private conversations between accounts count, under the nick of the other; the newest comes first."""
        self.say(self.bob, "#tea", "hello")
        self.say(self.bob, "ally", "psst")
        self.say(self.gus, "ally", "not kept")
        self.assertEqual(self.unread(self.alice), [("bob", 1, 0, False, 2), ("#tea", 1, 0, False, 1)])
        self.mark(self.alice, "bob", 2)
        self.assertEqual(self.unread(self.alice), [("#tea", 1, 0, False, 1)])

    def test_ranks(self) -> None:
        """Texts to a rank count for those who have it, as texts of the room."""
        done(self.scene.chat.channels.setModes(self.bob.session, "#tea", "+o", ["ally"]))
        self.say(self.bob, "#tea", "to all")
        self.say(self.bob, "#tea", "ally, to operators", "o")
        self.assertEqual(self.unread(self.alice), [("#tea", 2, 1, False, 1)])
        self.assertEqual(self.unread(self.gus), [("#tea", 1, 0, False, 1)])

    def test_access(self) -> None:
        """Nothing is counted in a room that the user may not read."""
        self.say(self.bob, "#tea", "hello")
        done(self.scene.chat.channels.setModes(self.bob.session, "#tea", "+b", ["ally!*@*"]))
        self.assertEqual(self.unread(self.alice), [])

    def test_value(self) -> None:
        """The result names the fields."""
        self.say(self.bob, "#tea", "hello")
        (found,) = done(Deferred.fromCoroutine(self.scene.chat.reading.unread(self.alice.session)))
        self.assertEqual(found, Unread("#tea", 1, 0, False, NOW + 1000))


class ShownTests(UnreadTestCase):
    """L{Markers.markShown <twistchat.chat.rules.users.markers.Markers.markShown>}."""

    def shown(self, person: Person, seconds: int, target: str | None = None) -> int:
        """Mark what was shown until a time, and return the number of entries that were needed."""
        before = len(self.scene.entries)
        self.scene.chat.markers.markShown(person.session, NOW + seconds * 1000, target)
        return len(self.scene.entries) - before

    def markers(self) -> dict[str, int]:
        """The markers of alice, in seconds."""
        markers = self.scene.state.accounts.named("alice").markers
        return {target: (time - NOW) // 1000 for target, time in markers.items()}

    def test_shown(self) -> None:
        """All rooms and private conversations are marked at the last text, and a second time nothing is stored."""
        self.say(self.bob, "#tea", "hello")
        self.say(self.bob, "ally", "psst")
        self.assertEqual((self.shown(self.alice, 9), self.markers()), (2, {"#tea": 1, "bob": 2}))
        self.assertEqual((self.shown(self.alice, 9), self.unread(self.alice)), (0, []))

    def test_until(self) -> None:
        """What came after the client was last there does not count as read."""
        self.say(self.bob, "#tea", "hello")
        self.say(self.bob, "#tea", "are you there?")
        self.assertEqual((self.shown(self.alice, 1), self.markers()), (1, {"#tea": 1}))
        self.assertEqual(self.unread(self.alice), [("#tea", 1, 0, False, 2)])

    def test_silent(self) -> None:
        """A room in which nobody has spoken gets a marker, so that later texts count, and keeps it."""
        self.assertEqual((self.shown(self.alice, 0), self.markers()), (1, {"#tea": 0}))
        self.scene.now += 5
        self.assertEqual((self.shown(self.alice, 5), self.markers()), (0, {"#tea": 0}))

    def test_history(self) -> None:
        """After a restart, the marker has the time of the last text of the history that was shown."""
        room = self.alice.user.rooms["#tea"]
        self.scene.chat.markers.noteShown(self.alice.session, "#cake", NOW + 2000)
        self.scene.chat.markers.noteShown(self.alice.session, "#tea", NOW + 3000)
        self.assertEqual(self.alice.session.shown, {"#tea": NOW + 3000})
        self.scene.now += 9
        self.assertEqual((room.spoken, self.shown(self.alice, 9), self.markers()), (0, 1, {"#tea": 3}))
        self.scene.chat.markers.noteShown(self.gus.session, "#tea", NOW)
        self.assertEqual(self.gus.session.shown, {})

    def test_bot(self) -> None:
        """Bots do not read."""
        done(Deferred.fromCoroutine(self.scene.chat.identity.setUserModes(self.alice.session, "+B")))
        self.say(self.bob, "#tea", "hello")
        self.assertEqual((self.shown(self.alice, 9), self.markers()), (0, {}))

    def test_target(self) -> None:
        """Only one conversation is marked; none in which the user is not, or that has no texts."""
        self.say(self.bob, "#tea", "hello")
        self.say(self.bob, "ally", "psst")
        self.assertEqual((self.shown(self.alice, 9, "bob"), self.markers()), (1, {"bob": 2}))
        self.assertEqual((self.shown(self.alice, 9, "#cake"), self.shown(self.alice, 9, "carol")), (0, 0))
        self.assertEqual((self.shown(self.alice, 9, "#tea"), self.shown(self.gus, 9)), (1, 0))
