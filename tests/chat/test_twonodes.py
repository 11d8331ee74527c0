"""
Two chats with the same entries: what a verb on one node does to the sessions of the other, and upkeep.

L{Cluster.commit} checks after each entry that the states are equal.
"""

from __future__ import annotations

from zlib import crc32

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.clusters import Cluster, joined, lost
from tests.chat.fakes import FakeDialect, FakeOutlet, Person, newState
from tests.chat.test_model import Chatting
from twistchat.chat.errors import ChatError
from twistchat.chat.limits import AlwaysOnPolicy, ChatLimits, NickProtection
from twistchat.chat.model.events import (
    Credential,
    Entered,
    Entry,
    ModesSet,
    PresenceKept,
    PresenceResumed,
    Renamed,
    RoomRemoved,
    SessionEnded,
    SessionMoved,
    SessionStarted,
)
from twistchat.chat.model.sessions import Session
from twistchat.chat.model.vacancies import TERM
from twistchat.chat.rules.users.websessions import LOGGED_OUT
from twistchat.chat.snapshot import takeSnapshot
from twistchat.chat.state import State

NODES = ("a-1", "b-1", "c-1")


def nodeOf(session: str) -> str:
    """The node on which a session is.  The last node has none."""
    return NODES[crc32(session.encode()) % 2]


