"""A client that comes in at the IRC door and asks for answers, and crowds of clients that come and go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from threading import Event, Thread
from typing import Generic, TypeVar

from bench.fire.clients import EXEMPT, connect, encrypt
from bench.traffic import READ_SIZE

WITHIN = 5.0
"""How long a client waits for an answer, in seconds."""

GAP = 0.02
"""How long each thread of a crowd waits between two clients, in seconds."""

PER_ADDRESS = 50
"""How many clients of a crowd come from one address.  The limit is 128 new connections in ten minutes."""

T = TypeVar("T")


class Visitor:
    """
    A client with a connection of its own.

    Every method raises L{OSError} if the server ends the connection, or does not answer within L{WITHIN}.
    """

    _numbers = count()

    def __init__(self, port: int, address: str = EXEMPT, encrypted: bool = False) -> None:
        """
        Connect and register.

        @param port: the port of the door on 127.0.0.1.
        @param address: where the client comes from.
        @param encrypted: whether the door is behind TLS.
        """
        self._rest, self._pings = b"", 0
        self._socket = connect(port, address, WITHIN)
        try:
            if encrypted:
                self._socket = encrypt(self._socket)
            self._socket.sendall(b"NICK visitor%d\r\nUSER visitor 0 * :visitor\r\n" % next(self._numbers))
            self._await(b" 001 ")
        except BaseException:
            self._socket.close()
            raise

    def ping(self) -> None:
        """Ask for an answer, and wait for it."""
        self._pings += 1
        self._socket.sendall(b"PING visit%d\r\n" % self._pings)
        self._await(b"visit%d" % self._pings)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _await(self, words: bytes) -> None:
        """Read until a line contains these words."""
        while not any(words in line for line in self._lines()):
            pass

    def _lines(self) -> Iterator[bytes]:
        """Read once, and return the complete lines."""
        data = self._socket.recv(READ_SIZE)
        if not data:
            raise ConnectionError("the server ended the connection")
        *lines, self._rest = (self._rest + data).split(b"\n")
        return iter(lines)


@dataclass(frozen=True, slots=True)
class Visit(Generic[T]):
    """
    One client of a crowd.

    @ivar began: when it came, by C{time.monotonic}.
    @ivar ended: when it left.
    @ivar result: what it got; C{None} if it got nothing.
    @ivar error: why it got nothing.
    """

    began: float
    ended: float
    result: T | None
    error: str = ""


class Crowd(Generic[T]):
    """
    Clients that come and go in several threads, from many addresses, while this context lasts.

    @ivar visits: the clients that have left.
    """

    def __init__(self, visit: Callable[[str], T], threads: int = 2) -> None:
        """
        @param visit: comes and goes once.  Its argument is the address from which to come.  It may raise L{OSError}.
        @param threads: how many clients may be there at the same time.
        """
        self.visits: list[Visit[T]] = []
        self._visit, self._numbers, self._over = visit, count(), Event()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Crowd[T]:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def errors(self) -> list[str]:
        """Why clients got nothing."""
        return [visit.error for visit in self.visits if visit.error]

    def _run(self) -> None:
        while not self._over.wait(GAP):
            number = next(self._numbers) // PER_ADDRESS
            began = time.monotonic()
            try:
                result = self._visit(f"127.1.{number // 250 % 250}.{1 + number % 250}")
            except OSError as e:
                self.visits.append(Visit(began, time.monotonic(), None, f"{type(e).__name__}: {e}"))
            else:
                self.visits.append(Visit(began, time.monotonic(), result))
