"""
The limits of the chat, as one frozen value, and the token bucket that enforces a rate.

Nothing here reads a clock: callers pass in the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

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

    @ivar nick: the maximum length of a nick.
    @ivar room: the maximum length of a room's name.  Together with C{nick} it may be at most 100.
    @ivar topic: the maximum length of a topic.
    @ivar reason: the maximum length of the reason of a kick, part, quit or absence.
    @ivar message: the maximum size of a message that does not come through the IRC door, in bytes of UTF-8.
    @ivar lines: the maximum number of lines in a message.
    @ivar realname: the maximum length of a realname.
    @ivar watched: the maximum number of nicks that a session watches (IRC's MONITOR).
    @ivar roomsPerUser: the maximum number of rooms that a user is in.
    @ivar bans: the maximum number of masks in one list of a room.
    @ivar roomJoinBurst: the number of joins that a room accepts at once.
    @ivar roomJoinRate: the number of joins per second that it accepts after that.
    @ivar userJoinBurst: the number of rooms that a user may join at once.
    @ivar userJoinRate: the number of rooms per second that they may join after that.
    @ivar nickBurst: the number of changes of nick and realname that a user may make at once.
    @ivar nickRate: the number of such changes per second that they may make after that.
    @ivar awayBurst: the number of times that a user may go away or come back at once.
    @ivar awayRate: the number of times per second that they may do so after that.
    @ivar sessionsPerAccount: the maximum number of sessions of an account at the same time.
    @ivar nicksPerAccount: the maximum number of nicks of an account, including its name.
    @ivar credentialsPerAccount: the maximum number of tokens, of certificates, and of SSH keys of an account.
    @ivar roomsPerAccount: the maximum number of rooms that an account has registered.
    @ivar abandonedRooms: the maximum number of rooms that stay without members because of a topic or modes, although
        nobody owns them.  Beyond it, the server removes the room that was left first.
    @ivar accessPerRoom: the maximum number of accounts in the access list of a room.
    @ivar inbox: the maximum number of private messages that wait for an account whose owner is away.
    @ivar markers: the maximum number of read markers of an account.  The one that was set first is forgotten.
    @ivar metadataKeys: the maximum number of keys of metadata of a user or room (IRCv3 metadata).
    @ivar metadataKey: the maximum size of such a key, in bytes.
    @ivar metadataValue: the maximum size of such a value, in bytes of UTF-8.
    @ivar metadataSubscriptions: the maximum number of keys whose changes a session gets.
    @ivar metadataBurst: the number of changes of metadata that a user may make at once.
    @ivar metadataRate: the number of such changes per second that they may make after that.
    @ivar historyReply: the maximum number of history entries in one reply.
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
    sessionsPerAccount: int = 10
    nicksPerAccount: int = 5
    credentialsPerAccount: int = 20
    roomsPerAccount: int = 15
    abandonedRooms: int = 1000
    accessPerRoom: int = 200
    inbox: int = 100
    markers: int = 1000
    metadataKeys: int = 20
    metadataKey: Bytes = 32
    metadataValue: Bytes = 300
    metadataSubscriptions: int = 50
    metadataBurst: int = 10
    metadataRate: float = 0.2
    historyReply: int = 500


@dataclass(frozen=True, slots=True)
class NickProtection:
    """
    What happens to somebody who uses a nick of an account, and is not logged in to it.

    @ivar strict: whether the nick is refused.  Otherwise they get it, are asked to log in, and are renamed later.
    @ivar claimTime: the time to log in, in seconds.
    """

    strict: bool = True
    claimTime: Seconds = 60.0


@dataclass(frozen=True, slots=True)
class AlwaysOnPolicy:
    """
    Whose users stay in the chat without a session.

    @ivar who: nobody (C{off}); the accounts that ask for it (C{opt-in}); or those that do not refuse it (C{opt-out}).
    @ivar time: how long they stay, in seconds; 0 for ever.
    """

    who: Literal["off", "opt-in", "opt-out"] = "opt-in"
    time: Seconds = 30 * 86400.0


ROUNDING = 1e-9
"""The error of floating-point arithmetic, in tokens.  Without it, a wait may be too short for any clock to measure."""


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
        wait = self.wait(now, count)
        if not wait:
            self._tokens -= count
        return wait

    def wait(self, now: float, count: float = 1.0) -> float:
        """
        Tell how long to wait until there are enough tokens.

        @param now: seconds, on the same clock.
        @return: C{0.0} if there are enough now, or the seconds to wait.
        """
        self._tokens = min(self._burst, self._tokens + (now - self._when) * self._rate)
        self._when = now
        return 0.0 if self._tokens >= count - ROUNDING else (count - self._tokens) / self._rate

    def change(self, burst: float, rate: float, now: float) -> None:
        """
        Change the capacity and the rate.  The tokens in the bucket stay, as far as they fit.

        The parameters are those of the constructor.
        """
        self.wait(now)
        self._burst = float(burst)
        self._rate = float(rate)
        self._tokens = min(self._tokens, self._burst)

    def give(self) -> None:
        """Return a token that was not used."""
        self._tokens = min(self._burst, self._tokens + 1.0)

    def full(self, now: float) -> bool:
        """Whether it is full, and so equivalent to a new bucket."""
        return self._tokens + (now - self._when) * self._rate >= self._burst


def bucketOf(bucket: TokenBucket | None, burst: float, rate: float, now: float) -> TokenBucket:
    """
    Return a bucket with this capacity and rate, which may have changed since it was made.

    @param bucket: the bucket so far; C{None} for none.
    """
    if bucket is None:
        return TokenBucket(burst, rate, now)
    bucket.change(burst, rate, now)
    return bucket
