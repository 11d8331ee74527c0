"""The canary: two well-behaved clients whose delays are measured; and the newcomer who comes in after a flood."""

from __future__ import annotations

import re
import selectors
import socket
import time

from bench.protocols import ChatProtocol, Irc, Line, Login, Refused
from bench.traffic import MARK, READ_SIZE

RATE = 10
"""Lines a second that each of the two says."""

LOGIN_TIMEOUT = 10.0
"""Seconds that each of the two may take to come in."""

DRAIN_TIMEOUT = 15.0
"""Seconds after the flood in which lines may still be heard; later they are lost."""

NEWCOMER_ADDRESS = "127.0.0.100"
"""Where the newcomer comes from, which is no attacker's address and not the canary's."""

NEWCOMER: dict[str, tuple[bytes, tuple[bytes, ...]]] = {
    "irc": (b"NICK new%d\r\nUSER new 0 * :new\r\nPING hello\r\n", (b" 001 ", b"PONG ")),
    "line": (b"fresh%d\n/echo on\n", (b"* Echo is on",)),
}
"""What the newcomer sends at each door in each attempt, and what is in the answer."""

SAID = re.compile(rb"\%s(\d)\.(\d+)" % MARK)


class Ledger:
    """
    What was said and what was heard of it.  Each line has a number of who said it, and a number of its own.

    @ivar doubled: how many lines were heard that nobody had said, or that had been heard before.
    """

    def __init__(self) -> None:
        self.doubled = 0
        self._open: dict[tuple[int, int], float] = {}
        self._heard: list[tuple[float, float]] = []

    def say(self, number: int, line: int, now: float) -> bytes:
        """
        Note that a line is said.

        @param number: who says it, one digit.
        @return: the text.
        """
        self._open[number, line] = now
        return b"%s%d.%d" % (MARK, number, line)

    def hear(self, lines: bytes, now: float) -> None:
        """Note what is heard, in whole lines."""
        for found in SAID.finditer(lines):
            said = self._open.pop((int(found[1]), int(found[2])), None)
            if said is None:
                self.doubled += 1
            else:
                self._heard.append((said, now - said))

    @property
    def missing(self) -> int:
        """How many lines have not been heard so far."""
        return len(self._open)

    def latencies(self, since: float) -> list[float]:
        """How long each line took that was said then or later and was heard, in seconds."""
        return [taken for said, taken in self._heard if said >= since]


class Canary:
    """
    Two clients in one room, one at the IRC door and one at the line door, who hear each other.

    @ivar ledger: what they have said and heard.
    @ivar said: how many lines were said.
    @ivar late: the most seconds by which a line was said later than it should have been, which is the machine's doing.
    @ivar disconnected: what each client whom the server disconnected had heard last.
    """

    def __init__(self, irc: int, line: int) -> None:
        """
        Come in.

        @param irc: the port of the IRC door, on 127.0.0.1.
        @param line: that of the line door.
        @raise Refused: the server did not let one of them in.
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
        """Say lines at the canary's rate, in turn, until then, and listen meanwhile."""
        while (now := time.monotonic()) < until:
            while self._due <= now:
                self._say(now)
            self._listen(max(0.0, min(self._due, until) - time.monotonic()))

    def drain(self) -> None:
        """Listen until all that was said has been heard, or nothing more is to be expected."""
        until = time.monotonic() + DRAIN_TIMEOUT
        while self.ledger.missing and self._selector.get_map() and (now := time.monotonic()) < until:
            self._listen(min(0.1, until - now))

    def close(self) -> None:
        """Hang up."""
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
        """The server has disconnected one of the two: what is said from now on is lost."""
        connection = self._sockets[number]
        assert connection is not None
        self._selector.unregister(connection)
        connection.close()
        self._sockets[number] = None
        self.disconnected.append(self._rest[number].decode(errors="replace") or "(nothing)")


def arrive(connection: socket.socket, login: Login) -> None:
    """
    Bring a client into its room.

    @param connection: a blocking one, with a timeout.
    @raise Refused: the server does not want it.
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
    Come in as a new client, and be answered.  Whom the server refuses tries again.

    @param door: C{irc} or C{line}.
    @param within: seconds that this may take.
    @return: how many it took; C{None} where that was not enough.
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
