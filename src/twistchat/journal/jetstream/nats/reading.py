"""
The delivery of the stream's messages: by number, from a position, for as long as it is wanted.

A consumer of JetStream is used for as long as it works, and is thrown away at the first sign of a fault: a gap, a
silence, a lost connection.  The next one starts after the last message that was received.  So nothing depends on what a
consumer remembers.  Messages are pulled.  Two requests always wait at the broker, so a new message comes without a
request of its own, and memory is bounded by what was asked for.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from twistchat.interfaces.stream import IStreamReading, StreamMessage
from twistchat.journal.jetstream.nats.answers import STREAM_NOT_FOUND, Refused, Unreachable
from twistchat.journal.jetstream.nats.connection import Connection

log = Logger()

MESSAGES = 256
"""How many messages one request asks for."""

BYTES = 2 * 1024 * 1024
"""How many bytes one request asks for.  It is more than the largest message."""

REQUESTS = 2
"""How many requests wait at the broker."""

EXPIRES = 30.0
"""After how many seconds a request ends that was not fulfilled."""

HEARTBEAT = 0.5
"""After how many seconds without messages the broker sends a sign of life."""

SILENT = 4
"""After how many heartbeats without a sign of life the consumer is given up."""

INACTIVE = 60.0
"""After how many seconds without a request the broker forgets the consumer."""

ANSWER = 1.0
"""How many seconds the brokers have to answer.  While a cluster chooses a leader, questions are not answered later."""

SHORTEST, LONGEST = 0.05, 0.4
"""How many seconds pass before the next consumer, if the last one delivered nothing: at first, and at most."""

DOUBT = 12.0
"""
For how many seconds a stream must be missing, or end too early, to be believed so.

