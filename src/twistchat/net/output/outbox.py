"""
The output waiting to be sent on one connection.

It is sent in one write at the end of each turn.  The bytes that wait for a slow reader are counted and bounded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from socket import socket
from typing import Any, Final

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

from twistchat.net.output.turn import Turn


class Phase(Enum):
    """The state of an outbox."""

    OPEN = "takes bytes and sends them"
    CLOSING = "sends what waits, then closes the connection"
    ABANDONED = "takes nothing, and nothing waits"
    CLOSED = "has told the transport to close the connection"


OPEN: Final = Phase.OPEN
"""L{Phase.OPEN}, which each write compares with.  An attribute of an C{Enum} takes 70 ns in Python 3.11."""


class Outbox(ABC):
    """
    The send queue of one connection.  All output passes through it; each subclass serves one kind of transport.

    Most of the time an outbox is resting: it is empty, and the connection accepts output.  Then a delivery costs one
    assignment here and one C{send} at the end of the turn.
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
        @param turn: flushes the outbox at its end.
        @param limit: the number of bytes that may wait for a slow reader.
        @param overflow: called once, after the end of the turn, if more bytes wait.  The outbox is then abandoned.
        """
        self._transport = transport
        self._turn = turn
        self._limit = limit
        self._overflow = overflow
        self._only: bytes | None = None
        self._chunks: list[bytes] = []
        self._held: list[list[bytes]] | None = None
        self._size = 0
        self._unsent = 0
        self._full = False
        self._resting = True
        self._phase = Phase.OPEN

    @abstractmethod
    def flush(self) -> None:
        """Send the waiting bytes until the connection accepts no more."""

    @abstractmethod
    def _release(self) -> None:
        """Unregister from the transport, then close the connection."""

    @property
    def phase(self) -> Phase:
        """The state of the outbox."""
        return self._phase

    @property
    def waiting(self) -> int:
        """The number of bytes that wait to be sent."""
        return self._size + self._unsent + (0 if self._only is None else len(self._only))

    @property
    def sendable(self) -> int:
        """The number of waiting bytes that only the reader delays: L{waiting} without those that are held back."""
        return self.waiting - sum([len(data) for part in self._held or () for data in part])

    def deliver(self, data: bytes) -> None:
        """Add bytes from an audience.  Between L{holdDeliveries} and L{releaseDeliveries} they are held back."""
        if self._resting:
            self._resting = False
            self._only = data
            self._turn.send(self)
        elif self._held is None:
            self.write(data)
        elif self._phase is Phase.OPEN:
            self._held[-1].append(data)
            self._size += len(data)
            self._check()

    def write(self, data: bytes) -> None:
        """Append bytes after the waiting ones and before those that are held back."""
        if self._phase is not OPEN:
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
            self.flush()  # only bytes that the connection does not accept count

    def change(self, limit: int) -> None:
        """Replace the limit on the bytes that wait for a slow reader."""
        self._limit = limit
        if self._full:
            self._check()

    def holdDeliveries(self) -> None:
        """Hold back deliveries, so that a reply that is still being read from the history is sent first."""
        if self._held is None:
            self._held = [[]]
            self._resting = False

    def releaseDeliveries(self) -> None:
        """Append the deliveries that were held back, and stop holding back."""
        parts, self._held = self._held, None
        for part in parts or ():
            self._append(part)
        self._rest()

    def divideHeld(self) -> None:
        """Begin another part of the deliveries that are held back, so that L{releaseFirst} leaves it alone."""
        if self._held is not None:
            self._held.append([])

    def releaseFirst(self) -> None:
        """Append the first part of the deliveries that were held back, and go on holding back the others."""
        if self._held is not None and len(self._held) > 1:
            self._append(self._held.pop(0))

    def _append(self, deliveries: list[bytes]) -> None:
        """Append deliveries that were held back.  They are counted already."""
        for data in deliveries:
            self._size -= len(data)
            self.write(data)

    def close(self) -> None:
        """Send the waiting bytes, then close the connection.  Later output is dropped.  A second call does nothing."""
        if self._phase is Phase.OPEN:
            self.releaseDeliveries()
        if self._phase is Phase.OPEN:  # the released bytes may have passed the limit
            self._phase = Phase.CLOSING
        if self._phase is not Phase.CLOSED:
            self._resting = False
            self._turn.afterSending(self._finish)

    def abandon(self) -> None:
        """Drop all output, now and later: the connection is lost or broken."""
        if self._phase is not Phase.CLOSED:
            self._phase = Phase.ABANDONED
        self._resting = False
        self._only = None
        self._chunks = []
        self._held = None
        self._turn.full.discard(self)

    def resumeProducing(self) -> None:
        """The transport's buffer is empty, so the connection accepts output again."""
        self._full = False
        self._turn.full.discard(self)
        self._unsent = 0
        self._rest()
        self.flush()
        if self._phase is not Phase.OPEN:
            self._finish()

    def stopProducing(self) -> None:
        """The connection is lost."""
        self.abandon()

    def _rest(self) -> None:
        """Mark the outbox as resting if it is empty, open, and may deliver."""
        waits = self._only is not None or self._chunks or self._held is not None
        self._resting = not (waits or self._full or self._phase is not OPEN)

    def _check(self) -> None:
        """Abandon the outbox if the waiting bytes exceed the limit."""
        if self.waiting > self._limit and self._phase in (Phase.OPEN, Phase.CLOSING):
            self.abandon()
            self._turn.afterSending(self._overflow)

    def _finish(self) -> None:
        """Close the connection if all output has been sent."""
        self.flush()  # a turn sends a bounded number of outboxes, and may not have reached this one
        if self._phase is Phase.CLOSED or (self._phase is Phase.CLOSING and self._full):
            return  # it is closed, or resumeProducing will close it
        self._phase = Phase.CLOSED
        self._release()


