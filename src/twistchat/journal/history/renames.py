"""Renamed rooms: moves their entries to the new name, and finds entries that have not been moved yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotRead
from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twistchat.journal.history.writing import Read, Write

Rename: TypeAlias = tuple[int, str, str]
"""The sequence number of a rename, the old name of the conversation, and the new name."""

Piece: TypeAlias = tuple[str, int, int]
"""A part of a conversation: the name under which it is stored, the first sequence number, and the end (exclusive)."""

log = Logger()


@dataclass(frozen=True, slots=True)
class MovePace:
    """
    How fast entries of renamed rooms are moved.

    @ivar step: the number of entries in a step.
    @ivar pause: the seconds between two steps.
    """

    step: int = 100
    pause: float = 0.02


def pieces(conversation: str, renames: Iterable[Rename], last: int) -> list[Piece]:
    """
    Find the places where the entries of a conversation are stored.

    @param renames: the renames whose entries may not have been moved yet, newest first.
    @param last: a sequence number after all others.
    @return: pieces that do not overlap.  They contain all entries of this conversation, and no others.
    """
    found: list[Piece] = [(conversation, 0, last)]
    for sequence, origin, target in renames:
        earlier: list[Piece] = []
        for name, start, end in found:
            if name == target:
                earlier.append((origin, start, min(end, sequence)))
            earlier.append((name, max(start, sequence) if name == origin else start, end))
        found = [piece for piece in earlier if piece[1] < piece[2]]
    return found


class Moving:
    """
    Moves entries of renamed rooms, in steps so small that they do not delay batches.

    After a fault of the disk it stops, and continues when L{begin} is called again.

    @ivar pace: see L{MovePace}.
    """

    def __init__(
        self, clock: IReactorTime | None, write: Write, read: Read, moved: Callable[[int], None], pace: MovePace
    ) -> None:
        """
        @param clock: the reactor's timers; C{None} to make no pauses.
        @param write: runs work on the writing thread.
        @param read: runs work on the reading thread, behind all reads and searches that were requested before.
        @param moved: called after each step with the number of entries that were moved.
        """
        self.pace = pace
        self._clock, self._write, self._read, self._moved = clock, write, read, moved
        self._bound = 0
        self._call: IDelayedCall | None = None
        self._stepping = self._stopped = False

    def begin(self, bound: int) -> None:
        """
        Move entries of renamed rooms, after all pending reads finish.

        @param bound: the sequence number of the last rename to take into account.
        """
        self._read(lambda reader: None).addCallbacks(lambda _: self._extend(bound), _ignoreClosed)

    def stop(self) -> None:
        """Stop.  The next start continues."""
        self._stopped = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _extend(self, bound: int) -> None:
        self._bound = max(self._bound, bound)
        if self._call is None and not self._stepping:
            self._step()

    def _step(self) -> None:
        self._call = None
        if not self._stopped:
            self._stepping = True
            bound = self._bound
            stepping = self._write(lambda file: file.move(bound, self.pace.step))
            stepping.addCallbacks(lambda count: self._stepped(count, bound), self._failed)

    def _stepped(self, count: int | None, bound: int) -> None:
        """
        Continue after a step.

        @param count: the number of entries that it moved; C{None} if none are left up to C{bound}.
        """
        self._stepping = False
        if count is not None:
            self._moved(count)
        elif bound == self._bound:
            return
        if self._clock is None:
            self._step()
        elif not self._stopped:
            self._call = self._clock.callLater(self.pace.pause, self._step)

    def _failed(self, failure: Failure) -> None:
        """Stop.  A fault has been logged."""
        self._stepping = False
        if failure.check(Fault) is None:
            log.failure("The entries of a renamed room could not be moved", failure)


def _ignoreClosed(failure: Failure) -> None:
    """Ignore that the journal is closed: the next start continues."""
    failure.trap(NotRead)
