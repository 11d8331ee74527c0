"""Tests of L{twistchat.journal.jetstream.nats.provisioning}: which brokers and streams are refused, and why."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any, cast

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.jetstream.nats.brokers import freePorts
from tests.journal.jetstream.nats.loops import WAIT, Brokers, LoopClock, result, settingsFor
from tests.journal.jetstream.nats.test_connection import ConnectionTestCase
from twistchat.interfaces.stream import StreamUnusable


class BrokerTests(ConnectionTestCase):
    """Brokers that are not as they must be."""

    def test_sync(self) -> None:
        """A broker that acknowledges before it writes to disk is refused, but for relaxed durability."""
        self.broker.configure(jetstream="sync_interval: 10s")
        self.started(self.broker)
        self.assertEqual(
            f"the broker one ({self.broker.monitoringAddress}) acknowledges what it has not written to disk; "
            "add to its configuration: jetstream { sync_interval: always }",
            self.broken(),
        )
        warnings = self.works(durability="relaxed")
        self.assertIn('cluster.durability is "relaxed"', warnings[0])

    def test_always(self) -> None:
        """The line that the refusal recommends is enough."""
        self.broker.configure(jetstream="sync_interval: always")
        self.started(self.broker)
        self.works()

    def test_noMonitoring(self) -> None:
        """A broker whose monitoring cannot be read is refused."""
        from twistchat.journal.jetstream.nats import durability

        self.patch(durability, "PATIENCE", 1)
        self.broker.configure()
        self.started(self.broker)
        nothing = f"http://127.0.0.1:{freePorts(1)[0]}"
        self.assertEqual(
            "whether the broker one writes to disk what it acknowledges cannot be read"
            f" ({nothing}: the connection is refused); set http_port in its configuration, and cluster.monitoring here",
            self.broken(monitoring=[nothing]),
        )
        self.works(monitoring=[nothing], durability="relaxed")

    def test_noJetStream(self) -> None:
        """A broker without JetStream is refused."""
        self.broker.configure(jetstream="")
        self.started(self.broker)
        why = self.broken()
        self.assertIn("has no JetStream; add to its configuration: jetstream { sync_interval: always }", why)

    def test_noAccount(self) -> None:
        """A broker that has JetStream, but not for the account of the user, is refused."""
        self.broker.configure(
            "accounts { A { users: [ { user: chat, password: hunter2 } ] }, B { jetstream: enabled } }"
        )
        self.started(self.broker)
        self.assertIn("has no JetStream for this account", self.broken(user="chat", password="hunter2"))

    def test_version(self) -> None:
        """An old broker is refused."""
        why = self.drive(self.refusal(version="2.11.9"))
        self.assertRegex(why, r"the broker old \(nats://.*\) is version 2.11.9; 2.12 or later is needed")

    def test_size(self) -> None:
        """A broker that takes only small messages is refused."""
        why = self.drive(self.refusal(max_payload=65536))
        self.assertRegex(why, r"takes messages of up to 65536 bytes; the stream needs max_payload: 1MB")

    async def refusal(self, **changes: object) -> str:
        """Return why a broker is refused that says these things of itself."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            info = {"server_name": "old", "version": "2.12.0", "headers": True, "max_payload": 1048576, **changes}
            writer.write(f"INFO {json.dumps(info)}\r\n".encode())
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    if line.startswith(b"PING"):
                        writer.write(b"PONG\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        stream = self.make(Brokers([f"nats://127.0.0.1:{port}"]), LoopClock())
        try:
            await result(stream.open())
        except StreamUnusable as e:
            return str(e)
        finally:
            server.close()
            await server.wait_closed()
        raise self.failureException("the stream is open")

    def test_replicas(self) -> None:
        """A single broker cannot have three replicas."""
        self.broker.configure()
        self.started(self.broker)
        why = self.broken(replicas=3)
        self.assertIn("the stream twistchat cannot be made with 3 replicas: replicas > 1 not supported", why)


class Answers:
    """A connection to a broker whose answers are known."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def ask(self, api: str, payload: bytes) -> dict[str, Any]:
        """Note the question, and give the next answer."""
        self.asked.append(api.rpartition(".")[0])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


class MakingTests(SynchronousTestCase):
    """A stream that does not exist yet."""

    def test_race(self) -> None:
        """If another node makes the stream at the same moment, a broker may know it only a moment later."""
        from twistchat.journal.jetstream.nats.answers import STREAM_NOT_FOUND, Refused
        from twistchat.journal.jetstream.nats.provisioning import (
            _ensure,  # private: two brokers would have to answer in an order that is rare
            configurationOf,
        )

        wanted = configurationOf(Brokers([]))
        missing = Refused(STREAM_NOT_FOUND, "stream not found")
        broker = Answers(missing, {}, missing, {"config": wanted})
        info = asyncio.run(_ensure(cast(Any, broker), wanted))
        self.assertEqual(info["config"], wanted)
        self.assertEqual(broker.asked, ["STREAM.INFO", "STREAM.CREATE", "STREAM.INFO", "STREAM.INFO"])


class StreamTests(ConnectionTestCase):
    """Streams that exist, and are not as they must be."""

    def test_different(self) -> None:
        """A stream that differs in what matters is refused, with the difference."""
        from twistchat.journal.jetstream.nats.provisioning import configurationOf

        self.broker.configure()
        self.started(self.broker)
        wanted = configurationOf(settingsFor(self.broker))

        async def remake(changes: dict[str, Any]) -> None:
            from nats import connect

            client = await connect(self.broker.address)
            await client.request("$JS.API.STREAM.DELETE.twistchat", timeout=WAIT)
            payload = json.dumps({**wanted, **changes}).encode()
            answer = json.loads((await client.request("$JS.API.STREAM.CREATE.twistchat", payload, timeout=WAIT)).data)
            self.assertNotIn("error", answer)
            await client.close()

        for changes, why in (
            ({"storage": "memory"}, "its storage is memory, and must be file"),
            ({"subjects": ["other"]}, 'its subjects is ["other"], and must be ["twistchat.journal"]'),
            ({"retention": "workqueue"}, "its retention is workqueue, and must be limits"),
            ({"max_msgs": 1000}, "its max_msgs is 1000, and must be -1"),
            ({"max_bytes": 1000000}, "its max_bytes is 1000000, and must be -1"),
            ({"no_ack": True}, "its no_ack is true, and must be false"),
        ):
            self.drive(remake(changes))
            self.assertEqual(f"the stream twistchat exists and cannot be used: {why}", self.broken())

    def test_age(self) -> None:
        """A stream that keeps messages for another time is used, with a warning."""
        self.broker.configure()
        self.started(self.broker)
        self.works()
        # the warning about the single broker is the first
        self.assertIn("keeps messages for 604800 s; cluster.keep is 3600 s", self.warnings(keep=3600.0)[1])

    def warnings(self, **changes: Any) -> list[str]:
        """Open a stream.  Returns the warnings."""

        async def opened() -> list[str]:
            stream = self.make(settingsFor(self.broker, **changes), LoopClock())
            await result(stream.open())
            await result(stream.close())
            return list(stream.warnings)

        return self.drive(opened())
