"""Connections that come and go, and a server that runs out of descriptors or memory."""

from __future__ import annotations

import itertools
import re
import socket
import struct
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from bench.fire.canary import newcomer
from bench.fire.clients import connect, enter
from bench.fire.floods.kinds import KINDS
from bench.fire.scenario import Marks, Scenario, Seen, Setup, always
from bench.fire.scenarios.floods import flood
from bench.fire.stage import DOORS, Stage
from bench.traffic import READ_SIZE

CONNECTS = 10_000
"""How many connections are made and closed."""

RATE = 1500
"""The most connections per second.  If too many wait to be accepted, a client waits for a second and tries again."""

ADDRESSES = tuple(f"127.0.1.{number}" for number in range(1, 9))
"""From where connections come.  The kernel keeps the ports of a closed connection for a minute."""

ENDINGS = ("FIN", "RST", "half", "words")
"""
How a client ends its connection, in turn: it closes, resets, closes its sending side first and then resets, or sends
the beginning of something and resets.
"""

RESET = struct.pack("ii", 1, 0)
"""The value of SO_LINGER with which close(2) resets the connection (socket(7))."""

LINES = 200
"""The most lines of the log beside any number of connections.  The server writes 60 in a minute about strangers."""


def comeAndGo(stage: Stage, seconds: float) -> Seen:
    """Connect and close in many ways, until the time is over, but L{CONNECTS} times at least."""
    before, began, made, failed = stage.log().count("\n"), time.monotonic(), 0, 0
    for ending, door, address in itertools.cycle(itertools.product(ENDINGS, DOORS, ADDRESSES)):
        ahead = began + (made + failed) / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        if _comeAndGo(stage.ports[door], ending, address):
            made += 1
        else:
            failed += 1
        if made + failed >= CONNECTS and time.monotonic() > began + seconds:
            break
    logged = stage.log().count("\n") - before
    missed = [f"{failed} connections were not accepted"] if failed else []
    missed += [f"{logged} lines in the log"] if logged > LINES else []
    return Seen(
        f"{made:,} connections made and closed, {failed} not accepted; {logged} lines in the log",
        missed,
        {"made": made},
    )


def _comeAndGo(port: int, ending: str, address: str) -> bool:
    """
    Connect and close.

    @param ending: one of L{ENDINGS}.
    @param address: the client's address.
    @return: whether the system made the connection.
    """
    try:
        connection = connect(port, address)
    except OSError:
        return False
    with connection, suppress(OSError):
        if ending == "half":
            connection.shutdown(socket.SHUT_WR)
        elif ending == "words":
            connection.sendall(b"GET NICK \x16\x03")
        if ending != "FIN":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    return True


DESCRIPTORS = 80
"""How many descriptors the server may have, so that few clients take them all."""

CROWD = 200
"""How many clients connect to a server with few descriptors."""

PAUSE = 0.2
"""How often clients whose connections have ended connect again, in seconds."""

TAKEN, SPARE = 0.9, 5
"""In which share of the samples the descriptors must be taken, and how many may be free in those."""


class Crowd:
    """
    Clients that connect, say nothing, and connect again when the server has ended their connections.

    It ends those that do not register in time, and at once those for which it has no descriptor.
    """

    def __init__(self, ports: Iterable[int], size: int) -> None:
        """
        @param ports: the ports of the doors on 127.0.0.1, which clients take in turn.
        @param size: the number of clients.
        """
        self._ports = [port for port, _ in zip(itertools.cycle(ports), range(size), strict=False)]
        self._addresses = itertools.cycle(ADDRESSES)
        self._connections: dict[int, socket.socket] = {}

    def connect(self) -> None:
        """Let all clients connect that are not connected."""
        for client, port in enumerate(self._ports):
            if client in self._connections and hasEnded(self._connections[client]):
                self._connections.pop(client).close()
            if client not in self._connections:
                with suppress(OSError):
                    connection = connect(port, next(self._addresses), patience=0.5)
                    connection.setblocking(False)
                    self._connections[client] = connection

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()


def hasEnded(connection: socket.socket) -> bool:
    """Read what has arrived at a non-blocking socket, and return whether the server has ended the connection."""
    try:
        while connection.recv(READ_SIZE):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def taken(samples: Sequence[int]) -> float:
    """Return in which share of some samples all descriptors were open, but for L{SPARE}."""
    return sum([number >= DESCRIPTORS - SPARE for number in samples]) / len(samples)


