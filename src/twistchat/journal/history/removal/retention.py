"""Retention: deletes old entries, in small steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotRead
from twistchat.chat.model.spans import At, conversationsOf
from twistchat.journal.sqlite.faults import Fault, faults

if TYPE_CHECKING:
    from twistchat.journal.history.reader import HistoryReader
    from twistchat.journal.history.writing import Read, Stamped, Write

Due: TypeAlias = "tuple[str, int]"
"""A conversation with a retention of its own, and the sequence number before which its entries are deleted."""

log = Logger()


@dataclass(frozen=True, slots=True)
class RetentionPace:
    """
    When entries are deleted, and how many at a time.

    @ivar first: the seconds from the start to the first round.
    @ivar interval: the seconds from the end of a round to the next.
    @ivar step: the number of entries that a step examines.
    @ivar conversations: the maximum number of conversations of rooms that a step examines.
    @ivar pages: the number of pages (4 KiB) of the word index that a step merges.
    @ivar pause: the seconds between two steps.
    """

    first: float = 60.0
    interval: float = 3600.0
    step: int = 200
    conversations: int = 60
    pages: int = 32
    pause: float = 0.05


class Retention:
    """
    Deletes entries by age and by number, and then the words of deleted texts from the word index.

    A round first deletes by the age and the number of the whole server, and spares the rooms that keep their entries
    longer.  Then it deletes by the ages of the rooms that have one of their own.  Entries that a restart needs are not
    deleted, for example topics, modes, accounts and bans.  The acts of administrators have an age of their own, and
    their number has no limit.

    @ivar pace: see L{RetentionPace}.
    @ivar rounds: the number of rounds that were completed.
    """

    def __init__(
        self,
        clock: IReactorTime,
        now: Callable[[], float],
        age: float,
        count: int,
        pace: RetentionPace | None = None,
        rooms: Callable[[], Mapping[str, float]] = dict,
        acts: float = 0.0,
    ) -> None:
        """
        @param clock: the reactor's timers.
        @param now: returns the seconds since the epoch.
        @param age: the maximum age of an entry, in seconds; 0 for no limit.
        @param count: the maximum number of entries, of all conversations together; 0 for no limit.
        @param rooms: returns the maximum age in the rooms that have one of their own, by folded name; 0 for no limit.
        @param acts: the maximum age of the acts of administrators, in seconds; 0 for no limit.
        """
        self.pace = RetentionPace() if pace is None else pace
        self._clock = clock
        self._now = now
        self._age = age
        self._count = count
        self._rooms = rooms
        self._acts = acts
        self._call: IDelayedCall | None = None
        self._stopped = False
        self.rounds = 0

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
        Deferred.fromCoroutine(self._bounds()).addCallbacks(lambda bounds: self._step((0, 0), *bounds), self._failed)

    async def _bounds(self) -> tuple[Stamped, Stamped]:
        """The entries before which others are deleted: in rooms that keep their entries longer, and elsewhere."""
        beyond = await self._read(lambda reader: reader.newest(self._count)) if self._count else (0, 0)
        return beyond, max((self._before(self._age), 0), beyond)

    def _before(self, age: float) -> int:
        """The time before which entries are above an age, which may be 0 for no limit."""
        return max(0, int((self._now() - age) * 1000)) if age else 0

    def _step(self, after: Stamped, beyond: Stamped, bound: Stamped) -> None:
        """Delete a few entries by the limits of the server."""
        self._call = None
        if not self._stopped:
            # This asks in each step, because a room may be renamed during the round.
            longer = [room for room, age in self._rooms().items() if self._age and (not age or age > self._age)]
            last = self._last()
            stepping = self._write(lambda file: file.expire(after, bound, self.pace.step, longer, beyond, last))
            stepping.addCallbacks(lambda place: self._stepped(place, beyond, bound), self._failed)

    def _stepped(self, place: Stamped | None, beyond: Stamped, bound: Stamped) -> None:
        if place is None:
            Deferred.fromCoroutine(self._due()).addCallbacks(self._stepRooms, self._failed)
        else:
            self._later(self.pace.pause, self._step, place, beyond, bound)

    async def _due(self) -> Sequence[Due]:
        """The conversations of the rooms with an age of their own."""
        due: list[Due] = []
        for room, age in self._rooms().items():
            if age:
                due += await self._read(partial(_starts, room=room, time=At(self._before(age)), last=self._last()))
        return due

    def _stepRooms(self, due: Sequence[Due]) -> None:
        """Delete a few entries by the ages of rooms."""
        self._call = None
        if not due:
            self._stepActs()
        elif not self._stopped:
            portion = due[: self.pace.conversations]
            stepping = self._write(lambda file: file.expireIn(portion, self.pace.step))
            stepping.addCallbacks(lambda done: self._later(self.pace.pause, self._stepRooms, due[done:]), self._failed)

    def _stepActs(self) -> None:
        """Delete a few acts."""
        self._call = None
        if not self._stopped:
            before, last = self._before(self._acts), self._last()
            stepping = self._write(lambda file: file.expireActs(before, self.pace.step, last))
            stepping.addCallbacks(self._actsExpired, self._failed)

    def _actsExpired(self, more: bool) -> None:
        if more:
            self._later(self.pace.pause, self._stepActs)
        else:
            self._merge()

    def _merge(self) -> None:
        self._call = None
        if not self._stopped:
            self._write(lambda file: file.merge(self.pace.pages)).addCallbacks(self._merged, self._failed)

    def _merged(self, more: bool) -> None:
        if more:
            self._later(self.pace.pause, self._merge)
        else:
            self.rounds += 1
            self._later(self.pace.interval, self._round)

    def _failed(self, failure: Failure) -> None:
        """Try again in the next round.  A fault has been logged."""
        if failure.check(Fault, NotRead) is None:
            log.failure("Old entries of the journal could not be forgotten", failure)
        self._later(self.pace.interval, self._round)


def _starts(reader: HistoryReader, room: str, time: At, last: int) -> list[Due]:
    """The conversations of a room, each with the sequence number at which a time begins."""
    with faults():
        return [(name, min(reader.start(time, name), last + 1)) for name in conversationsOf(room)]
