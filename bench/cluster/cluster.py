"""The cluster under test: its nodes, its brokers, and the links between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.cluster.brokers import Broker, leading
from bench.cluster.links import Network
from bench.cluster.nodes import Node, clustered
from bench.cluster.observed import Fault
from bench.cluster.processes import Process
from bench.servers import STARTING

NODES, BROKERS = ("a", "b", "c"), ("1", "2", "3")
"""The names.  The node C{a} and the broker C{1} are on the side of a partition that has no majority."""


class Cluster:
    """
    Nodes and brokers, as processes.

    @ivar nodes: the nodes, by name.
    @ivar brokers: the brokers, by name.
    @ivar network: the links between all of them.
    @ivar faults: what has been done to them.
    @ivar starts: how long processes took to be ready again after a fault, in seconds.
    @ivar settings: settings that all nodes have.
    """

    network: Network

    def __init__(
        self,
        folder: Path,
        nodes: Iterable[str] = NODES,
        brokers: Iterable[str] = BROKERS,
        settings: Mapping[str, object] | None = None,
        synced: bool = True,
    ) -> None:
        """
        Prepare the folders.  Nothing runs yet.

        @param folder: an empty folder.
        @param brokers: the brokers.  Without any, each node has a journal of its own in SQLite.
        @param settings: settings of all nodes.
        @param synced: whether brokers sync each message to their disks before they acknowledge it.
        """
        self.nodes = {name: Node(name, folder / f"node{name}") for name in nodes}
        self.brokers = {name: Broker(name, folder / f"broker{name}") for name in brokers}
        self.settings = dict(settings or {})
        self.faults: list[Fault] = []
        self.starts: list[float] = []
        self._synced = synced

    async def open(self, direct: bool = False) -> None:
        """
        Open the links and write all configurations.

        @param direct: whether the processes connect to each other without links, for figures.
        """
        names = list(self.brokers)
        targets = {(node, broker): self.brokers[broker].ports["client"] for node in self.nodes for broker in names}
        between = {(one, other): self.brokers[other].ports["route"] for one in names for other in names if one != other}
        if not direct:
            self.network = Network({**targets, **between})
            await self.network.open()
        for name, broker in self.brokers.items():
            others = [other for other in names if other != name]
            routes = [between[name, other] if direct else self.network.port(name, other) for other in others]
            broker.configure(routes, self._synced)
        monitors = [broker.ports["monitor"] for broker in self.brokers.values()]
        for name, node in self.nodes.items():
            servers = [targets[name, one] if direct else self.network.port(name, one) for one in self._nearest(name)]
            cluster = clustered(name, servers, monitors) if names else {}
            node.configure({**cluster, **self.settings})

    def _nearest(self, node: str) -> list[str]:
        """Return the brokers in the order in which a node tries them: its own first."""
        place = list(self.nodes).index(node) % max(1, len(self.brokers))
        names = list(self.brokers)
        return names[place:] + names[:place]

    async def start(self, nodes: Iterable[str] | None = None) -> None:
        """
        Start all brokers, then the nodes, and wait until all doors are open.

        @param nodes: the nodes to start; C{None} for all.
        @raise NotStarted: something does not start.
        """
        await self.run(list(self.brokers.values()))
        await self.run([self.nodes[name] for name in (nodes or self.nodes)])

    async def run(self, processes: Sequence[Process], within: float = STARTING) -> float:
        """
        Start some processes at once, and wait until all are ready.

        @return: how long that took in seconds.
        @raise NotStarted: one does not start.
        """
        began = time.monotonic()
        for process in processes:
            process.launch()
        await asyncio.gather(*(process.ready(within) for process in processes))
        return time.monotonic() - began

    @property
    def processes(self) -> Sequence[Process]:
        """All nodes and brokers."""
        return [*self.nodes.values(), *self.brokers.values()]

    async def leader(self) -> Broker:
        """
        Return the broker that leads the stream.

        @raise NotStarted: none does.
        """
        return await leading(list(self.brokers.values()))

    async def follower(self) -> Broker:
        """
        Return a broker that does not lead the stream.

        @raise NotStarted: none leads it.
        """
        leader = await self.leader()
        return next(broker for broker in self.brokers.values() if broker is not leader)

    def note(self, words: str, begin: float, out: Iterable[str] = (), mute: Iterable[str] = ()) -> None:
        """Record a fault that is over now: see L{Fault}."""
        self.faults.append(Fault(words, begin, time.monotonic(), frozenset(out), frozenset(mute)))

    async def close(self) -> None:
        """End all processes and close all links."""
        for process in self.processes:
            process.kill()
        if hasattr(self, "network"):
            await self.network.close()
