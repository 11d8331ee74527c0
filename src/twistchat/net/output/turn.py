"""The end of the turn: once for each pass of the reactor in which something waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

MOST: Final = 512
"""
Outboxes that leave at the end of one turn.  Each is one C{send}, of about 10 µs.  Where more wait, as when everyone in
a large room is told something, the reactor looks at other connections before the rest of them leave.
"""


class Sending(Protocol):
    """What sends at the end of a turn: an outbox."""

    def flush(self) -> None:
        """Let what waits leave."""


class Turn:
    """
    What is to be done at the end of the current turn: first the rooms' audiences are told, then each outbox leaves in
    one write (as far as they are not too many), then whatever must not happen inside either.
    """

    _log = Logger()

    __slots__ = ("_afterwards", "_clock", "_sendings", "_tellings", "_waiting")

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: its C{callLater(0, …)} is the end of the turn.
        """
        self._clock = clock
        self._waiting = False
        self._tellings: list[Callable[[], None]] = []
        self._sendings: list[Sending] = []
        self._afterwards: list[Callable[[], None]] = []

    def tell(self, flush: Callable[[], None]) -> None:
        """Call C{flush} at the end of the turn, before anything is sent; it fills outboxes."""
        self._tellings.append(flush)
        self._wait()

    def send(self, outbox: Sending) -> None:
        """Flush C{outbox} at the end of the turn, or of a later one, when all that is told has been told."""
        self._sendings.append(outbox)
        if not self._waiting:
            self._wait()

    def afterwards(self, act: Callable[[], None]) -> None:
        """Call C{act} when all has been told and sent; it may close connections."""
        self._afterwards.append(act)
        self._wait()

    def _wait(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._clock.callLater(0, self.end)

    def end(self) -> None:
        """Do all that waits for the end of the turn, and what comes up while it is done."""
        left = MOST
        while True:
            if self._tellings:
                tellings, self._tellings = self._tellings, []
                self._call(tellings)
            elif self._sendings and left:
                sendings, self._sendings = self._sendings[:left], self._sendings[left:]
                left -= len(sendings)
                for outbox in sendings:
                    try:
                        outbox.flush()
                    except Exception:
                        self._failed(outbox)
            elif self._afterwards:
                afterwards, self._afterwards = self._afterwards, []
                self._call(afterwards)
            else:
                break
        self._waiting = False
        if self._sendings:
            self._wait()

    def _call(self, calls: list[Callable[[], None]]) -> None:
        for call in calls:
            try:
                call()
            except Exception:
                self._failed(call)

    def _failed(self, call: object) -> None:
        self._log.failure("What was to be done at the end of a turn failed: {call}", call=call)
