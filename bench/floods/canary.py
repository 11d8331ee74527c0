"""The canary, two well-behaved clients whose delays are measured, and the newcomer, who logs in after a flood."""

from __future__ import annotations

import re
import selectors
import socket
import time

from bench.protocols import ChatProtocol, Irc, Line, Login, Refused
from bench.traffic import MARK, READ_SIZE

RATE = 10
"""Lines per second that each of the two sends."""

LOGIN_TIMEOUT = 10.0
"""How long each login may take, in seconds."""

DRAIN_TIMEOUT = 15.0
"""How long after the flood a line may arrive, in seconds.  A later line counts as lost."""

NEWCOMER_ADDRESS = "127.0.0.100"
"""The address of the newcomer, which neither the attackers nor the canary use."""

NEWCOMER: dict[str, tuple[bytes, tuple[bytes, ...]]] = {
    "irc": (b"NICK new%d\r\nUSER new 0 * :new\r\nPING hello\r\n", (b" 001 ", b"PONG ")),
    "line": (b"fresh%d\n/echo on\n", (b"* Echo is on",)),
}
"""For each door, what the newcomer sends in each attempt, and what the answer contains."""

SAID = re.compile(rb"\%s(\d)\.(\d+)" % MARK)


class Ledger:
    """
    The lines that the canary sent and received.  Each line contains the number of its sender and its own number.

    @ivar doubled: how many received lines nobody had sent, or had been received before.
    """

    def __init__(self) -> None:
        self.doubled = 0
        self._open: dict[tuple[int, int], float] = {}
        self._heard: list[tuple[float, float]] = []

    def say(self, number: int, line: int, now: float) -> bytes:
        """
        Record that a line is sent.

        @param number: the number of the sender, one digit.
        @param line: the number of the line.
        @param now: the time.
        @return: the text of the line.
        """
        self._open[number, line] = now
        return b"%s%d.%d" % (MARK, number, line)

    def hear(self, lines: bytes, now: float) -> None:
        """Record received lines."""
        for found in SAID.finditer(lines):
            said = self._open.pop((int(found[1]), int(found[2])), None)
            if said is None:
                self.doubled += 1
            else:
                self._heard.append((said, now - said))

    @property
    def missing(self) -> int:
        """How many lines have not been received yet."""
        return len(self._open)

    def latencies(self, since: float) -> list[float]:
        """Return the delay of each received line that was sent at C{since} or later, in seconds."""
        return [taken for _, taken in self.heard(since)]

    def heard(self, since: float) -> list[tuple[float, float]]:
        """Return when each received line was sent, if that was at C{since} or later, and its delay in seconds."""
        return [(said, taken) for said, taken in self._heard if said >= since]


class Canary:
    """
    Two clients in one room, one at the IRC door and one at the line door.  Each receives the other's lines.

    @ivar ledger: the lines that they sent and received.
    @ivar said: how many lines they sent.
    @ivar late: the largest delay of a line before it was sent, in seconds.  It shows how busy the machine is.
    @ivar disconnected: the end of the input of each client that the server disconnected.
    """

    def __init__(self, irc: int, line: int) -> None:
        """
        Connect both clients and log them in.

        @param irc: the port of the IRC door on 127.0.0.1.
        @param line: the port of the line door.
        @raise Refused: the server refused one of them.
        """
        self.ledger = Ledger()
        self.said = 0
        self.late = 0.0
        self.disconnected: list[str] = []
        self._protocols: tuple[ChatProtocol, ...] = (Irc(), Line())
        self._selector = selectors.DefaultSelector()
        self._rest, self._unsent = [b"", b""], [b"", b""]
        self._sockets: list[socket.socket | None] = []
        for number, (port, protocol) in enumerate(zip((irc, line), self._protocols, strict=True)):
            connection = socket.create_connection(("127.0.0.1", port), LOGIN_TIMEOUT)
            self._sockets.append(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            arrive(connection, protocol.login(number, 0))
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ, number)
        self._due = time.monotonic()

    def talk(self, until: float) -> None:
        """Send lines in turn, at the rate L{RATE}, until a time, and read meanwhile."""
        while (now := time.monotonic()) < until:
            while self._due <= now:
                self._say(now)
            self._listen(max(0.0, min(self._due, until) - time.monotonic()))

    def drain(self) -> None:
        """Read until all lines have been received, but not for longer than L{DRAIN_TIMEOUT}."""
        until = time.monotonic() + DRAIN_TIMEOUT
        while self.ledger.missing and self._selector.get_map() and (now := time.monotonic()) < until:
            self._listen(min(0.1, until - now))

    def close(self) -> None:
        """Close both connections."""
        for connection in self._sockets:
            if connection is not None:
                connection.close()
        self._selector.close()

    def _say(self, now: float) -> None:
        number, line = self.said % 2, self.said // 2
        self.late = max(self.late, now - self._due)
        self.said += 1
        self._due += 1 / (2 * RATE)
        self._unsent[number] += self._protocols[number].line(0, self.ledger.say(number, line, now))
        self._flush(number)

    def _flush(self, number: int) -> None:
        connection = self._sockets[number]
        if connection is None:
            return
        try:
            sent = connection.send(self._unsent[number])
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lose(number)
            return
        unsent = self._unsent[number] = self._unsent[number][sent:]
        self._selector.modify(connection, selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0), number)

    def _listen(self, timeout: float) -> None:
        for key, events in self._selector.select(timeout):
            if events & selectors.EVENT_WRITE:
                self._flush(key.data)
            if events & selectors.EVENT_READ:
                self._read(key.data)

    def _read(self, number: int) -> None:
        connection = self._sockets[number]
        if connection is None:
            return
        try:
            data = connection.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(number)
            return
        whole, newline, self._rest[number] = (self._rest[number] + data).rpartition(b"\n")
        self.ledger.hear(whole + newline, time.monotonic())

    def _lose(self, number: int) -> None:
        """Record that the server disconnected a client.  Its further lines are lost."""
        connection = self._sockets[number]
        assert connection is not None
        self._selector.unregister(connection)
        connection.close()
        self._sockets[number] = None
        self.disconnected.append(self._rest[number].decode(errors="replace") or "(nothing)")


def arrive(connection: socket.socket, login: Login) -> None:
    """
    Log a client in, up to joining its room.

    @param connection: a blocking socket with a timeout.
    @param login: the client's login.
    @raise Refused: the server refused the client, or closed the connection.
    """
    connection.sendall(login.greeting())
    while not login.done:
        data = connection.recv(READ_SIZE)
        if not data:
            raise Refused("the server closed the connection")
        if answer := login.received(data):
            connection.sendall(answer)


def newcomer(door: str, port: int, within: float) -> float | None:
    """
    Log in as a new client, and wait for an answer.  If the server refuses, try again.

    @param door: C{irc} or C{line}.
    @param port: the port of the door on 127.0.0.1.
    @param within: the time limit in seconds.
    @return: the duration in seconds; C{None} if the time limit passed.
    """
    began, attempt = time.monotonic(), 0
    opening, wanted = NEWCOMER[door]
    while (left := began + within - time.monotonic()) > 0:
        attempt += 1
        try:
            with socket.create_connection(
                ("127.0.0.1", port), left, source_address=(NEWCOMER_ADDRESS, 0)
            ) as connection:
                connection.sendall(opening % attempt)
                said = b""
                while (left := began + within - time.monotonic()) > 0:
                    connection.settimeout(left)
                    data = connection.recv(READ_SIZE)
                    if not data:
                        break
                    said += data
                    if all(words in said for words in wanted):
                        return time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.02)
    return None
