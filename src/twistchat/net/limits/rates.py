"""How fast one connection may send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twistchat.chat.limits import TokenBucket
from twistchat.config.limits import Limits

MINOR_BURST: Final = 100
MINOR_RATE: Final = 10
"""How many times as many lines that ask for nothing (blank lines, PONGs) may come at once, and a second after that."""

REFUSALS: Final = 100
"""Lines at once that are refused as too fast before the connection is closed; then as many a second as are taken."""


class Rates:
    """
    The rates of one connection.

    Every line counts against a limit, whatever it holds, for to look at it is work too.  An exempt connection has no
    limit on lines; its share of a turn (L{twistchat.net.input.intake}) still binds it.

    @ivar exempt: whether it is exempt.
    """

    __slots__ = ("_limits", "_lines", "_minor", "_now", "_refusals", "exempt")

    def __init__(self, limits: Limits, exempt: bool, now: Callable[[], float]) -> None:
        """
        @param now: seconds on a clock that does not go back.
        """
        self._limits = limits
        self.exempt = exempt
        self._now = now
        self._lines: TokenBucket | None = None
        self._minor: TokenBucket | None = None
        self._refusals: TokenBucket | None = None

    def line(self) -> float:
        """
        Count a line.

        @return: C{0.0}, or how many seconds too early it came; then it is not to be obeyed.
        """
        if self.exempt:
            return 0.0
        if self._lines is None:
            self._lines = TokenBucket(self._limits.floodBurst, self._limits.floodRate, self._now())
        return self._lines.take(self._now())

    def minor(self) -> float:
        """Count a line that asks for nothing.  See L{line}."""
        if self.exempt:
            return 0.0
        if self._minor is None:
            limits = self._limits
            self._minor = TokenBucket(MINOR_BURST * limits.floodBurst, MINOR_RATE * limits.floodRate, self._now())
        return self._minor.take(self._now())

    def refusal(self) -> bool:
        """
        Count a line that is refused as too fast.

        @return: whether the client is to be told; otherwise it does little else, and is to go.
        """
        if self._refusals is None:
            self._refusals = TokenBucket(REFUSALS, self._limits.floodRate, self._now())
        return not self._refusals.take(self._now())
