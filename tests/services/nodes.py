"""A log that says of itself what the log of a cluster's node says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from twistchat.interfaces import IClusterLog
from twistchat.journal.memory import MemoryLog

OVERVIEW: Mapping[str, Any] = {
    "node": "b-2",
    "members": [
        {"node": "c-1", "name": "c", "release": "26.11.0"},
        {"node": "b-2", "name": "b", "release": "26.12.0"},
    ],
    "position": 1200,
    "entry": 34_567,
    "lag": 3,
    "behind": 40,
    "inFlight": 1,
    "connected": True,
    "broker": "n1 (nats://127.0.0.1:4222)",
    "leader": "n2",
    "elections": 1,
    "reconnections": 2,
    "replicas": {"n1": True, "n3": False},
    "first": 1,
    "last": 1203,
    "trouble": None,
}
"""What a node of two sees: see L{IClusterLog.overview}."""


@implementer(IClusterLog)
class NodeLog(MemoryLog):
    """
    A log in memory.

    @ivar seen: what it says of the cluster.
    """

    seen = OVERVIEW

    def overview(self) -> Mapping[str, Any]:
        """See L{IClusterLog.overview}."""
        return self.seen
