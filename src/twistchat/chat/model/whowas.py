"""The register of names that are no longer in use (IRC's WHOWAS)."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from twistchat.chat.model.events import Source
from twistchat.chat.model.names import fold

MOST_PER_NICK = 10
"""The maximum number of records for one nick."""

MOST_IN_ALL = 2000
"""The maximum number of records."""


@dataclass(frozen=True, slots=True)
class Departed:
    """
    Names that are no longer in use: their user left, or changed their nick.

    @ivar source: the names.
    @ivar time: the end of their use, in milliseconds since the epoch.
    """

    source: Source
    time: int


class Whowas:
    """The most recent names that went out of use.  The oldest are dropped first."""

    __slots__ = ("_all", "_byNick", "_count", "_inAll", "_perNick")

    def __init__(self, perNick: int = MOST_PER_NICK, inAll: int = MOST_IN_ALL) -> None:
        """
        @param perNick: the maximum number of records for one nick.
        @param inAll: the maximum number of records.
        """
        self._perNick, self._inAll = perNick, inAll
        self._count = 0
        self._all: OrderedDict[int, Departed] = OrderedDict()
        self._byNick: dict[str, deque[int]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Departed]:
        """All records, oldest first."""
        return iter(self._all.values())

    def add(self, source: Source, time: int) -> None:
        """
        Record names that went out of use.

        @param time: the time, in milliseconds since the epoch.
        """
        self._count += 1
        numbers = self._byNick.setdefault(fold(source.nick), deque())
        numbers.append(self._count)
        self._all[self._count] = Departed(source, time)
        if len(numbers) > self._perNick:
            del self._all[numbers.popleft()]
        elif len(self._all) > self._inAll:
            _, oldest = self._all.popitem(last=False)
            nick = fold(oldest.source.nick)
            self._byNick[nick].popleft()
            if not self._byNick[nick]:
                del self._byNick[nick]

    def named(self, nick: str, limit: int = MOST_PER_NICK) -> list[Departed]:
        """
        The records of a nick, ignoring case, newest first.

        @param limit: the maximum number of records to return.
        """
        numbers = self._byNick.get(fold(nick), deque())
        return [self._all[number] for number in reversed(numbers)][: max(0, limit)]
