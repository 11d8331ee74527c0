"""The word index, which gets texts a little later than the disk does: many at a time, and when there is time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twistchat.journal.history.writing import Write

STEP = 1024
"""Entries that are indexed at a time: so many that each costs little, so few that a batch hardly waits for them."""

SIZE = 256 * 1024
"""Characters of these, about, at the most."""

MOST = 4 * STEP
"""Entries that are indexed at a time where too many wait, whatever their size: more than a batch brings."""

QUIET = 30.0
"""Seconds after which fewer than that are indexed, too."""

LAG = 64 * STEP
"""
Entries that may wait while there is no time.  Who searches indexes those of the rooms asked for, for themselves: all of
these in one room take a tenth of a second.
"""

LONGEST = 300.0
"""Seconds at the most that a step waits that has failed before: each time twice as long."""


class Indexing:
    """
    Puts texts into the word index, in steps so small that what is said meanwhile does not wait for them.

    A step is taken when a step's worth of entries waits and nothing else is to be written, and once L{QUIET} has passed
    with fewer waiting.  Where the journal is written to without a pause, no more than L{LAG} or so wait: then larger
    steps are taken between the batches.

    Where the disk fails it stops, and goes on when L{begin} is called again.
    """

    def __init__(
        self,
        clock: IReactorTime | None,
        write: Write,
        idle: Callable[[], bool],
        last: Callable[[], int],
    ) -> None:
        """
        @param clock: says when L{QUIET} has passed; with C{None} fewer than a step's worth wait until there are more.
        @param write: does something with the journal's file between two batches, and fires with what comes of it.
        @param idle: whether there is no batch to be written.
        @param last: the sequence number of the last entry that was applied.
        """
        self._clock, self._write, self._idle, self._last = clock, write, idle, last
        # An earlier process may have left something: the first step tells how much.
        self._waiting = 1
        self._quiet = QUIET
        self._call: IDelayedCall | None = None
        self._stepping = self._faulty = self._stopped = False

    def begin(self) -> None:
        """Begin; or go on, now that the journal can be written again: but not with the very next batch."""
        if self._clock is None:
            self._faulty = False
        if self._call is None and not self._stepping:
            self._later()

    def came(self, entries: int) -> None:
        """
        Take notice of a batch that has been applied, and of what that has led to.

        @param entries: how many it has, at the most, that are to be indexed.
        """
        self._waiting += entries
        if not self._stepping and not self._faulty:
            self._look()

    def stop(self) -> None:
        """Do nothing more: the next start goes on with it."""
        self._stopped = True
        self._cancel()

    def _look(self) -> None:
        """Take a step, if it is time for one; else let it be time later."""
        if self._waiting > LAG or (self._waiting >= STEP and self._idle()):
            self._step()
        elif self._call is None:
            self._later()

    def _later(self) -> None:
        if self._clock is not None and self._waiting and not self._stopped:
            self._call = self._clock.callLater(self._quiet, self._timeUp)

    def _timeUp(self) -> None:
        self._call, self._faulty = None, False
        if self._idle():
            self._step()
        else:
            self._later()

    def _step(self) -> None:
        """Index what waits, as far as one step goes."""
        self._cancel()
        if self._stopped:
            return
        self._stepping = True
        last = self._last()
        count, size = (MOST, None) if self._waiting > LAG else (STEP, SIZE)
        self._write(lambda file: file.index(last, count, size)).addCallbacks(
            self._stepped, self._failed, callbackArgs=(self._waiting,)
        )

    def _stepped(self, step: tuple[int, bool], waited: int) -> None:
        """
        Note what a step has left.

        @param step: how many entries it took, and whether there may be others that had been applied before it.
        @param waited: so many of those had been counted; some had nothing to be kept, or could not be.
        """
        self._stepping = self._faulty = False
        self._quiet = QUIET
        taken, more = step
        self._waiting = max(self._waiting - taken, 1) if more else self._waiting - waited
        self._look()

    def _failed(self, failure: Failure) -> None:
        """The journal has a fault, which is logged."""
        self._stepping, self._faulty = False, True
        self._quiet = min(2 * self._quiet, LONGEST)
        failure.trap(Fault)

    def _cancel(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None
