"""What a journal, and what checks logins, say about their own work: numbers for administrators."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""The bounds of histograms of latencies, in seconds."""


class Histogram:
    """
    Counts observations in buckets.  One observation takes about a microsecond, so observe batches and not messages.

    @ivar bounds: the upper bounds of the buckets, ascending.  A bucket includes its bound.
    @ivar counts: the observations in each bucket; the last bucket has no bound.
    @ivar sum: the sum of all observations.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = LATENCIES) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count an observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """The number of observations."""
        return sum(self.counts)

    def bound(self, part: float) -> float | None:
        """
        The smallest bound that this part of the observations does not exceed.

        @param part: above 0 and at most 1, as in 0.99.
        @return: C{None} if there are no observations, or if no bound is large enough.
        """
        wanted, found = part * self.count, 0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            found += count
            if found and found >= wanted:
                return bound
        return None


def nothing() -> int:
    """Return 0: the reading of a journal that has no such number."""
    return 0


@dataclass(slots=True)
class JournalFigures:
    """
    What a journal has done since it was made, and what it is doing.

    Counts only grow.  A journal updates them for each batch and not for each message, if it can.  What a journal does
    not have stays 0.

    @ivar events: the number of accepted events, durable and passing, by the name of the event's class.
    @ivar bytes: the number of bytes of entries that were stored, without what the storage adds.
    @ivar failures: the number of batches that could not be stored.
    @ivar commits: the seconds that it took to store a batch, for each batch.
    @ivar queued: the seconds that the oldest event of a batch waited before the batch was written, for each batch.
    @ivar waiting: returns the number of events that are not stored yet.
    @ivar unindexed: returns the number of entries that the word index does not contain yet, approximately.
    @ivar size: returns the number of bytes of the journal on disk.  It may read metadata of files, and does not block.
    @ivar tasks: returns how often each background task has done a part of its work, by name.
    """

    events: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    failures: int = 0
    commits: Histogram = field(default_factory=Histogram)
    queued: Histogram = field(default_factory=Histogram)
    waiting: Callable[[], int] = nothing
    unindexed: Callable[[], int] = nothing
    size: Callable[[], int] = nothing
    tasks: Callable[[], Mapping[str, int]] = dict


@dataclass(slots=True)
class LoginFigures:
    """
    The numbers of logins since the start.

    @cvar KINDS: the kinds of credentials.
    @cvar THROTTLES: what can have too many logins.
    @ivar succeeded: logins that succeeded, by the kind of the credential.
    @ivar failed: logins that failed because the credential was wrong, by its kind.
    @ivar throttled: logins that were not checked, by what had too many: C{address}, C{account}, or C{queue}.
    """

    KINDS: ClassVar = ("password", "scram", "token", "certificate", "sshkey")
    THROTTLES: ClassVar = ("address", "account", "queue")

    succeeded: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
