"""
Silence: one timer for all connections of a process, which finds those whose time is up.

A connection waits in the slot of the second in which it is to be looked at next.  So a pass touches those whose time
has come and no others, and a connection that nobody waits for costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil, inf
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

INTERVAL = 1.0
"""Seconds that a slot spans: how much later than it asked for a connection may be looked at.  It is never earlier."""


MOST = 1000
"""How many are looked at in one turn; where more are due, as after everyone has come back at once, the rest waits."""


class Watched(Protocol):
    """
    What can be looked at.

    @ivar slot: where it waits; L{Idle}'s own, and C{None} at first.
    """

    slot: int | None

    def look(self, now: float) -> None:
        """
        Do what is due.  Whoever is to be looked at again asks for it.

        @param now: seconds on the clock of L{Idle}.
        """


class Idle:
    """The connections that are to be looked at, by when."""

    _log = Logger()

    __slots__ = ("_call", "_clock", "_next", "_slots")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._slots: dict[int, set[Watched]] = {}
        self._call: IDelayedCall | None = None
        self._next = inf

    def watch(self, watched: Watched, when: float) -> None:
        """
        Look at something once it is C{when}, and not when it was to be looked at until now.

        @param when: seconds on the clock, later than now.
        """
        self.forget(watched)
        watched.slot = slot = ceil(when / INTERVAL)
        self._slots.setdefault(slot, set()).add(watched)
        if slot < self._next:
            self._arm(slot)

    def forget(self, watched: Watched) -> None:
        """Do not look at something any more; harmless where nobody was to."""
        slot, watched.slot = watched.slot, None
        if slot is None:
            return
        waiting = self._slots[slot]
        waiting.discard(watched)
        if not waiting:
            del self._slots[slot]
        if not self._slots and self._call is not None:
            self._arm(None)

    def _arm(self, slot: int | None) -> None:
        """Wake up when a slot is due, or with C{None} not at all."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._next = inf
        if slot is not None:
            self._next = slot
            self._call = self._clock.callLater(max(0.0, slot * INTERVAL - self._clock.seconds()), self._wake)

    def _wake(self) -> None:
        # Where the process stood still, what came meanwhile is read first: that was no silence of the clients'.
        self._call = self._clock.callLater(0, self._sweep)

    def _sweep(self) -> None:
        self._call = None
        self._next = 0  # whoever asks for another look meanwhile arms nothing; that is done once, at the end
        now = self._clock.seconds()
        for watched in self._due(now):
            try:
                watched.look(now)
            except Exception:
                self._log.failure("Looking at {watched} failed", watched=watched)
        self._arm(min(self._slots, default=None))

    def _due(self, now: float) -> Iterator[Watched]:
        """Those whose time has come, one by one, none of whom waits any more."""
        left = MOST
        for slot in sorted(slot for slot in self._slots if slot * INTERVAL <= now):
            while left and (waiting := self._slots.get(slot)):
                watched = waiting.pop()
                watched.slot = None
                if not waiting:
                    del self._slots[slot]
                left -= 1
                yield watched


class Reminder:
    """
    A call that is to be made later, once: the last time that was asked for counts.

    @ivar slot: L{Idle}'s own.
    """

    __slots__ = ("_call", "_clock", "_idle", "slot")

    def __init__(self, idle: Idle, clock: IReactorTime, call: Callable[[], None]) -> None:
        """
        @param clock: that of C{idle}.
        """
        self._idle = idle
        self._clock = clock
        self._call = call
        self.slot: int | None = None

    def after(self, seconds: float | None) -> None:
        """Make the call in so many seconds, up to one more; with C{None}, do not make it."""
        if seconds is None:
            self._idle.forget(self)
        else:
            self._idle.watch(self, self._clock.seconds() + seconds)

    def look(self, now: float) -> None:
        """See L{Watched.look}."""
        self._call()