def untaken(samples: Sequence[int]) -> list[str]:
    """Return what is missed if a server had so many descriptors open."""
    share = taken(samples)
    words = f"{DESCRIPTORS - SPARE} descriptors were taken for {100 * share:.0f} % of the time"
    return [words] if share < TAKEN else []


def exhausted(stage: Stage, seconds: float) -> Seen:
    """Take all descriptors of the server, and keep them for the time."""
    before, samples = stage.log().count("\n"), list[int]()
    with closing(Crowd(stage.ports.values(), CROWD)) as crowd, ThreadPoolExecutor(1) as threads:
        crowd.connect()
        began, spent = time.monotonic(), stage.server.cpu()
        coming: Future[float | None] | None = None
        while (now := time.monotonic()) < began + seconds:
            if coming is None and now >= began + seconds / 2:
                coming = threads.submit(newcomer, "irc", stage.ports["irc"], seconds / 2)
            time.sleep(PAUSE)
            samples.append(stage.server.descriptors())
            crowd.connect()
        share = (stage.server.cpu() - spent) / (time.monotonic() - began)
        meanwhile = None if coming is None else coming.result()
    logged = stage.log().count("\n") - before
    missed = untaken(samples)
    missed += [f"{logged} lines in the log"] if logged > LINES else []
    outcome = "was kept out" if meanwhile is None else f"came in after {meanwhile:.1f} s"
    text = (
        f"{max(samples)} of {DESCRIPTORS} descriptors open; {DESCRIPTORS - SPARE} or more for "
        f"{100 * taken(samples):.0f} % of the time; a newcomer {outcome} meanwhile; {100 * share:.0f} % CPU; "
        f"{logged} lines in the log"
    )
    figures = {"most": max(samples), "taken": taken(samples), "cpu": share, "logged": logged}
    return Seen(text, missed, figures)


MEMORY = 512 << 20
"""The size of the server's address space, in bytes.  Its resident memory cannot be larger."""

CROWDED = 1000
"""How many users the server has with little memory.  Each is in a room of its own."""


def capped(stage: Stage, seconds: float) -> Seen:
    """Fill a server with users and rooms, flood it for the rest of the time, and read how much memory it takes."""
    began = time.monotonic()
    with ExitStack() as leaving:
        for number, door in zip(range(100, 100 + CROWDED), itertools.cycle(("irc", "line", "web")), strict=False):
            leaving.enter_context(enter(stage.ports[door], door, number, number))
        entered = time.monotonic() - began
        seen = flood(KINDS["room"], stage, max(1.0, seconds - entered))
        status = Path(f"/proc/{stage.server.pid}/status").read_text()
        size, peak = (int(re.findall(rf"{key}:\s+(\d+) kB", status)[0]) >> 10 for key in ("VmPeak", "VmHWM"))
    text = (
        f"{CROWDED:,} users in as many rooms within {entered:.1f} s; {seen.text}; at most {peak} MiB "
        f"resident, {size} MiB of addresses"
    )
    return Seen(text, seen.missed, {"resident": peak, "addresses": size, **seen.figures}, seen.remarks)


SCENARIOS = (
    Scenario(
        "connects",
        f"{CONNECTS:,} connections at four doors are made and closed: by FIN, by RST, half then RST, after a few bytes",
        f"each is accepted; at most {LINES} lines in the log",
        comeAndGo,
    ),
    Scenario(
        "descriptors",
        f"{CROWD} clients keep connecting to a server that may have {DESCRIPTORS} descriptors (prlimit --nofile)",
        f"users go on talking, and newcomers wait or are refused; at most 25 % CPU and {LINES} lines in the log",
        exhausted,
        shortest=2.0,
        prepare=always(Setup(before=("prlimit", f"--nofile={DESCRIPTORS}"))),
        marks=Marks(cpu=0.25),
    ),
    Scenario(
        "memory",
        f"{CROWDED:,} users in as many rooms and a flood, with {MEMORY >> 20} MiB of addresses (prlimit --as)",
        "the server does not end",
        capped,
        shortest=4.0,
        prepare=always(Setup(before=("prlimit", f"--as={MEMORY}"))),
    ),
)
