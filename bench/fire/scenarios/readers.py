"""Clients that stop reading: slow ones, and those whose process is stopped."""

from __future__ import annotations

import itertools
import signal
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing

from bench.fire.audience import STEP, Audience, Hearing, Plan
from bench.fire.clients import EXEMPT, FIRST, PATIENCE, enter, rest
from bench.fire.scenario import Marks, Scenario, Seen, Setup, always
from bench.fire.stage import Stage

DOORS = ("irc", "tls", "line", "web")
"""The doors at which clients stop reading, in turn."""

SLOW, VOLUME, LINE = 100, 20 << 20, 400
"""How many clients stop reading; then how many bytes are sent to their room; the bytes of one text."""

OVERFLOW = 8 << 20
"""More bytes than the server and the system keep for a stopped client with a small receive buffer."""

FEW = 200
"""How many texts a stopped client must find when it goes on."""

AHEAD = 2000
"""How many texts clients that read may be behind: less than the buffers of a connection hold."""

BUFFER = 4096
"""The size of the receive buffer of a client that stops reading, in bytes."""

ROOM = 7
"""The number of the first room.  The canary is in another."""

MANY = 100_000
"""More clients than stop reading: those who read have higher numbers."""

LONGEST_STOP = 60.0
"""How long clients are stopped at most, in seconds.  It is less than C{limits.ping}, so their silence is no reason."""

SETTINGS = {"limits.roomJoinBurst": 1000}
"""With its default, only one client per second could join the room."""


MEMORY = 64.0
"""
The mark of the growth of memory, in MiB.  The first round takes 26, and 15 more took 31, in steps.  The texts are not
the reason: without clients that stop reading, ten times 20 MiB take 21, nearly all of it the first time.  Whether it
levels off later has not been measured, so the memory after each round is below the table.
"""


class Speaker:
    """A client, exempt from the limits on rates, who sends numbered texts to the room as fast as the server reads."""

    def __init__(self, stage: Stage, number: int, room: int) -> None:
        """
        Enter the room.

        @param number: the number of the client.
        @param room: the number of the room.
        @raise Refused: the server refuses the client.
        @raise OSError: the server does not answer.
        """
        self._connection = enter(stage.ports["irc"], "irc", number, room, EXEMPT, 6 * PATIENCE)
        self._room = room
        self._said = 0

    def say(self, count: int, audience: Audience | None = None) -> None:
        """
        Send texts, and wait until the server has taken them.

        @param audience: clients that read, for whom to wait if they are L{AHEAD} texts behind.
        @raise OSError: the server takes none, or has ended the connection.
        """
        for _ in range(count):
            self._connection.sendall(b"PRIVMSG #b%d :~%d~%s\r\n" % (self._room, self._said, b"x" * LINE))
            self._said += 1
            if audience is not None and self._said % STEP == 0:
                audience.waitFor(self._said - AHEAD)
        token = b"said%d" % self._said
        self._connection.sendall(b"PING %s\r\n" % token)
        heard = b""
        while token not in heard:
            data = self._connection.recv(1 << 16)
            if not data:
                raise OSError("the server ended the connection of the client who speaks")
            heard = heard[-100:] + data

    def close(self) -> None:
        """Leave."""
        self._connection.close()


