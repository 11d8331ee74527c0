"""
Generate load with many connections to one server, and count what each receives.

The load generator is one process that does little work per byte.  It waits with epoll, reads up to 256 KiB at a time
into one buffer, and counts the texts by L{MARK}, a character that occurs once in each text and nowhere else.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.protocols import ChatProtocol, Login

READ_SIZE = 1 << 18
"""The maximum number of bytes in one read."""

MARK = b"|"
"""A character that each text contains once."""

LINES_PER_SEND = 16
"""How many lines a sender writes to its socket at a time if it sends as fast as possible."""

CONCURRENT_LOGINS = 200
"""How many clients log in at a time."""

STALL_TIMEOUT = 15.0
"""How long no text may arrive while some are missing, in seconds.  Then the run fails."""

CONNECTIONS_PER_ADDRESS = 5_000
"""How many connections to make from one address of 127.0.0.0/8, which has a limited number of ports."""


class Lost(Exception):
    """The run failed: a text is missing, or the server closed a connection.  The figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """
    The messages that clients send.

    @ivar senders: how many clients of each room send: the first ones.
    @ivar lines: how many lines each of them sends.
    @ivar size: the bytes of a text.
    @ivar rate: lines per second from all senders together; 0 to send as fast as the server reads.
    @ivar rooms: in how many rooms clients send: the first ones; C{None} for all rooms.
    """

    senders: int
    lines: int
    size: int = 64
    rate: float = 0.0
    rooms: int | None = None


