"""
Flood a server from one process, and count how its connections end.

C{python -m bench.fire.floods.attack ATTACK…} takes each L{Attack} as JSON, does one after the other, and prints a list
of their L{Report}s as JSON.
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
from bench.fire.floods.kinds import KINDS, Kind

NICENESS = 5
"""The niceness of the attackers, who share a processor with the canary (setpriority(2))."""

ADDRESSES = 16
"""From how many addresses the attackers connect.  The connections are divided between them."""

READ_SIZE = 1 << 16
"""The maximum number of bytes in one read."""

ANSWER_TIMEOUT = 3.0
"""How long a connection waits for the expected answer before it begins its flood, in seconds."""

RETRY_DELAY = 0.05
"""How long to wait before another attempt if the system did not make a connection, in seconds."""

POLL_TIMEOUT = 0.01
"""How long the attackers wait for input at a time, in seconds."""

LAST_LINE_LENGTH = 160
"""The maximum length of a reported last line, in characters."""

LAST_LINES = 5
"""The maximum number of reported last lines."""

IP_BIND_ADDRESS_NO_PORT = 24
"""See ip(7); the socket module has no name for it before Python 3.12."""

LOST = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP


@dataclass(frozen=True, slots=True)
class Attack:
    """
    The instructions for the attackers.

    @ivar kind: the name of the kind of flood.
    @ivar port: the server's port on 127.0.0.1.
    @ivar begin: when to begin, by C{time.monotonic}, which is the same in all processes (clock_gettime(2)).  An attack
        begins later if the process is not ready, or the one before has not ended.
    @ivar seconds: the duration of the flood.
    """

    kind: str
    port: int
    begin: float
    seconds: float


@dataclass(slots=True)
class Report:
    """
    The results of the attackers.

    @ivar began: when they began, by C{time.monotonic}.
    @ivar connections: how many connections they made or tried to make.
    @ivar dropped: how many the server closed.
    @ivar failed: how many the system did not make.
    @ivar sent: how many bytes the sockets accepted.
    @ivar received: how many bytes arrived.
    @ivar last: the last lines of connections that the server closed, and how often each occurred.  They have C{N} in
        place of a number, and C{HOST} in place of a host.
    """

    began: float = 0.0
    connections: int = 0
    dropped: int = 0
    failed: int = 0
    sent: int = 0
    received: int = 0
    last: dict[str, int] = field(default_factory=dict)


def lastLine(heard: bytes, nick: bytes) -> str:
    """
    Return the last line of a connection's input, in a form that is equal for all connections.

    @param heard: the end of the input.
    @param nick: the connection's nick.  The result has C{NICK} in its place.
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
    An attacker, which has one connection at a time.

    @ivar connection: the socket; C{None} between two connections.
    @ivar due: when to connect again, if there is no connection.
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
        Create an attacker without connecting it.

        @param number: its number, from 0, which determines its address.
        @param plan: the instructions.
        @param report: where it counts.
        @param epoll: where it registers its connections.
        @param context: the settings of TLS; C{None} for plain connections.
        """
        self._address = f"127.0.0.{2 + number % ADDRESSES}"
        self._kind = kindOf(plan.kind)
        self._plan, self._report, self._epoll, self._context = plan, report, epoll, context
        self.connection: socket.socket | None = None
        self.due = 0.0

    def connect(self, now: float) -> socket.socket | None:
        """Start to connect.  Return the socket; C{None} if the system refuses."""
        report = self._report
        report.connections += 1
        self._nick = b"a%d" % report.connections
        connection = socket.socket()
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # connect(2) chooses the port, which then must be unique for this server only.
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
        Give up a connection that was not made in time, and stop waiting for an answer that did not come in time.

        The kernel drops a SYN if too many connections wait to be accepted, and would repeat it after a second.
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
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _made(self) -> bool:
        """Whether the connection was made.  It may be closed again."""
        assert self.connection is not None
        return self._connected or self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != ECONNREFUSED

    def _complete(self) -> bool:
        """Continue the TLS handshake, if there is one.  Return whether the connection can be used now."""
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
        """Return the events to wait for."""
        wanted = select.EPOLLRDHUP
        if not (self._kind.deaf and self._state == "flood"):
            wanted |= select.EPOLLIN
        if self._chunk or self._kind.hangUp or not self._connected:
            wanted |= select.EPOLLOUT
        return wanted

    def _advance(self) -> None:
        """Choose the next bytes to send."""
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
        """Read the remaining input, which contains the last line."""
        assert self.connection is not None
        try:
            while data := self.connection.recv(READ_SIZE):
                self._report.received += len(data)
                self._heard = (self._heard + data)[-2048:]
        except OSError:
            pass

    def _drop(self, now: float) -> None:
        """Record the last line of a connection that the server closed, and connect again."""
        self._report.dropped += 1
        last, words = self._report.last, lastLine(self._heard, self._nick)
        last[words] = last.get(words, 0) + 1
        self._reconnectLater(now)

    def _reconnectLater(self, now: float, pause: float = 0.0) -> None:
        """Close the connection, and connect again after a pause: the longer of this one and the kind's."""
        self.close()
        self.due = now + max(pause, self._kind.pause)


def kindOf(name: str) -> Kind:
    """Return a kind by its name.  The server's tables are imported only for the floods of its commands."""
    if name in KINDS:
        return KINDS[name]
    from bench.fire.floods.commands import commandKinds

    return commandKinds()[name]


def attack(plan: Attack) -> Report:
    """Flood the server, then close all connections."""
    report = Report()
    kind = kindOf(plan.kind)
    context = None
    if kind.encrypted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with select.epoll() as epoll:
        attackers = [Attacker(number, plan, report, epoll, context) for number in range(kind.connections)]
        connected: dict[int, Attacker] = {}
        time.sleep(max(0.0, plan.begin - time.monotonic()))
        report.began = checked = time.monotonic()
        until = report.began + plan.seconds
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
    """Do the attacks in the arguments, and print their reports."""
    os.nice(NICENESS)
    machine.raiseDescriptors()
    print(json.dumps([asdict(attack(Attack(**json.loads(argument)))) for argument in arguments]))


if __name__ == "__main__":
    main(sys.argv[1:])
