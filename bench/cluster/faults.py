"""The faults that are done to a cluster.  Each is over when its function returns, and is in C{cluster.faults}."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType

from bench.cluster.cluster import Cluster
from bench.cluster.processes import Process

DEAD = 5.0
"""How long a killed process stays away, in seconds."""

LOST = 20.0
"""How long a node stays away that the others give up, in seconds."""

HELD = 15.0
"""How long a process is held up, in seconds."""

APART = 30.0
"""How long a part of the cluster is cut off, in seconds."""


async def killNode(cluster: Cluster) -> None:
    """Kill a node, and start it again after L{DEAD}."""
    node = cluster.nodes[_first(cluster.nodes)]
    await _killed(cluster, [node], f"kill -9 of node {node.name}", [node.name])


async def loseNode(cluster: Cluster) -> None:
    """Kill a node, and start it again only after the others have given it up."""
    node = cluster.nodes[_first(cluster.nodes)]
    await _killed(cluster, [node], f"kill -9 of node {node.name} for {LOST:g} s", [node.name], LOST)


async def killFollower(cluster: Cluster) -> None:
    """Kill a broker that does not lead the stream, and start it again."""
    broker = await cluster.follower()
    await _killed(cluster, [broker], f"kill -9 of broker {broker.name}, which follows")


async def killLeader(cluster: Cluster) -> None:
    """Kill the broker that leads the stream, and start it again."""
    broker = await cluster.leader()
    await _killed(cluster, [broker], f"kill -9 of broker {broker.name}, the leader")


async def killAll(cluster: Cluster) -> None:
    """Kill everything at once, and start it again at once."""
    begin = time.monotonic()
    for process in cluster.processes:
        process.kill()
    await asyncio.sleep(1.0)
    for process in cluster.processes:
        process.launch()
    noted = time.monotonic()
    cluster.note("kill -9 of everything", begin, cluster.nodes, cluster.nodes)
    await asyncio.gather(*(process.ready() for process in cluster.processes))
    cluster.starts.append(time.monotonic() - noted)


async def holdNode(cluster: Cluster) -> None:
    """Hold a node up for L{HELD}."""
    node = cluster.nodes[_first(cluster.nodes)]
    await _held(cluster, node, f"SIGSTOP of node {node.name}", [node.name])


async def holdFollower(cluster: Cluster) -> None:
    """Hold up a broker that does not lead the stream for L{HELD}."""
    broker = await cluster.follower()
    await _held(cluster, broker, f"SIGSTOP of broker {broker.name}, which follows")


async def holdLeader(cluster: Cluster) -> None:
    """Hold up the broker that leads the stream for L{HELD}."""
    broker = await cluster.leader()
    await _held(cluster, broker, f"SIGSTOP of broker {broker.name}, the leader")


async def cutMinority(cluster: Cluster, silently: bool = True, seconds: float = APART) -> None:
    """Cut off one node together with its broker."""
    node, broker = _first(cluster.nodes), _first(cluster.brokers)
    await apart(cluster, [node, broker], [node], silently, seconds)


async def cutMinorityLoudly(cluster: Cluster) -> None:
    """Cut off one node together with its broker, so that connections end."""
    await cutMinority(cluster, silently=False)


async def cutClient(cluster: Cluster, silently: bool = True, seconds: float = APART) -> None:
    """Cut off one node from all brokers."""
    node = _first(cluster.nodes)
    await apart(cluster, [node], [node], silently, seconds)


async def cutClientLoudly(cluster: Cluster) -> None:
    """Cut off one node from all brokers, so that connections end."""
    await cutClient(cluster, silently=False)


async def cutLeader(cluster: Cluster) -> None:
    """Cut off the broker that leads the stream from the other brokers and all nodes."""
    broker = await cluster.leader()
    await apart(cluster, [broker.name], [], True, HELD)


async def apart(cluster: Cluster, inside: Sequence[str], out: Sequence[str], silently: bool, seconds: float) -> None:
    """
    Separate some processes from all others for a time.

    @param inside: their names.
    @param out: the nodes that cannot write meanwhile.
    """
    begin = time.monotonic()
    cluster.network.separate(inside, silently)
    try:
        await asyncio.sleep(seconds)
    finally:
        cluster.network.heal()
    how = "silently" if silently else "with resets"
    cluster.note(f"{' and '.join(inside)} cut off {how} for {seconds:g} s", begin, out)


async def _killed(
    cluster: Cluster, processes: Sequence[Process], words: str, out: Sequence[str] = (), away: float = DEAD
) -> None:
    begin = time.monotonic()
    for process in processes:
        process.kill()
    await asyncio.sleep(away)
    for process in processes:
        process.launch()
    cluster.note(words, begin, out, out)
    began = time.monotonic()
    await asyncio.gather(*(process.ready() for process in processes))
    cluster.starts.append(time.monotonic() - began)


async def _held(cluster: Cluster, process: Process, words: str, out: Sequence[str] = ()) -> None:
    begin = time.monotonic()
    process.hold()
    try:
        await asyncio.sleep(HELD)
    finally:
        process.go()
    cluster.note(f"{words} for {HELD:g} s", begin, out, out)


def _first(names: Mapping[str, object]) -> str:
    return next(iter(names))


FAULTS: Mapping[str, Callable[[Cluster], Awaitable[None]]] = MappingProxyType(
    {
        "node-kill": killNode,
        "node-lost": loseNode,
        "broker-kill": killFollower,
        "leader-kill": killLeader,
        "all-kill": killAll,
        "node-stop": holdNode,
        "broker-stop": holdFollower,
        "leader-stop": holdLeader,
        "minority": cutMinority,
        "minority-resets": cutMinorityLoudly,
        "client": cutClient,
        "client-resets": cutClientLoudly,
        "leader-cut": cutLeader,
    }
)
"""All faults, by the names of their scenarios."""
