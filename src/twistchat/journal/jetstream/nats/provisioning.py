"""The stream and the bucket of leases at the brokers: made if they are missing, and checked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from twistchat.interfaces.stream import StreamUnusable
from twistchat.journal.jetstream.nats.answers import (
    JETSTREAM_DISABLED,
    STREAM_NOT_FOUND,
    TEMPORARY,
    Refused,
    Unreachable,
)
from twistchat.journal.jetstream.nats.connection import Connection
from twistchat.journal.jetstream.nats.durability import SYNC, askBrokers, checkAll
from twistchat.journal.jetstream.nats.settings import BrokerSettings, bucketOf, subjectOf

LARGEST = 1024 * 1024
"""The size of messages in bytes that a broker must take.  It is the default of NATS."""

OLDEST = (2, 12)
"""The oldest version of a broker that is used."""

NANO = 1_000_000_000
"""Nanoseconds in a second: the unit of JetStream's times."""

DUPLICATES = 120
"""For how many seconds a broker ignores a second message with the same id."""

LEASES = 3600
"""How many seconds the bucket keeps the lease of a node that does not renew it."""

PATIENCE = 20.0
"""How many seconds a cluster of brokers has to choose its leaders while the stream is opened."""


@dataclass(slots=True)
class Opened:
    """
    A stream that can be used.

    @ivar info: what the broker says of the stream: the answer to C{STREAM.INFO}.
    @ivar warnings: what the administrator should know, a line each.
    """

    info: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


async def provide(connection: Connection, settings: BrokerSettings) -> Opened:
    """
    Check the brokers, make what does not exist, and check what exists.

    @raise StreamUnusable: something is not as it must be.
    """
    _checkVersion(connection)
    _checkSize(connection)
    await _checkJetStream(connection)
    full = settings.durability == "full"
    reports = await askBrokers(settings) if full else []
    opened = Opened(await _ensure(connection, configurationOf(settings)))
    await _ensure(connection, bucketConfigurationOf(settings))
    if full:
        opened.warnings += await checkAll(connection, settings, reports)
    else:
        opened.warnings.append(
            'cluster.durability is "relaxed": a power failure of the brokers may lose messages that were shown'
        )
    if settings.replicas == 1:
        opened.warnings.append("cluster.replicas is 1: the cluster stops with its only broker, and has no second copy")
    kept = int(opened.info["config"].get("max_age") or 0) / NANO
    if kept != settings.keep:
        text = f"the stream {settings.stream} keeps messages for {kept:g} s; cluster.keep is {settings.keep:g} s"
        opened.warnings.append(f"{text}, and nats stream edit changes the stream")
    return opened


async def replace(connection: Connection, settings: BrokerSettings) -> dict[str, Any]:
    """
    Delete the stream with all its messages, and make it again.

    @return: what the broker says of the new stream.
    @raise StreamUnusable: it cannot be deleted or made.
    """
    try:
        await _patiently(connection, f"STREAM.DELETE.{settings.stream}", b"")
    except Refused as e:
        if e.code != STREAM_NOT_FOUND:
            raise StreamUnusable(f"the stream {settings.stream} cannot be deleted: {e}") from e
    return await _ensure(connection, configurationOf(settings))


def configurationOf(settings: BrokerSettings) -> dict[str, Any]:
    """
    Return the configuration of the stream.

    It forgets by age alone: a limit of size would take messages away that a node has not read.  Nobody can delete
    single messages, which a reader would take for damage.
    """
    return {
        "name": settings.stream,
        "description": "The journal of a twistchat cluster",
        "subjects": [subjectOf(settings)],
        "retention": "limits",
        "storage": "file",
        "num_replicas": settings.replicas,
        "discard": "old",
        "max_age": int(settings.keep * NANO),
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "max_consumers": -1,
        "duplicate_window": min(DUPLICATES, int(settings.keep)) * NANO,
        "allow_direct": True,
        "deny_delete": True,
        "deny_purge": True,
        "no_ack": False,
    }


