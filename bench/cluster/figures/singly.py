"""The comparison: a program that publishes each text as a message of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.cluster.cluster import Cluster
from bench.cluster.figures.setups import SIZE, Setup

if TYPE_CHECKING:
    from nats.js import JetStreamContext

IN_FLIGHT = 1000
"""How many messages may be without an acknowledgement."""

SUBJECT = "singly"

BODY = b'{"room":"#b0","author":["u0","u0","u0","host"],"text":"%s"}' % (b"x" * SIZE)
"""A text with what a room needs to know of it."""


@dataclass(frozen=True, slots=True)
class Singly:
    """
    The results.

    @ivar rate: texts per second that all brokers have made durable.
    @ivar client: CPU seconds of the client for one text.
    @ivar brokers: CPU seconds of all brokers for one text.
    """

    rate: float
    client: float
    brokers: float


def publishing(setup: Setup, place: Path, texts: int) -> Singly:
    """
    Publish texts one by one, many of them at once, from one client.

    @param setup: its brokers are used.
    @param place: the folder for a temporary folder.
    @param texts: the number of texts.
    @raise NotStarted: a broker does not start.
    """

    async def main(cluster: Cluster) -> Singly:
        await cluster.open(direct=True)
        try:
            await cluster.run(list(cluster.brokers.values()))
            brokers = list(cluster.brokers.values())
            before, own = sum(broker.server.cpu() for broker in brokers), time.process_time()
            rate = await _publish([broker.ports["client"] for broker in brokers], texts)
            spent = sum(broker.server.cpu() for broker in brokers) - before
            return Singly(rate, (time.process_time() - own) / texts, spent / texts)
        finally:
            await cluster.close()

    with TemporaryDirectory(prefix="singly", dir=place, ignore_cleanup_errors=True) as folder:
        return asyncio.run(main(Cluster(Path(folder), (), setup.brokers)))


async def _publish(ports: Sequence[int], texts: int) -> float:
    # Only the cluster needs nats-py, and its figures.
    import nats
    from nats.js.api import StorageType, StreamConfig

    client = await nats.connect(f"nats://127.0.0.1:{ports[0]}")
    try:
        stream = client.jetstream()
        config = StreamConfig(name=SUBJECT, subjects=[SUBJECT], storage=StorageType.FILE, num_replicas=len(ports))
        await stream.add_stream(config)
        room = asyncio.Semaphore(IN_FLIGHT)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(texts):
                await room.acquire()
                group.create_task(_one(stream, room))
        return texts / (time.monotonic() - began)
    finally:
        await client.close()


async def _one(stream: JetStreamContext, room: asyncio.Semaphore) -> None:
    try:
        await stream.publish(SUBJECT, BODY, timeout=60)
    finally:
        room.release()
