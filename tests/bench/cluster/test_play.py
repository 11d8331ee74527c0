"""The harness with a real node, which has a journal of its own and no broker."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.cluster.cluster import Cluster
from bench.cluster.crowd import Crowd
from bench.cluster.play import Outcome, judge
from bench.cluster.processes import until
from bench.fire.scenario import Seen

SOME = 40
"""How many texts are acknowledged before a test goes on."""

PATIENCE = 20.0
"""How long that may take, in seconds."""


class PlayTests(SynchronousTestCase):
    """Writers and readers on one node."""

    def play(self, spoil: Callable[[Cluster, Crowd], Awaitable[None]]) -> Outcome:
        """Let clients talk, do something, and check everything."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()

        async def main() -> Outcome:
            cluster = Cluster(folder, ("a",), ())
            crowd = Crowd(list(cluster.nodes.values()), rate=100.0, each=3)
            try:
                await cluster.open()
                await cluster.start()
                crowd.start()
                await crowd.present()
                await self.some(crowd)
                await spoil(cluster, crowd)
                return await judge(cluster, crowd, Seen("nothing"), list(cluster.nodes.values()))
            finally:
                crowd.stop()
                await cluster.close()

        return asyncio.run(main())

    async def some(self, crowd: Crowd) -> None:
        """Wait until some more texts are acknowledged."""
        wanted = sum(fate.taken for fate in crowd.fates) + SOME
        enough = await until(lambda: sum(fate.taken for fate in crowd.fates) >= wanted or None, PATIENCE)
        self.assertTrue(enough)

    def test_good(self) -> None:
        """Nothing is missed, also when the node was killed and started again."""

        async def kill(cluster: Cluster, crowd: Crowd) -> None:
            node = cluster.nodes["a"]
            node.kill()
            await cluster.run([node])
            await crowd.present()
            await self.some(crowd)

        outcome = self.play(kill)
        self.assertEqual(outcome.missed, ())
        self.assertGreaterEqual(outcome.figures.texts["taken"], 2 * SOME)
        self.assertEqual(outcome.figures.outages[0], 6)

    def test_lost(self) -> None:
        """A text that disappears from the copy is missed, and so is one whose message id has another text."""

        async def remove(cluster: Cluster, crowd: Crowd) -> None:
            fate = next(fate for fate in crowd.fates if fate.taken)
            with closing(sqlite3.connect(cluster.nodes["a"].copy, timeout=PATIENCE)) as connection, connection:
                connection.execute("DELETE FROM entry WHERE sequence = ?", (int(fate.msgid.rpartition("-")[2]),))

        outcome = self.play(remove)
        self.assertIn("1 acknowledged texts are not in the copies: ", outcome.missed[0])
        self.assertTrue(any("were shown that are not in the copies" in each for each in outcome.missed))