def slow(stage: Stage, seconds: float) -> Seen:
    """
    Let clients stop reading while much is sent to their room, again and again, beside others who read.

    Each round has a room of its own, so nobody gets the texts of an earlier round as history.
    """
    until, count = time.monotonic() + seconds, VOLUME // LINE
    rounds, dropped, heard, disordered = 0, 0, 0, 0
    numbers = itertools.count(FIRST)
    longest = 0.0
    memory: list[float] = []
    witnesses: list[Hearing] = []
    while time.monotonic() < until or not rounds:
        room = ROOM + rounds
        rounds += 1
        with ExitStack() as leaving:
            audience = leaving.enter_context(closing(_audience(stage, room, MANY * rounds)))
            deaf = [
                leaving.enter_context(enter(stage.ports[door], door, next(numbers), room, buffer=BUFFER))
                for door, _ in zip(itertools.cycle(DOORS), range(SLOW), strict=False)
            ]
            speaker = leaving.enter_context(closing(Speaker(stage, next(numbers), room)))
            began = time.monotonic()
            speaker.say(count, audience)
            longest = max(longest, time.monotonic() - began)
            witnesses = audience.hearings()
            dropped += _dropped(deaf)
            heard += sum(hearing.heard for hearing in witnesses)
            disordered += sum(hearing.disordered for hearing in witnesses)
        memory.append(stage.server.memory())
    missed = []
    if dropped < SLOW * rounds:
        missed.append(f"{SLOW * rounds - dropped} clients that read nothing stayed")
    if heard != (wanted := count * len(witnesses) * rounds):
        missed.append(f"those who read have {heard:,} of {wanted:,} texts")
    if disordered:
        missed.append(f"{disordered} texts were out of order")
    text = (
        f"{dropped} of {SLOW * rounds} slow clients disconnected; {len(witnesses)} others received {heard:,} of "
        f"{wanted:,} texts, {disordered:,} out of order, in {rounds} rounds; {longest:.1f} s for 20 MiB"
    )
    figures = {"rounds": rounds, "dropped": dropped, "heard": heard, "longest": longest, "memory": memory}
    return Seen(
        text, missed, figures, [f"memory after each round, in MiB: {', '.join(f'{each:.0f}' for each in memory)}"]
    )


def _dropped(connections: Iterable[socket.socket]) -> int:
    """Count the connections that the server has ended.  What it sent before is read first."""
    until = time.monotonic() + PATIENCE
    return sum(rest(connection, max(0.05, until - time.monotonic()))[1] for connection in connections)


def stopped(stage: Stage, seconds: float) -> Seen:
    """
    Stop the process of some clients with SIGSTOP, twice.

    The first time they go on soon, and find all that was said meanwhile.  The second time more is said than the server
    keeps for them, and they are disconnected.
    """
    with (
        closing(_audience(stage, ROOM, FIRST + 1, 4)) as brief,
        closing(_audience(stage, ROOM, FIRST + 101, 4, BUFFER)) as long,
        closing(Speaker(stage, FIRST, ROOM)) as speaker,
    ):
        brief.send(signal.SIGSTOP)
        long.send(signal.SIGSTOP)
        speaker.say(FEW)
        time.sleep(min(LONGEST_STOP, max(0.0, seconds - 2 * REST)))
        brief.send(signal.SIGCONT)
        time.sleep(REST)
        patient = brief.hearings()
        speaker.say(OVERFLOW // LINE)
        time.sleep(REST)
        long.send(signal.SIGCONT)
        dropped = long.hearings()
    missed = [
        f"{one.door}: {one.heard} of {FEW} texts after SIGCONT, {one.disordered} out of order"
        for one in patient
        if (one.heard, one.disordered, one.ended) != (FEW, 0, False)
    ]
    missed += [f"{one.door}: a client that read nothing stayed" for one in dropped if not one.ended]
    text = (
        f"{sum(one.heard == FEW for one in patient)} of {len(patient)} clients found all {FEW} texts after a short "
        f"stop; {sum(one.ended for one in dropped)} of {len(dropped)} were disconnected while 8 MiB were sent"
    )
    return Seen(text, missed, {"disconnected": sum(one.ended for one in dropped)})


REST = 0.5
"""How long clients have to read, or the server to disconnect them, in seconds."""


def _audience(stage: Stage, room: int, first: int, count: int = 2 * len(DOORS), buffer: int | None = None) -> Audience:
    """Let clients enter the room, in turn at each door."""
    doors: Sequence[str] = [door for door, _ in zip(itertools.cycle(DOORS), range(count), strict=False)]
    return Audience(Plan([stage.ports[door] for door in doors], doors, first, room, buffer))


SCENARIOS = (
    Scenario(
        "slow-readers",
        f"{SLOW} clients at four doors stop reading while 20 MiB are sent to their room; limits.roomJoinBurst is 1,000",
        f"they are disconnected, and others in the room receive every text in order; memory may grow by {MEMORY:g} MiB",
        slow,
        prepare=always(Setup(SETTINGS)),
        marks=Marks(growth=MEMORY),
    ),
    Scenario(
        "sigstop",
        "the processes of clients at four doors are stopped by SIGSTOP, and go on; limits.roomJoinBurst is 1,000",
        "after a short stop they find every text in order; while 8 MiB are sent they are disconnected",
        stopped,
        shortest=1.5,
        prepare=always(Setup(SETTINGS)),
    ),
)
