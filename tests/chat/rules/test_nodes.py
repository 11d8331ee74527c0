"""Tests of L{twistchat.chat.rules.nodes}: nodes that join and are lost, and their sessions."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.clusters import Cluster, Node, joined, lost
from twistchat.chat import errors
from twistchat.chat.model.events import RoomMessage, SessionEnded
from twistchat.chat.rules.nodes import CUT_OFF, MOST_ENDED, RETRY
from twistchat.chat.rules.users.identity import UNSURE


class LossTests(SynchronousTestCase):
    """A node is lost, and others stay."""

    def setUp(self) -> None:
        """Two nodes, with a user each in one room."""
        self.cluster = Cluster("a-1", "b-1")
        self.a, self.b = self.cluster["a-1"], self.cluster["b-1"]
        self.alice = self.a.person("alice", "#r")
        self.bob = self.b.person("bob", "#r", "#s")
        self.cluster.commit()
        self.a.clear(self.alice, self.bob)

    def test_talk(self) -> None:
        """Users of two nodes are in the same rooms."""
        self.a.chat.speaking.say(self.alice.session, "#r", "hello")
        self.cluster.commit()
        self.assertEqual(self.bob.heard(), ["#r alice: hello"])

    def test_orphans(self) -> None:
        """The leader ends the sessions of a lost node, and others see that its users quit."""
        self.cluster.apply(lost("b-1"))
        (ended,) = self.cluster.happened(SessionEnded)
        self.assertEqual((ended.session, ended.node, ended.rooms), (self.bob.session.id, "b-1", ("#r", "#s")))
        self.assertEqual(self.alice.heard(), ["bob quit Lost the connection to b"])
        self.assertEqual([user.nick for user in self.a.state.users], ["alice"])
        self.assertEqual(dict(self.a.state.nodes.orphans), {})

    def test_noLeader(self) -> None:
        """Only the leader ends them."""
        c = self.cluster.add("c-1")
        carol = c.person("carol", "#r")
        self.cluster.apply(lost("b-1"))
        self.assertEqual(len(self.cluster.happened(SessionEnded)), 1)
        self.assertEqual(carol.heard(), ["bob quit Lost the connection to b"])

    def test_leaderLost(self) -> None:
        """If the leader is lost, the next one leads, and ends its sessions."""
        self.cluster.apply(lost("a-1"))
        self.assertEqual(self.bob.heard(), ["alice quit Lost the connection to a"])
        self.assertTrue(self.b.state.nodes.leads)

    def test_returned(self) -> None:
        """A node that comes back under another id has lost the sessions of the earlier one."""
        self.cluster.apply(joined("b-2"))
        self.assertEqual(list(self.a.state.nodes.live), ["a-1", "b-2"])
        self.assertEqual(self.alice.heard(), ["bob quit Lost the connection to b"])

    def test_again(self) -> None:
        """A node that joined already, and one that is not known, change nothing."""
        before = [(entry.event, len(self.a.state.users)) for entry in self.cluster.entries]
        self.cluster.apply(joined("b-1"))
        self.cluster.apply(lost("x-1"))
        self.assertEqual(len(self.cluster.entries), len(before) + 2)
        self.assertEqual(list(self.a.state.nodes.live), ["a-1", "b-1"])

    def test_otherSession(self) -> None:
        """A user who has a session on another node stays."""
        second = self.a.attach(self.bob)
        self.a.clear(self.alice)
        self.cluster.apply(lost("b-1"))
        self.assertEqual(self.alice.heard(), [])
        self.assertEqual(list(second.user.sessions), [second.session.id])
        self.assertEqual(dict(second.user.elsewhere), {})
        self.assertEqual(self.cluster.happened(SessionEnded)[0].rooms, ())

    def test_twoSessions(self) -> None:
        """If all sessions of a user are lost, the end of the last one has their rooms."""
        self.b.attach(self.bob)
        self.cluster.apply(lost("b-1"))
        self.assertEqual([ended.rooms for ended in self.cluster.happened(SessionEnded)], [(), ("#r", "#s")])
        self.assertEqual(self.alice.heard(), ["bob quit Lost the connection to b"])

    def test_killed(self) -> None:
        """An orphan whose user leaves in the meantime is forgotten."""
        self.a.log.append(lost("b-1"))
        self.cluster.commit(1)
        self.assertEqual(list(self.a.state.nodes.orphans), [self.bob.session.id])
        self.a.chat.operators.kill(None, "bob", "")
        self.cluster.commit()
        self.assertEqual(dict(self.a.state.nodes.orphans), {})

    def test_late(self) -> None:
        """A session that starts for a node that is lost already is an orphan at once."""
        late = self.b.connect()
        self.b.enter(late, "late")
        starting = self.cluster.proposed.popleft()
        self.cluster.apply(lost("b-1"))
        self.cluster.proposed.append(starting)
        self.cluster.commit()
        self.assertIsNone(self.a.state.users.named("late"))
        self.assertEqual(dict(self.a.state.nodes.orphans), {})

    def test_many(self) -> None:
        """A few ends are proposed at a time."""
        for number in range(2 * MOST_ENDED):
            self.b.person(f"b{number}")
        self.a.log.append(lost("b-1"))
        self.cluster.commit(1)
        self.cluster.settle()
        self.assertEqual(len(self.cluster.proposed), MOST_ENDED)
        self.cluster.commit()
        self.assertEqual(len(self.a.state.users), 1)

    def test_refused(self) -> None:
        """If the journal refuses an end, it is proposed again later."""
        self.a.log.append(lost("b-1"))
        self.cluster.commit(1)
        self.cluster.settle()
        _, event, _, receipt = self.cluster.proposed.popleft()
        receipt.errback(errors.NotStored("the cluster is not reachable"))
        self.assertIsInstance(event, SessionEnded)
        self.cluster.commit()
        self.assertEqual(self.a.later, RETRY)
        self.assertEqual(len(self.a.state.users), 2)
        self.cluster.wait(RETRY)
        self.assertEqual([user.nick for user in self.a.state.users], ["alice"])


class OwnLossTests(SynchronousTestCase):
    """The node of this process is lost, but runs on."""

    def setUp(self) -> None:
        """Two nodes with a user each, and another user who is on both."""
        self.cluster = Cluster("a-1", "b-1")
        self.a, self.b = self.cluster["a-1"], self.cluster["b-1"]
        self.alice = self.a.person("alice", "#r")
        self.bob = self.b.person("bob", "#r")
        self.stranger = self.b.connect()
        self.b.chat.presence.watch(self.bob.session, ["carol"])
        self.a.log.append(lost("b-1"))
        self.cluster.commit(1)

    def test_closed(self) -> None:
        """All its sessions are disconnected, and belong to the lost node as on all others."""
        self.assertEqual((self.bob.outlet.reasons, self.stranger.outlet.reasons), ([CUT_OFF], [CUT_OFF]))
        user = self.b.state.users.named("bob")
        assert user is not None
        self.assertEqual((user.sessions, dict(user.elsewhere)), ({}, {self.bob.session.id: "b-1"}))
        self.assertIsNone(self.bob.session.user)
        self.assertEqual(self.bob.session.source, user.source)
        self.assertEqual(self.alice.outlet.reasons, [])

    def test_deaf(self) -> None:
        """They hear nothing more."""
        self.bob.heard()
        self.a.chat.speaking.say(self.alice.session, "#r", "hello")
        self.a.person("carol")
        self.assertEqual(self.bob.heard(), [])
        self.assertEqual(len(self.cluster.happened(RoomMessage)), 1)
        self.assertRaises(errors.NotEntered, self.b.chat.speaking.say, self.bob.session, "#r", "x")

    def test_close(self) -> None:
        """Their ends propose nothing more: the leader has done that."""
        self.cluster.commit()
        before = len(self.cluster.entries)
        for person in (self.bob, self.stranger):
            self.assertIsNone(self.b.chat.presence.close(person.session, CUT_OFF))
        self.cluster.commit()
        self.assertEqual(len(self.cluster.entries), before)
        self.assertEqual(self.b.state.sessions, {})

    def test_closing(self) -> None:
        """A session that was ending already ends once."""
        dan = self.a.person("dan", "#r")
        self.a.chat.presence.close(dan.session, "bye")
        ending = self.cluster.proposed.pop()
        self.cluster.apply(lost("a-1"))
        self.cluster.proposed.append(ending)
        self.cluster.commit()
        self.assertIsNone(self.b.state.users.named("dan"))

    def test_rejoin(self) -> None:
        """The node takes part again under another id, with new sessions."""
        self.b.replica.become("b-2")
        self.cluster.apply(joined("b-2"))
        again = self.b.person("bob", "#r")
        self.assertEqual(list(again.user.sessions), [again.session.id])
        self.a.clear(self.alice)
        self.b.chat.speaking.say(again.session, "#r", "back")
        self.cluster.commit()
        self.assertEqual(self.alice.heard(), ["#r bob: back"])


class StrayTests(SynchronousTestCase):
    """A session begins after its connection was lost."""

    def setUp(self) -> None:
        """Two nodes with a user each, of which the second does not lead."""
        self.cluster = Cluster("a-1", "b-1")
        self.a, self.b = self.cluster["a-1"], self.cluster["b-1"]
        self.alice, self.bob = self.a.person("alice", "#r"), self.b.person("bob", "#r")
        self.alice.heard()

    def refuse(self) -> None:
        """Tell who waits for the last proposal that its outcome is not known.  It is in the order nevertheless."""
        log, event, origin, receipt = self.cluster.proposed.pop()
        receipt.addErrback(lambda failure: None).errback(errors.OutcomeUnknown())
        self.cluster.proposed.append((log, event, origin, Deferred()))

    def test_enters(self) -> None:
        """A user who enters then leaves again."""
        late = self.b.connect()
        self.b.enter(late, "late").addErrback(lambda failure: None)
        self.refuse()
        self.b.chat.presence.close(late.session, "You cannot come in now")
        self.cluster.commit()
        self.assertEqual([user.nick for user in self.a.state.users], ["alice", "bob"])
        self.assertEqual(dict(self.b.state.nodes.strays), {})
        self.assertEqual(self.a.replica.take(), self.b.replica.take())

    def test_oneUser(self) -> None:
        """A client is disconnected when nobody knows whether it came in, so that its session does not get two users."""
        late = self.b.connect()
        self.b.enter(late, "late").addErrback(lambda failure: None)
        self.refuse()
        self.assertEqual(late.outlet.reasons, [UNSURE])

    def test_attaches(self) -> None:
        """A further session of a user ends, and the user stays."""
        further = self.b.connect()
        self.b.chat.presence.attach(further.session, self.bob.user).addErrback(lambda failure: None)
        self.refuse()
        self.b.chat.presence.close(further.session, "You cannot come in now")
        self.cluster.commit()
        (ended,) = self.cluster.happened(SessionEnded)
        self.assertEqual((ended.session, ended.node, ended.rooms), (further.session.id, "b-1", ()))
        self.assertEqual((dict(self.bob.user.elsewhere), self.alice.heard()), ({}, []))

    def test_lostNode(self) -> None:
        """If the node is lost then, the leader ends it with the others."""
        late = self.b.connect()
        self.b.enter(late, "late").addErrback(lambda failure: None)
        self.refuse()
        self.b.chat.presence.close(late.session, "You cannot come in now")
        self.a.log.append(lost("b-1"))
        self.cluster.commit()
        self.assertEqual([user.nick for user in self.b.state.users], ["alice"])
        self.assertEqual(dict(self.b.state.nodes.strays), {})


class LeadershipTests(SynchronousTestCase):
    """Only the leader proposes what no user asks for."""

    def setUp(self) -> None:
        """Two nodes."""
        self.cluster = Cluster("b-1", "c-1")
        self.b, self.c = self.cluster["b-1"], self.cluster["c-1"]

    def test_joins(self) -> None:
        """A node with a smaller id leads from then on."""
        a = self.cluster.add("a-1")
        self.assertEqual([node.state.nodes.leads for node in (a, self.b, self.c)], [True, False, False])

    def test_restart(self) -> None:
        """All nodes were lost without anybody noticing.  The first that comes back ends their sessions."""
        self.b.person("bob", "#r")
        self.c.person("carol", "#r")
        data = self.b.replica.take()
        cluster = Cluster()
        cluster.nodes["b-2"] = again = Node(cluster, "b-2")
        again.replica.restore(data)
        cluster.apply(joined("b-2"))
        again.chat.upkeep.begin()
        self.assertEqual(list(again.state.nodes.live), ["c-1", "b-2"])
        cluster.apply(lost("c-1"))
        self.assertEqual(len(again.state.users), 0)