class Traffic:
    """
    Clients of one server, and the counts of what each has received.

    The last member of every room is a witness: its input is kept, and L{audit} checks it at the end.
    """

    _received: Received

    def __init__(
        self,
        port: int | Sequence[int],
        protocol: ChatProtocol,
        members: int,
        rooms: int = 1,
        backlog: int = CONCURRENT_LOGINS,
        timeout: float = 300.0,
    ) -> None:
        """
        Create the clients without connecting them.

        @param port: the server's port on 127.0.0.1, or those of several that act as one: client n takes number n
            modulo their number.
        @param protocol: the server's protocol.
        @param members: the number of members of each room.
        @param rooms: the number of rooms.
        @param backlog: how many connections may wait for the server's first answer at a time.
        @param timeout: how long all logins may take together, in seconds.
        """
        self._ports = [port] if isinstance(port, int) else port
        self._protocol, self._backlog, self._timeout = protocol, backlog, timeout
        self._members, self._rooms = members, rooms
        self._count = members * rooms
        self._epoll = select.epoll()
        self._sockets: list[socket.socket] = []
        self._numbers: dict[int, int] = {}
        self._receive: dict[int, Callable[[bytearray], int]] = {}
        self._buffer = bytearray(READ_SIZE)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._sockets:
            connection.close()
        self._epoll.close()

    # Login

    def arrive(self) -> None:
        """
        Connect all clients and let them join their rooms, many at a time.  Then wait until the server is silent.

        Client n joins room n modulo the number of rooms.

        @raise Lost: not all clients could log in in time.
        @raise Refused: the server refused a client.
        """
        until = time.monotonic() + self._timeout
        logins: dict[int, Login] = {}
        unanswered: set[int] = set()
        while logins or len(self._sockets) < self._count:
            while (
                len(logins) < CONCURRENT_LOGINS and len(unanswered) < self._backlog and len(self._sockets) < self._count
            ):
                descriptor, login = self._connect(len(self._sockets))
                logins[descriptor] = login
                unanswered.add(descriptor)
                self._answer(descriptor, login.greeting())
            for descriptor, _ in self._epoll.poll(0.05):
                size = self._read(descriptor)
                unanswered.discard(descriptor)
                if descriptor in logins:
                    login = logins[descriptor]
                    self._answer(descriptor, login.received(bytes(self._buffer[:size])))
                    if login.done:
                        del logins[descriptor]
            if time.monotonic() > until:
                raise Lost(f"{len(self._sockets) - len(logins)} of {self._count} logged in within {self._timeout:g} s")
        self.rest(0.3)

    def rest(self, seconds: float) -> None:
        """Read until the server has sent nothing for some seconds."""
        until = time.monotonic() + self._timeout
        while ready := self._epoll.poll(seconds):
            for descriptor, _ in ready:
                self._read(descriptor)
            if time.monotonic() > until:
                raise Lost("the server does not stop sending")

    def _connect(self, number: int) -> tuple[int, Login]:
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.bind((f"127.0.0.{1 + number // CONNECTIONS_PER_ADDRESS}", 0))
        connection.settimeout(self._timeout)
        try:
            connection.connect(("127.0.0.1", self._ports[number % len(self._ports)]))
        except OSError as e:
            raise Lost(f"the server does not accept connection {number}: {e}") from e
        connection.setblocking(False)
        descriptor = connection.fileno()
        self._sockets.append(connection)
        self._numbers[descriptor] = number
        self._receive[descriptor] = connection.recv_into
        self._epoll.register(descriptor, select.EPOLLIN)
        return descriptor, self._protocol.login(number, number % self._rooms)

    def _answer(self, descriptor: int, data: bytes) -> None:
        """Send a short text, which fits into the socket's buffer."""
        if data and self._sockets[self._numbers[descriptor]].send(data) < len(data):
            raise Lost("the server does not read")

    def _read(self, descriptor: int) -> int:
        try:
            size = self._receive[descriptor](self._buffer)
        except ConnectionError as e:
            raise Lost(f"the server cut connection {self._numbers[descriptor]}: {e}") from e
        if not size:
            raise Lost(f"the server closed connection {self._numbers[descriptor]}")
        return size

    # Messages

    def talk(self, load: Load, done: Callable[[], None]) -> int:
        """
        Let the senders send, and wait until every client has received the texts of all others.

        @param load: the messages.
        @param done: is called when all texts have arrived.  The checks after that are not measured.
        @return: how many texts all clients received in total.
        @raise Lost: a text is missing, doubled or changed.
        """
        senders = [number for number in range(self._count) if self._sends(number, load)]
        streams = [Stream(self._sockets[number], self._lines(number, load)) for number in senders]
        received = self._received = Received(self._numbers, self._sockets[self._count - self._rooms :])
        received.expected = len(senders) * load.lines * (self._members - 1)
        if load.rate:
            self._pace(streams, load.rate)
        else:
            self._flood(streams)
        done()
        self._gather(0.1)
        self._check(load)
        return received.expected

    def _sends(self, number: int, load: Load) -> bool:
        return number // self._rooms < load.senders and self._talks(number, load)

    def _talks(self, number: int, load: Load) -> bool:
        return load.rooms is None or number % self._rooms < load.rooms

    def _lines(self, number: int, load: Load) -> list[bytes]:
        texts = (b"%s%d.%d " % (MARK, number, line) for line in range(load.lines))
        return [self._protocol.line(number % self._rooms, text.ljust(load.size, b"x")) for text in texts]

    def _flood(self, streams: list[Stream]) -> None:
        while self._received.incomplete():
            streams = [stream for stream in streams if stream.push(LINES_PER_SEND)]
            self._gather(0.0 if streams else 0.05)

    def _pace(self, streams: list[Stream], rate: float) -> None:
        total, sent = sum(stream.lines for stream in streams), 0
        began = time.monotonic()
        while self._received.incomplete():
            while sent < total and time.monotonic() >= began + sent / rate:
                streams[sent % len(streams)].push(1)
                sent += 1
            if sent == total:
                streams = [stream for stream in streams if stream.push(1)]  # bytes that a socket did not accept before
            due = began + sent / rate - time.monotonic() if sent < total else 0.05
            self._gather(max(0.0, due))

    def _gather(self, timeout: float) -> None:
        """Read once from each connection that has input, and count the texts."""
        read, buffer, counts, kept = self._read, self._buffer, self._received.counts, self._received.kept
        came = 0
        for descriptor, _ in self._epoll.poll(timeout, 512):
            size = read(descriptor)
            count = buffer.count(MARK, 0, size)
            counts[descriptor] += count
            came += count
            if descriptor in kept:
                kept[descriptor].append(bytes(buffer[:size]))
        self._received.came += came

    def _check(self, load: Load) -> None:
        """Check that each client received the right number of texts, and each witness the right texts in order."""
        for descriptor, count in self._received.counts.items():
            number = self._numbers[descriptor]
            others = load.senders - self._sends(number, load) if self._talks(number, load) else 0
            if count != others * load.lines:
                raise Lost(f"client {number} received {count:,} texts, not {others * load.lines:,}")
        for descriptor, chunks in self._received.kept.items():
            witness = self._numbers[descriptor]
            room = range(witness % self._rooms, self._count, self._rooms)
            wanted = [sender for sender in room if sender != witness and self._sends(sender, load)]
            audit(self._protocol.lines(b"".join(chunks)), f"client {witness}", wanted, load)


