"""
What waits to leave for one connection.

It leaves in one write a turn.  Where nothing is waiting in front of it, it goes to the socket at once, without arming
the reactor; where the socket takes no more, the transport gets the rest, and what comes meanwhile waits here, by
reference, until the transport is empty again.  So all that waits for a slow reader is counted, and bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from socket import socket
from typing import Any

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

from twistchat.net.turn import Turn


@implementer(IPullProducer, IPushProducer)
class Outbox:
    """
    The one way in which bytes reach a connection.

    With a plain TCP transport it writes to the socket itself, and is a pull producer of the transport while the socket
    is full.  With any other (TLS, an SSH channel, a test's) it is a push producer, and the transport says when to
    pause; such a transport may hold 64 KiB more than is counted.

    Most of the time an outbox rests: nothing waits, and the connection takes more.  Then what an audience delivers is
    all that the turn has for it, and costs no more than to be noted here, and one C{send}.
    """

    __slots__ = (
        "_chunks",
        "_closing",
        "_dead",
        "_finished",
        "_held",
        "_limit",
        "_only",
        "_overflow",
        "_paused",
        "_registering",
        "_resting",
        "_size",
        "_socket",
        "_transport",
        "_turn",
        "_unsent",
    )

    def __init__(self, transport: Any, turn: Turn, limit: int, overflow: Callable[[], None]) -> None:
        """
        @param transport: an C{ITransport} that is an C{IConsumer}.
        @param turn: at whose end it is emptied.
        @param limit: how many bytes may wait for a reader that is behind.
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
        self._paused = self._registering = self._closing = self._finished = self._dead = False
        self._resting = True
        self._socket: socket | None = None
        if isinstance(transport, Connection) and not transport.TLS:
            self._socket = transport.getHandle()
        else:
            transport.registerProducer(self, True)

    @property
    def waiting(self) -> int:
        """How many bytes wait for a reader that is behind."""
        return self._size + self._unsent + (0 if self._only is None else len(self._only))

    @property
    def leaving(self) -> int:
        """How many of these bytes nothing but the reader keeps from leaving."""
        return self.waiting - sum(map(len, self._held or ()))

    def deliver(self, data: bytes) -> None:
        """Put bytes of an audience behind those that wait; or keep them back, while L{hold} says so."""
        if self._resting:
            self._resting = False
            self._only = data
            self._turn.send(self)
        elif self._held is None:
            self.write(data)
        elif not self._dead:
            self._held.append(data)
            self._size += len(data)
            self._check()

    def write(self, data: bytes) -> None:
        """Put bytes behind those that wait, in front of those that are held."""
        if self._dead or self._closing:
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
            if not self._paused:
                self._turn.send(self)
        if self._paused:
            self._check()
        elif self._size > self._limit:
            self.flush()  # what the connection does not take now is counted

    def hold(self) -> None:
        """Keep back what an audience is told, so that something that is still being read comes in front of it."""
        if self._held is None:
            self._held = []
            self._resting = False

    def release(self) -> None:
        """Put what was kept back behind what waits."""
        held, self._held = self._held, None
        for data in held or ():
            self._size -= len(data)
            self.write(data)
        self._rest()

    def flush(self) -> None:
        """Let what waits leave, as far as the connection takes it."""
        if self._paused or self._dead:
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
        if self._socket is None:
            self._unsent = len(data)
            self._transport.write(data)
            if not self._paused:
                self._unsent = 0
                self._rest()
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abandon()
            self._turn.afterwards(self._transport.abortConnection)  # a paused transport would not notice
            return
        if sent < len(data):
            self._unsent = len(data) - sent
            self._pull(data[sent:])
        elif self._held is None and not self._closing:
            self._resting = True

    def close(self) -> None:
        """Let what waits leave, then close the connection.  Nothing more is taken."""
        if not self._closing:
            self.release()
            self._closing = True
            self._resting = False
            self._turn.afterwards(self._finish)

    def abandon(self) -> None:
        """Forget what waits, and take nothing more: the connection is gone, or good for nothing."""
        self._dead = True
        self._resting = False
        self._only = None
        self._chunks = []
        self._held = None

    def pauseProducing(self) -> None:
        """The transport holds as much as it should.  (Push producers only.)"""
        self._paused = True
        self._resting = False
        self._check()

    def resumeProducing(self) -> None:
        """The transport has sent all that it held."""
        if self._registering:
            return  # a transport asks a pull producer for data as soon as it is registered, before it has sent any
        if self._socket is not None:
            self._transport.unregisterProducer()
        self._paused = False
        self._unsent = 0
        self._rest()
        self.flush()
        if self._closing:
            self._finish()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self.abandon()

    def _pull(self, rest: bytes) -> None:
        """Leave the rest of a write to the transport, until it has sent that."""
        self._paused = self._registering = True
        self._transport.write(rest)
        self._transport.registerProducer(self, False)
        self._registering = False
        self._check()

    def _rest(self) -> None:
        """Let the next that is delivered leave by itself, where nothing is in its way."""
        waits = self._only is not None or self._chunks or self._held is not None
        self._resting = not (waits or self._paused or self._closing or self._dead)

    def _check(self) -> None:
        if self.waiting > self._limit and not self._dead:
            self.abandon()
            self._turn.afterwards(self._overflow)

    def _finish(self) -> None:
        self.flush()  # where more outboxes wait than leave in one turn, this one may not have left
        if self._finished or (self._paused and not self._dead):
            return  # resumeProducing was first, or comes back to it
        self._finished = True
        if self._socket is None:
            self._transport.unregisterProducer()
        self._transport.loseConnection()
