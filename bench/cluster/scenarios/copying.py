"""Copies that are empty, old or damaged when their node starts."""

from __future__ import annotations

import asyncio
import shutil

from bench.cluster import copies
from bench.cluster.client import IrcClient
from bench.cluster.cluster import Cluster
from bench.cluster.crowd import ROOMS, Crowd
from bench.cluster.messages import Text, write
from bench.cluster.nodes import WRITERS, Node
from bench.cluster.scenario import REST, Scenario
from bench.fire.results.figures import TRACEBACK
from bench.fire.scenario import Seen
from bench.fire.scenarios.damage import flipText
from bench.protocols import Refused
from bench.servers import NotStarted

LAST = "c"
"""The node that joins, restarts, or has damage."""

OTHERS = ("a", "b")
"""The other nodes."""

FAST = 1000.0
"""How many texts per second are written while a node joins."""

REASON = "changed on disk"
"""What the log says of damage."""

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
    """Flip a bit of a text in the copy of a node that is stopped, start the node, and ask it for the text."""
    await asyncio.sleep(max(seconds, 5.0))
    node = cluster.nodes[LAST]
    await _stopped(node)
    text = next(fate.text for fate in crowd.fates if fate.taken and fate.room == ROOMS[0])
    await asyncio.to_thread(flipText, node.copy, write(text))
    logged, missed = len(node.output()), []
    try:
        await cluster.run([node], STOPPING)
        how = "it did not stop"
        if await _shows(node, text):
            missed.append("a damaged text was shown")
        if await node.ended(STOPPING) is not None:
            how = "it stopped when it was asked for the text"
    except NotStarted:
        how = "it did not start"
    said = node.output()[logged:]
    if node.alive:
        missed.append("a node with a damaged copy runs")
        node.kill()
    if TRACEBACK in said:
        missed.append("the node ended with a traceback")
    running = [one.name for one in cluster.nodes.values() if one.alive]
    if running != list(OTHERS):
        missed.append(f"{', '.join(running)} run at the end")
    await asyncio.sleep(REST)
    reasons = [line for line in said.splitlines() if REASON in line]
    if not reasons:
        missed.append("the log does not say why")
    return Seen(f"{how}: {reasons[0].partition(' ')[2] if reasons else 'no reason'}", missed)


async def _shows(node: Node, text: Text) -> bool:
    """Ask a node for the history of the room, and return whether it shows a text whose first byte has changed."""
    client = IrcClient("curious")
    try:
        await client.enter(node.ports["irc"], WRITERS, ROOMS[:1])
        damaged = write(text)[1:]
        return any(message.last[1:] == damaged for message in await client.history(ROOMS[0]))
    except (OSError, Refused):
        return False
    finally:
        client.close()


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
        "that node stops when it reads the text, shows nothing of it and says why; no other stops",
        flipped,
        peopled=OTHERS,
        compared=OTHERS,
    ),
)
