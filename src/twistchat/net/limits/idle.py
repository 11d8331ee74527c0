"""
Timeouts: one timer for all connections of a process.

A connection waits in a slot, which stands for the second of its next check.  A pass visits only the connections that
are due, so a connection without a timeout costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil, inf
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

INTERVAL = 1.0
"""Seconds that a slot spans.  A check happens up to this much later than requested, and never earlier."""


MAX_CHECKS = 1000
"""The most checks in one turn.  If more are due, for example after a mass reconnect, the rest wait for another turn."""


class Watched(Protocol):
    """
    Something with a timeout.

    @ivar slot: the slot in which it waits; C{None} at first.  Only L{Idle} changes it.
    """

    slot: int | None

    def timeout(self, now: float) -> None:
        """
        Handle the timeout.  Call L{Idle.watch} to be called again.

        @param now: seconds on the clock of L{Idle}.
        """


class Idle:
    """The timer: connections in slots, by the time of their next check."""

    _log = Logger()

    __slots__ = ("_call", "_clock", "_next", "_slots")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        # The connections of a slot are the keys of a dictionary, which keeps their order.
        self._slots: dict[int, dict[Watched, None]] = {}
        self._call: IDelayedCall | None = None
        self._next = inf

    def watch(self, watched: Watched, when: float) -> None:
        """
        Call C{watched.timeout} once, at C{when}.  This replaces an earlier request.

        @param when: seconds on the clock, later than now.
        """
        self.forget(watched)
        watched.slot = slot = ceil(when / INTERVAL)
        self._slots.setdefault(slot, {})[watched] = None
        if slot < self._next:
            self._arm(slot)

    def forget(self, watched: Watched) -> None:
        """Cancel the request.  This does nothing if there is none."""
        slot, watched.slot = watched.slot, None
        if slot is None:
            return
        waiting = self._slots[slot]
        waiting.pop(watched, None)
        if not waiting:
            del self._slots[slot]
        if not self._slots and self._call is not None:
            self._arm(None)

    def _arm(self, slot: int | None) -> None:
        """Schedule the wake-up for a slot; with C{None}, cancel it."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._next = inf
        if slot is not None:
            self._next = slot
            self._call = self._clock.callLater(max(0.0, slot * INTERVAL - self._clock.seconds()), self._wake)

    def _wake(self) -> None:
        # If the process was suspended, read the input that arrived meanwhile first: those clients were not silent.
        self._call = self._clock.callLater(0, self._sweep)

    def _sweep(self) -> None:
        self._call = None
        self._next = 0  # requests made during the loop do not arm the timer; the last line does so once
        now = self._clock.seconds()
        for watched in self._due(now):
            try:
                watched.timeout(now)
            except Exception:
                self._log.failure("Looking at {watched} failed", watched=watched)
        self._arm(min(self._slots, default=None))

    def _due(self, now: float) -> Iterator[Watched]:
        """Take the due connections out of their slots, and yield them one by one: of a slot, the last one first."""
        left = MAX_CHECKS
        for slot in sorted(slot for slot in self._slots if slot * INTERVAL <= now):
            while left and (waiting := self._slots.get(slot)):
                watched, _ = waiting.popitem()
                watched.slot = None
                if not waiting:
                    del self._slots[slot]
                left -= 1
                yield watched


class Reminder:
    """
    One call that can be rescheduled.  The last request counts.

    @ivar slot: see L{Watched}.
    """

    __slots__ = ("_call", "_clock", "_idle", "slot")

    def __init__(self, idle: Idle, clock: IReactorTime, call: Callable[[], None]) -> None:
        """
        @param clock: the clock that C{idle} uses.
        """
        self._idle = idle
        self._clock = clock
        self._call = call
        self.slot: int | None = None

    def after(self, seconds: float | None) -> None:
        """Make the call after C{seconds}, or up to L{INTERVAL} later; with C{None}, cancel it."""
        if seconds is None:
            self._idle.forget(self)
        else:
            self._idle.watch(self, self._clock.seconds() + seconds)

    def timeout(self, now: float) -> None:
        """See L{Watched.timeout}."""
        self._call()
