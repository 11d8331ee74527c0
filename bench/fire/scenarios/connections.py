"""Connections that come and go, and a server that runs out of descriptors or memory."""

from __future__ import annotations

import itertools
import re
import socket
import struct
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from bench.fire.canary import newcomer
from bench.fire.clients import connect, enter
from bench.fire.floods.kinds import KINDS
from bench.fire.scenario import Marks, Scenario, Seen, Setup, always
from bench.fire.scenarios.floods import flood
from bench.fire.stage import DOORS, Stage

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


def exhausted(stage: Stage, seconds: float) -> Seen:
    """Take all descriptors of the server, and keep them for the time."""
    before = stage.log().count("\n")
    with ExitStack() as leaving:
        for door, _ in zip(itertools.cycle(DOORS), range(CROWD), strict=False):
            with suppress(OSError):
                leaving.enter_context(connect(stage.ports[door], patience=0.5))
        began, spent = time.monotonic(), stage.server.cpu()
        time.sleep(seconds / 2)
        most = stage.server.descriptors()
        meanwhile = newcomer("irc", stage.ports["irc"], seconds / 2)
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        share = (stage.server.cpu() - spent) / (time.monotonic() - began)
    logged = stage.log().count("\n") - before
    missed = [f"only {most} of {DESCRIPTORS} descriptors were taken"] if most < DESCRIPTORS - 5 else []
    missed += [f"{logged} lines in the log"] if logged > LINES else []
    outcome = "was kept out" if meanwhile is None else f"came in after {meanwhile:.1f} s"
    text = (
        f"{most} of {DESCRIPTORS} descriptors open; a newcomer {outcome} meanwhile; {100 * share:.0f} % CPU; "
        f"{logged} lines in the log"
    )
    return Seen(text, missed, {"most": most, "cpu": share, "logged": logged})


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
        f"{CROWD} clients connect to a server that may have {DESCRIPTORS} descriptors (prlimit --nofile)",
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
