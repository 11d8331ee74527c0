"""Tests of L{twistchat.chat.rules.rooms.abandonment}: the number of abandoned rooms is limited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, newState, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import (
    SERVER,
    AccountRegistered,
    Entry,
    Event,
    Joined,
    ModeChange,
    ModesSet,
    RoomRegistered,
    RoomRemoved,
    TopicSet,
)
from twistchat.chat.model.users import Operator
from twistchat.chat.rules.rooms.abandonment import MOST_REMOVED, RETRY
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot
from twistchat.chat.state import State

LIMITS = ChatLimits(abandonedRooms=2)


def names(state: State) -> list[str]:
    """The names of all rooms, sorted."""
    return sorted(room.name for room in state.rooms)


def counted(state: State) -> list[str]:
    """The names of the rooms that count as abandoned, the one that was left first in front."""
    return [room.name for room in state.rooms.abandoned]


def removals(entries: list[Entry]) -> list[Event]:
    """The entries that remove rooms."""
    return [entry.event for entry in entries if isinstance(entry.event, RoomRemoved)]


class RemovingTests(SynchronousTestCase):
    """Which rooms are removed, and which stay."""

    def setUp(self) -> None:
        """A guest, and a limit of two rooms."""
        self.scene = Scene(LIMITS, lobby="#lobby")
        self.chat = self.scene.chat
        self.guest = self.scene.person("guest")

    def join(self, name: str) -> None:
        """Let the guest join a room."""
        done(self.chat.membership.join(self.guest.session, name, unlimited=True))

    def part(self, name: str) -> None:
        """Let the guest leave a room."""
        done(self.chat.membership.part(self.guest.session, name))

    def abandon(self, *rooms: str, change: Callable[[str], Any] | None = None) -> None:
        """Let the guest join rooms, set their topics or make another change, and leave."""
        for name in rooms:
            self.join(name)
            if change is None:
                done(self.chat.channels.setTopic(self.guest.session, name, "x"))
            else:
                change(name)
            self.part(name)

    def test_oldest(self) -> None:
        """Beyond the limit, the room that was left first is removed, by one entry of the server."""
        self.abandon("#a", "#b")
        self.assertEqual(names(self.scene.state), ["#a", "#b"])
        self.abandon("#C")
        self.assertEqual(names(self.scene.state), ["#C", "#b"])
        self.assertEqual(removals(self.scene.entries), [RoomRemoved(SERVER, "#a")])
        self.assertTrue(RoomRemoved.durable)
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def test_visited(self) -> None:
        """The time when the last member left counts, not the time when the room was made."""
        self.abandon("#a", "#b")
        self.join("#a")
        self.part("#a")
        self.abandon("#c")
        self.assertEqual(names(self.scene.state), ["#a", "#c"])

    def test_occupied(self) -> None:
        """A room with a member does not count, and keeps everything."""
        self.abandon("#a")
        self.join("#a")
        self.abandon("#b", "#c", "#d")
        self.assertEqual(names(self.scene.state), ["#a", "#c", "#d"])
        topic = self.scene.room("#a").topic
        assert topic is not None
        self.assertEqual(topic.text, "x")

    def test_modes(self) -> None:
        """Modes keep a room as a topic does, and go with it."""
        self.abandon("#a", change=lambda name: self.scene.modes(self.guest, name, "+m-n"))
        self.abandon("#b", "#c")
        self.assertEqual(names(self.scene.state), ["#b", "#c"])
        self.join("#a")
        self.assertEqual(self.scene.room("#a").modes, {"n": None, "t": None})

    def test_nothingKept(self) -> None:
        """A room that ends with its last member does not count, whether its topic or its modes are cleared first."""
        self.abandon("#a", "#b")
        self.abandon("#c", change=lambda name: self.scene.modes(self.guest, name, "+i"))
        self.join("#d")
        done(self.chat.channels.setTopic(self.guest.session, "#d", "x"))
        done(self.chat.channels.setTopic(self.guest.session, "#d", ""))
        self.part("#d")
        self.assertEqual(names(self.scene.state), ["#a", "#b"])
        self.assertEqual(removals(self.scene.entries), [])

    def test_registered(self) -> None:
        """A registered room is never removed.  It counts only after its registration has ended."""
        self.abandon("#a")
        self.scene.found("#a", "Founder")
        self.abandon("#b", "#c")
        self.assertEqual(counted(self.scene.state), ["#b", "#c"])
        done(self.chat.ownership.drop(None, "#a"))
        self.assertEqual(names(self.scene.state), ["#a", "#c"])
        self.assertEqual(counted(self.scene.state), ["#c", "#a"])

    def test_accountDropped(self) -> None:
        """A room whose founder's account ends counts from then on."""
        self.abandon("#a")
        self.scene.found("#a", "Founder")
        done(self.chat.accounts.drop(None, "Founder"))
        self.assertEqual(counted(self.scene.state), ["#a"])

    def test_permanent(self) -> None:
        """A room with mode P is never removed."""
        self.guest.user.operator = Operator("helper", frozenset({"rooms"}))
        self.abandon("#a", change=lambda name: self.scene.modes(self.guest, name, "+P"))
        self.abandon("#b", "#c", "#d")
        self.assertEqual(names(self.scene.state), ["#a", "#c", "#d"])

    def test_lobby(self) -> None:
        """The lobby is never removed, and does not count."""
        self.abandon("#lobby", "#a", "#b")
        self.assertEqual(names(self.scene.state), ["#a", "#b", "#lobby"])
        self.abandon("#c")
        self.assertEqual(names(self.scene.state), ["#b", "#c", "#lobby"])

    def test_renamed(self) -> None:
        """A room that was renamed goes under the name that it has."""
        self.join("#old")
        done(self.chat.channels.setTopic(self.guest.session, "#old", "x"))
        done(self.chat.channels.rename(self.guest.session, "#old", "#new"))
        self.part("#new")
        self.abandon("#a", "#b")
        self.assertEqual(names(self.scene.state), ["#a", "#b"])
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def test_alwaysOn(self) -> None:
        """A room in which an always-on user is without a session does not count."""
        self.scene.account("Carol", **{"always-on": "on"})
        carol = self.scene.connect()
        done(self.scene.logIn(carol, "Carol"))
        done(self.scene.enter(carol, "Carol"))
        self.abandon("#a")
        done(self.chat.membership.join(carol.session, "#a", unlimited=True))
        done(self.chat.presence.close(carol.session, "gone"))
        self.abandon("#b", "#c", "#d")
        self.assertEqual(names(self.scene.state), ["#a", "#c", "#d"])

    def test_lowered(self) -> None:
        """A lower limit applies at once, in shares if the journal is in memory.  So does that of a snapshot."""
        self.chat.limits = ChatLimits(abandonedRooms=1000)
        rooms = [f"#{number:03}" for number in range(3 * MOST_REMOVED + 2)]
        self.abandon(*rooms)
        self.assertEqual(names(self.scene.state), rooms)
        copy = newState()
        restoreSnapshot(copy, takeSnapshot(self.scene.state, "local"))
        self.assertEqual(counted(copy), rooms)
        self.chat.limits = LIMITS
        self.assertEqual(names(self.scene.state), rooms[MOST_REMOVED:])
        self.assertEqual(self.scene.later, 0.0)
        self.scene.wait(1)
        self.assertEqual(names(self.scene.state), rooms[2 * MOST_REMOVED :])
        self.assertEqual(self.scene.later, 0.0)
        self.scene.wait(1)
        self.assertEqual(names(self.scene.state), rooms[-2:])
        self.assertIsNone(self.scene.later)


