"""
Whether the brokers write to disk what they acknowledge.

Only brokers with C{sync_interval: always} do.  Others write it some seconds or minutes later, and lose it if the power
of most of them fails at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from twistchat.interfaces.stream import StreamUnusable
from twistchat.journal.jetstream.nats.answers import Refused, Unreachable
from twistchat.journal.jetstream.nats.connection import Connection
from twistchat.journal.jetstream.nats.monitoring import Report, reportOf
from twistchat.journal.jetstream.nats.settings import BrokerSettings, contextOf, monitoringOf

SYNC = "jetstream { sync_interval: always }"
"""What the configuration of a broker must have."""

SILENT = 5 * 1_000_000_000
"""After how many nanoseconds without contact to the stream's leader a broker is taken to be down."""

LOOKS = 2
"""How many earlier looks must have shown that a broker is down."""

PATIENCE = 12
"""How often the brokers are asked, one second apart, while some neither answer nor are known to be down."""


async def askBrokers(settings: BrokerSettings) -> list[Report]:
    """
    Ask the monitoring ports.

    @return: what they told, and which of them cannot be read.
    @raise StreamUnusable: a broker acknowledges what it has not written to disk.
    """
    addresses = monitoringOf(settings)
    encrypted = any(address.startswith("https:") for address in addresses)
    context = contextOf(settings) if encrypted else None
    reports = await asyncio.gather(*(reportOf(address, context) for address in addresses))
    for report in reports:
        if report.server and not report.syncs:
            raise StreamUnusable(
                f"the broker {report.server} ({report.address}) acknowledges what it has not written to disk; "
                f"add to its configuration: {SYNC}"
            )
    return reports


async def checkAll(connection: Connection, settings: BrokerSettings, reports: Sequence[Report]) -> list[str]:
    """
    Check that all brokers that have the stream were asked.  One that is down cannot be asked; it is worth a warning.

    @param reports: what L{askBrokers} returned.
    @return: warnings, a line each.
    @raise StreamUnusable: a broker was not asked, or is not as it must be.
    """
    missing: list[str] = []
    for look in range(PATIENCE):
        try:
            info = await connection.ask(f"STREAM.INFO.{settings.stream}")
        except (Unreachable, Refused):
            info = {}
        asked = {report.server for report in reports}
        up, down = peersIn(info, str(connection.info.get("server_name", "")))
        missing = [name for name in up if name not in asked]
        unknown = [name for name in down if name not in asked]
        # a broker that starts, or whose leader is new, looks as if it was down at first
        if up and not missing and (not unknown or look >= LOOKS):
            text = "the broker {} is down, so whether it writes to disk what it acknowledges was not checked"
            return [text.format(name) for name in unknown]
        if not any(report.why for report in reports) and up:
            break
        await asyncio.sleep(1)
        reports = await askBrokers(settings)
    silent = "; ".join(f"{report.address}: {report.why}" for report in reports if report.why)
    raise StreamUnusable(
        f"whether the broker {missing[0] if missing else '?'} writes to disk what it acknowledges cannot be read"
        f" ({silent or 'no address is its own'}); set http_port in its configuration, and cluster.monitoring here"
    )


def peersIn(info: Mapping[str, Any], alone: str) -> tuple[list[str], list[str]]:
    """
    Return the brokers that have the stream: those that work, and those that are down.

    @param info: the answer to C{STREAM.INFO}.  Without a leader, no broker is known to work.
    @param alone: the name of the connected broker, which has the stream if there is no cluster.
    """
    if not info:
        return [], []
    cluster = info.get("cluster") or {"leader": alone}
    if not cluster.get("leader"):
        return [], []
    up: list[str] = [str(cluster["leader"])]
    down: list[str] = []
    for peer in cluster.get("replicas") or ():
        (down if isDown(peer) else up).append(str(peer["name"]))
    return sorted(up), sorted(down)


def isDown(peer: Mapping[str, Any]) -> bool:
    """
    Whether a broker does not work, as the leader sees it.

    The leader of a cluster believes that a dead broker is online and current for some time, but it tells since when it
    has not heard of it.  This is 0 if the leader is new and has never heard of it.
    """
    silence = int(peer.get("active") or 0)
    return bool(peer.get("offline")) or silence > SILENT or (silence == 0 and not peer.get("current"))
