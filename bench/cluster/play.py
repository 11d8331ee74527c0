"""Play one scenario: start a cluster, let clients talk, do it, and check everything that was seen."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cluster import checks, copies
from bench.cluster.cluster import BROKERS, NODES, Cluster
from bench.cluster.crowd import ROOMS, Crowd, histories
from bench.cluster.nodes import Node
from bench.cluster.scenario import Scenario
from bench.fire.results.figures import TRACEBACK, percentiles
from bench.fire.scenario import Seen
from bench.protocols import Refused

WARM_UP = 3.0
"""How long the clients talk before a scenario begins, in seconds."""

SHOWN = 12
"""How many missed marks are shown."""


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What was measured.

    @ivar texts: how many texts were sent, by their answer.
    @ivar denied: the words with which rules or limits refused texts, and how often.
    @ivar p50: the median time until a text was acknowledged, in seconds; infinite if none was.
    @ivar p99: the 99th percentile of that time.
    @ivar pauses: the longest time without an acknowledgement on each node, in seconds, while it was not out.
    @ivar slowest: the longest time until a text was refused or reported as unknown, in seconds.  Texts to a node whose
        process did not run meanwhile do not count.
    @ivar equal: how long after the end all copies were equal, in seconds; infinite if they were not.
    @ivar entries: how many entries each copy has.
    @ivar outages: how often clients came back, and the longest time that one was away, in seconds.
    @ivar starts: how long processes took to be ready again, in seconds.
    @ivar late: the longest delay of a text before it was sent, in seconds.
    @ivar faults: what was done, and for how many seconds.
    """

    texts: Mapping[str, int]
    denied: Mapping[str, int]
    p50: float
    p99: float
    pauses: Mapping[str, float]
    slowest: float
    equal: float
    entries: int
    outages: tuple[int, float]
    starts: Sequence[float]
    late: float
    faults: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The outcome of one scenario.

    @ivar seen: what the scenario saw.
    @ivar figures: what was measured.
    @ivar missed: all that was required and did not happen, each in a few words.
    """

    seen: Seen
    figures: Figures
    missed: tuple[str, ...]


async def play(
    scenario: Scenario,
    seconds: float,
    place: Path,
    nodes: Iterable[str] = NODES,
    brokers: Iterable[str] = BROKERS,
    keep: bool = False,
) -> Outcome:
    """
    Play a scenario.

    @param seconds: for how long clients talk around what it does.
    @param place: the folder for the cluster's temporary folder.
    @param nodes: the nodes of the cluster.
    @param brokers: its brokers.
    @param keep: whether to leave the folder there if a mark is missed.
    @raise NotStarted: something does not start.
    @raise Refused: the clients could not enter.
    @raise OSError: the scenario could not be played to its end.
    """
    folder = Path(tempfile.mkdtemp(prefix="cluster", dir=place))
    cluster = Cluster(folder, nodes, brokers)
    peopled = [cluster.nodes[one] for one in scenario.peopled if one in cluster.nodes]
    crowd = Crowd(peopled, scenario.rate, scenario.each)
    missed = True
    try:
        await cluster.open()
        await cluster.start([one for one in scenario.started if one in cluster.nodes])
        crowd.start()
        await crowd.present()
        await asyncio.sleep(WARM_UP)
        seen = await scenario.run(cluster, crowd, seconds)
        compared = [cluster.nodes[one] for one in scenario.compared if one in cluster.nodes]
        outcome = await judge(cluster, crowd, seen, compared)
        missed = bool(outcome.missed)
        return outcome
    finally:
        crowd.stop()
        await cluster.close()
        if missed and keep:
            print(f"the data of {scenario.name} is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def judge(cluster: Cluster, crowd: Crowd, seen: Seen, compared: Sequence[Node]) -> Outcome:
    """
    Let the writers finish, and check everything.

    @param compared: the nodes whose copies and histories are compared.
    """
    await crowd.cease()
    missed = list(seen.missed)
    # Clients that are away come back within this time, and ask for what they missed.
    try:
        await crowd.present(checks.RESUMING)
    except Refused as e:
        missed.append(str(e))
    await asyncio.sleep(1.0)
    shown = await histories(compared)
    for witness in crowd.witnesses:
        witness.stop()
    equal, digests = await copies.settle(compared)
    if equal == float("inf"):
        missed += checks.checkCopies(digests)
        for node in compared[1:]:
            if difference := await asyncio.to_thread(copies.firstDifference, compared[0].copy, node.copy):
                missed.append(f"{compared[0].name} and {node.name} first differ in {difference}")
    rooms = await asyncio.to_thread(copies.rooms, compared[0].copy)
    fates, streams, faults = crowd.fates, crowd.observations.streams, cluster.faults
    names = [node.name for node in crowd.nodes]
    missed += [
        *checks.checkLost(fates, rooms),
        *checks.checkDoubled(rooms),
        *checks.checkContradicted(fates, rooms),
        *checks.checkSendersOrder(fates, rooms),
        *checks.checkOrder(streams, rooms),
        *checks.checkLeavings(crowd.observations.leavings, ROOMS),
        *checks.checkHistories(shown, rooms),
        *checks.checkFilled([stream for stream in streams if not stream.client.startswith("l")], rooms),
        *checks.checkAnswered(fates, faults, crowd.waited),
        *checks.checkMinority(fates, faults),
        *checks.checkResumed(fates, faults, names, crowd.ceased),
    ]
    for node in cluster.nodes.values():
        if count := node.output().count(TRACEBACK):
            missed.append(f"the log of {node.name} has {count} tracebacks")
    return Outcome(seen, measured(cluster, crowd, equal, compared[0]), tuple(missed))


def measured(cluster: Cluster, crowd: Crowd, equal: float, node: Node) -> Figures:
    """Return the figures."""
    fates, faults = crowd.fates, cluster.faults
    taken = [fate.at - fate.sent for fate in fates if fate.taken]
    p50, p99, _ = percentiles(taken)
    counts: dict[str, int] = {}
    for fate in fates:
        answer = fate.answer or "unanswered"
        counts[answer] = counts.get(answer, 0) + 1
    pauses = {}
    for one in crowd.nodes:
        spans = [checks.watched(fault, faults, one.name, crowd.ceased) for fault in faults]
        pauses[one.name] = max((checks.longestPause(fates, one.name, *span) for span in spans), default=0.0)
    told = [
        fate.at - fate.sent
        for fate in fates
        if fate.answer in {"refused", "unknown"} and not checks.excused(fate, faults, fate.at)
    ]
    away = [outage.end - outage.begin for outage in crowd.observations.outages]
    return Figures(
        texts=counts,
        denied=dict(Counter(fate.words for fate in fates if fate.answer == "denied")),
        p50=p50,
        p99=p99,
        pauses=pauses,
        slowest=max(told, default=0.0),
        equal=equal,
        entries=copies.last(node.copy)[1],
        outages=(len(away), max(away, default=0.0)),
        starts=tuple(cluster.starts),
        late=crowd.observations.late,
        faults=[(fault.words, fault.end - fault.begin) for fault in faults],
    )