class Received:
    """
    The texts that the clients have received.

    @ivar counts: the number of texts of each client, by its descriptor.
    @ivar kept: the whole input of each witness, by its descriptor.
    @ivar came: the number of texts of all clients.
    @ivar expected: the number that C{came} will reach.
    """

    __slots__ = ("_came", "_since", "came", "counts", "expected", "kept")

    def __init__(self, descriptors: Iterable[int], witnesses: Iterable[socket.socket]) -> None:
        self.counts = dict.fromkeys(descriptors, 0)
        self.kept: dict[int, list[bytes]] = {witness.fileno(): [] for witness in witnesses}
        self.came = self.expected = 0
        self._came, self._since = -1, 0.0

    def incomplete(self) -> bool:
        """
        Whether texts are missing.

        @raise Lost: texts are missing, and none has arrived for L{STALL_TIMEOUT}.
        """
        if self.came != self._came:
            self._came, self._since = self.came, time.monotonic()
        elif time.monotonic() > self._since + STALL_TIMEOUT:
            raise Lost(
                f"{self.came:,} of {self.expected:,} texts arrived, then none for {STALL_TIMEOUT:g} s{self._other()}"
            )
        return self.came < self.expected

    def _other(self) -> str:
        """Describe the last line of a witness that is not a text."""
        for chunks in self.kept.values():
            for line in reversed(b"".join(chunks).splitlines()):
                if line and MARK not in line:
                    return f"; a witness received: {line.decode(errors='replace')}"
        return ""


class Stream:
    """
    The lines that one sender sends.

    @ivar lines: the number of lines.
    """

    __slots__ = ("_connection", "_ends", "_position", "_sent", "_view", "lines")

    def __init__(self, connection: socket.socket, lines: list[bytes]) -> None:
        self.lines = len(lines)
        self._connection = connection
        self._view = memoryview(b"".join(lines))
        self._ends = [0]
        for line in lines:
            self._ends.append(self._ends[-1] + len(line))
        self._position = self._sent = 0

    def push(self, lines: int) -> bool:
        """
        Write the bytes that the socket did not accept before, or else some more lines.

        @param lines: how many lines more.
        @return: whether anything is left.
        @raise Lost: the server closed the connection.
        """
        if self._sent == self._ends[self._position]:
            self._position = min(self._position + lines, self.lines)
        try:
            self._sent += self._connection.send(self._view[self._sent : self._ends[self._position]])
        except BlockingIOError:
            return True
        except ConnectionError as e:
            raise Lost(f"the server cut a sender's connection: {e}") from e
        return self._sent < len(self._view)


def audit(heard: bytes, witness: str, senders: Iterable[int], load: Load) -> None:
    """
    Check that a witness received every text of every sender, once and in order.

    @param heard: the input of the witness.
    @param witness: its name, for the error.
    @param senders: the numbers of the senders.
    @param load: the messages that they sent.
    @raise Lost: a text is missing, doubled, changed, out of order, or from another client.
    """
    following = Counter(dict.fromkeys(senders, 0))
    wanted = dict.fromkeys(following, load.lines)
    for found in re.finditer(rb"\%s(\d+)\.(\d+) x*(?=\r?\n)" % MARK, heard):
        sender, line = int(found[1]), int(found[2])
        if line != following[sender] or found.end() - found.start() != load.size:
            raise Lost(
                f"{witness} heard line {line} of {sender} where line {following[sender]} was due, or not as sent"
            )
        following[sender] += 1
    if following != wanted:
        raise Lost(f"{witness} heard so many lines of each: {dict(following)}, and not {wanted}")
