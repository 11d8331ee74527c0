"""The setups that are measured, and one run of each load on one of them."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cluster.cluster import Cluster
from bench.contestants import SEND_QUEUE
from bench.load import Crowd, percentile
from bench.protocols import Irc
from bench.traffic import Load, Traffic

SETTINGS: Mapping[str, object] = {
    "limits.exempt": ["127.0.0.0/8"],
    "limits.sendq": SEND_QUEUE,
    "limits.ping": "1h",
    "limits.pingTimeout": "2h",
}
"""The settings of the nodes: no limits."""

MEMBERS = 50
"""The number of members of each room."""

STEADY = 200.0
"""How many texts per second the steady load has."""

SIZE = 64
"""The bytes of a text."""


@dataclass(frozen=True, slots=True)
class Setup:
    """
    What is measured.

    @ivar title: its name in tables.
    @ivar nodes: the names of the nodes.
    @ivar brokers: the names of the brokers.
    """

    title: str
    nodes: Sequence[str]
    brokers: Sequence[str]


SINGLE = Setup("one node, SQLite", ("a",), ())
PAIR = Setup("one node, one broker", ("a",), ("1",))
WHOLE = Setup("three nodes, three brokers", ("a", "b", "c"), ("1", "2", "3"))


@dataclass(frozen=True, slots=True)
class Flood:
    """
    The results of a flood: clients send as fast as their nodes read.

    @ivar texts: how many texts were said.
    @ivar deliveries: how many texts all clients received.
    @ivar seconds: the duration.
    @ivar nodes: the CPU seconds of each node.
    @ivar reactors: the CPU seconds of each node's main thread, which runs the reactor.
    @ivar brokers: the CPU seconds of all brokers together.
    @ivar load: the CPU seconds of the load generator.
    """

    texts: int
    deliveries: int
    seconds: float
    nodes: Mapping[str, float]
    reactors: Mapping[str, float]
    brokers: float
    load: float

    @property
    def rate(self) -> float:
        """Texts per second.  Each is durable, on as many brokers as there are."""
        return self.texts / self.seconds

    @property
    def delivered(self) -> float:
        """Deliveries per second."""
        return self.deliveries / self.seconds


@dataclass(frozen=True, slots=True)
class Steady:
    """
    The results of a steady load: the time until a text came back to its sender, in seconds.

    @ivar p50: the median.
    @ivar p99: the 99th percentile.
    """

    p50: float
    p99: float


@contextmanager
def running(setup: Setup, place: Path) -> Iterator[Cluster]:
    """
    Run a setup in this context, without links between its processes.

    @param place: the folder for its temporary folder.
    @raise NotStarted: something does not start.
    """
    with tempfile.TemporaryDirectory(prefix="figures", dir=place, ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), setup.nodes, setup.brokers, SETTINGS)
        try:
            asyncio.run(cluster.open(direct=True))
            asyncio.run(cluster.start())
            yield cluster
        finally:
            asyncio.run(cluster.close())


def flood(cluster: Cluster, nodes: Sequence[str], rooms: int, lines: int) -> Flood:
    """
    Let all members of some rooms send as fast as the nodes read, and wait until everybody has received everything.

    @param nodes: the nodes with clients.  With one room it spans all of them.  If their number divides the number of
        rooms, all members of a room are on one node.
    @param lines: how many lines each member sends.
    @raise Lost: a text is missing, doubled or changed.
    """
    ports = [cluster.nodes[name].ports["irc"] for name in nodes]
    traffic = Traffic(ports, Irc(), MEMBERS, rooms)
    try:
        traffic.arrive()
        before, ended = _spent(cluster), list[Mapping[str, float]]()
        deliveries = traffic.talk(Load(MEMBERS, lines, SIZE), lambda: ended.append(_spent(cluster)))
        spent = {name: ended[0][name] - before[name] for name in before}
        return Flood(
            MEMBERS * rooms * lines,
            deliveries,
            spent["seconds"],
            {name: spent[name] for name in cluster.nodes},
            {name: spent[f"{name}, reactor"] for name in cluster.nodes},
            sum(spent[name] for name in cluster.brokers),
            spent["load"],
        )
    finally:
        traffic.close()


def steady(cluster: Cluster, nodes: Sequence[str], seconds: float) -> Steady:
    """
    Let clients in rooms of their own send L{STEADY} texts per second.

    @param nodes: the nodes with clients.
    @raise TooSlow: the server takes too long, or refuses a line.
    """
    crowd = Crowd([cluster.nodes[name].ports["line"] for name in nodes], MEMBERS)
    try:
        crowd.separate()
        crowd.sendSteadily(STEADY, 1.0, SIZE)
        crowd.latencies.clear()
        crowd.sendSteadily(STEADY, seconds, SIZE)
        return Steady(percentile(crowd.latencies, 0.5), percentile(crowd.latencies, 0.99))
    finally:
        crowd.close()


def _spent(cluster: Cluster) -> dict[str, float]:
    """Return the CPU seconds of each process, of the nodes' main threads and of the load generator, and the time."""
    spent = {process.name: process.server.cpu() for process in cluster.processes}
    for name, node in cluster.nodes.items():
        pid = node.server.pid
        # The first field is the time on a processor in nanoseconds (proc(5), schedstat).
        spent[f"{name}, reactor"] = int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9
    return {**spent, "load": time.process_time(), "seconds": time.monotonic()}
