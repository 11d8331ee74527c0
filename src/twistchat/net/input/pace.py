"""
Runs long commands in portions, so that the reactor serves other connections in between.

A command counts its steps, for example one per line of its reply or per user that it examines, and awaits
L{Pace.step}.  After a portion of steps it waits for its next turn, and until the client has read most of its output.
Meanwhile the client's later commands wait in its pipeline.  State may change between two steps: iterate over a copy,
and skip objects that no longer exist.
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

MAX_COMMANDS: Final = 64
"""The most commands that run a portion in one turn."""

SECONDS: Final = 0.005
"""Seconds of a turn after which no further command starts a portion."""

AT_ONCE: Final = 4
"""The most commands that continue without waiting in one turn, after what they proposed was applied."""

PART_SIZE: Final = 100
"""The most items of a list (names of members or rooms) that a command formats at once."""

PART_STEPS: Final = 8
"""The number of steps that L{PART_SIZE} items count as."""

POLL_INTERVAL: Final = 0.1
"""Seconds between two checks whether a client has read its output."""


class Gone(Exception):
    """The client disconnected while one of its commands ran.  The command ends."""


class Portions:
    """
    The size of a portion, and the commands of all connections that wait to continue, in first-come order.

    In each turn commands run for a limited time.  So many clients that come back at once delay nobody, and take few
    turns, each of which sends to the listeners of a channel once.

    @ivar steps: the number of steps in a portion.  A command reads it when it starts a portion.
    """

    __slots__ = ("_atOnce", "_clock", "_partSize", "_scheduled", "_waiting", "steps")

    def __init__(self, clock: IReactorTime, steps: int = PORTION, partSize: int = PART_SIZE) -> None:
        """
        @param steps: the number of steps in a portion.
        @param partSize: see L{PART_SIZE}.
        """
        self._clock = clock
        self._partSize = partSize
        self.steps = steps
        self._scheduled = False
        self._atOnce = 0
        self._waiting: deque[Deferred[None]] = deque()

    def wait(self) -> Deferred[None]:
        """
        Wait for a turn.

        @return: fires in a later turn.
        """
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        self._schedule()
        return waiting

    def mayContinue(self) -> bool:
        """
        Count a command that continues after what it proposed was applied.

        The journal applies many entries in one turn.  So that the next entry need not wait for the command of each,
        only L{AT_ONCE} commands continue at once.

        @return: whether the command may continue in this turn.  If not, it has to L{wait}.
        """
        if self._waiting or self._atOnce >= AT_ONCE:
            return False
        self._atOnce += 1
        self._schedule()
        return True

    def split(self, items: Sequence[T]) -> Iterator[Sequence[T]]:
        """Split a list into parts of C{partSize} items.  Each part counts as L{PART_STEPS} steps."""
        for start in range(0, len(items), self._partSize):
            yield items[start : start + self._partSize]

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._continue)

    def _continue(self) -> None:
        self._scheduled, self._atOnce = False, 0
        end = self._clock.seconds() + SECONDS
        for _ in range(min(MAX_COMMANDS, len(self._waiting))):
            self._waiting.popleft().callback(None)
            if self._clock.seconds() >= end:
                break
        if self._waiting:
            self._schedule()


class Pace:
    """The steps of one command."""

    __slots__ = ("_client", "_left")

    def __init__(self, client: ClientProtocol) -> None:
        self._client = client
        self._left = client.context.portions.steps

    @property
    def spent(self) -> bool:
        """Whether the portion is used up, so that the next step waits for another turn."""
        return self._left <= 0

    async def step(self, count: int = 1) -> None:
        """
        Count steps.  If the portion is used up, first wait for another turn.

        @raise Gone: the client has disconnected.
        """
        if self._left <= 0:
            await self.rest()
        self._left -= count

    async def rest(self) -> None:
        """
        Wait for another turn, and until the client has read most of its output.

        @raise Gone: the client has disconnected.
        """
        client, context = self._client, self._client.context
        await context.portions.wait()
        while client.outbox.sendable > context.settings.limits.sendq // 2 and not client.ending:
            await deferLater(context.clock, POLL_INTERVAL)
        if client.ending:
            raise Gone
        self._left = context.portions.steps
