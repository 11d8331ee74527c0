"""Tests of L{twistchat.chat.model.nodes}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.nodes import ALONE, Nodes, Orphan, nameOf


class NodesTests(SynchronousTestCase):
    """The register of nodes."""

    def test_alone(self) -> None:
        """A process without a cluster leads, and no node is lost."""
        nodes = Nodes()
        self.assertEqual((nodes.own, nodes.leader, nodes.leads, dict(nodes.live)), (ALONE, None, True, {}))
        self.assertFalse(nodes.isLost("anything"))

    def test_leader(self) -> None:
        """The smallest id leads."""
        nodes = Nodes("b-1")
        nodes.join("c-1", "c")
        self.assertEqual((nodes.leader, nodes.leads), ("c-1", False))
        nodes.join("b-1", "b")
        self.assertEqual((nodes.leader, nodes.leads), ("b-1", True))
        nodes.join("a-1", "a")
        self.assertEqual((nodes.leader, nodes.leads), ("a-1", False))
        self.assertEqual(nodes.lose("a-1"), "a")
        self.assertTrue(nodes.leads)

    def test_earlier(self) -> None:
        """A node that comes back has another id under the same name."""
        nodes = Nodes()
        for id in ("a-1", "b-1"):
            nodes.join(id, nameOf(id))
        self.assertEqual(nodes.earlier("a-2", "a"), ["a-1"])
        self.assertEqual(nodes.earlier("a-1", "a"), [])

    def test_orphans(self) -> None:
        """Sessions of lost nodes are kept in order until they end."""
        nodes = Nodes("a-1")
        nodes.join("a-1", "a")
        nodes.started("u1", "s1", "a-1")
        nodes.started("u1", "s2", "b-c-1")
        nodes.orphan("u2", ["s4", "s3"], "c-1", "c")
        self.assertEqual(
            list(nodes.orphans.values()),
            [Orphan("u1", "s2", "b-c-1", "b-c"), Orphan("u2", "s4", "c-1", "c"), Orphan("u2", "s3", "c-1", "c")],
        )
        nodes.ended(["s4", "s1"])
        nodes.ended(["s4"])
        self.assertEqual(list(nodes.orphans), ["s2", "s3"])

    def test_name(self) -> None:
        """The name is the part of the id before the last hyphen."""
        self.assertEqual([nameOf(id) for id in ("a-x1", "a-b-x1", "local")], ["a", "a-b", "local"])
