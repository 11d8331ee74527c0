"""Generate load over the line protocol, with many connections from one process."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

READ_SIZE = 1 << 18
"""The maximum number of bytes in one read."""

UNACKNOWLEDGED = 200
"""How many texts of one client may be unacknowledged in a flood."""


class TooSlow(Exception):
    """The server did not respond in time, or refused lines."""


@dataclass(eq=False, slots=True)
class Client:
    """
    One connection.  The server sends its own texts back to it.

    @ivar mark: the beginning of its own texts, after the time.
    @ivar rest: the beginning of an incomplete line.
    @ivar unsent: bytes that its socket has not accepted yet.
    @ivar sent: the send times of texts that have not come back, oldest first.
    @ivar acknowledged: how many of its own texts came back.
    @ivar heard: how many texts it received, including its own.
    @ivar errors: how many errors it received.
    """

    connection: socket.socket
    mark: bytes
    rest: bytes = b""
    unsent: bytes = b""
    sent: deque[float] = field(default_factory=deque)
    acknowledged: int = 0
    heard: int = 0
    errors: int = 0


class Crowd:
    """
    Clients of the line door, all in the lobby.

    @ivar clients: the clients.
    @ivar latencies: for each text that came back, the time since it was sent, in seconds.
    """

    def __init__(self, port: int | Sequence[int], count: int, timeout: float = 60.0) -> None:
        """
        Connect all clients and let them enter.

        @param port: the port of the line door, on 127.0.0.1, or those of several servers that act as one.
        @param count: the number of clients.
        @param timeout: how long the server may take for each request, in seconds.
        """
        self._timeout = timeout
        self._selector = selectors.DefaultSelector()
        self.latencies: list[float] = []
        self.clients: list[Client] = []
        ports = [port] if isinstance(port, int) else port
        for number in range(count):
            connection = socket.create_connection(("127.0.0.1", ports[number % len(ports)]), timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(b"u%d\n/echo on\n" % number)
            said = b""
            while not said.endswith(b"* Echo is on\n"):
                said += connection.recv(READ_SIZE)
            connection.setblocking(False)
            client = Client(connection, b"] <u%d> " % number)
            self.clients.append(client)
            self._selector.register(connection, selectors.EVENT_READ, client)

    def separate(self) -> None:
        """Move each client to a room of its own."""
        for number, client in enumerate(self.clients):
            client.connection.setblocking(True)
            client.connection.sendall(b"/leave #lobby\n/join #r%d\n" % number)
            said = b""
            while b" joined #r%d\n" % number not in said:
                said += client.connection.recv(READ_SIZE)
            client.connection.setblocking(False)

    def flood(self, each: int, size: int) -> float:
        """
        Let every client send texts as fast as the server reads them, until all clients have received all texts.

        @param each: how many texts each client sends.
        @param size: the bytes of a text.
        @return: the duration in seconds.
        @raise TooSlow: the server takes too long, or refuses a line.
        """
        left = dict.fromkeys(self.clients, each)
        wanted = each * len(self.clients)
        before = [client.heard for client in self.clients]
        text = b"x" * size
        began = time.monotonic()
        while True:
            for client, count in list(left.items()):
                now = min(count, UNACKNOWLEDGED - len(client.sent))
                if now > UNACKNOWLEDGED // 2 or now == count:
                    self._send(client, text, now)
                    left[client] -= now
                    if not left[client]:
                        del left[client]
            if all(client.heard - past >= wanted for client, past in zip(self.clients, before, strict=True)):
                return time.monotonic() - began
            self._check(began)
            self._turn(0.05)

    def sendSteadily(self, rate: float, seconds: float, size: int) -> None:
        """
        Let the clients send texts in turn, at a steady rate, until all texts have come back.

        The rate does not depend on the server's speed.

        @param rate: texts per second, from all clients together.
        @param seconds: how long the clients send.
        @param size: the bytes of a text.
        @raise TooSlow: the server takes too long, or refuses a line.
        """
        count, sent = int(rate * seconds), 0
        text = b"x" * size
        began = time.monotonic()
        while sent < count or any(client.sent for client in self.clients):
            while sent < count and time.monotonic() - began >= sent / rate:
                self._send(self.clients[sent % len(self.clients)], text, 1)
                sent += 1
            due = began + sent / rate - time.monotonic() if sent < count else 0.05
            self._turn(max(0.0, due))
            self._check(began + seconds)

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.connection.close()
        self._selector.close()

    def _check(self, since: float) -> None:
        if time.monotonic() - since > self._timeout:
            raise TooSlow(f"{sum(len(client.sent) for client in self.clients)} texts have not come back")
        errors = sum(client.errors for client in self.clients)
        if errors:
            raise TooSlow(f"the server refused {errors} lines")

    def _send(self, client: Client, text: bytes, count: int) -> None:
        client.sent.extend([time.monotonic()] * count)
        client.unsent += (text + b"\n") * count
        self._flush(client)

    def _flush(self, client: Client) -> None:
        try:
            done = client.connection.send(client.unsent)
        except BlockingIOError:
            done = 0
        client.unsent = client.unsent[done:]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unsent else 0)
        self._selector.modify(client.connection, wanted, client)

    def _turn(self, timeout: float) -> None:
        for key, events in self._selector.select(timeout):
            if events & selectors.EVENT_WRITE:
                self._flush(key.data)
            if events & selectors.EVENT_READ:
                self._read(key.data)

    def _read(self, client: Client) -> None:
        data = client.connection.recv(READ_SIZE)
        if not data:
            raise TooSlow("the server closed a connection")
        whole, newline, client.rest = (client.rest + data).rpartition(b"\n")
        if not newline:
            return
        client.heard += whole.count(b"] <")
        client.errors += whole.startswith(b"! ") + whole.count(b"\n! ")
        own = whole.count(client.mark)
        if own:
            now = time.monotonic()
            self.latencies += [now - client.sent.popleft() for _ in range(own)]
            client.acknowledged += own


def percentile(values: list[float], share: float) -> float:
    """Return a percentile of the values: C{share} of them are smaller."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def median(values: list[float]) -> float:
    """Return the median; of an even number of values, the upper of the two in the middle."""
    return percentile(values, 0.5)


def repeat(rounds: int, measure: Callable[[], float]) -> float:
    """The median of several measurements."""
    return median([measure() for _ in range(rounds)])
