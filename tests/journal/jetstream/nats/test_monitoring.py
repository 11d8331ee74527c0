"""Tests of L{twistchat.journal.jetstream.nats.monitoring} with servers that answer anything."""

from __future__ import annotations

import asyncio
import contextlib

from tests.journal.jetstream.nats.loops import LoopTestCase


class ReportTests(LoopTestCase):
    """What is read of a monitoring port."""

    def report(self, answer: bytes) -> tuple[str, str, bool]:
        """The name, the reason and whether the broker syncs, as read from a port with this answer."""
        from twistchat.journal.jetstream.nats.monitoring import reportOf

        async def asked() -> tuple[str, str, bool]:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                self.requested = await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            report = await reportOf(f"http://127.0.0.1:{port}/", None)
            server.close()
            await server.wait_closed()
            return report.server, report.why, report.syncs

        return self.drive(asked())

    def test_syncs(self) -> None:
        """A broker tells its name and whether it syncs."""
        head = b"HTTP/1.0 200 OK\r\n\r\n"
        told = b'{"server_name": "one", "jetstream": {"config": {"sync_always": true}}}'
        self.assertEqual(("one", "", True), self.report(head + told))
        self.assertEqual(b"GET /varz HTTP/1.0", self.requested.split(b"\r\n")[0])
        self.assertEqual(("one", "", False), self.report(head + told.replace(b"true", b"false")))
        self.assertEqual(("one", "", False), self.report(head + b'{"server_name": "one", "jetstream": null}'))
        self.assertEqual(("id", "", False), self.report(head + b'{"server_id": "id"}'))

    def test_other(self) -> None:
        """What is not a broker's monitoring is told in a few words."""
        head = b"HTTP/1.0 200 OK\r\n\r\n"
        for answer, why in (
            (b"", "it answers something that is not HTTP"),
            (b"SSH-2.0-OpenSSH\r\n", "it answers something that is not HTTP"),
            (b"HTTP/1.0 404 Not Found\r\n\r\n", "it answers 404"),
            (head + b"[]", "it is not the monitoring of a NATS server"),
            (head + b"{}", "it is not the monitoring of a NATS server"),
        ):
            self.assertEqual(("", why, False), self.report(answer))
        self.assertEqual("", self.report(head + b"<html>")[0])
