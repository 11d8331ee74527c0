"""Tests of L{twistchat.journal.jetstream.nats.leases} with a real broker."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.journal.jetstream.nats.loops import WAIT, result
from tests.journal.jetstream.nats.test_stream import StreamTestCase
from twistchat.interfaces.stream import NotPublished


class LeaseTests(StreamTestCase):
    """The leases of nodes."""

    def test_renewed(self) -> None:
        """A renewal makes a node's number greater and leaves the others, and shows all."""

        async def work(stream: Any) -> None:
            first = await result(stream.renew("north-1a"))
            self.assertEqual(["north-1a"], list(first))
            second = await result(stream.renew("south-2b"))
            self.assertEqual({"north-1a": first["north-1a"], "south-2b": second["south-2b"]}, second)
            third = await result(stream.renew("north-1a"))
            self.assertEqual(second["south-2b"], third["south-2b"])
            self.assertGreater(third["north-1a"], first["north-1a"])

        self.play(work)

    def test_released(self) -> None:
        """A lease that was given up is not shown.  It may be released again, and renewed again."""

        async def work(stream: Any) -> None:
            before = await result(stream.renew("north-1a"))
            await result(stream.renew("south-2b"))
            await result(stream.release("north-1a"))
            await result(stream.release("north-1a"))
            self.assertEqual(["south-2b"], list(await result(stream.renew("south-2b"))))
            after = await result(stream.renew("north-1a"))
            self.assertEqual(["north-1a", "south-2b"], sorted(after))
            self.assertGreater(after["north-1a"], before["north-1a"])

        self.play(work)

    def test_many(self) -> None:
        """The leases of many nodes are read with one request."""

        async def work(stream: Any) -> None:
            nodes = [f"node-{i}" for i in range(60)]
            for node in nodes:
                await result(stream.renew(node))
            self.assertEqual(sorted(nodes), sorted(await result(stream.renew(nodes[0]))))

        self.play(work)

    def test_refused(self) -> None:
        """What cannot be a key is refused, and a broker that is gone is noticed."""
        from twistchat.journal.jetstream.nats import leases

        async def work(stream: Any) -> None:
            for node in ("", "a b", "a.*", "ä"):
                with self.assertRaisesRegex(NotPublished, "is not the id of a node"):
                    await result(stream.renew(node))
                await result(stream.release(node))
            self.broker.kill()
            self.patch(leases, "TIMEOUT", 0.5)
            with self.assertRaises(NotPublished):
                await asyncio.wait_for(result(stream.renew("north-1a")), WAIT)
            await result(stream.release("north-1a"))

        self.play(work)

    def test_restarted(self) -> None:
        """Numbers grow over a restart of the broker too."""

        async def work(stream: Any) -> None:
            before = (await result(stream.renew("north-1a")))["north-1a"]
            self.broker.kill()
            self.broker.start()
            self.assertGreater((await result(stream.renew("north-1a")))["north-1a"], before)

        self.play(work)
