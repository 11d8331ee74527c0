"""What a journal forgets, and when: in steps so small that what is said meanwhile does not wait for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotRead
from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twistchat.journal.history.writing import Read, Write

FIRST = 60.0
"""Seconds after the start at which it begins."""

EVERY = 3600.0
"""Seconds from the end of one round to the next."""

STEP = 200
"""Entries that one step looks at."""

PAUSE = 0.05
"""Seconds between two steps."""

log = Logger()


class Retention:
    """
    Forgets entries by age and by number, and what the word index still has of texts that were taken back.

    What a room keeps (its topic, modes, masks and ranks) is not forgotten while it holds.
    """

    def __init__(self, clock: IReactorTime, now: Callable[[], float], age: float, count: int) -> None:
        """
        @param clock: says when to go on.
        @param now: the time of day, in seconds since the epoch.
        @param age: how many seconds entries are kept; 0 for ever.
        @param count: how many entries are kept, of all conversations together; 0 all.
        """
        self._clock = clock
        self._now = now
        self._age = age
        self._count = count
        self._call: IDelayedCall | None = None
        self._stopped = False

    def start(self, write: Write, read: Read, last: Callable[[], int]) -> None:
        """
        Begin.

        @param write: does something with the journal's file, and fires with what comes of it.
        @param read: does something with what reads it, likewise.
        @param last: the sequence number of the last entry.
        """
        self._write, self._read, self._last = write, read, last
        self._stopped = False
        self._later(FIRST, self._round)

    def stop(self) -> None:
        """Do nothing more."""
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
        """The sequence number before which entries are forgotten.  What comes from now on is never among them."""
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
            stepping = self._write(lambda file: file.expire(after, bound, STEP))
            stepping.addCallbacks(lambda place: self._stepped(place, bound), self._failed)

    def _stepped(self, place: int | None, bound: int) -> None:
        if place is None:
            self._merge()
        else:
            self._later(PAUSE, self._step, place, bound)

    def _merge(self) -> None:
        self._call = None
        if not self._stopped:
            self._write(lambda file: file.merge()).addCallbacks(self._merged, self._failed)

    def _merged(self, more: bool) -> None:
        if more:
            self._later(PAUSE, self._merge)
        else:
            self._later(EVERY, self._round)

    def _failed(self, failure: Failure) -> None:
        """The journal has a fault, which is logged: go on when that may be over."""
        if failure.check(Fault, NotRead) is None:
            log.failure("Old entries of the journal could not be forgotten", failure)
        self._later(EVERY, self._round)
