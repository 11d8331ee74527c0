"""The TCP proxies: they carry, are cut, and are healed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from twisted.trial.unittest import SynchronousTestCase

from bench.cluster.links import Link, Network

PATIENCE = 5.0
"""How long something may take, in seconds."""

SILENCE = 0.05
"""How long nothing is to arrive, in seconds."""


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back each line."""
    try:
        while line := await reader.readline():
            writer.write(line)
    except OSError:
        pass
    finally:
        writer.close()


async def line(reader: asyncio.StreamReader) -> bytes:
    """Read a line; nothing at the end."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.readline()
        except ConnectionError:
            return b""


class LinkTests(SynchronousTestCase):
    """One link to a server that sends everything back."""

    def run_(self, test: Callable[[Link], Awaitable[None]]) -> None:
        """Run a test with an open link."""

        async def main() -> None:
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            link = Link(server.sockets[0].getsockname()[1])
            await link.open()
            try:
                await test(link)
            finally:
                await link.close()
                server.close()

        asyncio.run(main())

    def test_carries(self) -> None:
        """What is sent arrives, and so does the end of a connection."""

        async def test(link: Link) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"hello\n")
            self.assertEqual(await line(reader), b"hello\n")
            self.assertEqual(link.carried, 12)
            writer.close()
            self.assertEqual(await line(reader), b"")

        self.run_(test)

    def test_silent(self) -> None:
        """A link that is cut silently carries nothing.  Healed, it carries what was sent meanwhile."""

        async def test(link: Link) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"one\n")
            self.assertEqual(await line(reader), b"one\n")
            link.cut(silently=True)
            writer.write(b"two\n")
            later, other = await asyncio.open_connection("127.0.0.1", link.port)
            other.write(b"three\n")
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(reader.readline(), SILENCE)
            self.assertEqual(link.carried, 8)
            link.heal()
            self.assertEqual(await line(reader), b"two\n")
            self.assertEqual(await line(later), b"three\n")
            writer.close()
            other.close()

        self.run_(test)

    def test_loud(self) -> None:
        """A link that is cut loudly ends its connections and refuses new ones.  Healed, it takes new ones."""

        async def test(link: Link) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"one\n")
            self.assertEqual(await line(reader), b"one\n")
            link.cut(silently=False)
            self.assertEqual(await line(reader), b"")
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            self.assertEqual(await line(reader), b"")
            writer.close()
            link.heal()
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"two\n")
            self.assertEqual(await line(reader), b"two\n")
            writer.close()

        self.run_(test)


class NetworkTests(SynchronousTestCase):
    """The links of a cluster."""

    def test_separate(self) -> None:
        """Only links that cross the border are cut."""

        async def main() -> None:
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            pairs = (("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("1", "2"), ("2", "1"))
            network = Network(dict.fromkeys(pairs, port))
            await network.open()
            network.separate(["a", "1"], silently=False)
            carries = set()
            for pair in pairs:
                reader, writer = await asyncio.open_connection("127.0.0.1", network.port(*pair))
                writer.write(b"x\n")
                if await line(reader):
                    carries.add(pair)
                writer.close()
            self.assertEqual(carries, {("a", "1"), ("b", "2")})
            network.heal()
            reader, writer = await asyncio.open_connection("127.0.0.1", network.port("1", "2"))
            writer.write(b"x\n")
            self.assertEqual(await line(reader), b"x\n")
            writer.close()
            await network.close()
            server.close()

        asyncio.run(main())
