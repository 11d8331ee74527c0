"""Tests of the stream with a cluster of three real brokers, some of which fail."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from typing import Any

from tests.journal.jetstream.nats.brokers import Broker, launch, three
from tests.journal.jetstream.nats.loops import LoopClock, LoopTestCase, Received, result, settingsFor, until
from twistchat.interfaces.stream import NotPublished


class ClusterTests(LoopTestCase):
    """Three brokers that all have the stream."""

    def setUp(self) -> None:
        """Start the brokers."""
        super().setUp()
        from twistchat.journal.jetstream.nats import NatsStream

        self.make = NatsStream
        self.brokers = three(self.folder)
        for broker in self.brokers:
            self.addCleanup(broker.kill)
        launch(self.brokers)

    def play(self, work: Callable[[Any], Awaitable[None]], **changes: Any) -> None:
        """Open the stream, do something with it, and close it."""

        async def played() -> None:
            stream = self.make(settingsFor(*self.brokers, **changes), LoopClock())
            await result(stream.open())
            try:
                await work(stream)
            finally:
                await result(stream.close())

        self.drive(played())

    async def leader(self, stream: Any) -> Broker:
        """The broker that leads the stream, as the status has it."""
        await until(lambda: bool(stream.status.leader))
        return next(broker for broker in self.brokers if broker.name == stream.status.leader)

    async def published(self, stream: Any, text: str) -> int:
        """Publish a message.  It is sent again with the same id until it is acknowledged."""
        return int(await result(stream.publish(text.encode(), text)))

    def test_leaderKilled(self) -> None:
        """
        When the leader is killed while messages are published, none is lost and none comes twice; the stream has
        another leader; and the killed broker comes back.
        """

        async def work(stream: Any) -> None:
            received = Received()
            stream.read(0, received.append, received.broken.append)
            texts = [f"m{i}" for i in range(300)]
            numbers = []
            killed = await self.leader(stream)
            for i, text in enumerate(texts):
                if i == 100:
                    killed.signal(signal.SIGKILL)
                if i == 200:
                    # it is the leader no more, so the status must name another one
                    await until(lambda: stream.status.elections > 0)
                    killed.kill()
                    killed.start()
                numbers.append(await self.published(stream, text))
            await received.reach(300)
            self.assertEqual(texts, received.texts)
            self.assertEqual(list(range(1, 301)), numbers)
            self.assertEqual(numbers, received.numbers)
            await until(lambda: sorted((stream.status.replicas or {}).values()) == [True, True])
            self.assertEqual([], received.broken)

        self.play(work)

    def test_leaderStopped(self) -> None:
        """When the leader no longer answers, the others go on without it."""
        from twistchat.journal.jetstream.nats import settings

        self.patch(settings, "PING", 1.0)

        async def work(stream: Any) -> None:
            received = Received()
            stream.read(0, received.append, received.broken.append)
            await self.published(stream, "before")
            stopped = await self.leader(stream)
            stopped.signal(signal.SIGSTOP)
            texts = ["before", *(f"m{i}" for i in range(20))]
            for text in texts[1:]:
                await self.published(stream, text)
            await received.reach(21)
            self.assertEqual(texts, received.texts)
            self.assertIn("south-1", await result(stream.renew("south-1")))
            stopped.signal(signal.SIGCONT)
            await self.published(stream, "after")
            await received.reach(22)
            self.assertEqual([*texts, "after"], received.texts)

        self.play(work)

    def test_oneDown(self) -> None:
        """A stream is opened while one broker is down, with a warning.  Without a majority nothing is published."""
        from twistchat.journal.jetstream.nats import publishing

        async def opened() -> None:
            stream = self.make(settingsFor(*self.brokers), LoopClock())
            await result(stream.open())
            self.assertEqual([], stream.warnings)
            await until(lambda: {True} == set((stream.status.replicas or {}).values()))
            await result(stream.close())
            # the broker that led while the stream was open: whether it leads now makes no difference
            killed = await self.leader(stream)
            killed.kill()
            await result(stream.open())
            text = (
                f"the broker {killed.name} is down, so whether it writes to disk what it acknowledges was not checked"
            )
            self.assertEqual([text], stream.warnings)
            await until(lambda: (stream.status.replicas or {}).get(killed.name) is False)
            self.assertEqual(1, await self.published(stream, "two of three"))
            next(broker for broker in self.brokers if broker is not killed).kill()
            self.patch(publishing, "TIMEOUT", 1.0)
            with self.assertRaises(NotPublished):
                await result(stream.publish(b"x", "x"))
            await result(stream.close())

        self.drive(opened())
