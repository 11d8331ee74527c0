"""Who was here: the names that users had who left, or go by others now (IRC's WHOWAS)."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from twistchat.chat.model.events import Source
from twistchat.chat.model.names import fold

A_NICK = 10
"""How often one nick is remembered."""

IN_ALL = 2000
"""How many are remembered."""


@dataclass(frozen=True, slots=True)
class Departed:
    """
    Names that are not in use any more.

    @ivar source: the names.
    @ivar time: until when, in milliseconds since the epoch.
    """

    source: Source
    time: int


class Whowas:
    """Those who were here, up to a number of them; the oldest are forgotten first."""

    __slots__ = ("_all", "_byNick", "_count", "_inAll", "_perNick")

    def __init__(self, perNick: int = A_NICK, inAll: int = IN_ALL) -> None:
        """
        @param perNick: how often one nick is remembered.
        @param inAll: how many are remembered.
        """
        self._perNick, self._inAll = perNick, inAll
        self._count = 0
        self._all: OrderedDict[int, Departed] = OrderedDict()
        self._byNick: dict[str, deque[int]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Departed]:
        """All who are remembered, oldest first."""
        return iter(self._all.values())

    def add(self, source: Source, time: int) -> None:
        """
        Remember names that have gone out of use.

        @param time: when, in milliseconds since the epoch.
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

    def named(self, nick: str, limit: int = A_NICK) -> list[Departed]:
        """
        Who had this nick, whatever its case: the newest first.

        @param limit: how many at the most.
        """
        numbers = self._byNick.get(fold(nick), deque())
        return [self._all[number] for number in reversed(numbers)][: max(0, limit)]
