"""What a node of a cluster tells its administrator about the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from zope.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Mapping


class ClusterNode(NamedTuple):
    """
    A node that takes part.

    @ivar id: its id, which is new after each start.
    @ivar release: the version of twistchat that it runs.
    """

    id: str
    release: str


class ClusterOverview(NamedTuple):
    """
    What a node knows about its cluster now.

    @ivar node: the id of this node; C{""} if it takes no part yet.
    @ivar nodes: the nodes that take part, in the order of their ids.
    @ivar leader: the id of the node that tends the chat for all; C{""} if no node takes part.
    @ivar position: the number of the last message of the stream that this node has applied.
    @ivar lag: how many messages of the stream it has not applied yet.
    @ivar entry: the sequence number of the last entry.
    @ivar inFlight: the events that this node has proposed and that have not come back.
    @ivar connected: whether a broker is connected.
    @ivar broker: its name or address; C{""} if none is connected.
    @ivar streamLeader: the name of the broker that leads the stream; C{""} if it is not known.
    @ivar replicas: for each other broker of the stream, whether it is up to date.
    @ivar elections: how often the leader of the stream changed since this process started.
    @ivar reconnections: how often the connection was made again.
    """

    node: str
    nodes: tuple[ClusterNode, ...]
    leader: str
    position: int
    lag: int
    entry: int
    inFlight: int
    connected: bool
    broker: str
    streamLeader: str
    replicas: Mapping[str, bool]
    elections: int
    reconnections: int


class IClusterLog(Interface):
    """What an L{ILog <twistchat.interfaces.log.ILog>} also provides if several nodes share its journal."""

    def overview() -> ClusterOverview:
        """Say how the cluster is.  It does not block, and can be called from the start of the process to its end."""
