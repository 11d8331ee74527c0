"""Retention: deletes old entries, in small steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotRead
from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twistchat.journal.history.writing import Read, Write

log = Logger()


@dataclass(frozen=True, slots=True)
class RetentionPace:
    """
    When entries are deleted, and how many at a time.

    @ivar first: the seconds from the start to the first round.
    @ivar interval: the seconds from the end of a round to the next.
    @ivar step: the number of entries that a step examines.
    @ivar pages: the number of pages (4 KiB) of the word index that a step merges.
    @ivar pause: the seconds between two steps.
    """

    first: float = 60.0
    interval: float = 3600.0
    step: int = 200
    pages: int = 32
    pause: float = 0.05


class Retention:
    """
    Deletes entries by age and by number, and then the words of redacted texts from the word index.

    Entries that a restart needs are not deleted, for example topics, modes, accounts and bans.

    @ivar pace: see L{RetentionPace}.
    """

    def __init__(
        self,
        clock: IReactorTime,
        now: Callable[[], float],
        age: float,
        count: int,
        pace: RetentionPace | None = None,
    ) -> None:
        """
        @param clock: the reactor's timers.
        @param now: returns the seconds since the epoch.
        @param age: the maximum age of an entry, in seconds; 0 for no limit.
        @param count: the maximum number of entries, of all conversations together; 0 for no limit.
        """
        self.pace = RetentionPace() if pace is None else pace
        self._clock = clock
        self._now = now
        self._age = age
        self._count = count
        self._call: IDelayedCall | None = None
        self._stopped = False

    def start(self, write: Write, read: Read, last: Callable[[], int]) -> None:
        """
        Start.

        @param write: runs work on the writing thread.
        @param read: runs work on the reading thread.
        @param last: the sequence number of the last entry that was applied.
        """
        self._write, self._read, self._last = write, read, last
        self._stopped = False
        self._later(self.pace.first, self._round)

    def stop(self) -> None:
        """Stop."""
        self._stopped = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _later(self, delay: float, call: Callable[..., object], *args: object) -> None:
        if not self._stopped:
            self._call = self._clock.callLater(delay, call, *args)

    def _round(self) -> None:
        self._call = None
        Deferred.fromCoroutine(self._bound()).addCallbacks(lambda bound: self._step(0, bound), self._failed)

    async def _bound(self) -> int:
        """The sequence number before which entries are deleted.  Entries that are stored later are not deleted."""
        bound = 0
        if self._age:
            time = max(0, int((self._now() - self._age) * 1000))
            bound = min(await self._read(lambda reader: reader.since(time)), self._last() + 1)
        if self._count:
            bound = max(bound, await self._read(lambda reader: reader.newest(self._count)))
        return bound

    def _step(self, after: int, bound: int) -> None:
        self._call = None
        if not self._stopped:
            stepping = self._write(lambda file: file.expire(after, bound, self.pace.step))
            stepping.addCallbacks(lambda place: self._stepped(place, bound), self._failed)

    def _stepped(self, place: int | None, bound: int) -> None:
        if place is None:
            self._merge()
        else:
            self._later(self.pace.pause, self._step, place, bound)

    def _merge(self) -> None:
        self._call = None
        if not self._stopped:
            self._write(lambda file: file.merge(self.pace.pages)).addCallbacks(self._merged, self._failed)

    def _merged(self, more: bool) -> None:
        if more:
            self._later(self.pace.pause, self._merge)
        else:
            self._later(self.pace.interval, self._round)

    def _failed(self, failure: Failure) -> None:
        """Try again in the next round.  A fault has been logged."""
        if failure.check(Fault, NotRead) is None:
            log.failure("Old entries of the journal could not be forgotten", failure)
        self._later(self.pace.interval, self._round)
