"""The rate limits of one connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twistchat.chat.limits import TokenBucket
from twistchat.config.limits import Limits

MINOR_BURST: Final = 100
MINOR_RATE: Final = 10
"""Factors on C{limits.floodBurst} and C{limits.floodRate} for lines without a command (blank lines, PONGs)."""

REFUSALS: Final = 100
"""Burst of lines that are refused as too fast before the connection is closed.  It refills at C{limits.floodRate}."""


class Rates:
    """
    The rate limits of one connection.

    Every line counts against a limit, whatever it contains, since parsing it takes time too.  An exempt connection has
    no limit on lines, but still has a bounded share of a turn (L{twistchat.net.input.intake}).

    @ivar exempt: whether the connection is exempt.
    """

    __slots__ = ("_limits", "_lines", "_minor", "_now", "_refusals", "exempt")

    def __init__(self, limits: Limits, exempt: bool, now: Callable[[], float]) -> None:
        """
        @param now: returns seconds on a monotonic clock.
        """
        self._limits = limits
        self.exempt = exempt
        self._now = now
        self._lines: TokenBucket | None = None
        self._minor: TokenBucket | None = None
        self._refusals: TokenBucket | None = None

    def change(self, limits: Limits, exempt: bool) -> None:
        """Replace the limits of an existing connection."""
        self._limits = limits
        self.exempt = exempt
        now = self._now()
        for bucket, burst, factor in (
            (self._lines, float(limits.floodBurst), 1),
            (self._minor, float(MINOR_BURST * limits.floodBurst), MINOR_RATE),
            (self._refusals, float(REFUSALS), 1),
        ):
            if bucket is not None:
                bucket.change(burst, factor * limits.floodRate, now)

    def line(self) -> float:
        """
        Count a line.

        @return: C{0.0}, or the number of seconds that it came too early; then it must not be executed yet.
        """
        if self.exempt:
            return 0.0
        if self._lines is None:
            self._lines = TokenBucket(self._limits.floodBurst, self._limits.floodRate, self._now())
        return self._lines.take(self._now())

    def minor(self) -> float:
        """Count a line without a command.  See L{line}."""
        if self.exempt:
            return 0.0
        if self._minor is None:
            limits = self._limits
            self._minor = TokenBucket(MINOR_BURST * limits.floodBurst, MINOR_RATE * limits.floodRate, self._now())
        return self._minor.take(self._now())

    def refusal(self) -> bool:
        """
        Count a line that is refused as too fast.

        @return: whether to send the client an error; if not, disconnect it.
        """
        if self._refusals is None:
            self._refusals = TokenBucket(REFUSALS, self._limits.floodRate, self._now())
        return not self._refusals.take(self._now())
