"""
Long work in portions: a command that has much to do lets the reactor go between them.

A command counts its steps (about a line of an answer each, or somebody who is looked at), and awaits L{Pace.step}.
After a portion of them it waits until it is its turn again, and until the client has read most of what waits for it.
The later commands of that client wait in its pipeline meanwhile.  State may change between two steps: go through a
copy of what there was, and pass over what is not there any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

if TYPE_CHECKING:
    from twistchat.net.client.protocol import ClientProtocol

T = TypeVar("T")

PORTION: Final = 50
"""Steps of one command in a turn.  A step takes about 10 µs."""

TOGETHER: Final = 4
"""Commands that go on with a portion in the same turn, of all that wait."""

SOME: Final = 100
"""Words of a list that are put together at once: names of members, or of rooms."""

STEPS: Final = 8
"""How many steps they are."""

PATIENCE: Final = 0.1
"""Seconds until it is looked again whether a client has read what waits for it."""


class Gone(Exception):
    """The client has gone while a command was at work for it, which has ended for that."""


class Portions:
    """The commands of a process that wait to go on, in the order in which they began to wait."""

    __slots__ = ("_clock", "_scheduled", "_waiting")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._scheduled = False
        self._waiting: deque[Deferred[None]] = deque()

    def wait(self) -> Deferred[None]:
        """
        Wait for a turn of the reactor.

        @return: fires in a later one.
        """
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        self._schedule()
        return waiting

    def _schedule(self) -> None:
        if self._waiting and not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._goOn)

    def _goOn(self) -> None:
        self._scheduled = False
        going = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
        self._schedule()
        for waiting in going:
            waiting.callback(None)


class Pace:
    """The steps of one command."""

    __slots__ = ("_client", "_left")

    def __init__(self, client: ClientProtocol) -> None:
        self._client = client
        self._left = PORTION

    @property
    def spent(self) -> bool:
        """Whether others have their turn before the next step."""
        return self._left <= 0

    async def step(self, count: int = 1) -> None:
        """
        Make so many steps, after others have had their turn where there were enough of them.

        @raise Gone: the client is not there any more.
        """
        if self._left <= 0:
            await self.rest()
        self._left -= count

    async def rest(self) -> None:
        """
        Let others have their turn now.

        @raise Gone: the client is not there any more.
        """
        client, context = self._client, self._client.context
        await context.portions.wait()
        while client.outbox.leaving > context.settings.limits.sendq // 2 and not client.ending:
            await deferLater(context.clock, PATIENCE)
        if client.ending:
            raise Gone
        self._left = PORTION


def portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list into parts of L{SOME}, each of which is L{STEPS}."""
    for start in range(0, len(items), SOME):
        yield items[start : start + SOME]
