"""The two kinds of outboxes: one writes directly to a TCP socket, the other writes through its transport."""

from __future__ import annotations

from collections.abc import Callable
from socket import socket
from typing import Any

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

from twistchat.net.output.outbox import Outbox, Phase
from twistchat.net.output.turn import Turn


def outboxFor(transport: Any, turn: Turn, limit: int, overflow: Callable[[], None]) -> Outbox:
    """Make the kind of outbox that fits a transport.  The arguments are those of L{Outbox}."""
    if isinstance(transport, Connection) and not transport.TLS:
        return SocketOutbox(transport, turn, limit, overflow)
    return TransportOutbox(transport, turn, limit, overflow)


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
        elif self._held is None and self._phase is Phase.OPEN:
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
        self._check()

    def _release(self) -> None:
        """See L{Outbox._release}."""
        self._transport.unregisterProducer()
        self._transport.loseConnection()
