"""
What the doors of line protocols have in common: one connection, from its admission to its end.

A door's protocol says what to do with bytes, and how to word things; this keeps the order of commands, the limits, the
time-outs and the outbox.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IHandshakeListener,
    ISSLTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import ServerBanned
from twistchat.chat.model.events import Entry, Event, Kind, Source
from twistchat.chat.model.serverbans import wordServerBan
from twistchat.chat.model.users import Session
from twistchat.interfaces import IDialect, IOutlet
from twistchat.net.context import ServerContext
from twistchat.net.input.intake import Intake, Line, Reason
from twistchat.net.input.pace import Gone
from twistchat.net.input.pipeline import Pipeline
from twistchat.net.limits.admission import NotAdmitted, Ticket
from twistchat.net.limits.departures import ungone
from twistchat.net.limits.rates import Rates
from twistchat.net.listening.certificates import fingerprintOf, requestCertificate
from twistchat.net.listening.hangup import hasHungUp
from twistchat.net.listening.origin import Proxied
from twistchat.net.output.kinds import outboxFor
from twistchat.net.output.outbox import Outbox
from twistchat.wire.sniff import isHostHeader, isHttpRequest, isTlsHello

if TYPE_CHECKING:
    from twistchat.net.factory import ConnectionFactory

CLOSING = 5.0
"""Seconds that a client has to read what is left for it, when its connection is being closed."""


@implementer(IOutlet, IHalfCloseableProtocol, IHandshakeListener)
class Connection(Protocol, ABC):
    """
    One connection of a door.

    @cvar pings: whether L{idle} is called after C{limits.ping} of silence, and L{gone} after C{limits.pingTimeout}.
    @ivar intake: what it has sent and the server has not obeyed yet.
    @ivar rates: how fast it may send.
    @ivar outbox: what waits to leave.
    @ivar pipeline: the order of its commands.
    @ivar session: its session in the chat; C{None} where it was not admitted.
    @ivar address: the client's IP address, or C{None} where it has none.
    @ivar secure: whether it is encrypted all the way from the client.
    @ivar fingerprint: the SHA-256 of the certificate that the client has shown to be its own, in hexadecimal, once the
        handshake is complete; C{None} where it has shown none.
    @ivar ticket: what it counts for, where limits count; C{None} where it was not admitted.
    @ivar heard: when its last bytes came, in seconds on the clock.
    @ivar ending: whether nothing is taken from it any more.
    """

    # Instances of a class share the keys of their dictionaries as long as they have 30 at the most, all together.  With
    # these and a door's own there were more; and then each of them has a dictionary of its own, of a kilobyte.
    __slots__ = (
        "_abortion",
        "_askedAt",
        "_factory",
        "_halfClosed",
        "_lost",
        "_registered",
        "_seconds",
        "_shaken",
        "_spoken",
        "address",
        "context",
        "ending",
        "fingerprint",
        "heard",
        "intake",
        "outbox",
        "pipeline",
        "rates",
        "secure",
        "session",
        "slot",
        "ticket",
    )

    pings: ClassVar[bool] = False

    outbox: Outbox
    rates: Rates

    def __init__(self, context: ServerContext, factory: ConnectionFactory) -> None:
        self.session: Session | None = None
        self.address: str | None = None
        self.secure = False
        self.fingerprint: str | None = None
        self.ticket: Ticket | None = None
        self.heard = 0.0
        self.ending = False
        self.slot: int | None = None
        self._abortion: IDelayedCall | None = None
        self._askedAt: float | None = None
        self._registered = self._halfClosed = self._lost = self._spoken = False
        self._shaken = True
        self.context = context
        self._factory = factory
        self._seconds = context.clock.seconds
        self.intake = Intake(self, context.shares)
        self.pipeline = Pipeline(
            context.settings.limits.recvq,
            partial(self.intake.pause, Reason.BACKLOG),
            partial(self.intake.resume, Reason.BACKLOG),
            self._leaveIfServed,
            self._refused,
            context.inFlight,
        )

    # For a door's protocol to say

    @abstractmethod
    def begin(self) -> None:
        """Greet a connection that was admitted."""

    @abstractmethod
    def cut(self, data: bytes) -> Sequence[Line]:
        """Cut the next bytes of a connection that was admitted into lines.  See L{Source.cut}."""

    @abstractmethod
    def take(self, line: Line) -> float:
        """Obey a line, or say how many seconds too early it came.  See L{Source.take}."""

    def lastLines(self) -> Sequence[Line]:
        """See L{Source.lastLines}.  A line without an end is none, unless a door says otherwise."""
        return ()

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
    def tune(self, place: str) -> IDialect:
        """See L{IOutlet.tune}."""

    def idle(self) -> None:
        """Ask a client that has long been silent whether it is there: anything that it sends will do for an answer."""

    @property
    def deadline(self) -> float:
        """Within how many seconds from its acceptance a connection has to come in."""
        return self.context.settings.limits.registration

    def whyLate(self) -> str:
        """Word for a client that it did not come in within L{deadline}."""
        return f"You did not come in within {self.deadline:g} s.  Connect again, and be quicker."

    def gone(self) -> None:
        """Give up a client that does not answer."""
        self.expel(f"Ping timeout: {self.context.settings.limits.pingTimeout:g} s")

    def banned(self, ban: ServerBanned) -> None:
        """Turn away a client whose address is banned from the server."""
        self.expel(wordServerBan(ban.reason))

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}.  Where a door has no labels, nothing is to be put on them."""
        return data

    def moved(self, old: str, entry: Entry, label: str | None) -> None:
        """See L{IOutlet.moved}.  Where a door keeps no room in mind, there is nothing to change."""

    def rehosted(self, entry: Entry, before: Source) -> None:
        """See L{IOutlet.rehosted}.  A door that shows no hosts has nothing to show."""

    # For a door's protocol to call

    @property
    def openSession(self) -> Session:
        """This client's session, which it has for as long as it can give a command."""
        assert self.session is not None
        return self.session

    def registered(self) -> None:
        """The user has come in: the deadline for that is off."""
        self._registered = True
        assert self.ticket is not None
        self.ticket.registered()
        if self.pings:
            self.context.idle.watch(self, self._seconds() + self.context.settings.limits.ping)
        else:
            self.context.idle.forget(self)

    def comesFrom(self, address: str, secure: bool) -> bool:
        """
        Take the connection, whose user has not come in yet, for that of the client for which a gateway speaks: its
        address is what limits count from now on, and the gateway's own is not any more.

        @param address: the client's IP address.
        @param secure: whether it is encrypted from the client to the gateway.
        @return: whether that client is admitted; where not, it has been told why.
        """
        if self.ticket is not None:
            self.ticket.cancel()
        self.address, self.fingerprint = address, None
        self.secure = self.secure and secure
        if not self._admit():
            return False
        if self.session is not None and self.ticket is not None:
            self.session.address, self.session.fingerprint = address, None
            self.session.secure, self.session.exempt = self.secure, self.ticket.exempt
        return True

    async def checkPassword(self, hash: str | None, password: str) -> bool:
        """See L{Ticket.check}."""
        assert self.ticket is not None
        return await self.ticket.check(self.context.passwords, hash, password)

    def speaksHttp(self, line: Line) -> bool:
        """
        Find out whether a client that has not come in speaks HTTP instead: a browser, sent by a web page.  Then it is
        disconnected, and nothing that it sends is obeyed.

        @param line: one of its lines, in order, and not a blank one.
        """
        first, self._spoken = not self._spoken, True
        if isinstance(line, bytes) and ((first and isHttpRequest(line)) or isHostHeader(line)):
            self.turnAway("This is a chat server, and that is an HTTP request")
            return True
        return False

    def turnAway(self, reason: str) -> None:
        """Tell the client which limit it passed, close the connection, and log that."""
        self.context.refusals.note(self.address, reason)
        self.expel(reason)

    def reply(self, data: bytes) -> None:
        """Send something to this client alone, behind all that it was to hear until now."""
        if self.session is not None:
            self.context.chat.state.broadcast.settle(self.session)
        self.outbox.write(data)

    def post(self, name: str, text: str, kind: Kind = "message") -> None:
        """
        Say a text in a room, of which the client hears as everybody does, or by L{untaken}.  It is under way in the
        pipeline until it has happened.

        @raise ChatError: it cannot be said.
        """
        assert self.session is not None
        self.context.chat.speaking.post(self.session, name, text, self.untaken, kind)
        self.pipeline.began()

    def untaken(self, event: Event, failure: Failure) -> None:
        """Word for the client why a text was not taken of which it hears otherwise.  See L{Speaking.post}."""
        self.refused(failure)

    def expel(self, reason: str) -> None:
        """Tell the client what it did wrong, and close the connection."""
        self._end(reason, fault=True)

    def leave(self, reason: str) -> None:
        """
        End the session, for C{reason} as others see it, and close the connection when what waits has left.
        """
        self.ending = True
        self.intake.close()
        self.context.idle.forget(self)
        self._endSession(reason)
        self.outbox.close()
        if self._abortion is None and not self._lost:
            self._abortion = self.context.clock.callLater(CLOSING, self._abort)

    # IOutlet

    @property
    def deliver(self) -> Callable[[bytes], None]:
        """See L{IOutlet.deliver}: the outbox's, with nothing in between."""
        return self.outbox.deliver

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
        self._end(reason, fault=False)

    # Twisted's

    def connectionMade(self) -> None:
        """Admit the connection, or say why not."""
        context, limits = self.context, self.context.settings.limits
        self._factory.opened(self)
        assert self.transport is not None
        for name in ("setTcpNoDelay", "setTcpKeepAlive"):
            switch = getattr(self.transport, name, None)  # TLS claims to be TCP, whatever is below it
            if switch is not None:
                switch(True)
        self.address = getattr(self.transport.getPeer(), "host", None)
        below: Any = self.transport
        deadline = self.deadline
        if isinstance(self.transport, Proxied):
            below, self.secure = self.transport.transport, self.transport.secure
        elif ISSLTransport.providedBy(self.transport):
            self.secure, self._shaken = True, False
            requestCertificate(self.transport)
            deadline = limits.registration  # no person has to think about a handshake
        self.outbox = outboxFor(below, context.turn, limits.sendq, self._tooSlow)
        self.heard = self._seconds()
        accepted = self.transport.accepted if isinstance(self.transport, Proxied) else self.heard
        if self._admit() and self.ticket is not None:
            self.session = context.chat.presence.open(
                self, self.ticket.exempt, address=self.address, secure=self.secure
            )
            context.idle.watch(self, accepted + deadline)
            self.begin()

    def handshakeCompleted(self) -> None:
        """Learn the client's certificate, and give it the rest of its time.  See L{IHandshakeListener}."""
        self._shaken = True
        self.fingerprint = fingerprintOf(self.transport)
        if self.session is not None:
            self.session.fingerprint = self.fingerprint
            if not (self._registered or self.ending):
                self.context.idle.watch(self, self.heard + self.deadline)  # nothing was heard since it was accepted

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, as long as the connection is not ending."""
        self.heard = self._seconds()
        if self.ending:
            return
        if not self._spoken and not self._registered and isTlsHello(data):
            self.turnAway("This port is not encrypted, and that is a TLS handshake")
            return
        self.intake.feed(data)

    def readConnectionLost(self) -> None:
        """The client sends no more: finish what it sent, then close (a script behind a pipe)."""
        self._halfClosed = True
        if not self.ending:
            self.intake.end()

    def inputDone(self) -> None:
        """See L{Source.inputDone}."""
        self._leaveIfServed()

    def writeConnectionLost(self) -> None:
        """The client reads no more."""
        self.outbox.abandon()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the session, and forget the connection."""
        self.ending = self._lost = True
        self.intake.close()
        self.outbox.abandon()
        self.pipeline.clear()
        self.context.idle.forget(self)
        if self._abortion is not None and self._abortion.active():
            self._abortion.cancel()
        self._endSession("connection lost")
        if self.ticket is not None:
            self.ticket.release()
        self._factory.lost(self)

    # Time

    def look(self, now: float) -> None:
        """Find out whether the client is late, or silent.  See L{Watched <twistchat.net.limits.idle.Watched>}."""
        limits = self.context.settings.limits
        if not self._registered:
            self._giveUp(self.whyLate())
            return
        if self._halfClosed or (self.intake.paused and not hasHungUp(self.transport)):
            self.heard = now  # it is not the client who keeps silent
        patience = limits.pingTimeout - limits.ping
        when = now + min(patience, limits.ping)
        if now - self.heard < limits.ping:
            when = self.heard + limits.ping
        elif self._askedAt is None or self._askedAt <= self.heard:
            self._askedAt = now
            self.idle()
        elif now - self._askedAt < patience:
            when = min(self._askedAt + patience, now + limits.ping)
        else:
            self.gone()
        if not self.ending:
            self.context.idle.watch(self, when)

    def _admit(self) -> bool:
        """Count the connection for its address; or end it, where that has too many, or is banned."""
        self.ticket = None
        try:
            self.context.chat.presence.checkAddress(self.address)
            self.ticket = self.context.admission.admit(self.address)
        except ServerBanned as ban:
            self.banned(ban)
            return False
        except NotAdmitted as refusal:
            self.turnAway(str(refusal))
            return False
        self.ticket.turnAway = self._giveUp
        self.rates = Rates(self.context.settings.limits, self.ticket.exempt, self._seconds)
        return True

    # The end, in its several ways

    def _end(self, reason: str, fault: bool) -> None:
        if not self.ending:
            self.outbox.release()
            self.reply(self.farewell(reason, fault))
            self.leave(reason)

    def _giveUp(self, reason: str) -> None:
        """Turn away a client that has not come in."""
        self.turnAway(reason)
        if not self._shaken:
            self._abort()  # there is no way to tell it

    def _endSession(self, reason: str) -> None:
        if self.session is not None:
            going = self.context.chat.presence.close(self.session, reason)
            if going is not None:
                going.addErrback(ungone)

    def _tooSlow(self) -> None:
        self.context.refusals.note(self.address, "it reads too slowly, and more than limits.sendq waited for it")
        self._endSession("read too slowly")
        self._abort()

    def _abort(self) -> None:
        self.transport.abortConnection()  # type: ignore[union-attr]  # every stream transport has it

    def _refused(self, failure: Failure) -> None:
        """Word why a command is refused, unless that is because the client has gone meanwhile."""
        if not failure.check(Gone):
            self.refused(failure)

    def _leaveIfServed(self) -> None:
        if self._halfClosed and self.intake.idle and self.pipeline.idle and not self.ending:
            self.leave("connection closed")
