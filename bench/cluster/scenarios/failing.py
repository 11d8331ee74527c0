"""Processes that end or are held up, and links that are cut; and a mix of all of it in many rounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from bench.cluster.cluster import Cluster
from bench.cluster.crowd import Crowd
from bench.cluster.faults import APART, DEAD, FAULTS, HELD, LOST
from bench.cluster.scenario import REST, Scenario
from bench.fire.scenario import Seen

BETWEEN = 12.0
"""How long clients talk between two faults of a mix, in seconds."""

LEAVING = 16.0
"""How long after the end of a node its clients may still seem to be there, in seconds."""

SEED = 17
"""The seed of the order of faults in a mix."""


def once(name: str) -> Callable[[Cluster, Crowd, float], Awaitable[Seen]]:
    """Return what a scenario does that has one fault."""

    async def run(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
        await asyncio.sleep(seconds)
        await FAULTS[name](cluster)
        await asyncio.sleep(max(seconds, REST))
        return Seen(cluster.faults[-1].words)

    return run


async def lost(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
    """Kill a node, and look when others see its clients leave."""
    await asyncio.sleep(seconds)
    node = next(iter(cluster.nodes.values()))
    there = {witness.nick for witness in crowd.witnesses if witness.node is node}
    await FAULTS["node-lost"](cluster)
    await asyncio.sleep(max(seconds, REST))
    fault = cluster.faults[-1]
    gone = {one.nick: one.at - fault.begin for one in crowd.observations.leavings if one.nick in there}
    slowest = max(gone.values(), default=float("inf"))
    missed = []
    if there - set(gone):
        missed.append(f"nobody saw {len(there - set(gone))} of {len(there)} clients of the node leave")
    if slowest > LEAVING:
        missed.append(f"clients of the node left only after {slowest:.1f} s")
    words = f"{fault.words}; its {len(there)} clients left within {slowest:.1f} s"
    return Seen(words, missed, {"left": slowest})


def rounds(number: int) -> Scenario:
    """Return the scenario that mixes all faults in some rounds."""

    async def run(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
        random, order = Random(SEED), list[str]()
        while len(order) < number:
            names = list(FAULTS)
            random.shuffle(names)
            order += names
        done: list[str] = []
        for name in order[:number]:
            await FAULTS[name](cluster)
            done.append(name)
            print(f"round {len(done)}: {cluster.faults[-1].words}", flush=True)
            await asyncio.sleep(max(BETWEEN, seconds))
        return Seen(f"{number} rounds: {', '.join(done)}", figures={"rounds": done})

    return Scenario("rounds", f"all faults in turn, {number} of them, while clients talk", "", run)


SCENARIOS = (
    Scenario("calm", "nothing", "", lambda cluster, crowd, seconds: _calm(seconds)),
    Scenario("node-kill", f"kill -9 of a node, and a start {DEAD:g} s later", "", once("node-kill")),
    Scenario(
        "node-lost",
        f"kill -9 of a node, and a start {LOST:g} s later",
        f"the others see its clients leave within {LEAVING:g} s, before it is back",
        lost,
        quick=False,
    ),
    Scenario("broker-kill", f"kill -9 of a broker, and a start {DEAD:g} s later", "", once("broker-kill"), quick=False),
    Scenario("leader-kill", "kill -9 of the broker that leads the stream", "", once("leader-kill")),
    Scenario("all-kill", "kill -9 of all nodes and brokers at once, and a start", "", once("all-kill")),
    Scenario("node-stop", f"SIGSTOP of a node for {HELD:g} s", "", once("node-stop")),
    Scenario("broker-stop", f"SIGSTOP of a broker for {HELD:g} s", "", once("broker-stop"), quick=False),
    Scenario("leader-stop", f"SIGSTOP of the leader for {HELD:g} s", "", once("leader-stop"), quick=False),
    Scenario("minority", f"a node and its broker cut off for {APART:g} s, packets lost", "", once("minority")),
    Scenario(
        "minority-resets", f"the same for {APART:g} s, connections reset", "", once("minority-resets"), quick=False
    ),
    Scenario(
        "client", f"a node cut off from all brokers for {APART:g} s, packets lost", "", once("client"), quick=False
    ),
    Scenario("client-resets", "the same, connections reset", "", once("client-resets"), quick=False),
    Scenario("leader-cut", f"the leader cut off from everything for {HELD:g} s", "", once("leader-cut"), quick=False),
)


async def _calm(seconds: float) -> Seen:
    await asyncio.sleep(max(seconds, REST))
    return Seen("nothing happened")
