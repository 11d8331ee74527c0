"""L{NatsStream}: the stream of a cluster on NATS JetStream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from twistchat.interfaces.stream import (
    IStream,
    IStreamReading,
    NotPublished,
    StreamMessage,
    StreamStatus,
    StreamUnusable,
)
from twistchat.journal.jetstream.nats.answers import Refused, Unreachable
from twistchat.journal.jetstream.nats.connection import Connection
from twistchat.journal.jetstream.nats.durability import isDown
from twistchat.journal.jetstream.nats.leases import Leases
from twistchat.journal.jetstream.nats.provisioning import provide, replace
from twistchat.journal.jetstream.nats.publishing import publish
from twistchat.journal.jetstream.nats.reading import NatsReading
from twistchat.journal.jetstream.nats.settings import BrokerSettings, bucketOf, subjectOf

log = Logger()

_T = TypeVar("_T")

CONNECT = 10.0
"""How many seconds L{NatsStream.open} tries to connect."""

LOOK = 3.0
"""How many seconds lie between two looks at the stream's leader and replicas."""

CLOSE = 1.8
"""How many seconds L{NatsStream.close} waits."""


@implementer(IStream)
class NatsStream:
    """
    The stream of a cluster on NATS JetStream.

    It needs Twisted's asyncio reactor, because nats-py runs on asyncio.

    @ivar warnings: what the administrator should know of the brokers, a line each.  It is known when L{open} has fired.
    """

    def __init__(self, settings: BrokerSettings, clock: IReactorTime) -> None:
        """
        @param clock: the reactor.
        """
        self._settings = settings
        self._clock = clock
        self._connection: Connection | None = None
        self._leases: Leases | None = None
        self._readings: list[NatsReading] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._look: Any = None
        self._created = ""
        self._leader = ""
        self._elections = 0
        self._replicas: dict[str, bool] | None = None
        self._first = self._last = 0
        self.warnings: list[str] = []

    @property
    def status(self) -> StreamStatus:
        connection = self._connection
        connected = connection is not None and connection.client is not None
        last = max([self._last, *(reading.position for reading in self._readings if not reading.stopped)])
        return StreamStatus(
            connected=connected,
            broker=connection.broker if connection is not None and connected else "",
            leader=self._leader,
            elections=self._elections,
            reconnections=0 if connection is None else connection.reconnections,
            replicas=None if self._replicas is None else dict(self._replicas),
            first=self._first,
            last=last,
        )

    def open(self) -> Deferred[StreamStatus]:
        opened: Deferred[StreamStatus] = Deferred()

        def begin() -> None:
            # a service may start before the reactor runs, and asyncio's loop with it
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                opened.errback(StreamUnusable("a cluster needs the reactor of asyncio: twistd --reactor asyncio"))
            else:
                self._start(self._open(), StreamUnusable("the stream was closed")).chainDeferred(opened)

        self._clock.callLater(0, begin)
        return opened

    def publish(self, data: bytes, id: str, last: int | None = None) -> Deferred[int]:
        if self._connection is None:
            return fail(NotPublished("the stream is not open"))
        return self._start(self._publish(self._connection, data, id, last), NotPublished("the stream was closed"))

    def read(
        self, after: int, receive: Callable[[StreamMessage], None], broken: Callable[[str], None]
    ) -> IStreamReading:
        if self._connection is None:
            self._clock.callLater(0, broken, "the stream is not open")
            return _Nothing()
        reading = NatsReading(
            self._connection, self._clock, self._settings.stream, lambda: self._created, after, receive, broken
        )
        self._readings = [*(each for each in self._readings if not each.stopped), reading]
        return reading

    def renew(self, node: str) -> Deferred[Mapping[str, int]]:
        if self._leases is None:
            return fail(NotPublished("the stream is not open"))
        return self._start(self._leases.renew(node), NotPublished("the stream was closed"))

    def release(self, node: str) -> Deferred[None]:
        return succeed(None) if self._leases is None else self._start(self._leases.release(node))

    def replaceStream(self) -> Deferred[StreamStatus]:
        """
        Delete the stream with all its messages, and make an empty one.  This is for an administrator: every node must
        be stopped, and one of them starts the new stream from its copy.  Deliveries end.

        @return: fires with the status of the new stream.  Fails with L{StreamUnusable}.
        """
        if self._connection is None:
            return fail(StreamUnusable("the stream is not open"))
        return self._start(self._replace(self._connection), StreamUnusable("the stream was closed"))

    def close(self) -> Deferred[None]:
        return self._start(self._close()) if self._connection is not None or self._tasks else succeed(None)

    # with asyncio

    def _start(self, work: Coroutine[Any, Any, _T], closed: Exception | None = None) -> Deferred[_T]:
        """
        Run a coroutine of asyncio.

        @param closed: the error if the stream is closed meanwhile.
        """

        async def run() -> _T:
            try:
                return await work
            except asyncio.CancelledError:
                if closed is None:
                    raise
                raise closed from None

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Deferred.fromFuture(task)

    async def _open(self) -> StreamStatus:
        connection = Connection(self._settings, self._changed)
        try:
            await connection.open(CONNECT)
            opened = await provide(connection, self._settings)
        except BaseException:
            await connection.close()
            raise
        self.warnings = opened.warnings
        for why in self.warnings:
            log.warn("{why}", why=why)
        self._created = str(opened.info.get("created", ""))
        self._note(opened.info)
        self._connection = connection
        self._leases = Leases(connection, bucketOf(self._settings))
        self._look = self._clock.callLater(LOOK, self._lookLater)
        return self.status

    async def _publish(self, connection: Connection, data: bytes, id: str, last: int | None) -> int:
        number = await publish(connection, subjectOf(self._settings), self._settings.stream, data, id, last)
        self._last = max(self._last, number)
        return number

    async def _replace(self, connection: Connection) -> StreamStatus:
        for reading in self._readings:
            reading.stop()
        info = await replace(connection, self._settings)
        self._created = str(info.get("created", ""))
        self._last = 0
        self._note(info)
        return self.status

    async def _close(self) -> None:
        connection, self._connection, self._leases = self._connection, None, None
        if self._look is not None and self._look.active():
            self._look.cancel()
        current = asyncio.current_task()
        others = [task for task in self._tasks if task is not current]
        for task in others:
            task.cancel()
        for reading in self._readings:
            reading.stop()

        async def end() -> None:
            # the readings first: they tell the broker to forget their consumers
            for reading in self._readings:
                await reading.ended()
            if others:
                await asyncio.wait(others)

        try:
            await asyncio.wait_for(end(), CLOSE / 2)
        except TimeoutError:
            log.warn("The deliveries of the stream did not end in time.")
        if connection is not None:
            try:
                await asyncio.wait_for(connection.close(), CLOSE / 2)
            except TimeoutError:
                log.warn("The connection to the broker did not end in time.")
        self._readings.clear()

    # what is known

    def _changed(self) -> None:
        """The connection was made or lost: look at the stream soon, whose leader may be another one."""
        if self._look is not None and self._look.active():
            self._look.reset(0.1)

    def _lookLater(self) -> None:
        connection = self._connection
        if connection is not None:
            self._start(self._lookAt(connection)).addErrback(lambda failure: None)

    async def _lookAt(self, connection: Connection) -> None:
        """Ask for the stream's leader, replicas and numbers, and ask again later."""
        try:
            info = await connection.ask(f"STREAM.INFO.{self._settings.stream}")
            if str(info.get("created", "")) == self._created:
                self._note(info)
        except (Unreachable, Refused) as e:
            log.debug("The stream cannot be looked at: {why}", why=str(e))
        finally:
            if self._connection is not None:
                self._look = self._clock.callLater(LOOK, self._lookLater)

    def _note(self, info: Mapping[str, Any]) -> None:
        """Note what the broker says of the stream."""
        state, cluster = info["state"], info.get("cluster") or {}
        self._first = int(state["first_seq"])
        self._last = max(self._last, int(state["last_seq"]))
        leader = str(cluster.get("leader") or "")
        if leader and self._leader and leader != self._leader:
            self._elections += 1
            log.info("The broker {leader} leads the stream now.", leader=leader)
        self._leader = leader or self._leader
        self._replicas = {
            str(peer["name"]): bool(peer.get("current")) and not isDown(peer) for peer in cluster.get("replicas") or ()
        }


@implementer(IStreamReading)
class _Nothing:
    """The delivery of a stream that is not open."""

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def stop(self) -> None:
        pass
