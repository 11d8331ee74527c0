"""Runs the work that waits for the end of the turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

MAX_SENDS: Final = 512
"""
The most outboxes that are sent at the end of one turn.  Each takes one C{send} of about 10 µs.  If more wait, as after
a message to a large room, the reactor serves other connections before the rest are sent.
"""

SECONDS: Final = 0.005
"""Seconds of a turn after which no further outboxes are sent.  Those that wait longer send more in one write."""

SENDS: Final = 32
"""The number of outboxes that are sent between two looks at the time."""


class Flushable(Protocol):
    """
    Something that sends at the end of a turn: an outbox.

    @ivar waiting: the number of bytes that wait to be sent.
    """

    @property
    def waiting(self) -> int:
        """See above."""

    def flush(self) -> None:
        """Send the waiting output."""


class Turn:
    """
    The calls to make at the end of the current turn, in three steps.

    First the audiences deliver to the outboxes.  Then outboxes send, each in one write: at most L{MAX_SENDS}, for
    L{SECONDS}.  Then come calls that must not happen during delivery or sending, for example those that close
    connections.

    @ivar full: the outboxes that wait until their readers accept more.
    """

    _log = Logger()

    __slots__ = ("_after", "_before", "_clock", "_maxSends", "_outboxes", "_waiting", "full")

    def __init__(self, clock: IReactorTime, maxSends: int = MAX_SENDS) -> None:
        """
        @param clock: its C{callLater(0, …)} is the end of the turn.
        @param maxSends: see L{MAX_SENDS}.
        """
        self._clock = clock
        self._maxSends = maxSends
        self._waiting = False
        self._before: list[Callable[[], None]] = []
        self._outboxes: list[Flushable] = []
        self.full: set[Flushable] = set()
        self._after: list[Callable[[], None]] = []

    def beforeSending(self, flush: Callable[[], None]) -> None:
        """Call C{flush} at the end of the turn, before the outboxes send.  It adds output to them."""
        self._before.append(flush)
        if not self._waiting:
            self._wait()

    def send(self, outbox: Flushable) -> None:
        """Flush C{outbox} after the deliveries of this turn, or of a later turn if too many outboxes wait."""
        self._outboxes.append(outbox)
        if not self._waiting:
            self._wait()

    def afterSending(self, act: Callable[[], None]) -> None:
        """Call C{act} after the outboxes have sent.  It may close connections."""
        self._after.append(act)
        if not self._waiting:
            self._wait()

    @property
    def unsent(self) -> int:
        """The number of bytes that wait in all outboxes.  This looks at those with output, and no others."""
        return sum([outbox.waiting for outbox in {*self._outboxes, *self.full}])

    def _wait(self) -> None:
        self._waiting = True
        self._clock.callLater(0, self.end)

    def end(self) -> None:
        """Make the waiting calls, and those that they add."""
        left, until = self._maxSends, 0.0
        while True:
            if self._before:
                calls, self._before = self._before, []
                self._call(calls)
            elif self._outboxes and left:
                count = min(left, SENDS)
                if len(self._outboxes) > count:
                    now = self._clock.seconds()
                    if not until:
                        until = now + SECONDS
                    elif now >= until:
                        left = 0
                        continue
                outboxes, self._outboxes = self._outboxes[:count], self._outboxes[count:]
                left -= len(outboxes)
                for outbox in outboxes:
                    try:
                        outbox.flush()
                    except Exception:
                        self._failed(outbox)
            elif self._after:
                calls, self._after = self._after, []
                self._call(calls)
            else:
                break
        self._waiting = False
        if self._outboxes:
            self._wait()

    def _call(self, calls: list[Callable[[], None]]) -> None:
        for call in calls:
            try:
                call()
            except Exception:
                self._failed(call)

    def _failed(self, call: object) -> None:
        self._log.failure("What was to be done at the end of a turn failed: {call}", call=call)