class HistoryTests(SynchronousTestCase):
    """Who can read what was said in a room that was removed."""

    def setUp(self) -> None:
        """A guest, and a limit of one room."""
        self.scene = Scene(ChatLimits(abandonedRooms=1))
        self.chat = self.scene.chat

    def talk(self, nick: str, modes: str = "") -> Person:
        """Let a user join a room, set its topic and perhaps modes, and say their nick."""
        person = self.scene.person(nick, "#a")
        if modes:
            self.scene.modes(person, "#a", modes)
        done(self.chat.channels.setTopic(person.session, "#a", "x"))
        done(self.chat.speaking.say(person.session, "#a", nick))
        return person

    def leave(self, person: Person) -> None:
        """Let a user leave, and another one abandon a room, so that the first room is removed."""
        done(self.chat.membership.part(person.session, "#a"))
        other = self.scene.person(f"{person.user.nick}2", "#b")
        done(self.chat.channels.setTopic(other.session, "#b", "x"))
        done(self.chat.presence.close(other.session, "bye"))
        self.assertEqual(names(self.scene.state), ["#b"])

    def read(self) -> list[str]:
        """Let a stranger join the room, and read it."""
        stranger = self.scene.person("stranger", "#a")
        reading = self.chat.reading.history(stranger.session, "#a", limit=10)
        texts = [getattr(entry.event, "text", "") for entry in done(Deferred.fromCoroutine(reading))]
        return [text for text in texts if text]

    def test_open(self) -> None:
        """What the next member could read before, they can read still."""
        self.leave(self.talk("alice"))
        self.assertEqual(self.read(), ["alice"])

    def test_sealed(self) -> None:
        """
        If the room lost locks before, its name stays sealed up to there, also after a restart, which applies only the
        entry that removed it.
        """
        alice = self.talk("alice", "+i")
        done(self.chat.membership.part(alice.session, "#a"))
        sealed = dict(self.scene.state.rooms.sealed)
        self.leave(self.talk("bob"))
        self.assertEqual(removals(self.scene.entries), [RoomRemoved(SERVER, "#a", sealed["#a"])])
        self.assertEqual(self.scene.state.rooms.sealed, sealed)
        removed = [entry for entry in self.scene.entries if isinstance(entry.event, RoomRemoved)]
        self.assertEqual(rebuilt(removed).rooms.sealed, sealed)
        self.assertEqual(self.read(), ["bob"])


