"""Tests of L{twistchat.journal.jetstream.nats.stream} with one real broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest import SkipTest

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.journal.jetstream.nats.brokers import reasonToSkip, single
from tests.journal.jetstream.nats.loops import (
    WAIT,
    Brokers,
    LoopClock,
    LoopTestCase,
    Received,
    result,
    settingsFor,
    until,
)
from twistchat.interfaces.stream import IStream, IStreamReading, NotPublished, StreamUnusable


class StreamTestCase(LoopTestCase):
    """Tests with one broker that keeps what it acknowledges."""

    def setUp(self) -> None:
        """Start the broker."""
        super().setUp()
        from twistchat.journal.jetstream.nats import NatsStream

        self.make = NatsStream
        self.broker = single(self.folder)
        self.broker.configure()
        self.started(self.broker)

    def play(self, work: Callable[[Any], Awaitable[None]], **changes: Any) -> None:
        """Open the stream, do something with it, and close it."""

        async def played() -> None:
            stream = self.make(settingsFor(self.broker, **changes), LoopClock())
            await result(stream.open())
            try:
                await work(stream)
            finally:
                await result(stream.close())

        self.drive(played())

    async def fill(self, stream: Any, number: int, prefix: str = "m") -> None:
        """Publish messages: C{m1}, C{m2} and so on."""
        for i in range(1, number + 1):
            await result(stream.publish(f"{prefix}{i}".encode(), f"{prefix}:{i}"))

    def reading(self, stream: Any, after: int = 0) -> tuple[Received, IStreamReading]:
        """Start a reading that collects."""
        received = Received()
        return received, stream.read(after, received.append, received.broken.append)

    async def api(self, stream: Any, name: str, payload: Any = None) -> Any:
        """Ask JetStream's API over the stream's own connection."""
        # private: what an administrator, or a fault, does to the broker
        return await stream._connection.ask(name, b"" if payload is None else json.dumps(payload).encode(), WAIT)


class PublishTests(StreamTestCase):
    """Publishing, and what the status says."""

    def test_new(self) -> None:
        """A new stream is empty.  Its status tells of the broker, and a single broker is worth a warning."""

        async def work(stream: Any) -> None:
            verifyObject(IStream, stream)
            status = stream.status
            self.assertEqual((0, True, 0, 0), (status.last, status.connected, status.elections, status.reconnections))
            self.assertIn(self.broker.address, status.broker)
            self.assertEqual(1, len(stream.warnings))
            self.assertIn("cluster.replicas is 1", stream.warnings[0])
            config = (await self.api(stream, "STREAM.INFO.twistchat"))["config"]
            self.assertEqual(["twistchat.journal"], config["subjects"])
            self.assertTrue(config["deny_purge"] and config["deny_delete"])
            self.assertEqual(7 * 86400 * 10**9, config["max_age"])

        self.play(work)

    def test_acknowledged(self) -> None:
        """Messages get the numbers 1, 2, 3…  A second message with the same id gets the number of the first."""

        async def work(stream: Any) -> None:
            numbers = [await result(stream.publish(b"x", id)) for id in ("a", "b", "a", "c", "b")]
            self.assertEqual([1, 2, 1, 3, 2], numbers)
            self.assertEqual(3, stream.status.last)

        self.play(work)

    def test_expected(self) -> None:
        """A message with an expected last number is refused if it does not hold.  A repeated first message is fine."""

        async def work(stream: Any) -> None:
            self.assertEqual(1, await result(stream.publish(b"genesis", "g", last=0)))
            self.assertEqual(1, await result(stream.publish(b"genesis", "g", last=0)))
            with self.assertRaisesRegex(NotPublished, "wrong last sequence: 1"):
                await result(stream.publish(b"genesis", "other", last=0))
            self.assertEqual(2, await result(stream.publish(b"x", "x", last=1)))

        self.play(work)

    def test_tooLarge(self) -> None:
        """A message that the broker does not take is not published."""

        async def work(stream: Any) -> None:
            with self.assertRaises(NotPublished):
                await result(stream.publish(bytes(2 * 1024 * 1024), "large"))
            self.assertEqual(1, await result(stream.publish(b"x", "x")))

        self.play(work)

    def test_brokerGone(self) -> None:
        """Without a broker nothing is published, and this is known after a limit of time.  Then it comes back."""
        from twistchat.journal.jetstream.nats import publishing

        async def work(stream: Any) -> None:
            await self.fill(stream, 1)
            self.broker.kill()
            self.patch(publishing, "TIMEOUT", 0.5)
            with self.assertRaises(NotPublished):
                await asyncio.wait_for(result(stream.publish(b"lost", "lost")), WAIT)
            self.assertFalse(stream.status.connected)
            self.assertEqual("", stream.status.broker)
            self.broker.start()
            await until(lambda: bool(stream.status.connected))
            self.patch(publishing, "TIMEOUT", WAIT)
            self.assertEqual(2, await result(stream.publish(b"x", "x")))
            self.assertEqual(1, stream.status.reconnections)

        self.play(work)

    def test_brokerStopped(self) -> None:
        """A broker that no longer answers to pings is noticed, also without requests.  It may come back."""
        from twistchat.journal.jetstream.nats import settings

        self.patch(settings, "PING", 0.3)

        async def work(stream: Any) -> None:
            self.broker.signal(signal.SIGSTOP)
            await until(lambda: not stream.status.connected)
            self.broker.signal(signal.SIGCONT)
            await until(lambda: bool(stream.status.connected))
            self.assertEqual(1, await result(stream.publish(b"x", "x")))

        self.play(work)

    def test_closedStopped(self) -> None:
        """Closing does not wait for a broker that no longer answers, and that nobody has noticed."""

        async def work(stream: Any) -> None:
            self.broker.signal(signal.SIGSTOP)
            pending = result(stream.publish(bytes(500_000), "y"))
            await asyncio.wait_for(result(stream.close()), WAIT / 2)
            with self.assertRaises(NotPublished):
                await pending
            self.broker.signal(signal.SIGCONT)

        self.play(work)

    def test_closed(self) -> None:
        """What is not open publishes, renews and reads nothing, and says so."""

        async def work() -> None:
            stream = self.make(settingsFor(self.broker), LoopClock())
            with self.assertRaisesRegex(NotPublished, "not open"):
                await result(stream.publish(b"x", "x"))
            with self.assertRaisesRegex(NotPublished, "not open"):
                await result(stream.renew("north-1"))
            received, reading = self.reading(stream)
            await until(lambda: bool(received.broken))
            verifyObject(IStreamReading, reading)
            for call in (reading.pause, reading.resume, reading.stop):
                call()
            with self.assertRaisesRegex(StreamUnusable, "not open"):
                await result(stream.replaceStream())
            await result(stream.release("north-1"))
            await result(stream.close())
            self.assertEqual((False, 0), (stream.status.connected, stream.status.last))

        self.drive(work())

    def test_replaced(self) -> None:
        """An administrator's command makes an empty stream in place of a full one.  Other nodes' readings notice it."""

        from twistchat.journal.jetstream.nats import reading

        async def work(stream: Any) -> None:
            await self.fill(stream, 3)
            self.patch(reading, "DOUBT", 0.5)
            other = self.make(settingsFor(self.broker, node="south"), LoopClock())
            await result(other.open())
            received, _ = self.reading(other)
            own, _ = self.reading(stream)
            await received.reach(3)
            await own.reach(3)
            self.assertEqual(0, (await result(stream.replaceStream())).last)
            self.assertEqual(1, await result(stream.publish(b"genesis", "m:1", last=0)))
            await until(lambda: bool(received.broken))
            self.assertEqual(["the stream twistchat was deleted and made again"], received.broken)
            self.assertEqual(3, len(own))
            again, _ = self.reading(stream)
            await again.reach(1)
            self.assertEqual(["genesis"], again.texts)
            await result(other.close())

        self.play(work)


class ReadTests(StreamTestCase):
    """Reading, with faults."""

    def believe(self) -> None:
        """Shorten the time in which a broker may be wrong.  From now on it is right."""
        from twistchat.journal.jetstream.nats import reading

        self.patch(reading, "DOUBT", 0.5)

    def test_order(self) -> None:
        """Messages come in order, first those that are there and then the new ones, from any position."""

        async def work(stream: Any) -> None:
            await self.fill(stream, 300)
            every, reading = self.reading(stream)
            late, _ = self.reading(stream, 299)
            verifyObject(IStreamReading, reading)
            self.assertEqual([], every)
            await every.reach(300)
            await self.fill(stream, 300, "n")
            await every.reach(600)
            await late.reach(301)
            self.assertEqual(list(range(1, 601)), every.numbers)
            self.assertEqual(("m1", "m300", "n300"), (every.texts[0], every.texts[299], every.texts[-1]))
            self.assertEqual(list(range(300, 601)), late.numbers)
            self.assertEqual(600, stream.status.last)
            self.assertEqual([], every.broken + late.broken)
            self.assertGreater(every[0].time, 1_600_000_000_000)
            reading.stop()
            reading.stop()
            await self.fill(stream, 1, "o")
            await late.reach(302)
            self.assertEqual(600, len(every))

        self.play(work)

    def test_large(self) -> None:
        """Large messages come through requests that end by their bytes."""

        async def work(stream: Any) -> None:
            for i in range(24):
                await result(stream.publish(os.urandom(1) * 512 * 1024, str(i)))
            received, _ = self.reading(stream)
            await received.reach(24)
            self.assertEqual({512 * 1024}, {len(message.data) for message in received})
            self.assertEqual(list(range(1, 25)), received.numbers)

        self.play(work)

    def test_paused(self) -> None:
        """A paused reading delivers nothing.  What waits is delivered when it goes on, and more than was asked for."""

        async def work(stream: Any) -> None:
            await self.fill(stream, 900)
            received = Received()
            reading: Any = None

            def receive(message: Any) -> None:
                received.append(message)
                if len(received) in (1, 5, 600):
                    reading.pause()

            reading = stream.read(0, receive, received.broken.append)
            for number in (1, 5, 600):
                await received.reach(number)
                await self.fill(stream, 1, f"while paused at {number}: ")
                self.assertEqual(number, len(received))
                reading.resume()
                reading.resume()
            await received.reach(903)
            self.assertEqual(list(range(1, 904)), received.numbers)

        self.play(work)

    def test_consumerLost(self) -> None:
        """A reading goes on when the broker forgets its consumer, and when it fails silently."""

        from twistchat.journal.jetstream.nats.answers import Refused

        async def work(stream: Any) -> None:
            await self.fill(stream, 5)
            received, _ = self.reading(stream)
            await received.reach(5)
            for round in range(2):
                for name in (await self.api(stream, "CONSUMER.NAMES.twistchat"))["consumers"]:
                    with contextlib.suppress(Refused):  # the reading has given it up by itself
                        await self.api(stream, f"CONSUMER.DELETE.twistchat.{name}")
                await self.fill(stream, 5, f"{round}:")
                await received.reach(10 + 5 * round)
            self.assertEqual(list(range(1, 16)), received.numbers)
            self.assertEqual([], received.broken)

        self.play(work)

    def test_brokerRestarted(self) -> None:
        """A reading goes on after the broker was killed, each message once."""

        async def work(stream: Any) -> None:
            received, _ = self.reading(stream)
            for round in range(3):
                await self.fill(stream, 20, f"{round}:")
                self.broker.kill()
                self.broker.start()
                await until(lambda expected=round + 1: stream.status.reconnections >= expected)  # type: ignore[misc]
            await self.fill(stream, 20, "3:")
            await received.reach(80)
            self.assertEqual(list(range(1, 81)), received.numbers)
            self.assertEqual([], received.broken)

        self.play(work)

    def test_trimmed(self) -> None:
        """A reading ends if the stream no longer has the next message."""

        async def work(stream: Any) -> None:
            await self.fill(stream, 10)
            config = (await self.api(stream, "STREAM.INFO.twistchat"))["config"]
            await self.api(stream, "STREAM.UPDATE.twistchat", {**config, "max_msgs": 4})
            received, _ = self.reading(stream, 2)
            await until(lambda: bool(received.broken))
            self.assertEqual(
                ["the stream twistchat begins at message 7, but this node needs message 3"], received.broken
            )
            near, _ = self.reading(stream, 6)
            await near.reach(4)
            self.assertEqual([7, 8, 9, 10], near.numbers)

        self.play(work)

    def test_deleted(self) -> None:
        """A reading ends if the stream is deleted."""

        async def work(stream: Any) -> None:
            await self.fill(stream, 2)
            received, _ = self.reading(stream)
            await received.reach(2)
            self.believe()
            await self.api(stream, "STREAM.DELETE.twistchat")
            await until(lambda: bool(received.broken))
            self.assertEqual(["the stream twistchat does not exist any more"], received.broken)

        self.play(work)

    def test_restoredOlder(self) -> None:
        """A reading ends if the broker has an older state of its disk."""

        async def work(stream: Any) -> None:
            await self.fill(stream, 2)
            self.broker.kill()
            shutil.copytree(self.broker.store, self.folder / "older")
            self.broker.start()
            await until(lambda: bool(stream.status.connected))
            await self.fill(stream, 5, "n")
            received, _ = self.reading(stream)
            await received.reach(7)
            self.broker.kill()
            shutil.rmtree(self.broker.store)
            (self.folder / "older").rename(self.broker.store)
            self.believe()
            self.broker.start()
            await until(lambda: bool(received.broken))
            self.assertEqual(
                ["the stream twistchat ends at message 2, but this node has read message 7"], received.broken
            )

        self.play(work)


class ReactorTests(SynchronousTestCase):
    """The reactor that the stream needs."""

    def setUp(self) -> None:
        """Skip the tests without nats-py."""
        if (reason := reasonToSkip()) is not None:
            raise SkipTest(reason)

    def test_other(self) -> None:
        """Another reactor than asyncio's is refused."""
        from twistchat.journal.jetstream.nats import NatsStream

        clock = Clock()
        opened = NatsStream(Brokers(["nats://127.0.0.1:1"]), clock).open()
        clock.advance(0)
        self.assertIn("reactor of asyncio", str(self.failureResultOf(opened, StreamUnusable).value))

    def test_asyncio(self) -> None:
        """The stream works on Twisted's reactor for asyncio, also if it is opened before the reactor runs."""
        program = (sys.executable, "-m", "tests.journal.jetstream.nats.onreactor")
        paths = os.pathsep.join(str(Path(path).resolve()) for path in sys.path if path)
        environment = {**os.environ, "PYTHONPATH": paths}
        root = Path(__file__).resolve().parents[4]
        done = subprocess.run(
            program, cwd=root, env=environment, capture_output=True, text=True, timeout=4 * WAIT, check=False
        )
        self.assertEqual(("[1, 2, 3]\n", ""), (done.stdout, done.stderr))
