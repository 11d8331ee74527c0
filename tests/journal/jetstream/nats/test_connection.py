"""Tests of L{twistchat.journal.jetstream.nats.connection} and C{settings}: how a node reaches a broker, or does not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.journal.jetstream.nats.brokers import Broker, freePorts, single
from tests.journal.jetstream.nats.loops import Brokers, LoopClock, LoopTestCase, result, settingsFor
from tests.net.listening.authorities import identify
from twistchat.interfaces.stream import StreamUnusable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""How a server answers on one connection."""


class ConnectionTestCase(LoopTestCase):
    """Tests that open a stream."""

    def setUp(self) -> None:
        """Make a broker, which does not run."""
        super().setUp()
        from twistchat.journal.jetstream.nats import NatsStream

        self.make = NatsStream
        self.broker = single(self.folder)

    def broken(self, *brokers: Broker, **changes: Any) -> str:
        """Open a stream that cannot be opened.  Returns the reason, which is one line."""
        return self.drive(self.refused(settingsFor(*(brokers or (self.broker,)), **changes)))

    async def refused(self, settings: Brokers) -> str:
        """Open a stream that cannot be opened, with one try of each broker.  Returns the reason, which is one line."""
        from twistchat.journal.jetstream.nats import stream as limits

        stream = self.make(settings, LoopClock())
        patched = self.patch(limits, "CONNECT", 0.0)
        try:
            await result(stream.open())
        except StreamUnusable as e:
            self.assertNotIn("\n", str(e))
            return str(e)
        finally:
            patched.restore()
            await result(stream.close())
        raise self.failureException("the stream is open")

    def works(self, **changes: Any) -> list[str]:
        """Open a stream and publish something.  Returns the warnings."""

        async def opened() -> list[str]:
            stream = self.make(settingsFor(self.broker, **changes), LoopClock())
            await result(stream.open())
            self.assertEqual(1, await result(stream.publish(b"x", "x")))
            await result(stream.close())
            return list(stream.warnings)

        return self.drive(opened())

    def write(self, name: str, text: str | bytes) -> str:
        """Write a file.  Returns its path."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)


class ReachTests(ConnectionTestCase):
    """Which broker is reached."""

    def test_refused(self) -> None:
        """Where nothing listens, all addresses are named, with the reasons."""
        other = single(self.folder)
        why = self.broken(self.broker, other)
        for broker in (self.broker, other):
            self.assertIn(f"{broker.address}: the connection is refused", why)

    def test_silent(self) -> None:
        """What listens and says nothing does not answer."""
        from twistchat.journal.jetstream.nats import settings

        self.patch(settings, "CONNECT", 0.2)
        with _Listener() as port:
            why = self.broken(servers=[f"nats://127.0.0.1:{port}"])
        self.assertEqual(f"no broker can be reached: nats://127.0.0.1:{port}: it does not answer", why)

    def test_other(self) -> None:
        """One broker that can be reached is enough."""
        self.broker.configure()
        self.started(self.broker)
        dead = f"nats://127.0.0.1:{freePorts(1)[0]}"
        self.works(servers=[dead, self.broker.address, dead])


class AnswerTests(ConnectionTestCase):
    """What answers to a login, and is not a broker that works."""

    def answered(self, serve: Serve, scheme: str = "nats", **changes: Any) -> str:
        """Open a stream at a server that answers in some way.  Returns why that fails."""

        async def asked() -> str:
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            address = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
            try:
                return (await self.refused(Brokers([address], **changes))).removeprefix(
                    f"no broker can be reached: {address}: "
                )
            finally:
                server.close()
                await server.wait_closed()

        return self.drive(asked())

    def test_ended(self) -> None:
        """The end of the connection in place of an answer is told."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(_info())
            await reader.readuntil(b"PING\r\n")
            writer.close()

        self.assertEqual("it closed the connection", self.answered(serve))

    def test_refused(self) -> None:
        """A refusal is read, because nothing that is sent after the login can reset the connection before."""
        received: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(_info())
            received.append(await reader.read(65536))
            writer.write(b"-ERR 'Authorization Violation'\r\n")
            writer.close()

        self.assertEqual("the login is refused (authorization violation)", self.answered(serve))
        self.assertRegex(received[0], rb"\ACONNECT [^\n]*\r\nPING\r\n\Z")

    def test_afterTls(self) -> None:
        """A connection that ends just after TLS may want a certificate, however its end is noticed."""
        server = identify("localhost")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        ca = self.write("server.pem", server.certificate)
        context.load_cert_chain(ca, self.write("server.key", server.key))

        def serving(end: Serve) -> Serve:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(_info(tls_required=True))
                with contextlib.suppress(ConnectionError):
                    await writer.start_tls(context)
                    await end(reader, writer)

            return serve

        async def abort(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport.abort()

        async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async def closeLater(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"PING\r\n")
            writer.close()

        for end in (abort, close, closeLater):
            self.assertEqual(
                "it ends the connection after TLS; it may want cluster.certificate",
                self.answered(serving(end), "tls", ca=ca),
            )


class LoginTests(ConnectionTestCase):
    """Logging in."""

    def test_password(self) -> None:
        """A user and a password log in; others are refused."""
        self.broker.configure("authorization { user: chat, password: hunter2 }")
        self.started(self.broker)
        why = self.broken(user="chat", password="wrong")
        self.assertEqual(
            f"no broker can be reached: {self.broker.address}: the login is refused (authorization violation)", why
        )
        self.assertIn("the login is refused", self.broken())
        self.works(user="chat", password="hunter2")

    def test_nkey(self) -> None:
        """An NKey logs in over TLS, where both sides show certificates that the other side trusts."""
        public, seed = _key()
        server, client = identify("localhost"), identify("north")
        files = [self.write("server.pem", server.certificate), self.write("server.key", server.key)]
        trusted = self.write("north.pem", client.certificate)
        self.broker.configure(
            f'tls {{ cert_file: "{files[0]}", key_file: "{files[1]}", ca_file: "{trusted}", verify: true }}\n'
            f"authorization {{ users: [ {{ nkey: {public} }} ] }}"
        )
        self.started(self.broker)
        secure: dict[str, Any] = {
            "servers": [f"tls://localhost:{self.broker.port}"],
            "ca": files[0],
            "certificate": trusted,
            "key": self.write("north.key", client.key),
            "nkey": self.write("north.nk", seed + "\n"),
        }
        self.works(**secure)
        _, other = _key()
        self.assertIn("the login is refused", self.broken(**{**secure, "nkey": self.write("other.nk", other)}))
        self.assertIn("it may want cluster.certificate", self.broken(**{**secure, "certificate": "", "key": ""}))
        stranger = self.write("stranger.pem", identify("stranger").certificate)
        self.assertIn("its certificate is not accepted", self.broken(**{**secure, "ca": stranger}))

    def test_unencrypted(self) -> None:
        """A broker without TLS gets no login if TLS is wanted."""
        self.broker.configure("authorization { user: chat, password: hunter2 }")
        self.started(self.broker)
        address = f"tls://127.0.0.1:{self.broker.port}"
        why = self.broken(servers=[address], user="chat", password="hunter2")
        self.assertIn(f"{address}: it does not encrypt; set tls in its configuration", why)

    def test_files(self) -> None:
        """Files that cannot be used are named with their keys."""
        empty = self.write("empty", "")
        none = str(Path(self.folder, "none"))
        server = ["tls://127.0.0.1:1"]
        cases: dict[str, dict[str, Any]] = {
            f"cluster.nkey: {none} cannot be read: No such file or directory": {"nkey": none},
            f"cluster.nkey: {empty} has no seed of an NKey": {"nkey": empty},
            f"cluster.credentials: {none} cannot be read: No such file or directory": {"credentials": none},
            f"cluster.ca: {none} cannot be used: No such file or directory": {"ca": none, "servers": server},
            f"cluster.ca: {empty} cannot be used": {"ca": empty, "servers": server},
            f"cluster.certificate, cluster.key: {empty} and {none} cannot be used": {
                "certificate": empty,
                "key": none,
                "servers": server,
            },
        }
        for why, changes in cases.items():
            self.assertIn(why, self.broken(**changes))


class DiscoveredTests(ConnectionTestCase):
    """The brokers of which a broker tells."""

    def test_encrypted(self) -> None:
        """They are used with the encryption of the broker that told of them, and not at all without encryption."""
        from twistchat.journal.jetstream.nats.connection import discoveredThrough

        found = ["192.0.2.1:4222", "nats2.example:4222"]
        self.assertEqual(
            ["tls://192.0.2.1:4222", "tls://nats2.example:4222"], discoveredThrough("tls://nats1.example:4222", found)
        )
        self.assertEqual([], discoveredThrough("nats://127.0.0.1:4222", found))


class _Listener:
    """A port that takes connections and says nothing."""

    def __enter__(self) -> int:
        import socket

        self._socket = socket.create_server(("127.0.0.1", 0))
        return int(self._socket.getsockname()[1])

    def __exit__(self, *error: object) -> None:
        self._socket.close()


def _info(**more: object) -> bytes:
    """What a broker says first."""
    said = {"server_name": "any", "version": "2.12.0", "headers": True, "max_payload": 1048576, **more}
    return f"INFO {json.dumps(said)}\r\n".encode()


def _key() -> tuple[str, str]:
    """A new NKey of a user: its public key and its seed."""
    import os

    import nkeys

    pair = nkeys.from_seed(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER))
    return pair.public_key.decode(), pair.seed.decode()
