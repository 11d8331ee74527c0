"""A rolling upgrade: one node after the other is stopped and started again, while clients talk."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from bench.cluster.cluster import Cluster
from bench.cluster.crowd import Crowd
from bench.cluster.scenario import REST, Scenario
from bench.fire.scenario import Seen

BACK = 10.0
"""How long a client may be away, in seconds."""


async def rolling(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
    """Stop each node with SIGTERM, start it again, and let its clients come back before the next."""
    missed: list[str] = []
    before = {witness.name: witness.arrivals for witness in crowd.witnesses}
    slowest = 0.0
    for node in list(cluster.nodes.values()):
        await asyncio.sleep(seconds)
        begin = time.monotonic()
        status = await node.stop()
        if status != 0:
            missed.append(f"node {node.name} ended with status {status}")
        node.launch()
        # Its clients may write again when it is back.
        await node.ready()
        cluster.note(f"restart of node {node.name}", begin, [node.name], [node.name])
        slowest = max(slowest, time.monotonic() - begin)
        await crowd.present(BACK)
    await asyncio.sleep(REST)
    returns = Counter({witness.name: witness.arrivals - before[witness.name] for witness in crowd.witnesses})
    often = sorted(name for name, number in returns.items() if number != 1)
    if often:
        missed.append(f"{len(often)} clients did not reconnect exactly once: {', '.join(often[:3])}")
    unknown = sum(1 for _ in crowd.observations.of("unknown"))
    if unknown:
        missed.append(f"the outcome of {unknown} texts is not known")
    words = f"{len(returns)} clients, each back once; each node away for at most {slowest:.1f} s"
    return Seen(words if not often else f"{len(often)} clients came back more than once, or never", missed)


SCENARIOS = (
    Scenario(
        "upgrade",
        "each node is stopped with SIGTERM and started again, one after the other",
        f"each client reconnects once, within {BACK:g} s after its node is back; the outcome of each text is known",
        rolling,
    ),
)
