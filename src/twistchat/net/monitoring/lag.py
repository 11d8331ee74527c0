"""Measures how late the reactor is: how long a client waits before the server looks at its input."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from math import ceil
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twistchat.interfaces import Histogram

INTERVAL: Final = 0.5
"""Seconds between two samples."""

RECENT: Final = 600
"""The number of samples that are kept: those of the last five minutes."""


class ReactorLag:
    """
    A timer that measures how much later than requested it is called.

    @ivar histogram: all samples, in seconds.
    @ivar recent: the newest L{RECENT} samples, oldest first.
    """

    __slots__ = ("_call", "_clock", "_due", "_sampled", "histogram", "recent")

    def __init__(self, clock: IReactorTime, sampled: Callable[[float], None] = lambda lag: None) -> None:
        """
        @param clock: the reactor's timers.
        @param sampled: called with each sample.
        """
        self._clock = clock
        self._sampled = sampled
        self._call: IDelayedCall | None = None
        self._due = 0.0
        self.histogram = Histogram()
        self.recent: deque[float] = deque(maxlen=RECENT)

    def start(self) -> None:
        """Start the timer.  A second call does nothing."""
        if self._call is None:
            self._schedule()

    def stop(self) -> None:
        """Stop the timer.  A second call does nothing."""
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    def quantile(self, part: float) -> float:
        """The lag that this part of the recent samples does not exceed, in seconds; C{0.0} without samples."""
        return quantileOf(self.recent, part)

    def _schedule(self) -> None:
        self._due = self._clock.seconds() + INTERVAL
        self._call = self._clock.callLater(INTERVAL, self._sample)

    def _sample(self) -> None:
        lag = max(0.0, self._clock.seconds() - self._due)
        self.histogram.observe(lag)
        self.recent.append(lag)
        self._schedule()
        self._sampled(lag)


def quantileOf(samples: Iterable[float], part: float) -> float:
    """
    The smallest sample that this part of the samples does not exceed; C{0.0} without samples.

    @param part: from 0 to 1, as in 0.99.
    """
    ordered = sorted(samples)
    return ordered[max(0, ceil(part * len(ordered)) - 1)] if ordered else 0.0