def bucketConfigurationOf(settings: BrokerSettings) -> dict[str, Any]:
    """
    Return the configuration of the stream behind the bucket of leases.

    It is in files like the journal, though leases are short-lived: then the revisions grow after a restart of all
    brokers too, and brokers whose disks do not take writes renew no lease.
    """
    bucket = bucketOf(settings)
    return {
        "name": f"KV_{bucket}",
        "description": "The leases of the nodes of a twistchat cluster",
        "subjects": [f"$KV.{bucket}.>"],
        "retention": "limits",
        "storage": "file",
        "num_replicas": settings.replicas,
        "discard": "new",
        "max_age": LEASES * NANO,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msgs_per_subject": 1,
        "max_msg_size": -1,
        "max_consumers": -1,
        "duplicate_window": DUPLICATES * NANO,
        "allow_direct": True,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
        "deny_purge": False,
    }


def difference(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """
    Return how an existing stream differs from what is needed, C{""} if it does not.  Ages may differ.
    """
    for key in ("subjects", "storage", "num_replicas", "retention", "max_msgs_per_subject", "max_msgs", "max_bytes"):
        has = found.get(key, -1)
        if has != wanted[key]:
            return f"its {key} is {_shown(has)}, and must be {_shown(wanted[key])}"
    if found.get("no_ack"):
        return "its no_ack is true, and must be false"
    for key in ("mirror", "sources", "subject_transform", "sealed"):
        if found.get(key):
            return f"it has {key}, and must not"
    return ""


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _checkVersion(connection: Connection) -> None:
    version = str(connection.info.get("version", ""))
    try:
        major, minor = (int(part) for part in version.split(".")[:2])
    except ValueError:
        major = minor = 0
    if (major, minor) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise StreamUnusable(f"the broker {connection.broker} is version {version or '?'}; {wanted} or later is needed")


def _checkSize(connection: Connection) -> None:
    size = int(connection.info.get("max_payload", 0))
    if size < LARGEST:
        raise StreamUnusable(
            f"the broker {connection.broker} takes messages of up to {size} bytes; the stream needs max_payload: 1MB"
        )


async def _checkJetStream(connection: Connection) -> None:
    why = f"the broker {connection.broker} has no JetStream; add to its configuration: {SYNC}"
    if not connection.info.get("jetstream"):
        raise StreamUnusable(why)
    try:
        await _patiently(connection, "INFO", b"")
    except Refused as e:
        if e.code in JETSTREAM_DISABLED:
            why = f"the broker {connection.broker} has no JetStream for this account: {e}"
            raise StreamUnusable(why) from e
        raise StreamUnusable(f"the broker {connection.broker} refuses JetStream: {e}") from e


async def _ensure(connection: Connection, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """
    Make a stream if it is missing.

    @return: the answer to C{STREAM.INFO}.
    @raise StreamUnusable: it cannot be made, or exists and is another.
    """
    name = wanted["name"]
    try:
        try:
            info = await _patiently(connection, f"STREAM.INFO.{name}", b"")
        except Refused as e:
            if e.code != STREAM_NOT_FOUND:
                raise
            await _patiently(connection, f"STREAM.CREATE.{name}", json.dumps(wanted).encode())
            # The answer to CREATE knows no leader yet.  If another node makes the stream at the same moment, the broker
            # may not have it yet.
            info = await _patiently(connection, f"STREAM.INFO.{name}", b"", TEMPORARY | {STREAM_NOT_FOUND})
    except Refused as e:
        raise StreamUnusable(f"the stream {name} cannot be made with {wanted['num_replicas']} replicas: {e}") from e
    why = difference(wanted, info["config"])
    if why:
        raise StreamUnusable(f"the stream {name} exists and cannot be used: {why}")
    return info


async def _patiently(
    connection: Connection, api: str, payload: bytes, temporary: Collection[int] = TEMPORARY
) -> dict[str, Any]:
    """
    Ask, and ask again while the brokers choose their leaders.

    @param temporary: the codes of the refusals after which to ask again.
    @raise StreamUnusable: there was no answer for L{PATIENCE} seconds.
    @raise Refused: JetStream refuses.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while True:
        try:
            return await connection.ask(api, payload)
        except Refused as e:
            if e.code not in temporary or loop.time() > deadline:
                raise
        except Unreachable as e:
            if loop.time() > deadline:
                raise StreamUnusable(f"JetStream of the brokers does not answer to {api}: {e}") from e
        await asyncio.sleep(0.2)
