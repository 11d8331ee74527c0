"""Connections that say nothing, or one byte in a second, at every door and in every phase."""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.fire.clients import FIRST, connect, encrypt, enter
from bench.fire.floods.kinds import hello
from bench.fire.scenario import Scenario, Seen, Setup, always
from bench.fire.stage import Stage
from bench.websocket import WebSocket, frame

EACH = 2
"""How many connections are in each phase."""

GRACE = 3.0
"""How long after its deadline a connection may last, in seconds: the server pings and ends up to a second late each."""

PERIOD = 1.0
"""The time between two bytes of a slow connection, in seconds."""

ROOM = 7
"""The number of the room of clients that register."""

READ_SIZE = 1 << 16
"""The maximum number of bytes in one read."""

HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
"""The beginning of an HTTP request (RFC 9112, section 2.1)."""

BODY = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\n"
"""A request whose body is missing."""

SOCKET = WebSocket.handshake("/socket")
"""The handshake of a WebSocket (RFC 6455, section 4.1)."""

ACCEPTED = b"HTTP/1.1 101 "
"""The beginning of the answer to it."""


SHORT, DEFAULT, PING = 10.0, 30.0, 5.0
"""
Deadlines in seconds: a short one, which the web door has for a request without any setting; the default of
limits.registration; and the silence before a PING in the scenario with short deadlines.
"""


@dataclass(frozen=True, slots=True)
class Phase:
    """
    A state in which a connection stays.

    @ivar name: what it has done.
    @ivar door: its door.
    @ivar opening: what it sends first.
    @ivar answer: the bytes of the answer for which it then waits; empty if it does not wait.
    @ivar slowly: what it sends then, one byte in L{PERIOD}, again and again; empty if it says nothing more.
    @ivar encrypted: whether it makes the TLS handshake first.
    """

    name: str
    door: str
    opening: bytes = b""
    answer: bytes = b""
    slowly: bytes = b""
    encrypted: bool = False


PHASES = (
    Phase("silent", "irc"),
    Phase("half a NICK", "irc", b"NICK slo"),
    Phase("NICK without USER", "irc", b"NICK slow1\r\n"),
    Phase("capabilities without CAP END", "irc", b"CAP LS 302\r\nNICK slow2\r\nUSER slow 0 * :slow\r\n", b" LS "),
    Phase(
        "SASL without an answer",
        "irc",
        b"CAP REQ :sasl\r\nNICK slow3\r\nUSER slow 0 * :slow\r\nAUTHENTICATE PLAIN\r\n",
        b"AUTHENTICATE +",
    ),
    Phase("a slow line", "irc", slowly=b"NICK slow4"),
    Phase("slow blank lines", "irc", slowly=b"\r\n"),
    Phase("silent", "tls"),
    Phase("half a TLS hello", "tls", hello()[:100]),
    Phase("a slow TLS hello", "tls", slowly=hello()),
    Phase("silent behind TLS", "tls", encrypted=True),
    Phase("a slow line behind TLS", "tls", slowly=b"NICK slow5", encrypted=True),
    Phase("silent at the prompt for a name", "line", b"", b"name"),
    Phase("half a name", "line", b"slo"),
    Phase("a slow name", "line", slowly=b"slow6"),
    Phase("slow telnet commands", "line", slowly=b"\xff\xf1"),
    Phase("silent", "web"),
    Phase("half a request", "web", HEAD),
    Phase("a slow request", "web", HEAD + b"X: ", slowly=b"x"),
    Phase("a request without its body", "web", BODY),
    Phase("a slow body", "web", BODY, slowly=b"x"),
    Phase("a WebSocket, silent", "web", SOCKET, ACCEPTED),
    Phase("a WebSocket, half a frame", "web", SOCKET + frame(b"NICK slow7")[:8], ACCEPTED),
    Phase("a WebSocket, a slow frame", "web", SOCKET, ACCEPTED, frame(b"x" * 100)),
    Phase("a WebSocket, slow pings", "web", SOCKET, ACCEPTED, frame(b"", 9)),
    Phase("a WebSocket without CAP END", "web", SOCKET + frame(b"CAP LS 302"), b" LS "),
)
"""The phases before a client has registered."""

REGISTERED = tuple(Phase("registered, answers no PING", door) for door in ("irc", "tls", "web"))
"""The phases after that.  The line door sends no PING, and people may be silent there."""


