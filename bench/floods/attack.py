"""
The attackers: one process that floods a server for some seconds and counts what becomes of its connections.

C{python -m bench.floods.attack ATTACK} takes an L{Attack} as JSON and prints a L{Report} as JSON.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from errno import ECONNREFUSED

from bench import machine
from bench.floods.kinds import KINDS, Kind

NICENESS = 5
"""How far the attackers stand back for the canary, which has the same processor (setpriority(2))."""

ADDRESSES = 16
"""From how many addresses the attackers come, each with its share of their connections."""

READ_SIZE = 1 << 16
"""Bytes read at a time."""

ANSWER_TIMEOUT = 3.0
"""Seconds after which a connection begins its flood even if its opening was not answered as expected."""

RETRY_DELAY = 0.05
"""Seconds until another attempt where the system itself refused a connection, or has not made it."""

POLL_TIMEOUT = 0.01
"""Seconds until the attackers look at the clock again where nothing happens."""

LAST_LINE_LENGTH = 160
"""How many characters of a last line are kept."""

LAST_LINES = 5
"""How many different last lines are reported."""

IP_BIND_ADDRESS_NO_PORT = 24
"""See ip(7); the socket module has no name for it before Python 3.12."""

LOST = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP


@dataclass(frozen=True, slots=True)
class Attack:
    """
    What is to be done.

    @ivar kind: the name of the kind of flood.
    @ivar port: where the server listens, on 127.0.0.1.
    @ivar begin: when to begin, in seconds of C{time.monotonic}, which all processes share (clock_gettime(2)).
    @ivar seconds: how long.
    @ivar deaf: whether the attackers read nothing once they have come in.
    """

    kind: str
    port: int
    begin: float
    seconds: float
    deaf: bool = False


@dataclass(slots=True)
class Report:
    """
    What became of the attackers.

    @ivar connections: how many connections were made, or tried.
    @ivar dropped: how many the server ended.
    @ivar failed: how many the system did not make.
    @ivar sent: bytes that the sockets took.
    @ivar received: bytes that came.
    @ivar last: the last lines of connections that the server ended, and how often each came.  C{N} stands for a
        number there, C{HOST} for a host.
    """

    connections: int = 0
    dropped: int = 0
    failed: int = 0
    sent: int = 0
    received: int = 0
    last: dict[str, int] = field(default_factory=dict)


def lastLine(heard: bytes, nick: bytes) -> str:
    """
    The last line of what a connection heard, made alike for all connections.

    @param heard: the end of it.
    @param nick: the connection's nick, for which C{NICK} stands in the result.
    """
    if re.search(rb"(?s)\x15\x03.{5}$", heard):
        return "(a TLS alert)"
    lines = [line for line in re.split(rb"[\r\n]+", heard) if line]
    if not lines:
        return "(nothing)"
    text = lines[-1].replace(nick, b"NICK").decode(errors="replace")
    text = re.sub(r"\d+(?:\.\d+)*", "N", re.sub(r"\w+\.cloak", "HOST", text))
    return text.encode("unicode_escape").decode()[:LAST_LINE_LENGTH]


class Attacker:
    """
    One connection, or one after the other.

    @ivar connection: its socket; C{None} between two connections.
    @ivar due: when to connect again, where there is none.
    """

    __slots__ = (
        "_address",
        "_chunk",
        "_connected",
        "_context",
        "_epoll",
        "_heard",
        "_kind",
        "_nick",
        "_plan",
        "_position",
        "_report",
        "_since",
        "_state",
        "connection",
        "due",
    )

    def __init__(
        self, number: int, plan: Attack, report: Report, epoll: select.epoll, context: ssl.SSLContext | None
    ) -> None:
        """
        Nothing is connected yet.

        @param number: which one it is, from 0; it decides about the address.
        @param context: how to encrypt; C{None} where nothing is encrypted.
        """
        self._address = f"127.0.0.{2 + number % ADDRESSES}"
        self._kind: Kind = KINDS[plan.kind]
        self._plan, self._report, self._epoll, self._context = plan, report, epoll, context
        self.connection: socket.socket | None = None
        self.due = 0.0

    def connect(self, now: float) -> socket.socket | None:
        """Make a connection, without waiting for it; C{None} where the system does not."""
        report = self._report
        report.connections += 1
        self._nick = b"a%d" % report.connections
        connection = socket.socket()
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # The port is chosen in connect(2), where it only has to differ for this one server.
            connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            connection.bind((self._address, 0))
            connection.connect(("127.0.0.1", self._plan.port))
        except BlockingIOError:
            pass
        except OSError:
            connection.close()
            report.failed += 1
            self.due = now + max(RETRY_DELAY, self._kind.pause)
            return None
        self.connection = connection
        self._heard, self._since = b"", now
        self._connected = False
        self._state = "opening"
        self._chunk, self._position = self._kind.greeting(self._nick), 0
        if not self._chunk:
            self._advance()
        self._epoll.register(connection, self._wanted())
        return connection

    def event(self, events: int, now: float) -> None:
        """Do what can be done: read, send, or see that the server has ended the connection."""
        try:
            if events & LOST and not self._made():
                self._report.failed += 1
                self._reconnectLater(now, RETRY_DELAY)
            elif events & LOST:
                self._drain()
                self._drop(now)
            elif self._connected or self._complete():
                if events & select.EPOLLIN:
                    self._read(now)
                if events & select.EPOLLOUT and self.connection is not None:
                    self._send(now)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self._drop(now)

    def checkTimeouts(self, now: float) -> None:
        """
        Wait no longer for what has not come in time: a connection, or an answer to the opening.

        The kernel drops a SYN where too many connections wait to be accepted, and would send it again after a second.
        """
        if self.connection is None:
            return
        if not self._connected and not isinstance(self.connection, ssl.SSLSocket) and now > self._since + RETRY_DELAY:
            self._report.failed += 1
            self._reconnectLater(now)
        elif self._state == "waiting" and now > self._since + ANSWER_TIMEOUT:
            self._advance()
            self._epoll.modify(self.connection, self._wanted())

    def close(self) -> None:
        """Hang up."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _made(self) -> bool:
        """Whether the connection was made, whatever became of it."""
        assert self.connection is not None
        return self._connected or self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != ECONNREFUSED

    def _complete(self) -> bool:
        """Encrypt the connection, where it is to be; return whether it can be used now."""
        connection = self.connection
        assert connection is not None
        if self._context is not None:
            if not isinstance(connection, ssl.SSLSocket):
                connection = self.connection = self._context.wrap_socket(connection, do_handshake_on_connect=False)
            try:
                connection.do_handshake()
            except ssl.SSLWantReadError:
                self._epoll.modify(connection, select.EPOLLIN | select.EPOLLRDHUP)
                return False
        self._connected = True
        self._epoll.modify(connection, self._wanted())
        return True

    def _wanted(self) -> int:
        """The events to wait for."""
        wanted = select.EPOLLRDHUP
        if not (self._plan.deaf and self._state == "flood"):
            wanted |= select.EPOLLIN
        if self._chunk or self._kind.hangUp or not self._connected:
            wanted |= select.EPOLLOUT
        return wanted

    def _advance(self) -> None:
        """Go to the next thing to send."""
        kind = self._kind
        if self._state == "opening" and kind.ready:
            self._state, self._chunk = "waiting", b""
        elif self._state != "before" and kind.before:
            self._state, self._chunk = "before", kind.before
        else:
            self._state, self._chunk = "flood", kind.chunk(self._nick)
        self._position = 0

    def _read(self, now: float) -> None:
        assert self.connection is not None
        data = self.connection.recv(READ_SIZE)
        if not data:
            self._drop(now)
            return
        self._report.received += len(data)
        self._heard = (self._heard + data)[-2048:]
        if self._state == "waiting" and self._kind.ready in self._heard:
            self._advance()
            self._epoll.modify(self.connection, self._wanted())

    def _send(self, now: float) -> None:
        assert self.connection is not None
        if self._kind.hangUp:
            self._reconnectLater(now)
            return
        if not self._chunk:
            return
        sent = self.connection.send(memoryview(self._chunk)[self._position :])
        self._report.sent += sent
        self._position += sent
        if self._position == len(self._chunk):
            self._position = 0
            if self._state != "flood":
                self._advance()
                self._epoll.modify(self.connection, self._wanted())

    def _drain(self) -> None:
        """Read what is there still, for the last line."""
        assert self.connection is not None
        try:
            while data := self.connection.recv(READ_SIZE):
                self._report.received += len(data)
                self._heard = (self._heard + data)[-2048:]
        except OSError:
            pass

    def _drop(self, now: float) -> None:
        """The server has ended the connection: note what it said last, and connect again."""
        self._report.dropped += 1
        last, words = self._report.last, lastLine(self._heard, self._nick)
        last[words] = last.get(words, 0) + 1
        self._reconnectLater(now)

    def _reconnectLater(self, now: float, pause: float = 0.0) -> None:
        """Hang up, and connect again after this pause, or that of the kind where it is longer."""
        self.close()
        self.due = now + max(pause, self._kind.pause)