def distributed(entries: list[Entry]) -> list[Entry]:
    """Distribute the sessions of entries over nodes, of which one is lost in the middle and returns later."""
    there = []
    for entry in entries:
        event = entry.event
        if isinstance(event, Entered | SessionStarted | SessionEnded | SessionMoved):
            event = replace(event, node=nodeOf(event.session))
        there.append(replace(entry, event=event))
    for place, event in (
        (3 * len(entries) // 4, joined("b-2")),
        (len(entries) // 2, lost("b-1")),
        *[(0, joined(node)) for node in reversed(NODES)],
    ):
        there.insert(place, replace(entries[max(0, place - 1)], event=event))
    return there


def nodeState(own: str, entries: list[Entry]) -> State:
    """Make the state of a node, with the connections of its sessions."""
    state = newState()
    state.nodes.own = own
    for entry in entries:
        if isinstance(entry.event, Entered | SessionStarted) and entry.event.node == own:
            id = entry.event.session
            state.sessions[id] = Session(id, FakeOutlet(FakeDialect()))
    return state


class Distributed(Chatting):
    """A chat with random actions.  At the end, nodes apply its entries, each with the connections of its sessions."""

    def teardown(self) -> None:
        """Compare the states of the nodes after each entry."""
        super().teardown()
        if not self.scene.entries:
            return
        entries = distributed(self.scene.entries)
        states = [nodeState(node, entries) for node in NODES]
        for entry in entries:
            outcomes = set()
            for state in states:
                try:
                    state.apply(entry)
                    outcomes.add("")
                except ChatError as error:
                    outcomes.add(repr(error))
                state.broadcast.flush()
            assert len(outcomes) == 1, (entry, outcomes)
            assert len({takeSnapshot(state, state.nodes.own) for state in states}) == 1, entry


class DeterminismTests(SynchronousTestCase):
    """The same entries give the same state, whatever connections a node has."""

    def test_anything(self) -> None:
        """Nodes with different sessions have the same snapshot after each entry."""
        run_state_machine_as_test(
            Distributed, settings=settings(max_examples=20, stateful_step_count=40, deadline=None)
        )


class ReachTests(SynchronousTestCase):
    """A verb on one node ends sessions on the other."""

    def setUp(self) -> None:
        """An operator on one node, and bob, who has an account, on both."""
        self.cluster = Cluster("a-1", "b-1")
        self.a, self.b = self.cluster["a-1"], self.cluster["b-1"]
        self.a.account("bob")
        self.op = self.a.person("op", "#r")
        self.bob = self.b.person("bob", "#r", account="bob")
        self.phone = self.a.attach(self.bob)
        self.guest = self.b.person("guest", "#r")

    def gone(self, *people: Person) -> list[bool]:
        """Whether each was disconnected."""
        return [bool(person.outlet.reasons) for person in people]

    def test_kill(self) -> None:
        """A killed user loses the sessions on all nodes."""
        self.a.chat.operators.kill(None, "bob", "spam")
        self.cluster.commit()
        self.assertEqual(self.gone(self.bob, self.phone, self.guest), [True, True, False])
        self.assertIsNone(self.b.state.users.named("bob"))

    def test_serverBan(self) -> None:
        """A ban from the server disconnects sessions that match on all nodes."""
        self.a.chat.operators.banFromServer(None, "guest!*@*", None, "spam")
        self.cluster.commit()
        self.assertEqual(self.gone(self.bob, self.phone, self.guest), [False, False, True])

    def test_networkBan(self) -> None:
        """A ban of a network meets connections of the other node, also before they enter."""
        stranger = self.b.connect(address="192.0.2.7")
        self.a.chat.operators.banFromServer(None, "192.0.2.0/24", None, "spam")
        self.cluster.commit()
        self.assertEqual(self.gone(stranger), [True])

    def test_suspension(self) -> None:
        """A suspended account loses its sessions on all nodes."""
        self.a.chat.accounts.suspend(None, "bob", "spam")
        self.cluster.commit()
        self.assertEqual(self.gone(self.bob, self.phone, self.guest), [True, True, False])

    def test_webSession(self) -> None:
        """The end of a web session disconnects whoever logged in with it."""
        self.a.chat.accounts.setCredential(None, "bob", Credential("websession", "Firefox", "hash"))
        self.cluster.commit()
        self.bob.session.webSession = "hash"
        self.a.chat.accounts.removeCredential(None, "bob", "websession", "Firefox")
        self.cluster.commit()
        self.assertEqual((self.bob.outlet.reasons, self.phone.outlet.reasons), ([LOGGED_OUT], []))

    def test_dropped(self) -> None:
        """Whose account is dropped keeps one session, on one of the nodes."""
        tablet, laptop = self.a.attach(self.bob), self.b.attach(self.bob)
        self.a.chat.accounts.drop(None, "bob")
        self.cluster.commit()
        ended = self.gone(self.bob, laptop, self.phone, tablet)
        self.assertEqual(sum(ended), 3)
        self.assertFalse(ended[2])

    def test_moved(self) -> None:
        """A guest who logs in to the account goes over to its user, who is on another node."""
        Deferred.fromCoroutine(self.b.chat.identity.login(self.guest.session, "bob"))
        self.cluster.commit()
        user = self.a.state.users.named("bob")
        assert user is not None
        self.assertEqual(user.sessionCount, 3)
        self.assertIs(self.guest.session.user, self.b.state.users.named("bob"))

    def test_endElsewhere(self) -> None:
        """A user ends a session that is on another node."""
        self.a.chat.presence.endElsewhere(self.phone.session, self.bob.session.id, "You ended it")
        self.cluster.commit()
        self.assertEqual((self.bob.outlet.reasons, self.bob.session.user), (["You ended it"], None))
        before = len(self.cluster.entries)
        self.assertIsNone(self.b.chat.presence.close(self.bob.session, "You ended it"))
        self.cluster.commit()
        self.assertEqual(len(self.cluster.entries), before)
        self.assertEqual(self.phone.user.sessionCount, 1)

    def test_lastSessions(self) -> None:
        """A user whose sessions end on both nodes at once leaves with the second entry."""
        self.op.heard()
        self.a.chat.presence.close(self.phone.session, "one")
        self.b.chat.presence.close(self.bob.session, "two")
        self.cluster.commit()
        self.assertEqual(self.op.heard(), ["bob quit two"])
        self.assertEqual([ended.rooms for ended in self.cluster.happened(SessionEnded)], [(), ()])

    def test_away(self) -> None:
        """A user is away when their sessions on all nodes are."""
        self.op.heard()
        self.a.chat.presence.setAway(self.phone.session, "lunch")
        self.cluster.commit()
        self.assertEqual(self.op.heard(), [])
        self.b.chat.presence.setAway(self.bob.session, "tea")
        self.cluster.commit()
        self.assertEqual(self.op.heard(), ["bob away tea"])


class UpkeepTests(SynchronousTestCase):
    """Only the leader proposes what no user asks for, and the next leader goes on."""

    def setUp(self) -> None:
        """Two nodes with a user each, whose nicks are protected but not refused."""
        self.cluster = Cluster("a-1", "b-1", limits=ChatLimits(abandonedRooms=1))
        self.a, self.b = self.cluster["a-1"], self.cluster["b-1"]
        for node in (self.a, self.b):
            node.protection = NickProtection(strict=False, claimTime=60.0)
            node.alwaysOn = AlwaysOnPolicy("opt-in", 1000.0)

    def loseLeader(self) -> None:
        """Lose the leader, and apply what follows."""
        del self.cluster.nodes["a-1"]
        self.cluster.apply(lost("a-1"))

    def test_claim(self) -> None:
        """The node of the session asks to log in, and the leader renames."""
        self.a.account("alice")
        stranger = self.b.person("alice", "#r")
        self.cluster.wait(0.0)
        self.assertEqual(stranger.heard(), ["alice is claimed, 60 s"])
        self.cluster.wait(60.0)
        self.assertEqual(len(self.cluster.happened(Renamed)), 1)
        self.assertTrue(stranger.user.nick.startswith("Guest"))

    def test_claimLater(self) -> None:
        """The next leader renames who was asked already, at once."""
        self.a.account("alice")
        stranger = self.b.person("alice", "#r")
        self.cluster.wait(0.0)
        self.cluster.now = self.b.now = 60.0
        self.b.chat.upkeep.tend()
        self.cluster.commit()
        self.assertEqual((stranger.user.nick, self.b.later), ("alice", None))
        self.loseLeader()
        self.assertTrue(stranger.user.nick.startswith("Guest"))

    def test_claimJoined(self) -> None:
        """A node that joins later knows who has the nick of another account."""
        self.a.account("alice")
        stranger = self.b.person("alice", "#r")
        early = self.cluster.add("Z-1")
        early.protection = NickProtection(strict=False, claimTime=60.0)
        self.cluster.wait(0.0)
        self.cluster.wait(60.0)
        self.assertEqual(early.state.nodes.leader, "Z-1")
        self.assertTrue(stranger.user.nick.startswith("Guest"))
        self.assertEqual(len(self.cluster.happened(Renamed)), 1)

    def vacate(self) -> Person:
        """Let the operator of a room leave, and return who has to follow."""
        op, carol = self.a.person("op", "#r"), self.b.person("carol", "#r")
        self.a.chat.presence.close(op.session, "bye")
        self.cluster.commit()
        return carol

    def test_promotion(self) -> None:
        """One node promotes a member."""
        self.vacate()
        before = len(self.cluster.happened(ModesSet))
        self.cluster.wait(TERM / 1000)
        self.assertEqual(len(self.cluster.happened(ModesSet)), before + 1)
        self.assertEqual(self.b.ranks("#r"), {"carol": "o"})

    def test_promotionLater(self) -> None:
        """The next leader promotes a member at once, if it is time."""
        self.vacate()
        self.cluster.now = self.b.now = TERM / 1000
        self.b.chat.upkeep.tend()
        self.cluster.commit()
        self.assertEqual(self.b.ranks("#r"), {"carol": ""})
        self.loseLeader()
        self.assertEqual(self.b.ranks("#r"), {"carol": "o"})

    def test_alwaysOn(self) -> None:
        """The leader keeps the presence of a user of another node, and the next leader goes on."""
        self.a.account("ann", **{"always-on": "on"})
        ann = self.b.person("ann", "#r", account="ann")
        kept = self.cluster.happened(PresenceKept)
        self.assertEqual([room.name for room in kept[-1].rooms], ["#r"])
        self.b.chat.membership.join(ann.session, "#s")
        self.cluster.commit(1)
        self.loseLeader()
        self.assertEqual([room.name for room in self.cluster.happened(PresenceKept)[-1].rooms], ["#r", "#s"])
        self.b.chat.presence.close(ann.session, "bye")
        self.cluster.commit()
        self.assertIsNotNone(self.b.state.users.named("ann"))
        self.cluster.wait(1000.0)
        self.assertIsNone(self.b.state.users.named("ann"))

    def test_alwaysOnLost(self) -> None:
        """A user who stays is there without a session when their node is lost."""
        self.a.account("ann", **{"always-on": "on"})
        self.b.person("ann", "#r", account="ann")
        del self.cluster.nodes["b-1"]
        self.cluster.apply(lost("b-1"))
        user = self.a.state.users.named("ann")
        assert user is not None
        self.assertEqual((user.sessionCount, list(user.rooms)), (0, ["#r"]))
        self.assertIsNotNone(user.detached)
        self.cluster.add("c-1")
        self.assertEqual(self.cluster.happened(PresenceResumed), [])

    def test_abandoned(self) -> None:
        """Each abandoned room over the limit is removed once."""
        carol = self.b.person("carol", "#r", "#s", "#t")
        for room in ("#r", "#s", "#t"):
            self.b.chat.channels.setTopic(carol.session, room, "tea")
        self.cluster.commit()
        self.b.chat.presence.close(carol.session, "bye")
        self.cluster.commit()
        self.cluster.wait(0.0)
        self.assertEqual([event.room for event in self.cluster.happened(RoomRemoved)], ["#r", "#s"])

    def lock(self) -> None:
        """Let a room lose its lock, because it is empty."""
        carol = self.b.person("carol", "#r")
        self.b.chat.channels.setModes(carol.session, "#r", "+k", ["key"])
        self.cluster.commit()
        self.b.chat.presence.close(carol.session, "bye")

    def test_unlocked(self) -> None:
        """The leader records the locks that a room has lost."""
        self.lock()
        before = len(self.cluster.happened(ModesSet))
        self.cluster.commit()
        self.assertEqual(len(self.cluster.happened(ModesSet)), before + 1)

    def test_unlockedLater(self) -> None:
        """If the leader is lost before it has done that, the next one does."""
        self.lock()
        before = len(self.cluster.happened(ModesSet))
        self.cluster.commit(1)
        self.cluster.proposed.clear()
        self.loseLeader()
        self.assertEqual(len(self.cluster.happened(ModesSet)), before + 1)