class RaceTests(SynchronousTestCase):
    """What happens while a removal is on its way."""

    def setUp(self) -> None:
        """Two guests, and a limit of one room.  #a was left first, and #b is about to be left."""
        self.scene = ManualScene(ChatLimits(abandonedRooms=1))
        self.log, self.chat = self.scene.log, self.scene.chat
        self.alice, self.bob = self.scene.person("alice", "#a", "#b"), self.scene.person("bob")
        for name in ("#a", "#b"):
            self.chat.channels.setTopic(self.alice.session, name, "x")
        self.scene.commit()
        for name in ("#a", "#b"):
            self.chat.membership.part(self.alice.session, name)

    def join(self, person: Person, name: str) -> None:
        """Propose that a user joins a room."""
        self.chat.membership.join(person.session, name, unlimited=True)

    def test_joinedBefore(self) -> None:
        """If a user joins before the entry of the removal, that is refused, and they find the room as it was."""
        room = self.scene.room("#a")
        self.chat.presence.setAway(self.bob.session, "tea")
        self.log.commit(2)
        self.join(self.bob, "#a")
        self.log.commit(1)
        self.assertEqual([type(event) for event in self.log.waiting], [Joined, RoomRemoved])
        self.scene.commit()
        self.assertEqual(removals(self.scene.entries), [RoomRemoved(SERVER, "#a")])
        self.assertIs(self.scene.room("#a"), room)
        assert room.topic is not None
        self.assertEqual((room.topic.text, self.scene.ranks("#a")), ("x", {"bob": "o"}))
        self.assertEqual(names(self.scene.state), ["#a", "#b"])
        self.assertEqual(self.scene.later, RETRY)
        self.chat.membership.part(self.bob.session, "#a")
        self.scene.commit()
        self.scene.wait(RETRY)
        self.scene.commit()
        self.assertEqual(names(self.scene.state), ["#a"])

    def test_joinedAfter(self) -> None:
        """If they join after it, they get a new room."""
        self.log.commit(2)
        self.join(self.bob, "#a")
        self.assertEqual([type(event) for event in self.log.waiting], [RoomRemoved, Joined])
        self.scene.commit()
        room = self.scene.room("#a")
        self.assertEqual((room.topic, self.scene.ranks("#a")), (None, {"bob": "o"}))

    def test_locked(self) -> None:
        """If the room loses locks before the entry, that is refused, because it would open the name again."""
        self.chat.presence.setAway(self.bob.session, "tea")
        self.log.commit(2)
        self.log.append(ModesSet(SERVER, "#a", (ModeChange(False, "i"),)))
        self.scene.commit()
        self.scene.wait(RETRY)
        self.scene.commit()
        self.assertEqual(removals(self.scene.entries), [RoomRemoved(SERVER, "#a"), RoomRemoved(SERVER, "#b")])
        self.assertEqual(names(self.scene.state), ["#a"])
        self.assertEqual(list(self.scene.state.rooms.sealed), ["#a"])

    def test_registered(self) -> None:
        """If it is registered before the entry, that is refused."""
        self.chat.presence.setAway(self.bob.session, "tea")
        self.log.commit(2)
        self.log.append(AccountRegistered(SERVER, "Carol"))
        self.log.append(RoomRegistered(SERVER, "#a", "Carol"))
        self.scene.commit()
        self.assertEqual(removals(self.scene.entries), [RoomRemoved(SERVER, "#a")])
        self.assertEqual(names(self.scene.state), ["#a", "#b"])

    def test_topicAfter(self) -> None:
        """A topic that was proposed by somebody who is gone makes the room anew, as the one that was left last."""
        topic = TopicSet(self.alice.user.source, "#a", "y")
        self.log.commit(2)
        self.log.append(topic)
        self.scene.commit()
        self.assertEqual(names(self.scene.state), ["#a"])

    def test_notTwice(self) -> None:
        """While the removal is on its way, others are not proposed."""
        self.log.commit(2)
        for _ in range(3):
            self.chat.upkeep.needed()
            self.chat.upkeep.tend()
        self.assertEqual(self.log.waiting, [RoomRemoved(SERVER, "#a")])

    def test_gone(self) -> None:
        """The removal of a room that does not exist is refused, and seals nothing while users are there."""
        self.scene.commit()
        for sealed in (0, 1):
            removal = self.log.append(RoomRemoved(SERVER, "#none", sealed))
            self.scene.commit()
            refused(errors.NoSuchRoom, lambda removal=removal: removal)  # type: ignore[misc]
        self.assertEqual(self.scene.state.rooms.sealed, {})


