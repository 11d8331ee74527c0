"""The canary, two well-behaved clients whose delays are measured, and the newcomer, who enters after an attack."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass

from bench.fire.ledger import Ledger
from bench.protocols import ChatProtocol, Irc, Line, Login, Refused
from bench.traffic import READ_SIZE

RATE = 10
"""Lines per second that each of the two sends."""

LOGIN_TIMEOUT = 10.0
"""How long each login may take, in seconds."""

DRAIN_TIMEOUT = 15.0
"""How long after its end a line may arrive, in seconds.  A later line counts as lost."""

RETRY_DELAY = 0.05
"""How long to wait before another attempt to come back, in seconds."""

LAST_WORDS_TIMEOUT = 0.2
"""How long one client waits for the end of its connection when the other's has ended, in seconds."""

NEWCOMER_ADDRESS = "127.0.0.100"
"""The address of the newcomer, which neither the attackers nor the canary use."""

NEWCOMER: dict[str, tuple[bytes, tuple[bytes, ...]]] = {
    "irc": (b"NICK new%d\r\nUSER new 0 * :new\r\nPING hello\r\n", (b" 001 ", b"PONG ")),
    "line": (b"fresh%d\n/echo on\n", (b"* Echo is on",)),
    "web": (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Attempt: %d\r\n\r\n", (b"HTTP/1.1 200 ",)),
}
"""For each door, what the newcomer sends in each attempt, and what the answer contains."""


@dataclass(slots=True)
class Outage:
    """
    A time without the canary.

    @ivar begin: when the server ended a connection, by C{time.monotonic}.
    @ivar end: when both clients were back in their room; C{None} if they never were.
    @ivar words: the last line that each disconnected client received.
    """

    begin: float
    end: float | None
    words: list[str]


class Canary:
    """
    Two clients in one room, one at the IRC door and one at the line door.  Each receives the other's lines.

    @ivar ledger: the lines that they sent and received.
    @ivar said: how many lines they sent.
    @ivar late: the largest delay of a line before it was sent, in seconds.  It shows how busy the machine is.
    @ivar outages: when the server ended a connection.
    """

    def __init__(self, irc: int, line: int, returns: bool = False) -> None:
        """
        Connect both clients and log them in.

        @param irc: the port of the IRC door on 127.0.0.1.
        @param line: the port of the line door.
        @param returns: whether both come back when the server ends the connection of one.  Otherwise its further lines
            are lost.
        @raise Refused: the server refused one of them.
        """
        self.ledger = Ledger()
        self.said = 0
        self.late = 0.0
        self.outages: list[Outage] = []
        self._returns = returns
        self._ports = irc, line
        self._protocols: tuple[ChatProtocol, ...] = (Irc(), Line())
        self._selector = selectors.DefaultSelector()
        self._rest, self._unsent, self._last = [b"", b""], [b"", b""], [b"", b""]
        self._sockets: list[socket.socket | None] = [None, None]
        self._enter(LOGIN_TIMEOUT)
        self._due = time.monotonic()

    def talk(self, until: float) -> None:
        """Send lines in turn, at the rate L{RATE}, until a time, and read meanwhile."""
        while (now := time.monotonic()) < until:
            if self._returns and None in self._sockets:
                self._comeBack(until)
                continue
            while self._due <= now:
                self._say(now)
            self._listen(max(0.0, min(self._due, until) - time.monotonic()))

    def drain(self) -> None:
        """Read until all lines have been received or refused, but not for longer than L{DRAIN_TIMEOUT}."""
        until = time.monotonic() + DRAIN_TIMEOUT
        while self.ledger.missing and self._selector.get_map() and (now := time.monotonic()) < until:
            self._listen(min(0.1, until - now))

    def close(self) -> None:
        """Close both connections."""
        self._hangUp()
        self._selector.close()

    def _enter(self, timeout: float) -> None:
        """
        Connect both clients and log them in.

        @raise Refused: the server refused one of them.
        @raise OSError: the server does not listen, or does not answer in time.
        """
        self._rest, self._unsent, self._last = [b"", b""], [b"", b""], [b"", b""]
        for number, (port, protocol) in enumerate(zip(self._ports, self._protocols, strict=True)):
            connection = socket.create_connection(("127.0.0.1", port), timeout)
            self._sockets[number] = connection
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            heard = arrive(connection, protocol.login(number, 0))
            whole, newline, self._rest[number] = heard.rpartition(b"\n")
            self.ledger.hear(number, whole + newline, time.monotonic())
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ, number)

    def _hangUp(self) -> None:
        for number, connection in enumerate(self._sockets):
            if connection is not None:
                if connection.fileno() in self._selector.get_map():
                    self._selector.unregister(connection)
                connection.close()
                self._sockets[number] = None

    def _comeBack(self, until: float) -> None:
        """Wait for the end of the other connection, then try to log both clients in again until a time."""
        patience = time.monotonic() + LAST_WORDS_TIMEOUT
        while self._selector.get_map() and (left := patience - time.monotonic()) > 0:
            self._listen(left)
        self._hangUp()
        self.ledger.cut()
        while time.monotonic() < until:
            try:
                self._enter(LOGIN_TIMEOUT)
            except (OSError, Refused):
                self._hangUp()
                time.sleep(RETRY_DELAY)
            else:
                self._due = time.monotonic()
                self.outages[-1].end = self._due
                return

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
        if newline:
            self._last[number] = whole.rpartition(b"\n")[2]
        self.ledger.hear(number, whole + newline, time.monotonic())

    def _lose(self, number: int) -> None:
        """Record that the server ended the connection of a client."""
        connection = self._sockets[number]
        assert connection is not None
        if None not in self._sockets:
            self.outages.append(Outage(time.monotonic(), None, []))
        self._selector.unregister(connection)
        connection.close()
        self._sockets[number] = None
        last = self._rest[number] or self._last[number]
        self.outages[-1].words.append(last.decode(errors="replace").strip() or "(nothing)")


def arrive(connection: socket.socket, login: Login) -> bytes:
    """
    Log a client in, up to joining its room.

    @param connection: a blocking socket with a timeout.
    @param login: the client's login.
    @return: what it received.
    @raise Refused: the server refused the client, or closed the connection.
    """
    heard = b""
    connection.sendall(login.greeting())
    while not login.done:
        data = connection.recv(READ_SIZE)
        if not data:
            raise Refused("the server closed the connection")
        heard += data
        if answer := login.received(data):
            connection.sendall(answer)
    return heard


def newcomer(door: str, port: int, within: float) -> float | None:
    """
    Enter as a new client, and wait for an answer.  If the server refuses, try again.

    @param door: C{irc}, C{line} or C{web}.
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
