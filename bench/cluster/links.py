"""TCP proxies between the processes of a cluster, which can be cut and healed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

READ_SIZE = 1 << 16
"""The maximum number of bytes in one read."""


class Link:
    """
    A proxy for the connections from one process to another.

    A link that is cut silently carries nothing, and its connections stay: the packets are lost, as in a network that is
    split.  When it is healed, they go on.  A link that is cut loudly ends its connections and refuses new ones.

    @ivar target: the port on 127.0.0.1 to which it connects.
    @ivar port: the port on 127.0.0.1 at which it listens.
    @ivar carried: how many bytes it has carried.
    """

    port: int

    def __init__(self, target: int) -> None:
        self.target = target
        self.carried = 0
        self._whole = asyncio.Event()
        self._whole.set()
        self._refuses = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=READ_SIZE)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self, silently: bool) -> None:
        """Carry nothing from now on."""
        if silently:
            self._whole.clear()
        else:
            self._refuses = True
            self._end()

    def heal(self) -> None:
        """Carry everything again."""
        self._refuses = False
        self._whole.set()

    async def close(self) -> None:
        """Stop listening, and end all connections."""
        self._server.close()
        tasks = list(self._tasks)
        self._end()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = [back]
        try:
            if not self._refuses:
                await self._whole.wait()
                far, there = await asyncio.open_connection("127.0.0.1", self.target, limit=READ_SIZE)
                writers.append(there)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._carry(near, there))
                    group.create_task(self._carry(far, back))
        except (OSError, asyncio.CancelledError, BaseExceptionGroup):
            # The connection has ended at one side, or the link was cut: both sides end below.
            pass
        finally:
            self._tasks.discard(task)
            for writer in writers:
                writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """
        Carry the bytes of one direction.

        @raise ConnectionError: the connection has ended at either side.
        """
        while data := await source.read(READ_SIZE):
            await self._whole.wait()
            self.carried += len(data)
            target.write(data)
            await target.drain()
        # What ends a connection is lost, too.
        await self._whole.wait()
        raise ConnectionError


class Network:
    """
    All links of a cluster.

    @ivar links: each link, by the names of the process that connects and of the one that listens.
    """

    def __init__(self, targets: Mapping[tuple[str, str], int]) -> None:
        """
        @param targets: the port that each link leads to.
        """
        self.links = {pair: Link(port) for pair, port in targets.items()}

    async def open(self) -> None:
        """Open all links."""
        for link in self.links.values():
            await link.open()

    def port(self, source: str, target: str) -> int:
        """Return the port at which one process reaches another."""
        return self.links[source, target].port

    def separate(self, names: Iterable[str], silently: bool) -> None:
        """Cut each link between one of these processes and one of the others."""
        inside = set(names)
        for (source, target), link in self.links.items():
            if (source in inside) is not (target in inside):
                link.cut(silently)

    def heal(self) -> None:
        """Heal all links."""
        for link in self.links.values():
            link.heal()

    async def close(self) -> None:
        """Close all links."""
        with suppress(OSError):
            await asyncio.gather(*(link.close() for link in self.links.values()))
