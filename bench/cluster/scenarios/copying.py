"""Copies that are empty, old or damaged when their node starts."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from bench.cluster import copies
from bench.cluster.cluster import Cluster
from bench.cluster.crowd import ROOMS, Crowd
from bench.cluster.messages import write
from bench.cluster.nodes import Node
from bench.cluster.scenario import REST, Scenario
from bench.fire.scenario import Seen
from bench.fire.scenarios.damage import flipText
from bench.servers import NotStarted

LAST = "c"
"""The node that joins, restarts, or has damage."""

OTHERS = ("a", "b")
"""The other nodes."""

FAST = 1000.0
"""How many texts per second are written while a node joins."""

JOINING, STOPPING = 60.0, 15.0
"""How long a node may take to catch up, and how long to stop because of damage, in seconds."""


async def join(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
    """Start a node with an empty copy while others write."""
    await asyncio.sleep(max(seconds, 5.0))
    node = cluster.nodes[LAST]
    before = copies.last(cluster.nodes[OTHERS[0]].copy)[1]
    taken = await cluster.run([node], JOINING)
    await asyncio.sleep(max(seconds, 5.0))
    words = f"the node opened its doors after {taken:.1f} s; {before:,} entries were there at its start"
    return Seen(words, figures={"seconds": taken, "entries": before})


async def old(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
    """Restart a node from a copy that was made before most of the texts."""
    node = cluster.nodes[LAST]
    aside = node.folder / "aside"
    await _stopped(node)
    shutil.copytree(node.data, aside)
    await cluster.run([node])
    await asyncio.sleep(max(seconds, 10.0))
    await _stopped(node)
    behind = copies.last(node.copy)[1]
    shutil.rmtree(node.data)
    aside.rename(node.data)
    behind -= copies.last(node.copy)[1]
    taken = await cluster.run([node], JOINING)
    await asyncio.sleep(REST)
    words = f"the copy lacked {behind:,} entries; the node opened its doors after {taken:.1f} s"
    return Seen(words, figures={"seconds": taken, "behind": behind})


async def flipped(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
    """Flip a bit of a text in the copy of a node that is stopped, and start the node."""
    await asyncio.sleep(max(seconds, 5.0))
    node = cluster.nodes[LAST]
    await _stopped(node)
    text = next(fate.text for fate in crowd.fates if fate.taken and fate.room == ROOMS[0])
    flipText(Path(node.copy), write(text))
    logged, begin = len(node.output()), time.monotonic()
    missed = []
    try:
        await cluster.run([node], STOPPING)
    except NotStarted:
        said = node.output()[logged:].strip().splitlines() or ["nothing"]
        words = f"the node did not start: {said[-1]}"
        if "Traceback" in node.output()[logged:]:
            missed.append("the node ended with a traceback")
    else:
        status = await node.ended(STOPPING)
        words = f"the node started, and ended {time.monotonic() - begin:.1f} s later with status {status}"
        if status is None:
            words = f"the node started and still ran {STOPPING:g} s later"
            missed.append("a node with a damaged copy runs")
            node.kill()
    running = [one.name for one in cluster.nodes.values() if one.alive]
    if running != list(OTHERS):
        missed.append(f"only {', '.join(running)} run at the end")
    await asyncio.sleep(REST)
    return Seen(words, missed)


async def _stopped(node: Node) -> None:
    """
    Stop a node.

    @raise NotStarted: it does not stop in order.
    """
    status = await node.stop()
    if status != 0:
        raise NotStarted(f"{node.name} ended with status {status}: {node.lastWords()}")


SCENARIOS = (
    Scenario(
        "join",
        f"a node with an empty copy joins while {FAST:g} texts per second are written on the others",
        "it has exactly what the others have",
        join,
        rate=FAST,
        each=10,
        started=OTHERS,
        peopled=OTHERS,
    ),
    Scenario(
        "old-copy",
        "a node is started from an old copy of its data",
        "it has exactly what the others have",
        old,
        quick=False,
        peopled=OTHERS,
    ),
    Scenario(
        "flip",
        "a bit of a text in the copy of a node is flipped",
        "that node stops and says why, and no other",
        flipped,
        peopled=OTHERS,
        compared=OTHERS,
    ),
)
