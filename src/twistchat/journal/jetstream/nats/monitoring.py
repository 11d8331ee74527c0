"""
What brokers tell of themselves at their monitoring ports.

The protocol of clients does not tell whether a broker writes to disk what it acknowledges; C{/varz} does.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from twistchat.journal.jetstream.nats.answers import reasonOf

TIMEOUT = 3.0
"""How many seconds a monitoring port has to answer."""

LARGEST = 1024 * 1024
"""How many bytes of an answer are read."""


@dataclass(frozen=True, slots=True)
class Report:
    """
    What a monitoring port told.

    @ivar address: its address.
    @ivar server: the name of the broker; C{""} if it cannot be read.
    @ivar why: why it cannot be read; C{""} if it can.
    @ivar syncs: whether the broker writes to disk before it acknowledges.
    """

    address: str
    server: str = ""
    why: str = ""
    syncs: bool = False


async def reportOf(address: str, context: ssl.SSLContext | None) -> Report:
    """
    Ask one monitoring port.  It does not fail.

    @param address: C{http://HOST:PORT} or C{https://HOST:PORT}.
    @param context: how a connection to an C{https} address is encrypted; C{None} for the system's authorities.
    """
    try:
        told = await asyncio.wait_for(_varz(address, context), TIMEOUT)
    except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError) as e:
        return Report(address, why=reasonOf(e))
    server = str(told.get("server_name") or told.get("server_id") or "")
    if not server:
        return Report(address, why="it is not the monitoring of a NATS server")
    config = (told.get("jetstream") or {}).get("config") or {}
    return Report(address, server, syncs=bool(config.get("sync_always")))


async def _varz(address: str, context: ssl.SSLContext | None) -> dict[str, Any]:
    """
    Read C{/varz}.  With HTTP/1.0 the answer ends where the connection ends, and is not chunked.

    @raise ValueError: the answer is not that of a monitoring port.
    """
    parts = urlsplit(address)
    encrypted = parts.scheme == "https"
    reader, writer = await asyncio.open_connection(
        parts.hostname,
        parts.port or (443 if encrypted else 80),
        ssl=(context or ssl.create_default_context()) if encrypted else None,
    )
    try:
        path = parts.path.rstrip("/")
        writer.write(f"GET {path}/varz HTTP/1.0\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n".encode())
        answer = b""
        while len(answer) <= LARGEST and (data := await reader.read(65536)):
            answer += data
    finally:
        writer.transport.abort()
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].split()
    if len(status) < 2 or status[1] != b"200":
        code = status[1].decode(errors="replace") if len(status) > 1 else "something that is not HTTP"
        raise ValueError(f"it answers {code}")
    told = json.loads(body)
    if not isinstance(told, dict):
        raise ValueError("it is not the monitoring of a NATS server")
    return told
