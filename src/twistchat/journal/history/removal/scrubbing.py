"""Removes the bytes of deleted credentials from SQLite's log, soon after they were deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


@dataclass(frozen=True, slots=True)
class ScrubPace:
    """
    When bytes are removed.

    @ivar pause: the seconds from the first deletion to the removal, which serves all deletions in between.
    @ivar longest: the maximum of seconds until a failed removal is tried again.  The pause doubles with each failure.
    """

    pause: float = 1.0
    longest: float = 60.0


class Scrubbing:
    """
    Calls L{Writer.scrub <twistchat.journal.sqlite.writing.writer.Writer.scrub>} after entries were deleted.

    @ivar pace: see L{ScrubPace}.
    """

    def __init__(self, clock: IReactorTime | None, scrub: Callable[[], Deferred[bool]], pace: ScrubPace) -> None:
        """
        @param clock: the reactor's timers; C{None} to make no pauses, and try once.
        @param scrub: runs C{Writer.scrub} on the writing thread.
        """
        self.pace = pace
        self._clock, self._scrub = clock, scrub
        self._call: IDelayedCall | None = None
        self._pause = pace.pause
        self._due = self._running = self._stopped = False

    def begin(self) -> None:
        """Entries are being deleted."""
        self._due = True
        if self._call is None and not self._running:
            self._later()

    def stop(self) -> None:
        """Stop.  Closing the file removes the bytes too."""
        self._stopped = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _later(self) -> None:
        if self._stopped:
            return
        if self._clock is None:
            self._run()
        else:
            self._call = self._clock.callLater(self._pause, self._run)

    def _run(self) -> None:
        self._call, self._due, self._running = None, False, True
        self._scrub().addCallbacks(self._ran, self._failed)

    def _ran(self, done: bool) -> None:
        self._running = False
        self._pause = self.pace.pause if done else min(2 * self._pause, self.pace.longest)
        if self._due or (not done and self._clock is not None):
            self._later()

    def _failed(self, failure: Failure) -> None:
        """Try again later.  The fault has been logged."""
        failure.trap(Fault)
        self._ran(False)
