"""Rooms that got another name: where their entries are while they are moved to it, and the moving."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotRead
from twistchat.journal.sqlite.faults import Fault

if TYPE_CHECKING:
    from twistchat.journal.history.writing import Read, Write

Rename: TypeAlias = tuple[int, str, str]
"""The sequence number of the entry that renamed a conversation, what that was called, and what it is called since."""

Piece: TypeAlias = tuple[str, int, int]
"""A stretch of what is stored as one conversation: from this sequence number on, to before that one."""

STEP = 100
"""Entries that are moved at a time."""

PAUSE = 0.02
"""Seconds between two steps."""

log = Logger()


def pieces(conversation: str, renames: Iterable[Rename], last: int) -> list[Piece]:
    """
    Where the entries of a conversation are.

    @param renames: those whose entries may not have been moved yet, newest first.
    @param last: a sequence number behind all others.
    @return: pieces that do not overlap.  Every entry in them is of this conversation, and no other is.
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
    Moves the entries of renamed rooms, in steps so small that what is said meanwhile does not wait for them.

    Where the disk fails it stops, and goes on when L{begin} is called again.
    """

    def __init__(self, clock: IReactorTime | None, write: Write, read: Read, moved: Callable[[int], None]) -> None:
        """
        @param clock: says when to go on; C{None} goes on without a pause.
        @param write: does something with the journal's file, and fires with what comes of it.
        @param read: does something with what reads it, likewise; in the order in which that was asked.
        @param moved: is told how many entries were moved, after each step.
        """
        self._clock, self._write, self._read, self._moved = clock, write, read, moved
        self._bound = 0
        self._call: IDelayedCall | None = None
        self._stepping = self._stopped = False

    def begin(self, bound: int) -> None:
        """
        Move what rooms left behind whose names were given up to some time; but not before all has been read that was
        asked for until now, and wants to know nothing of it.

        @param bound: the sequence number of the last entry that may have given one.
        """
        self._read(lambda reader: None).addCallbacks(lambda _: self._extend(bound), _closed)

    def stop(self) -> None:
        """Do nothing more: the next start goes on with it."""
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
            stepping = self._write(lambda file: file.move(bound, STEP))
            stepping.addCallbacks(lambda count: self._stepped(count, bound), self._failed)

    def _stepped(self, count: int | None, bound: int) -> None:
        self._stepping = False
        if count is not None:
            self._moved(count)
        elif bound == self._bound:
            return
        if self._clock is None:
            self._step()
        elif not self._stopped:
            self._call = self._clock.callLater(PAUSE, self._step)

    def _failed(self, failure: Failure) -> None:
        """The journal has a fault, which is logged."""
        self._stepping = False
        if failure.check(Fault) is None:
            log.failure("The entries of a renamed room could not be moved", failure)


def _closed(failure: Failure) -> None:
    """The journal is closed, and the next start goes on."""
    failure.trap(NotRead)
