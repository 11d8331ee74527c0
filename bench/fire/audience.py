"""
Clients in a room, in a process of their own, who count the texts that they receive.

C{python -m bench.fire.audience PLAN} takes a L{Plan} as JSON.  It prints L{READY} when all clients are in the room, and
reads until the standard input ends.  Meanwhile it prints how many texts all of them have received, on a line of its own
after every L{STEP}.  At the end it prints a L{Hearing} for each client as JSON, on one line.  SIGSTOP stops it,
and so its clients.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench import machine
from bench.fire.clients import PATIENCE, enter
from bench.protocols import Refused
from bench.websocket import take

READY = "ready"
"""What the process prints when all clients are in the room.  If one cannot enter, it prints the reason."""

TEXT = re.compile(rb"~(\d+)~")
"""The number of a text.  Texts of others than the scenario have none."""

STEP = 500
"""After how many texts the process tells that its clients have received them."""

READ_SIZE = 1 << 18
"""The maximum number of bytes in one read."""

LAST_WORDS = 512
"""How many bytes of a client's input are kept for its last line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    The clients of one process.

    @ivar ports: the port of each client's door.
    @ivar doors: the door of each client.
    @ivar first: the number of the first client.
    @ivar room: the number of the room.
    @ivar buffer: the size of each receive buffer in bytes; C{None} for the system's default.
    """

    ports: Sequence[int]
    doors: Sequence[str]
    first: int
    room: int
    buffer: int | None = None


@dataclass(slots=True)
class Hearing:
    """
    What one client received.

    @ivar door: its door.
    @ivar heard: how many texts it received.
    @ivar disordered: how many of them did not have the number after that of the text before.
    @ivar ended: whether the server ended the connection.
    @ivar last: the last line that it received, up to L{LAST_WORDS} bytes.
    """

    door: str
    heard: int = 0
    disordered: int = 0
    ended: bool = False
    last: str = ""


class Listener:
    """
    One client, which counts.

    @ivar connection: its socket, which does not block.
    @ivar hearing: what it has received.
    """

    def __init__(self, connection: socket.socket, door: str) -> None:
        self.connection, self.hearing = connection, Hearing(door)
        self._rest, self._tail, self._next = b"", b"", 0

    def read(self) -> bool:
        """Read what has arrived.  Return whether the connection continues."""
        hearing = self.hearing
        try:
            data = self.connection.recv(READ_SIZE)
            while isinstance(self.connection, ssl.SSLSocket) and (more := self.connection.pending()):
                data += self.connection.recv(more)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            data = b""
        if not data:
            hearing.ended = True
            hearing.last = self._tail.strip().rpartition(b"\n")[2].strip().decode(errors="replace")
            return False
        if hearing.door == "web":
            frames, self._rest = take(self._rest + data)
            whole = b"\n".join([payload for _, payload in frames])
        else:
            whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
            whole += newline
        if whole:
            self._tail = (self._tail + b"\n" + whole)[-LAST_WORDS:]
        for found in TEXT.finditer(whole):
            number = int(found[1])
            hearing.heard += 1
            hearing.disordered += number != self._next
            self._next = number + 1
        return True


class Audience:
    """The process, as a scenario sees it."""

    def __init__(self, plan: Plan) -> None:
        """
        Start the process, and wait until all clients are in the room.

        @raise Refused: one cannot enter.
        """
        command = [sys.executable, "-m", "bench.fire.audience", json.dumps(asdict(plan))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)
        self._printed = b""
        try:
            while b"\n" not in self._printed and self._read(None):
                pass
        except BaseException:  # Ctrl-C or SIGTERM: nobody else knows the process yet
            self.close()
            raise
        said = self._printed.decode().strip()
        if said != READY:
            self.close()
            raise Refused(f"the audience could not enter: {said or 'its process has ended'}")

    def send(self, number: int) -> None:
        """Send a signal, such as SIGSTOP or SIGCONT."""
        self._process.send_signal(number)

    def waitFor(self, count: int) -> None:
        """
        Wait until all clients have received so many texts, or up to L{STEP} fewer.

        @raise OSError: they do not receive them in time.
        """
        until = time.monotonic() + PATIENCE
        while int(b"0" + self._printed.split()[-1].removeprefix(READY.encode())) < count - STEP:
            if not self._read(until - time.monotonic()):
                raise OSError(f"clients that read do not have {count} texts after {PATIENCE:g} s")

    def hearings(self) -> list[Hearing]:
        """
        Let the clients read what has arrived, leave, and return what each received.

        @raise OSError: the process has no answer.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        until = time.monotonic() + 2 * PATIENCE
        while self._read(until - time.monotonic()):
            pass
        try:
            return [Hearing(**values) for values in json.loads(self._printed.splitlines()[-1])]
        except (ValueError, TypeError) as e:
            raise OSError(f"the audience has no report: {e}") from e

    def _read(self, timeout: float | None) -> bool:
        """
        Read what the process has printed.

        @param timeout: how long to wait for it, in seconds; C{None} for ever.
        @return: whether it has printed something.
        """
        assert self._process.stdout is not None
        if timeout is not None and not select.select([self._process.stdout], [], [], max(0.0, timeout))[0]:
            return False
        data = os.read(self._process.stdout.fileno(), READ_SIZE)
        self._printed += data
        return bool(data)

    def close(self) -> None:
        """End the process, if it still runs."""
        with self._process:
            self._process.kill()


def listen(plan: Plan) -> list[Hearing]:
    """
    Enter, read until the standard input ends, and return what each client received.

    @raise Refused: the server refused a client.
    @raise OSError: the server does not answer.
    """
    listeners: dict[int, Listener] = {}
    with select.epoll() as epoll:
        for number, (port, door) in enumerate(zip(plan.ports, plan.doors, strict=True), plan.first):
            connection = enter(port, door, number, plan.room, buffer=plan.buffer)
            connection.setblocking(False)
            listeners[connection.fileno()] = Listener(connection, door)
            epoll.register(connection, select.EPOLLIN)
        print(READY, flush=True)
        epoll.register(sys.stdin, select.EPOLLIN)
        until, told = None, 0
        while until is None or time.monotonic() < until:
            events = epoll.poll(0.05)
            if until is not None and not events:
                break
            for descriptor, _ in events:
                if descriptor == sys.stdin.fileno():
                    epoll.unregister(descriptor)
                    until = time.monotonic() + PATIENCE
                elif not listeners[descriptor].read():
                    epoll.unregister(descriptor)
                    listeners[descriptor].connection.close()
            if (least := min(listener.hearing.heard for listener in listeners.values())) >= told + STEP:
                told = least
                print(told, flush=True)
        for listener in listeners.values():
            listener.connection.close()
    return [listener.hearing for listener in listeners.values()]


def main(arguments: Sequence[str]) -> None:
    """Run the clients of the plan in the arguments, and print what they received."""
    machine.raiseDescriptors()
    try:
        hearings = listen(Plan(**json.loads(arguments[0])))
    except (OSError, Refused) as e:
        raise SystemExit(print(e)) from e
    print(json.dumps([asdict(hearing) for hearing in hearings]))


if __name__ == "__main__":
    main(sys.argv[1:])