def attack(plan: Attack) -> Report:
    """Flood until the time is up, and hang up."""
    report = Report()
    kind = KINDS[plan.kind]
    context = None
    if kind.encrypted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with select.epoll() as epoll:
        attackers = [Attacker(number, plan, report, epoll, context) for number in range(kind.connections)]
        connected: dict[int, Attacker] = {}
        time.sleep(max(0.0, plan.begin - time.monotonic()))
        until = plan.begin + plan.seconds
        checked = plan.begin
        while (now := time.monotonic()) < until:
            for attacker in attackers:
                if attacker.connection is None and attacker.due <= now:
                    made = attacker.connect(now)
                    if made is not None:
                        connected[made.fileno()] = attacker
            if now > checked + RETRY_DELAY:
                checked = now
                for attacker in attackers:
                    attacker.checkTimeouts(now)
            for descriptor, events in epoll.poll(POLL_TIMEOUT, 256):
                connected[descriptor].event(events, now)
        for attacker in attackers:
            attacker.close()
    report.last = dict(Counter(report.last).most_common(LAST_LINES))
    return report


def main(arguments: Sequence[str]) -> None:
    """Obey the plan."""
    os.nice(NICENESS)
    machine.raiseDescriptors()
    print(json.dumps(asdict(attack(Attack(**json.loads(arguments[0]))))))


if __name__ == "__main__":
    main(sys.argv[1:])
