"""The end of the turn: once for each pass of the reactor in which something waits."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger


class Turn:
    """
    What is to be done at the end of the current turn: first the rooms' audiences are told, then each outbox leaves in
    one write, then whatever must not happen inside either.
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
        self._sendings: list[Callable[[], None]] = []
        self._afterwards: list[Callable[[], None]] = []

    def tell(self, flush: Callable[[], None]) -> None:
        """Call C{flush} at the end of the turn, before anything is sent; it fills outboxes."""
        self._tellings.append(flush)
        self._wait()

    def send(self, flush: Callable[[], None]) -> None:
        """Call C{flush} at the end of the turn, when all that is told has been told; it empties an outbox."""
        self._sendings.append(flush)
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
        while True:
            for queue in (self._tellings, self._sendings, self._afterwards):
                if queue:
                    calls = queue[:]
                    queue.clear()
                    break
            else:
                break
            for call in calls:
                try:
                    call()
                except Exception:
                    self._log.failure("What was to be done at the end of a turn failed: {call}", call=call)
        self._waiting = False
