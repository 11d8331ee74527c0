"""Fills the word index in small steps, later than the log stores the texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twistchat.journal.history.writing import Write


@dataclass(frozen=True, slots=True)
class IndexPace:
    """
    When entries are indexed, and how many at a time.

    Larger steps cost less per entry, and smaller steps delay the next batch less.

    @ivar step: the number of entries in a step.  A step is taken when so many wait and nothing else is written.
    @ivar size: the maximum number of characters in a step, approximately.
    @ivar quiet: the seconds after which fewer entries are indexed too.
    @ivar lag: the maximum number of entries that wait while batches are written without a pause.  A search indexes the
        waiting entries of its rooms itself, which takes a tenth of a second for 65,536 entries in one room.
    @ivar largeStep: the number of entries in a step, of any size, while more than C{lag} wait.  More than a batch has,
        so that the number of waiting entries decreases.
    @ivar longest: the maximum of seconds until a failed step is tried again.  The pause doubles with each failure.
    """

    step: int = 1024
    size: int = 256 * 1024
    quiet: float = 30.0
    lag: int = 65_536
    largeStep: int = 4096
    longest: float = 300.0


class Indexing:
    """
    Puts texts into the word index.

    After a fault of the disk it stops, and continues when L{begin} is called again.

    @ivar pace: see L{IndexPace}.
    @ivar waiting: the number of entries that wait, approximately.
    @ivar steps: the number of steps that were made.
    """

    def __init__(
        self,
        clock: IReactorTime | None,
        write: Write,
        idle: Callable[[], bool],
        last: Callable[[], int],
        pace: IndexPace,
    ) -> None:
        """
        @param clock: the reactor's timers; C{None} to index only full steps.
        @param write: runs work on the writing thread.
        @param idle: whether no batch is being written, and none waits.
        @param last: the sequence number of the last entry that was applied.
        """
        self.pace = pace
        self._clock, self._write, self._idle, self._last = clock, write, idle, last
        # A previous process may have left entries.  The first step counts them.
        self.waiting = 1
        self.steps = 0
        self._quiet = pace.quiet
        self._call: IDelayedCall | None = None
        self._stepping = self._faulty = self._stopped = False

    def begin(self) -> None:
        """Start, or continue after a fault.  The first step waits, so that it does not delay the next batch."""
        if self._clock is None:
            self._faulty = False
        if self._call is None and not self._stepping:
            self._later()

    def stored(self, count: int) -> None:
        """
        Count new entries, and take a step if it is time.

        @param count: at most so many entries were stored and applied.
        """
        self.waiting += count
        if not self._stepping and not self._faulty:
            self._stepIfDue()

    def stop(self) -> None:
        """Stop.  The next start continues."""
        self._stopped = True
        self._cancel()

    def _stepIfDue(self) -> None:
        """Take a step if enough entries wait; otherwise set the timer."""
        if self.waiting > self.pace.lag or (self.waiting >= self.pace.step and self._idle()):
            self._step()
        elif self._call is None:
            self._later()

    def _later(self) -> None:
        if self._clock is not None and self.waiting and not self._stopped:
            self._call = self._clock.callLater(self._quiet, self._timeUp)

    def _timeUp(self) -> None:
        self._call, self._faulty = None, False
        if self._idle():
            self._step()
        else:
            self._later()

    def _step(self) -> None:
        """Index one step of the waiting entries."""
        self._cancel()
        if self._stopped:
            return
        self._stepping = True
        pace, last = self.pace, self._last()
        count, size = (pace.largeStep, None) if self.waiting > pace.lag else (pace.step, pace.size)
        self._write(lambda file: file.index(last, count, size)).addCallbacks(
            self._stepped, self._failed, callbackArgs=(self.waiting,)
        )

    def _stepped(self, step: tuple[int, bool], waited: int) -> None:
        """
        Continue after a step.

        @param step: the result of L{HistoryWriter.index <twistchat.journal.history.writing.HistoryWriter.index>}.
        @param waited: the number of waiting entries before the step.  It may be too high, because not all entries are
            stored.
        """
        self._stepping = self._faulty = False
        self.steps += 1
        self._quiet = self.pace.quiet
        taken, more = step
        self.waiting = max(self.waiting - taken, 1) if more else self.waiting - waited
        self._stepIfDue()

    def _failed(self, failure: Failure) -> None:
        """Wait longer before the next step.  The fault has been logged."""
        self._stepping, self._faulty = False, True
        self._quiet = min(2 * self._quiet, self.pace.longest)
        failure.trap(Fault)

    def _cancel(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None
