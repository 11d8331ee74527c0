"""
What the doors of line protocols have in common: one connection, from its admission to its end.

A door's protocol says what to do with bytes, and how to word things; this keeps the order of commands, the limits, the
time-outs and the outbox.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IHalfCloseableProtocol, ISSLTransport, ITCPTransport
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.limits import TokenBucket
from twistchat.chat.users import Session
from twistchat.doors.backstage import Backstage
from twistchat.doors.lane import Lane
from twistchat.doors.outbox import Outbox
from twistchat.interfaces import IDialect, IDoorFactory, IOutlet

CLOSING = 5.0
"""Seconds that a client has to read what is left for it, when its connection is being closed."""


@implementer(IOutlet, IHalfCloseableProtocol)
class Connection(Protocol, ABC):
    """
    One connection of a door.

    @ivar outbox: what waits to leave.
    @ivar lane: the order of its commands.
    @ivar session: its session in the chat; C{None} where it was not admitted.
    @ivar address: the peer's IP address, or C{None} where it has none.
    @ivar ending: whether nothing is taken from it any more.
    """

    outbox: Outbox
    session: Session | None = None
    address: str | None = None
    ending = False

    _flood: TokenBucket | None = None
    _deadline: IDelayedCall | None = None
    _abortion: IDelayedCall | None = None
    _registered = False
    _halfClosed = False
    _lost = False

    def __init__(self, backstage: Backstage, factory: ConnectionFactory) -> None:
        self.backstage = backstage
        self._factory = factory
        self.lane = Lane(backstage.settings.limits.recvq, self._pause, self._resume, self._leaveIfServed, self.refused)

    # For a door's protocol to say

    @abstractmethod
    def begin(self) -> None:
        """Greet a connection that was admitted."""

    @abstractmethod
    def bytesReceived(self, data: bytes) -> None:
        """Take the next bytes of a connection that was admitted."""

    @abstractmethod
    def farewell(self, reason: str, fault: bool) -> bytes:
        """
        Word the end of the connection for its client.

        @param fault: whether the client brought it about, and might do better.
        """

    @abstractmethod
    def refused(self, failure: Failure) -> None:
        """Word for the client why one of its commands is refused."""

    @abstractmethod
    def tune(self, room: str) -> IDialect:
        """See L{IOutlet.tune}."""

    # For a door's protocol to call

    def registered(self) -> None:
        """The user has come in: the deadline for that is off."""
        self._registered = True
        self.backstage.admission.registered(self.address)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def flooding(self) -> float:
        """
        Count a line against the flood limit.

        @return: C{0.0}, or how many seconds too early it came; then it is not to be obeyed.
        """
        if self._flood is None:
            return 0.0
        return self._flood.take(self.backstage.clock.seconds())

    def reply(self, data: bytes) -> None:
        """Send something to this client alone, behind all that it was to hear until now."""
        if self.session is not None:
            self.backstage.chat.state.broadcast.settle(self.session)
        self.outbox.write(data)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """
        Keep back what an audience is told from now on, to the end of this context, so that something that is still
        being read comes in front of it.
        """
        if self.session is not None:
            self.backstage.chat.state.broadcast.settle(self.session)
        self.outbox.hold()
        try:
            yield
        finally:
            self.outbox.release()

    def expel(self, reason: str) -> None:
        """Tell the client what it did wrong, and close the connection."""
        self._end(reason, fault=True)

    def leave(self, reason: str) -> None:
        """
        End the session, for C{reason} as others see it, and close the connection when what waits has left.
        """
        self.ending = True
        self._endSession(reason)
        self.outbox.close()
        if self._abortion is None and not self._lost:
            self._abortion = self.backstage.clock.callLater(CLOSING, self._abort)

    # IOutlet

    def deliver(self, data: bytes) -> None:
        """See L{IOutlet.deliver}."""
        self.outbox.deliver(data)

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
        self._end(reason, fault=False)

    # Twisted's

    def connectionMade(self) -> None:
        """Admit the connection, or say why not."""
        backstage, limits = self.backstage, self.backstage.settings.limits
        self._factory.opened(self)
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)
            self.transport.setTcpKeepAlive(True)
        assert self.transport is not None
        self.address = getattr(self.transport.getPeer(), "host", None)
        self.outbox = Outbox(self.transport, backstage.turn, limits.sendq, self._tooSlow)
        refusal = backstage.admission.admit(self.address)
        if refusal is not None:
            self.expel(refusal)
            return
        exempt = backstage.admission.exempt(self.address)
        if not exempt:
            self._flood = TokenBucket(limits.floodBurst, limits.floodRate, backstage.clock.seconds())
        secure = ISSLTransport.providedBy(self.transport)
        self.session = backstage.chat.open(self, exempt, address=self.address, secure=secure)
        self._deadline = backstage.clock.callLater(limits.registration, self._late)
        self.begin()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, as long as the connection is not ending."""
        if not self.ending:
            self.bytesReceived(data)

    def readConnectionLost(self) -> None:
        """The client sends no more: finish what it sent, then close (a script behind a pipe)."""
        self._halfClosed = True
        self._leaveIfServed()

    def writeConnectionLost(self) -> None:
        """The client reads no more."""
        self.outbox.abandon()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the session, and forget the connection."""
        self.ending = self._lost = True
        self.outbox.abandon()
        self.lane.clear()
        for call in (self._deadline, self._abortion):
            if call is not None and call.active():
                call.cancel()
        if self.session is not None:
            self._endSession("connection lost")
            self.backstage.admission.release(self.address, self._registered)
        self._factory.lost(self)

    # The end, in its several ways

    def _end(self, reason: str, fault: bool) -> None:
        if not self.ending:
            self.outbox.release()
            self.reply(self.farewell(reason, fault))
            self.leave(reason)

    def _endSession(self, reason: str) -> None:
        if self.session is not None:
            going = self.backstage.chat.close(self.session, reason)
            if going is not None:
                going.addErrback(_ungone)

    def _late(self) -> None:
        self._deadline = None
        limit = self.backstage.settings.limits.registration
        self.expel(f"You did not come in within {limit:g} s.  Connect again, and be quicker.")

    def _tooSlow(self) -> None:
        self._endSession("read too slowly")
        self._abort()

    def _abort(self) -> None:
        self.transport.abortConnection()  # type: ignore[union-attr]  # every stream transport has it

    # While more waits than may be sent ahead, the kernel holds the client back

    def _pause(self) -> None:
        self.transport.pauseProducing()  # type: ignore[union-attr]  # every stream transport has it

    def _resume(self) -> None:
        if not self.ending:
            self.transport.resumeProducing()  # type: ignore[union-attr]  # every stream transport has it

    def _leaveIfServed(self) -> None:
        if self._halfClosed and self.lane.idle and not self.ending:
            self.leave("connection closed")


def _ungone(failure: Failure) -> None:
    """A journal that is closed takes no more goings: everyone is going."""
    failure.trap(NotStored)


@implementer(IDoorFactory)
class ConnectionFactory(ServerFactory):
    """Makes the connections of one door, knows which are open, and closes them in good order."""

    noisy = False

    def __init__(self, backstage: Backstage, make: Callable[[Backstage, ConnectionFactory], Connection]) -> None:
        """
        @param make: makes this door's protocol.
        """
        self._backstage = backstage
        self._make = make
        self._open: set[Connection] = set()
        self._closed: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> Connection | None:
        """See C{IProtocolFactory.buildProtocol}.  While it is being closed it takes none."""
        return None if self._closed is not None else self._make(self._backstage, self)

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close}."""
        closed = self._closed = Deferred()
        for connection in list(self._open):
            connection.disconnect(reason)
        self._fireIfClosed()
        return closed

    def opened(self, connection: Connection) -> None:
        """A connection was made."""
        self._open.add(connection)

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self._open.discard(connection)
        self._fireIfClosed()

    def _fireIfClosed(self) -> None:
        if self._closed is not None and not self._closed.called and not self._open:
            self._closed.callback(None)
