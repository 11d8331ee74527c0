"""Bounds the lines of one kind in the log, and counts the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class LineBudget:
    """
    Allows a number of lines in each period.  The other events are counted, and one line at the end of the period tells
    how many there were.

    A period begins with the first event after the last period, so an event costs nothing while there are none.
    """

    __slots__ = ("_call", "_clock", "_each", "_left", "_most", "_others", "_period", "_tell", "_until", "_used")

    def __init__(
        self, clock: IReactorTime, most: int, period: float, tell: Callable[[int], None], each: int | None = None
    ) -> None:
        """
        @param most: the most lines of a period.
        @param period: its length in seconds.
        @param tell: logs how many events got no line.
        @param each: the most lines of a period for one key; C{None} for no such limit.
        """
        self._clock = clock
        self._most = most
        self._period = period
        self._tell = tell
        self._each = most if each is None else each
        self._used: Counter[str] = Counter()
        self._left = self._others = 0
        self._until = 0.0
        self._call: IDelayedCall | None = None

    def take(self, key: str = "") -> bool:
        """
        Count an event.

        @param key: what the events with the same key have in common, such as an address.
        @return: whether it may have a line.
        """
        now = self._clock.seconds()
        if now >= self._until:
            self.flush()
            self._until, self._left = now + self._period, self._most
            self._used.clear()
        if self._left and self._used[key] < self._each:
            self._left -= 1
            self._used[key] += 1
            return True
        self._others += 1
        if self._call is None:
            self._call = self._clock.callLater(self._until - now, self._ended)
        return False

    def flush(self) -> None:
        """Log how many events got no line, if there are any.  Call this when the server stops."""
        if self._call is not None:
            self._call.cancel()
            self._ended()

    def _ended(self) -> None:
        self._call = None
        others, self._others = self._others, 0
        self._tell(others)
