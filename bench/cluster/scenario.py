"""What a scenario of the cluster is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bench.cluster.checks import EQUAL, REFUSING, RESUMING
from bench.cluster.cluster import NODES, Cluster
from bench.cluster.crowd import EACH, RATE, Crowd
from bench.fire.scenario import Seen

REST = 12.0
"""How long clients talk after a fault: longer than writing may stand still, in seconds."""

ALWAYS = (
    "Required of every scenario: no acknowledged text is lost in a copy, in a history or to a client, and none is "
    "doubled; no refused text is in a copy; all clients and all copies have one order in each room; a text has an "
    f"answer within {REFUSING:g} s, unless the node's process does not run; a node that is cut off acknowledges "
    f"nothing; writing stands still for at most {RESUMING:g} s; all copies are equal {EQUAL:g} s after the end; no log "
    "of a node has a traceback."
)
"""The marks that hold for every scenario, in words."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    One entry of the catalogue.

    @ivar name: its name in options and results.
    @ivar tried: what is done to the cluster, in one sentence without a period.
    @ivar required: what is required beyond L{ALWAYS}, in the same form; empty if nothing is.
    @ivar run: does it, and returns what it saw.  Its last argument is for how many seconds clients talk before
        and after what it does.
    @ivar quick: whether it is part of a quick run.
    @ivar rate: how many texts per second the writers send.
    @ivar each: the number of writers of each node.
    @ivar started: the nodes that run at the beginning.
    @ivar peopled: those that have clients.
    @ivar compared: the nodes whose copies and histories are compared at the end.
    """

    name: str
    tried: str
    required: str
    run: Callable[[Cluster, Crowd, float], Awaitable[Seen]]
    quick: bool = True
    rate: float = RATE
    each: int = EACH
    started: Iterable[str] = NODES
    peopled: Iterable[str] = NODES
    compared: Iterable[str] = NODES