class FaultTests(SynchronousTestCase):
    """The disk may be full."""

    def test_later(self) -> None:
        """A removal that cannot be stored is proposed again some seconds later, and not for each room before."""
        scene = ManualScene(ChatLimits(abandonedRooms=1))
        alice = scene.person("alice", "#a", "#b", "#c")
        for name in ("#a", "#b", "#c"):
            scene.chat.channels.setTopic(alice.session, name, "x")
        scene.commit()
        for name in ("#a", "#b"):
            scene.chat.membership.part(alice.session, name)
        scene.log.commit(2)
        scene.log.refuse("full")
        self.assertEqual(scene.later, RETRY)
        scene.chat.membership.part(alice.session, "#c")
        scene.commit()
        self.assertEqual(scene.log.waiting, [])
        self.assertEqual(names(scene.state), ["#a", "#b", "#c"])
        scene.wait(RETRY)
        self.assertEqual(scene.log.waiting, [RoomRemoved(SERVER, "#a"), RoomRemoved(SERVER, "#b")])
        scene.commit()
        self.assertEqual(names(scene.state), ["#c"])


class StartTests(SynchronousTestCase):
    """Thousands of rooms at the start."""

    def test_shares(self) -> None:
        """They are removed a few at a time, the one that was changed first in front, and none before the start."""
        scene = ManualScene(ChatLimits(abandonedRooms=3), begin=False)
        rooms = [f"#{number:04}" for number in range(2 * MOST_REMOVED + 3)]
        for name in rooms:
            scene.log.append(TopicSet(SERVER, name, "x"))
        scene.commit()
        scene.chat.upkeep.tend()
        self.assertEqual(scene.log.waiting, [])
        scene.chat.upkeep.begin()
        for share in (rooms[:MOST_REMOVED], rooms[MOST_REMOVED : 2 * MOST_REMOVED]):
            self.assertEqual(scene.log.waiting, [RoomRemoved(SERVER, name) for name in share])
            scene.log.commit(MOST_REMOVED)
        self.assertEqual(scene.log.waiting, [])
        self.assertEqual(names(scene.state), rooms[-3:])
