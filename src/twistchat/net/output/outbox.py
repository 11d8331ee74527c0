"""
The output that waits to be sent on one connection.

It is sent in one write at the end of each turn.  Everything that waits for a slow reader is counted and bounded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import Any

from twistchat.net.output.turn import Turn


class Phase(Enum):
    """How far an outbox has come on its way to the end."""

    OPEN = "takes bytes and sends them"
    CLOSING = "sends what waits, then closes the connection"
    ABANDONED = "takes nothing, and nothing waits"
    CLOSED = "has told the transport to close the connection"


class Outbox(ABC):
    """
    The one way in which bytes reach a connection: the queue, which every kind of transport shares.

    Most of the time an outbox is resting: nothing waits, and the connection takes more.  Then the bytes that an
    audience delivers are all that this turn has for the connection, and they cost one assignment here and one C{send}.
    """

    __slots__ = (
        "_chunks",
        "_full",
        "_held",
        "_limit",
        "_only",
        "_overflow",
        "_phase",
        "_resting",
        "_size",
        "_transport",
        "_turn",
        "_unsent",
    )

    def __init__(self, transport: Any, turn: Turn, limit: int, overflow: Callable[[], None]) -> None:
        """
        @param transport: an C{ITransport} that is an C{IConsumer}.
        @param turn: at its end the outbox is flushed.
        @param limit: how many bytes may wait for a slow reader.
        @param overflow: called once, after the end of the turn, when more waited; nothing is sent any more.
        """
        self._transport = transport
        self._turn = turn
        self._limit = limit
        self._overflow = overflow
        self._only: bytes | None = None
        self._chunks: list[bytes] = []
        self._held: list[bytes] | None = None
        self._size = 0
        self._unsent = 0
        self._full = False
        self._resting = True
        self._phase = Phase.OPEN

    @abstractmethod
    def flush(self) -> None:
        """Send what waits, as far as the connection takes it."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of the transport, then close the connection."""

    @property
    def phase(self) -> Phase:
        """How far it has come."""
        return self._phase

    @property
    def waiting(self) -> int:
        """How many bytes wait for a slow reader."""
        return self._size + self._unsent + (0 if self._only is None else len(self._only))

    @property
    def leaving(self) -> int:
        """How many of these bytes are not held back, and wait for the reader alone."""
        return self.waiting - sum(map(len, self._held or ()))

    def deliver(self, data: bytes) -> None:
        """Add bytes from an audience.  Between L{hold} and L{release} they are held back."""
        if self._resting:
            self._resting = False
            self._only = data
            self._turn.send(self)
        elif self._held is None:
            self.write(data)
        elif self._phase is Phase.OPEN:
            self._held.append(data)
            self._size += len(data)
            self._check()

    def write(self, data: bytes) -> None:
        """Add bytes behind those that wait, in front of those that are held back."""
        if self._phase is not Phase.OPEN:
            return
        if self._only is not None:
            self._chunks.append(self._only)
            self._size += len(self._only)
            self._only = None
        if self._chunks:
            self._chunks.append(data)
            self._size += len(data)
        else:
            self._resting = False
            self._only = data
            if not self._full:
                self._turn.send(self)
        if self._full:
            self._check()
        elif self._size > self._limit:
            self.flush()  # what the connection does not take now is counted

    def hold(self) -> None:
        """Hold back what audiences deliver, so that something that is still being read is sent first."""
        if self._held is None:
            self._held = []
            self._resting = False

    def release(self) -> None:
        """Add what was held back, and hold back no more."""
        held, self._held = self._held, None
        for data in held or ():
            self._size -= len(data)
            self.write(data)
        self._rest()

    def close(self) -> None:
        """Send what waits, then close the connection.  Nothing more is taken.  A second call is harmless."""
        if self._phase is Phase.OPEN:
            self.release()
        if self._phase is Phase.OPEN:  # what was released may have been too much
            self._phase = Phase.CLOSING
        if self._phase is not Phase.CLOSED:
            self._resting = False
            self._turn.afterwards(self._finish)

    def abandon(self) -> None:
        """Forget what waits, and take nothing more: the connection is lost or broken."""
        if self._phase is not Phase.CLOSED:
            self._phase = Phase.ABANDONED
        self._resting = False
        self._only = None
        self._chunks = []
        self._held = None

    def resumeProducing(self) -> None:
        """The transport has sent all that it held, so the connection takes more."""
        self._full = False
        self._unsent = 0
        self._rest()
        self.flush()
        if self._phase is not Phase.OPEN:
            self._finish()

    def stopProducing(self) -> None:
        """The connection is lost."""
        self.abandon()

    def _rest(self) -> None:
        """Let the next delivery be sent on its own, where nothing is in its way."""
        waits = self._only is not None or self._chunks or self._held is not None
        self._resting = not (waits or self._full or self._phase is not Phase.OPEN)

    def _check(self) -> None:
        """Give up a reader for whom too much waits."""
        if self.waiting > self._limit and self._phase in (Phase.OPEN, Phase.CLOSING):
            self.abandon()
            self._turn.afterwards(self._overflow)

    def _finish(self) -> None:
        """Close the connection, once all has been sent."""
        self.flush()  # where more outboxes wait than are sent in one turn, this one may still be waiting
        if self._phase is Phase.CLOSED or (self._phase is Phase.CLOSING and self._full):
            return  # it is done, or will be when the connection takes more
        self._phase = Phase.CLOSED
        self._release()
