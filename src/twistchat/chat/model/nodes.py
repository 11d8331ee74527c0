"""The nodes of a cluster, and the sessions that they leave behind when they are lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

ALONE = "local"
"""The id of the only node of a chat without a cluster."""


class Orphan(NamedTuple):
    """
    A session whose node is lost.  Nobody is connected, but the session belongs to its user until an entry ends it.

    @ivar uid: the id of its user.
    @ivar session: its id.
    @ivar node: the id of the node.
    @ivar name: the name of the node.
    """

    uid: str
    session: str
    node: str
    name: str


class Nodes:
    """
    The nodes that take part in the chat.  A chat without a cluster has none.

    @ivar own: the id of the node that this process is.  It is not part of the replicated state.
    @ivar strays: sessions of this node that began after their connections were lost, by id.  Nobody ends them but this
        node.  They are not part of the replicated state.
    """

    __slots__ = ("_live", "_orphans", "own", "strays")

    def __init__(self, own: str = ALONE) -> None:
        self.own = own
        self._live: dict[str, str] = {}
        self._orphans: dict[str, Orphan] = {}
        self.strays: dict[str, Orphan] = {}

    @property
    def live(self) -> Mapping[str, str]:
        """The names of the nodes that take part, by id, in the order in which they joined."""
        return self._live

    @property
    def leader(self) -> str | None:
        """The id of the node that proposes what no user asks for: the smallest one.  C{None} without a cluster."""
        return min(self._live, default=None)

    @property
    def leads(self) -> bool:
        """Whether this process proposes what no user asks for, because it is the leader or alone."""
        return not self._live or self.leader == self.own

    @property
    def orphans(self) -> Mapping[str, Orphan]:
        """The sessions whose nodes are lost, by id, in the order in which they lost them."""
        return self._orphans

    def join(self, node: str, name: str) -> None:
        """Let a node take part."""
        self._live[node] = name

    def earlier(self, node: str, name: str) -> list[str]:
        """The ids that the node with a name had before it got the id C{node}, and that take part."""
        return [other for other, its in self._live.items() if its == name and other != node]

    def lose(self, node: str) -> str:
        """
        Let a node no longer take part.

        @return: its name.
        """
        if node == self.own:
            self.strays.clear()
        return self._live.pop(node, None) or nameOf(node)

    def isLost(self, node: str) -> bool:
        """Whether there is a cluster, and this node does not take part in it."""
        return bool(self._live) and node not in self._live

    def orphan(self, uid: str, sessions: Iterable[str], node: str, name: str) -> None:
        """Add sessions of a user whose node is lost."""
        for session in sessions:
            self._orphans[session] = Orphan(uid, session, node, name)

    def started(self, uid: str, session: str, node: str) -> bool:
        """
        Note that a user has another session.

        @return: whether it is an orphan, because its node is lost already.
        """
        if not self.isLost(node):
            return False
        self.orphan(uid, (session,), node, nameOf(node))
        return True

    def stray(self, uid: str, session: str) -> None:
        """Add a session of this node whose connection is gone."""
        self.strays[session] = Orphan(uid, session, self.own, nameOf(self.own))

    def ended(self, sessions: Iterable[str]) -> None:
        """Note that sessions have ended."""
        if self._orphans or self.strays:
            for session in sessions:
                self._orphans.pop(session, None)
                self.strays.pop(session, None)


def nameOf(node: str) -> str:
    """The name of the node with this id, which consists of the name, a C{-}, and random letters and digits."""
    return node.rpartition("-")[0] or node
