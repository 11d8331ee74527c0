"""
The limits of the chat, as one frozen value, and the token bucket that enforces a rate.

Nothing here reads a clock: callers pass in the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

Seconds = Annotated[float, "seconds"]
"""A duration in seconds.  The configuration accepts C{"30s"} for it."""

Bytes = Annotated[int, "bytes"]
"""A size in bytes.  The configuration accepts C{"256KiB"} for it."""

Networks = Annotated[tuple[str, ...], "networks"]
"""IP networks in CIDR notation (RFC 4632, section 3.1; RFC 4291, section 2.3)."""


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """
    The limits that the rules of the chat check, with their defaults.  Lengths are characters unless they say bytes;
    rates are per second.

    @ivar nick: a nick.
    @ivar room: a room's name; with C{nick}, no more than 100 together.
    @ivar topic: a topic.
    @ivar reason: the reason of a kick, a part, a quit or an absence.
    @ivar message: a message that does not come through the IRC door, in bytes of UTF-8.
    @ivar lines: lines one message may have.
    @ivar realname: the free text that IRC calls realname.
    @ivar watched: nicks that one session watches (IRC's MONITOR).
    @ivar roomsPerUser: rooms one user is in.
    @ivar bans: masks in one list of one room.
    @ivar roomJoinBurst: joins one room takes at once.
    @ivar roomJoinRate: joins a second it takes after that.
    @ivar userJoinBurst: rooms one user may join at once.
    @ivar userJoinRate: rooms a second they may join after that.
    @ivar nickBurst: nicks and realnames one user may take at once.
    @ivar nickRate: nicks and realnames a second they may take after that.
    @ivar awayBurst: times at once that one user may go away or come back.
    @ivar awayRate: times a second that they may after that.
    @ivar historyReply: entries of history in one reply.
    """

    nick: int = 32
    room: int = 64
    topic: int = 390
    reason: int = 390
    message: Bytes = 4096
    lines: int = 100
    realname: int = 150
    watched: int = 100
    roomsPerUser: int = 100
    bans: int = 100
    roomJoinBurst: int = 10
    roomJoinRate: float = 1.0
    userJoinBurst: int = 10
    userJoinRate: float = 0.1
    nickBurst: int = 5
    nickRate: float = 0.1
    awayBurst: int = 5
    awayRate: float = 0.1
    historyReply: int = 500


class TokenBucket:
    """
    A rate limit with a burst.  The bucket contains up to C{burst} tokens, and C{rate} tokens are added per second.

    So the first C{burst} tokens are available at once, then one every 1/C{rate} seconds.
    """

    __slots__ = ("_burst", "_rate", "_tokens", "_when")

    def __init__(self, burst: float, rate: float, now: float) -> None:
        """
        @param burst: its capacity in tokens, at least 1.
        @param rate: tokens per second, more than 0.
        @param now: seconds on a monotonic clock.
        """
        self._burst = float(burst)
        self._rate = float(rate)
        self._tokens = self._burst
        self._when = now

    def take(self, now: float, count: float = 1.0) -> float:
        """
        Take tokens.

        @param now: seconds, on the same clock.
        @return: C{0.0} if there were enough tokens.  Otherwise no token is taken; wait this many seconds.
        """
        tokens = min(self._burst, self._tokens + (now - self._when) * self._rate)
        self._when = now
        if tokens >= count:
            self._tokens = tokens - count
            return 0.0
        self._tokens = tokens
        return (count - tokens) / self._rate

    def give(self) -> None:
        """Return a token that was not used."""
        self._tokens = min(self._burst, self._tokens + 1.0)

    def full(self, now: float) -> bool:
        """Whether it is full, and so equivalent to a new bucket."""
        return self._tokens + (now - self._when) * self._rate >= self._burst