class Quiet:
    """
    A connection that stays in its phase.

    @ivar phase: the phase.
    @ivar began: when it was connected, or had registered, by C{time.monotonic}.
    @ivar ended: when the server ended it; C{None} if it has not.
    """

    def __init__(self, phase: Phase, connection: socket.socket, began: float) -> None:
        self.phase, self.connection, self.began = phase, connection, began
        self.ended: float | None = None
        self._sent, self._due = 0, began
        connection.setblocking(False)

    def work(self, now: float) -> bool:
        """Read what has arrived, and send the next byte if it is time.  Return whether the connection continues."""
        try:
            while self.connection.recv(READ_SIZE):
                pass
            self.ended = now
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError:
            self.ended = now
        slowly = self.phase.slowly
        if self.ended is None and slowly and now >= self._due:
            self._due = now + PERIOD
            try:
                self.connection.send(slowly[self._sent % len(slowly) :][:1])
                self._sent += 1
            except OSError:
                self.ended = now
        return self.ended is None


def opened(stage: Stage, phase: Phase) -> Quiet:
    """
    Connect, and reach a phase before registration.

    @raise OSError: the server does not answer, or ends the connection.
    """
    connection = connect(stage.ports[phase.door])
    began, heard = time.monotonic(), b""
    if phase.encrypted:
        connection = encrypt(connection)
    connection.sendall(phase.opening)
    while phase.answer and phase.answer not in heard:
        data = connection.recv(READ_SIZE)
        if not data:
            raise OSError(f"{phase.door}, {phase.name}: the server ended the connection: {heard!r}")
        heard += data
    return Quiet(phase, connection, began)


def watch(connections: Sequence[Quiet], until: float) -> None:
    """Let connections stay in their phases until a time, or until the server has ended them all.  Then close them."""
    with selectors.DefaultSelector() as selector:
        for one in connections:
            selector.register(one.connection, selectors.EVENT_READ)
        while (now := time.monotonic()) < until and selector.get_map():
            selector.select(min(0.1, until - now))
            for one in connections:
                if one.ended is None and not one.work(time.monotonic()):
                    selector.unregister(one.connection)
    for one in connections:
        one.connection.close()


def late(connections: Iterable[Quiet], deadline: float) -> list[str]:
    """Name each phase whose connections lasted longer than their deadline allows."""
    stayed = (one.phase for one in connections if one.ended is None or one.ended - one.began > deadline + GRACE)
    return [f"{phase.door}, {phase.name}: stayed over {deadline:g} s" for phase in dict.fromkeys(stayed)]


def silent(stage: Stage, seconds: float, deadline: float, pings: bool) -> Seen:
    """
    Open connections in every phase, wait for their deadline, and do so again until the time is over.

    @param deadline: the deadline of each, in seconds.
    @param pings: whether connections that have registered have the same deadline.
    """
    until, rounds, count = time.monotonic() + seconds, 0, 0
    missed: dict[str, None] = {}
    lasted: list[float] = []
    while not rounds or time.monotonic() + deadline + GRACE < until:
        rounds += 1
        connections = [opened(stage, phase) for phase in PHASES for _ in range(EACH)]
        for number, phase in enumerate(REGISTERED * pings, FIRST):
            entered = enter(stage.ports[phase.door], phase.door, number, ROOM)
            connections.append(Quiet(phase, entered, time.monotonic()))
        count += len(connections)
        watch(connections, time.monotonic() + deadline + GRACE)
        missed.update(dict.fromkeys(late(connections, deadline)))
        lasted += [one.ended - one.began for one in connections if one.ended is not None]
    span = f" after {min(lasted):.1f} to {max(lasted):.1f} s" if lasted else ""
    text = f"{len(lasted)} of {count} connections in {len(PHASES) + pings * len(REGISTERED)} phases ended{span}"
    return Seen(text, list(missed), {"rounds": rounds, "connections": count, "lasted": lasted})


SCENARIOS = (
    Scenario(
        "silent",
        f"silent and slow connections at every door, in {len(PHASES)} phases before registration and without an answer "
        f"to PING; limits.registration, lineRegistration and pingTimeout are {SHORT:g} s",
        f"the server ends each {SHORT:g} s after it was accepted or heard, or up to {GRACE:g} s later",
        lambda stage, seconds: silent(stage, seconds, SHORT, pings=True),
        shortest=SHORT,
        prepare=always(
            Setup(
                {
                    "limits.registration": SHORT,
                    "limits.lineRegistration": SHORT,
                    "limits.ping": PING,
                    "limits.pingTimeout": SHORT,
                }
            )
        ),
    ),
    Scenario(
        "silent-default",
        f"the same before registration with the default of limits.registration, {DEFAULT:g} s; "
        "limits.lineRegistration, by default 3 min, is as short",
        f"the server ends each {DEFAULT:g} s after it was accepted, or up to {GRACE:g} s later",
        lambda stage, seconds: silent(stage, seconds, DEFAULT, pings=False),
        shortest=DEFAULT,
        quick=False,
        prepare=always(Setup({"limits.lineRegistration": DEFAULT})),
    ),
)
