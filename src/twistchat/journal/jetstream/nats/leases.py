"""The leases of the nodes: the keys of a bucket at the brokers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping

from nats.aio.msg import Msg
from nats.errors import Error

from twistchat.interfaces.stream import NotPublished
from twistchat.journal.jetstream.nats.answers import Refused, Unreachable, answerIn, reasonOf
from twistchat.journal.jetstream.nats.connection import Connection

TIMEOUT = 2.0
"""How many seconds a renewal may take."""

RESEND = 0.7
"""After how many seconds a key is written again that was not acknowledged."""

AGAIN = 0.1
"""How many seconds pass before a second try."""

_KEY = re.compile(r"[-/_=.A-Za-z0-9]{1,200}")


class Leases:
    """
    The keys of the bucket.  A key is the id of a node, and its revision grows with each renewal.  Its value is empty.

    The bucket is a stream with one message for each key, so a revision is the number of a message.
    """

    def __init__(self, connection: Connection, bucket: str) -> None:
        self._connection = connection
        self._bucket = bucket

    async def renew(self, node: str) -> Mapping[str, int]:
        """
        Write a node's key, and read the revisions of all.

        @raise NotPublished: that is not possible within L{TIMEOUT} seconds.
        """
        if not _KEY.fullmatch(node):
            raise NotPublished(f"{node!r} is not the id of a node")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + TIMEOUT
        why = "there is no time left"
        revision = 0
        while (left := deadline - loop.time()) > 0:
            try:
                if not revision:
                    revision = await self._put(node, min(left, RESEND))
                    continue
                found = await self._all(left)
                # any broker may answer, also one that is behind; what has this renewal has all that came before it
                if found.get(node, 0) >= revision:
                    return found
                why = "the broker that was asked is behind"
            except (Unreachable, Refused) as e:
                why = str(e)
            await asyncio.sleep(min(AGAIN, max(0.0, deadline - loop.time())))
        raise NotPublished(why)

    async def release(self, node: str) -> None:
        """Delete a node's key.  It does not fail: the bucket forgets the key later anyhow."""
        if not _KEY.fullmatch(node):
            return
        try:
            await self._connection.request(f"$KV.{self._bucket}.{node}", b"", {"KV-Operation": "DEL"}, timeout=1.0)
        except (Unreachable, asyncio.CancelledError):
            return

    async def _put(self, node: str, timeout: float) -> int:
        answer = answerIn(await self._connection.request(f"$KV.{self._bucket}.{node}", b"", timeout=timeout))
        return int(answer["seq"])

    async def _all(self, timeout: float) -> dict[str, int]:
        """
        Read all keys with one request: a direct get of the last message of each subject (ADR-31).

        @raise Unreachable: there is no complete answer.
        """
        prefix = f"$KV.{self._bucket}."
        found: dict[str, int] = {}
        over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def receive(message: Msg) -> None:
            headers = message.headers or {}
            status = headers.get("Status", "")
            if status and not over.done():
                # 204: that was all.  404: there is no key
                over.set_result("" if status in ("204", "404") else f"{status} {headers.get('Description', '')}")
            elif not status and "KV-Operation" not in headers:
                found[headers.get("Nats-Subject", "").removeprefix(prefix)] = int(headers.get("Nats-Sequence", "0"))

        client, lost = await self._connection.connected(), self._connection.lost
        inbox = client.new_inbox()
        subscription = await self._connection.subscribe(inbox, receive)
        try:
            payload = json.dumps({"multi_last": [f"{prefix}>"]}).encode()
            await client.publish(f"$JS.API.DIRECT.GET.KV_{self._bucket}", payload, inbox)
            await asyncio.wait((over, lost), timeout=min(timeout, 1.0), return_when=asyncio.FIRST_COMPLETED)
        except (Error, OSError) as e:
            raise Unreachable(f"the leases cannot be read: {reasonOf(e)}") from e
        finally:
            if not client.is_closed:
                await subscription.unsubscribe()
        if not over.done():
            raise Unreachable("the leases cannot be read")
        if over.result():
            raise Unreachable(f"the leases cannot be read: {over.result()}")
        return found