A broker that was cut off believes for 10 seconds that it still leads the stream, and tells of an old one.  A broker
that just started may not know the stream yet.
"""

PORTION = 64
"""How many messages that waited are delivered in one turn."""

_NANO = 1_000_000_000

_PULL = json.dumps(
    {
        "batch": MESSAGES,
        "max_bytes": BYTES,
        "expires": int(EXPIRES * _NANO),
        "idle_heartbeat": int(HEARTBEAT * _NANO),
    }
).encode()


class _Broken(Exception):
    """The stream does not have the next message."""


class _Over(Exception):
    """The consumer is of no more use.  C{str} gives the reason."""


@implementer(IStreamReading)
class NatsReading:
    """
    The delivery of a stream's messages.

    @ivar position: the number of the last message that was received.  It may wait for L{resume}.
    @ivar stopped: whether the delivery has ended.
    """

    def __init__(
        self,
        connection: Connection,
        clock: IReactorTime,
        stream: str,
        created: Callable[[], str],
        after: int,
        receive: Callable[[StreamMessage], None],
        broken: Callable[[str], None],
    ) -> None:
        """
        @param stream: the name of the stream.
        @param created: returns when the stream was made, as the broker told at first.
        @param after: the number after which messages are delivered.
        """
        self._connection = connection
        self._clock = clock
        self._stream = stream
        self._created = created
        self.position = after
        self._receive = receive
        self._broken = broken
        self._waiting: deque[StreamMessage] = deque()
        self._paused = False
        self._draining = False
        self.stopped = False
        # what follows belongs to one consumer
        self._client: Client | None = None
        self._over: asyncio.Future[str] | None = None
        self._inbox = self._consumer = ""
        self._requests: dict[str, int] = {}
        self._number = 0
        self._silent = 0
        self._fresh = True
        self._gap = (-1, -1)
        self._missing = False
        self._sending: set[asyncio.Task[None]] = set()
        self._running = asyncio.get_running_loop().create_task(self._run())

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._silent = 0
        if self._waiting:
            self._drainLater()
        else:
            self._ask()

    def stop(self) -> None:
        if not self.stopped:
            self.stopped = True
            self._waiting.clear()
            self._running.cancel()

    async def ended(self) -> None:
        """Wait until nothing runs after L{stop}."""
        await asyncio.wait((self._running,))

    # the consumers, one after the other

    async def _run(self) -> None:
        wait = SHORTEST
        try:
            while True:
                client = await self._connection.connected()
                before = self.position
                try:
                    await self._check()
                    await self._consume(client)
                except (Unreachable, Refused, _Over) as e:
                    log.debug("The reading of the stream starts again after {n}: {why}", n=self.position, why=str(e))
                except _Broken:
                    raise
                except Exception:  # a fault of nats-py or of this file must not end the reading without a word
                    log.failure("The reading of the stream failed, and starts again")
                wait = SHORTEST if self.position > before else min(2 * wait, LONGEST)
                await asyncio.sleep(wait)
        except _Broken as e:
            self.stopped = True
            self._clock.callLater(0, self._broken, str(e))

    async def _check(self) -> None:
        """
        Check that the stream has the next message, or will have it.

        @raise _Broken: it has not.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DOUBT
        while True:
            try:
                info = await self._connection.ask(f"STREAM.INFO.{self._stream}", timeout=ANSWER)
                why = lossIn(info, self._stream, self.position, self._created())
                certain = int(info["state"]["first_seq"]) > self.position + 1
            except Refused as e:
                if e.code != STREAM_NOT_FOUND:
                    raise
                why, certain = f"the stream {self._stream} does not exist any more", False
            if self._missing and not why:
                why = f"the stream {self._stream} has message {self._gap[1]} after message {self.position}"
            if not why:
                return
            if certain or loop.time() > deadline:
                raise _Broken(why)
            await asyncio.sleep(0.5)

    async def _consume(self, client: Client) -> None:
        """Make a consumer, and use it until it is of no more use."""
        self._over = over = asyncio.get_running_loop().create_future()
        self._client, self._inbox, self._consumer = client, client.new_inbox(), ""
        self._requests = {}
        self._silent = 0
        self._fresh = True
        lost = self._connection.lost
        subscription = await self._connection.subscribe(f"{self._inbox}.*", self._received)
        try:
            self._consumer = await self._make()
            self._ask()
            while self._silent < SILENT:
                await asyncio.wait((over, lost), timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                if over.done():
                    raise _Over(over.result())
                if lost.done():
                    raise _Over("the connection was lost")
                # this counts turns, not seconds: a reactor that was busy has not read what is there
                self._silent = 0 if self._paused else self._silent + 1
            raise _Over("the consumer is silent")
        finally:
            self._client = self._over = None
            if not client.is_closed:
                await self._forget(client, subscription)

    async def _make(self) -> str:
        """Make a consumer that starts after the position, and return its name."""
        name = self._inbox.rpartition(".")[2]
        config = {
            "name": name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self.position + 1,
            "ack_policy": "none",
            "replay_policy": "instant",
            "max_deliver": 1,
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": int(INACTIVE * _NANO),
        }
        payload = json.dumps({"stream_name": self._stream, "config": config, "action": "create"}).encode()
        await self._connection.ask(f"CONSUMER.CREATE.{self._stream}.{name}", payload, timeout=ANSWER)
        return name

    async def _forget(self, client: Client, subscription: Any) -> None:
        """Give up the consumer.  The broker would forget it by itself, later."""
        try:
            await subscription.unsubscribe()
            if self._consumer:
                await client.publish(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._consumer}")
        except (Error, OSError) as e:
            log.debug("A consumer is not deleted: {why}", why=str(e))

    def _ask(self) -> None:
        """Send as many requests as are missing."""
        client = self._client
        if client is None or not self._consumer or self._paused or self._waiting or self.stopped:
            return
        while len(self._requests) < REQUESTS:
            self._number += 1
            reply = f"{self._inbox}.{self._number}"
            self._requests[reply] = MESSAGES
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}"
            sending = asyncio.get_running_loop().create_task(self._send(client, subject, reply))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _send(self, client: Client, subject: str, reply: str) -> None:
        try:
            await client.publish(subject, _PULL, reply)
        except (Error, OSError) as e:
            self._giveUp(f"a request is not sent: {e}")

    def _giveUp(self, why: str) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(why)

    # the messages

    async def _received(self, message: Msg) -> None:
        """Take a message of the subscription: one of the stream, or one about a request."""
        self._silent = 0
        parts = message.reply.split(".")
        if len(parts) < 9 or parts[1] != "ACK":
            self._statusReceived(message.subject, message.headers or {})
            return
        # $JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.CONSUMED.TIME.PENDING, or with DOMAIN.ACCOUNT after ACK
        sequence, time = (parts[5], parts[7]) if len(parts) == 9 else (parts[7], parts[9])
        number = int(sequence)
        if number != self.position + 1:
            self._gapFound(number)
            return
        self._fresh = False
        self.position = number
        delivered = StreamMessage(number, int(time) // 1_000_000, message.data)
        if self._paused or self._waiting:
            self._waiting.append(delivered)
        elif not self.stopped:
            self._receive(delivered)
        remaining = self._requests.get(message.subject, 0) - 1
        if remaining > 0:
            self._requests[message.subject] = remaining
        else:
            self._requests.pop(message.subject, None)
            self._ask()

    def _gapFound(self, number: int) -> None:
        """A message came that is not the next one."""
        if number <= self.position or self._over is None or self._over.done():
            return
        # a consumer may skip a message; if the next one, which was told to start there, skips it too, it is not there
        if self._fresh and self._gap == (self.position, number):
            self._missing = True
        self._gap = (self.position, number)
        self._giveUp(f"message {number} follows {self.position}")

    def _statusReceived(self, subject: str, headers: Mapping[str, str]) -> None:
        """The broker tells how a request ended, or that it is alive."""
        status, text = headers.get("Status", ""), headers.get("Description", "")
        if status == "100":
            return
        ended = status in ("404", "408") or (status == "409" and text.startswith(("Message Size", "Batch Completed")))
        if not ended:
            self._giveUp(f"{status} {text}")
            return
        if self._requests.pop(subject, None) is not None:
            self._ask()

    def _drainLater(self) -> None:
        if not self._draining:
            self._draining = True
            self._clock.callLater(0, self._drain)

    def _drain(self) -> None:
        """Deliver a portion of what waited."""
        self._draining = False
        for _ in range(PORTION):
            if self._paused or self.stopped:
                return
            if not self._waiting:
                self._ask()
                return
            self._receive(self._waiting.popleft())
        self._drainLater()


def lossIn(info: Mapping[str, Any], stream: str, position: int, created: str) -> str:
    """
    Return why a stream does not have, and will not have, the message after a position; C{""} if it has or will.

    @param info: the answer to C{STREAM.INFO}.
    @param created: when the stream was made, C{""} if that is not known.
    """
    state = info["state"]
    first, last = int(state["first_seq"]), int(state["last_seq"])
    if created and info.get("created") != created:
        return f"the stream {stream} was deleted and made again"
    if last < position:
        return f"the stream {stream} ends at message {last}, but this node has read message {position}"
    if first > position + 1:
        return f"the stream {stream} begins at message {first}, but this node needs message {position + 1}"
    return ""
