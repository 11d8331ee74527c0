"""Tests of L{twistchat.chat.replica}: snapshots that are equal on all nodes, and the id of a node."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.chat.clusters import Cluster, Node, lost
from tests.chat.fakes import Scene
from twistchat.chat.replica import Replica
from twistchat.chat.rules.nodes import CUT_OFF
from twistchat.chat.snapshot import UnreadableSnapshot
from twistchat.interfaces import IReplica


class ReplicaTests(SynchronousTestCase):
    """The chat, as a log sees it that several processes share."""

    def test_interface(self) -> None:
        """It provides the interface."""
        verifyObject(IReplica, Replica(Scene().chat))

    def test_equal(self) -> None:
        """
        All nodes have the same snapshot after the same entry, also one that joins.  L{Cluster.commit} compares them.
        """
        cluster = Cluster("a-1", "b-1")
        alice = cluster["a-1"].person("alice", "#r")
        bob = cluster["b-1"].person("bob", "#r")
        cluster["b-1"].attach(alice)
        carol = cluster.add("c-1").person("carol", "#r")
        found = json.loads(cluster["c-1"].replica.take())
        self.assertEqual(found["nodes"], {"a-1": "a", "b-1": "b", "c-1": "c"})
        self.assertEqual(
            [sorted(user["sessions"].values()) for user in found["users"]], [["a-1", "b-1"], ["b-1"], ["c-1"]]
        )
        cluster["b-1"].chat.presence.close(bob.session, "bye")
        cluster.commit()
        self.assertEqual(carol.heard(), ["bob quit bye"])

    def test_orphans(self) -> None:
        """A snapshot has the orphans, and a node that restores it ends them when it leads."""
        cluster = Cluster("a-1", "b-1")
        alice = cluster["a-1"].person("alice", "#r")
        cluster["a-1"].log.append(lost("a-1"))
        cluster.commit(1)
        data = cluster["b-1"].replica.take()
        self.assertEqual(json.loads(data)["orphans"], [[alice.session.source.uid, alice.session.id, "a-1", "a"]])  # type: ignore[union-attr]
        again = Node(Cluster(), "b-2")
        again.replica.restore(data)
        self.assertEqual(again.replica.take(), data)

    def test_unreadable(self) -> None:
        """Other bytes are refused."""
        self.assertRaises(UnreadableSnapshot, Replica(Scene().chat).restore, b"{}")

    def test_become(self) -> None:
        """Sessions belong to the id that the node has when they enter."""
        scene = Scene()
        replica = Replica(scene.chat)
        replica.become("a-1")
        alice = scene.person("alice")
        self.assertEqual(scene.entries[-1].event.node, "a-1")  # type: ignore[attr-defined]
        replica.become("a-1")
        self.assertEqual(alice.outlet.reasons, [])

    def test_becomeAnother(self) -> None:
        """Sessions that entered under another id are cut off, and the state does not change by that."""
        cluster = Cluster("a-1", "b-1")
        alice, stranger = cluster["a-1"].person("alice", "#r"), cluster["a-1"].connect()
        cluster["a-1"].replica.become("a-2")
        self.assertEqual((alice.outlet.reasons, stranger.outlet.reasons), ([CUT_OFF], []))
        self.assertEqual(cluster["a-1"].replica.take(), cluster["b-1"].replica.take())