@implementer(IPullProducer)
class SocketOutbox(Outbox):
    """
    The outbox of a plain TCP connection.

    It writes directly to the socket, without the reactor.  When the socket's buffer is full, the outbox passes the rest
    of that write to the transport and registers as its pull producer.  Later output waits here, uncopied, until the
    transport has sent that rest.
    """

    __slots__ = ("_registering", "_socket")

    def __init__(self, transport: Any, turn: Turn, limit: int, overflow: Callable[[], None]) -> None:
        """
        @param transport: a TCP transport without TLS.
        """
        super().__init__(transport, turn, limit, overflow)
        self._registering = False
        self._socket: socket = transport.getHandle()

    def flush(self) -> None:
        """See L{Outbox.flush}."""
        if self._full:
            return
        data = self._only
        if data is not None:
            self._only = None
        elif self._chunks:
            data = b"".join(self._chunks)
            self._chunks = []
            self._size -= len(data)
        else:
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abandon()
            self._turn.afterSending(self._transport.abortConnection)  # a paused transport would not notice
            return
        if sent < len(data):
            self._unsent = len(data) - sent
            self._pull(data[sent:])
        elif self._held is None and self._phase is OPEN:
            self._resting = True

    def resumeProducing(self) -> None:
        """See L{Outbox.resumeProducing}."""
        if self._registering:
            return  # a transport asks a pull producer for data at registration, before it has sent any
        self._transport.unregisterProducer()
        super().resumeProducing()

    def _pull(self, rest: bytes) -> None:
        """Pass the rest of a write to the transport, and wait until it has sent it."""
        self._full = self._registering = True
        self._turn.full.add(self)
        self._transport.write(rest)
        self._transport.registerProducer(self, False)
        self._registering = False
        self._check()

    def _release(self) -> None:
        """See L{Outbox._release}."""
        self._transport.loseConnection()


@implementer(IPushProducer)
class TransportOutbox(Outbox):
    """
    The outbox of every other connection (TLS, a UNIX socket, a test's).

    It is a push producer of the transport, which calls L{pauseProducing} when its buffer is full.  That buffer may
    contain 64 KiB that C{limits.sendq} does not count.
    """

    __slots__ = ()

    def __init__(self, transport: Any, turn: Turn, limit: int, overflow: Callable[[], None]) -> None:
        """
        @param transport: an C{ITransport} that is an C{IConsumer}.
        """
        super().__init__(transport, turn, limit, overflow)
        transport.registerProducer(self, True)

    def flush(self) -> None:
        """See L{Outbox.flush}."""
        # The first steps are those of SocketOutbox.flush.  A shared method would add a call to every write.
        if self._full:
            return
        data = self._only
        if data is not None:
            self._only = None
        elif self._chunks:
            data = b"".join(self._chunks)
            self._chunks = []
            self._size -= len(data)
        else:
            return
        self._unsent = len(data)
        self._transport.write(data)
        if not self._full:
            self._unsent = 0
            self._rest()

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        self._full = True
        self._resting = False
        self._turn.full.add(self)
        self._check()

    def _release(self) -> None:
        """See L{Outbox._release}."""
        self._transport.unregisterProducer()
        self._transport.loseConnection()


def outboxFor(transport: Any, turn: Turn, limit: int, overflow: Callable[[], None]) -> Outbox:
    """Make the kind of outbox that fits a transport.  The arguments are those of L{Outbox}."""
    if isinstance(transport, Connection) and not transport.TLS:
        return SocketOutbox(transport, turn, limit, overflow)
    return TransportOutbox(transport, turn, limit, overflow)
