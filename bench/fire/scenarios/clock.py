"""Jumps of the wall clock while clients talk.  The monotonic clock goes on, as when an administrator sets the time."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import pairwise

from bench.fire.clients import FIRST, connect, enter
from bench.fire.scenario import Scenario, Seen
from bench.fire.scenarios.storage import prepare, restart
from bench.fire.shim.faults import Faults
from bench.fire.stage import Stage
from bench.fire.witness import Witness

HOUR = 3600.0

JUMPS = (HOUR, -HOUR, 0.0)
"""How much the wall clock is off after each jump, in seconds."""

TALK = 0.3
"""How long the witness talks after each jump, in seconds."""

PAUSE = 0.02
"""The pause between two texts, in seconds."""

ADDRESSES = 64
"""From how many addresses clients come in turn, because an address may connect 128 times in 10 minutes."""

LINES = 20
"""The number of lines that a client with limits sends at once."""

WAIT = 1.0
"""How long such a client waits for them to be obeyed, in seconds."""

ALLOWED = range(5, 5 + 3 * 2 + 1)
"""
How many lines the server obeys in that time: a burst of 5, then 2 each second (the default limits), and as many for two
further seconds on a busy machine.
"""


@dataclass(slots=True)
class Idle:
    """
    Connections that say nothing.

    @ivar open: the connections.
    @ivar ended: how many of them the server ended.
    @ivar pinged: how many received a PING.
    """

    open: list[socket.socket] = field(default_factory=list)
    ended: int = 0
    pinged: int = 0

    def look(self) -> None:
        """Look at what they received, and close them."""
        for connection in self.open:
            with connection:
                connection.setblocking(False)
                try:
                    data = connection.recv(1 << 16)
                except BlockingIOError:
                    continue
                except ConnectionError:
                    data = b""
                self.ended += not data or b"ERROR " in data
                self.pinged += b"PING " in data
        self.open.clear()


def obeyed(port: int, number: int, address: str) -> int:
    """
    Let a client that has limits send many lines at once.

    @param port: the port of the IRC door on 127.0.0.1.
    @param number: the number of the client.
    @param address: its address.
    @return: how many of them the server obeys in L{WAIT}.
    @raise OSError: the server does not answer.
    """
    with enter(port, "irc", number, number, address) as connection:
        connection.sendall(b"".join(b"PING n%d\r\n" % line for line in range(LINES)))
        until, heard = time.monotonic() + WAIT, b""
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            try:
                heard += connection.recv(1 << 16)
            except TimeoutError:
                break
        return heard.count(b" PONG ")


def backwards(times: Sequence[bytes]) -> int:
    """Return how often a time is earlier than the one before it."""
    return sum(later < earlier for earlier, later in pairwise(times))


def jumped(stage: Stage, seconds: float) -> Seen:
    """Let the wall clock jump again and again.  At the end, restart the server while the clock is behind."""
    until, jumps, idle, missed = time.monotonic() + seconds, 0, Idle(), set[str]()
    counts: list[int] = []
    port = stage.ports["irc"]
    with ExitStack() as closes:
        faults = closes.enter_context(closing(Faults(stage.folder)))
        witness = closes.enter_context(closing(Witness(port)))
        while time.monotonic() < until or not jumps:
            for offset in JUMPS:
                # The server may not have noticed yet that earlier clients have gone.
                jumps += 1
                number, address = FIRST + 2 * jumps, f"127.0.0.{2 + jumps % ADDRESSES}"
                idle.open += [connect(port, address), enter(port, "irc", number, number, address)]
                faults.shiftClock(offset)
                end = time.monotonic() + TALK
                while time.monotonic() < end:
                    if not witness.say():
                        missed.add("texts are refused")
                    witness.listen()
                    time.sleep(PAUSE)
                counts.append(obeyed(port, number + 1, address))
                idle.look()
        faults.shiftClock(-HOUR)
        restart(stage, witness)
        witness.say()
        witness.listen()
        history = witness.history() or []
    back = backwards(witness.times) + backwards([moment for _, moment in history])
    if back:
        missed.add(f"the time of the room went back {back} times")
    if not witness.taken == witness.heard == [text for text, _ in history]:
        missed.add("texts are lost, doubled or in another order")
    if idle.ended or idle.pinged:
        missed.add(f"{idle.ended} idle clients were disconnected, {idle.pinged} pinged")
    if not set(counts).issubset(ALLOWED):
        missed.add(f"a flooding client had {min(counts)} to {max(counts)} of {LINES} lines obeyed in {WAIT:g} s")
    words = f"{jumps} jumps; {len(witness.taken)} texts in order, times from {_clock(witness.times[0])} to"
    words += (
        f" {_clock(witness.times[-1])}, {back} times backwards; a flooding client had {min(counts)} to {max(counts)}"
    )
    words += f" of {LINES} lines obeyed in {WAIT:g} s; no idle client was pinged or disconnected" if not missed else ""
    return Seen(words, sorted(missed), {"jumps": jumps, "taken": len(witness.taken), "obeyed": counts})


def _clock(moment: bytes) -> str:
    """The time of day in a time."""
    return moment.decode()[11:19]


SCENARIOS = (
    Scenario(
        "clock-jumps",
        "the wall clock jumps 1 h forward, 2 h back and 1 h forward; at last the server starts again, 1 h in the past",
        "nobody is pinged or disconnected; rates hold; the time of a room never decreases; texts keep their order",
        jumped,
        shortest=len(JUMPS) * (TALK + WAIT),
        prepare=prepare,
    ),
)
