"""The canary and the newcomer, against a simple server."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.fire.canary import Canary, newcomer


class NewcomerTests(SynchronousTestCase):
    """A newcomer who gets no answer."""

    def test_keptOut(self) -> None:
        """A newcomer fails if nobody answers it, or if nobody listens."""
        if sys.platform != "linux":
            raise SkipTest("only Linux has all addresses of 127.0.0.0/8")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.assertIsNone(newcomer("irc", port, 0.1))
        self.assertIsNone(newcomer("line", port, 0.1))


class OutageTests(SynchronousTestCase):
    """A server that ends a connection of the canary."""

    def setUp(self) -> None:
        """Run both doors of a server that welcomes a client and, some time later, ends its connection."""
        self.doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.ports = [door.getsockname()[1] for door in self.doors]
        self.first = threading.Event()
        self.second = threading.Event()
        answers = (b":s 376 u0 :\r\n", b":s 366 u0 :\r\n"), (b"\n* u1 joined #b0\n",)
        threads = [threading.Thread(target=self.serve, args=pair) for pair in zip(self.doors, answers, strict=True)]
        for thread in threads:
            thread.start()
            self.addCleanup(thread.join)
        for event in (self.first, self.second):
            self.addCleanup(event.set)

    def serve(self, door: socket.socket, answers: tuple[bytes, ...]) -> None:
        """Welcome two clients after each other, and end each connection after its event."""
        with door:
            for event in (self.first, self.second):
                connection, _ = door.accept()
                with connection, contextlib.suppress(OSError):  # the canary may have closed its connection
                    self.welcome(connection, answers, event)

    def welcome(self, connection: socket.socket, answers: tuple[bytes, ...], event: threading.Event) -> None:
        """Welcome a client, and end its connection after an event."""
        for answer in answers:
            connection.recv(1000)
            connection.sendall(answer)
        event.wait(10)
        connection.sendall(b"* Goodbye\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass

    def test_returns(self) -> None:
        """A canary that returns logs in again, and records the outage with the last words.  Open lines are cut off."""
        irc, line = self.ports
        canary = Canary(irc, line, returns=True)
        self.addCleanup(canary.close)
        canary.talk(time.monotonic() + 0.15)
        self.first.set()
        until = time.monotonic() + 10
        while time.monotonic() < until and not (canary.outages and canary.outages[0].end):
            canary.talk(time.monotonic() + 0.05)
        (outage,) = canary.outages
        assert outage.end is not None
        self.assertLess(outage.begin, outage.end)
        self.assertEqual(outage.words, ["* Goodbye", "* Goodbye"])
        self.assertGreater(len(canary.ledger.cutOff), 0)

    def test_stays(self) -> None:
        """Another canary does not come back, and its lines are missing."""
        irc, line = self.ports
        canary = Canary(irc, line)
        self.addCleanup(canary.close)
        self.first.set()
        canary.talk(time.monotonic() + 0.3)
        (outage,) = canary.outages
        self.assertEqual((outage.end, len(outage.words)), (None, 2))
        self.assertGreaterEqual(canary.ledger.missing, 5)
        for port in self.ports:
            socket.create_connection(("127.0.0.1", port)).close()  # so that the threads end
