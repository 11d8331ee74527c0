"""
The base of client protocols: one client, from its admission to its end, over any carrier.

A protocol says what to do with lines and how to word things.  The base composes what all protocols need: the carrier,
the way in, the order of commands, the rates, the watch for silence and the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.model.events import Entry, Event, Kind, Source
from twistchat.chat.model.users import Session
from twistchat.interfaces import IDialect, IOutlet
from twistchat.interfaces.carrier import ICarrier, IClient
from twistchat.net.client.closing import Closing
from twistchat.net.client.entrance import Entrance
from twistchat.net.client.silence import Silence
from twistchat.net.context import ServerContext
from twistchat.net.input.intake import Line, Reason
from twistchat.net.input.pace import Gone
from twistchat.net.input.pipeline import Pipeline
from twistchat.net.limits.rates import Rates
from twistchat.net.output.outbox import Outbox

if TYPE_CHECKING:
    from twistchat.net.client.factory import ClientFactory


@implementer(IOutlet, IClient)
class ClientProtocol(Protocol, ABC):
    """
    The protocol of one client.

    @cvar pings: whether L{idle} is called after C{limits.ping} of silence; a client that does not answer within
        C{limits.pingTimeout} is disconnected.
    @ivar carrier: the carrier, which is the C{transport} too.
    @ivar outbox: the carrier's outbox.
    @ivar entrance: whether and how it was let in.
    @ivar pipeline: the order of its commands.
    @ivar rates: how fast it may send.
    @ivar silence: watches for its silence.
    @ivar closing: ends its connection.
    @ivar session: its session in the chat; C{None} where it was not admitted.
    @ivar address: the client's IP address, or C{None} where it has none; that of the client behind a gateway.
    @ivar secure: whether it is encrypted all the way from the client.
    @ivar fingerprint: see L{ICarrier}; C{None} behind a gateway.
    @ivar spoken: see L{IClient}.
    @ivar ending: whether nothing is taken from it any more.
    """

    # Instances of a class share the keys of their dictionaries up to 30 attributes.  With those of a protocol there
    # would be more, and each instance would have a dictionary of its own, of a kilobyte.
    __slots__ = (
        "_factory",
        "address",
        "carrier",
        "closing",
        "context",
        "ending",
        "entrance",
        "fingerprint",
        "outbox",
        "pipeline",
        "rates",
        "secure",
        "session",
        "silence",
        "spoken",
    )

    pings: ClassVar[bool] = False

    carrier: ICarrier
    outbox: Outbox
    pipeline: Pipeline
    rates: Rates

    def __init__(self, context: ServerContext, factory: ClientFactory) -> None:
        self.context = context
        self._factory = factory
        self.session: Session | None = None
        self.address: str | None = None
        self.fingerprint: str | None = None
        self.secure = self.spoken = self.ending = False
        self.entrance = Entrance(self)
        self.silence = Silence(self)
        self.closing = Closing(self)

    # For a protocol to say

    @abstractmethod
    def begin(self) -> None:
        """Greet a client that was admitted."""

    @abstractmethod
    def take(self, line: Line) -> float:
        """Obey a line, or say how many seconds too early it came.  See L{IClient.take}."""

    @abstractmethod
    def farewell(self, reason: str, fault: bool) -> bytes:
        """
        Word the end of the connection for its client.

        @param fault: whether the client caused it.
        """

    @abstractmethod
    def refused(self, failure: Failure) -> None:
        """Word for the client why one of its commands is refused."""

    def untaken(self, event: Event, failure: Failure) -> None:
        """Word for the client why a text that it posted was refused.  See L{Speaking.post}."""
        self.refused(failure)

    @abstractmethod
    def tune(self, place: str) -> IDialect:
        """See L{IOutlet.tune}."""

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}.  A protocol without labels shows the entry as it is."""
        return data

    def moved(self, old: str, entry: Entry, label: str | None) -> None:
        """See L{IOutlet.moved}.  A protocol that keeps no room in mind has nothing to change."""

    def rehosted(self, entry: Entry, before: Source) -> None:
        """See L{IOutlet.rehosted}.  A protocol that shows no hosts has nothing to show."""

    def idle(self) -> None:
        """Ask a client that has long been silent whether it is there.  Anything that it sends is an answer."""

    @property
    def deadline(self) -> float:
        """Within how many seconds of its acceptance a client has to register."""
        return self.context.settings.limits.registration

    def whyLate(self) -> str:
        """Word for a client that it did not register within L{deadline}."""
        return f"You did not come in within {self.deadline:g} s.  Connect again, and be quicker."

    # For a protocol to call

    @property
    def openSession(self) -> Session:
        """This client's session, which it has for as long as it can give a command."""
        assert self.session is not None
        return self.session

    def reply(self, data: bytes) -> None:
        """Send something to this client alone, after all that it was to be sent until now."""
        if self.session is not None:
            self.context.chat.state.broadcast.settle(self.session)
        self.outbox.write(data)

    def post(self, name: str, text: str, kind: Kind = "message") -> None:
        """
        Say a text in a room.  The client hears it as everybody does, or learns by L{untaken} that it was refused.  It
        is in flight in the pipeline until then.

        @raise ChatError: it cannot be said.
        """
        assert self.session is not None
        self.context.chat.speaking.post(self.session, name, text, self.untaken, kind)
        self.pipeline.began()

    def turnAway(self, reason: str) -> None:
        """See L{Closing.turnAway}."""
        self.closing.turnAway(reason)

    # IOutlet

    @property
    def deliver(self) -> Callable[[bytes], None]:
        """See L{IOutlet.deliver}: the outbox's own method, with nothing in between."""
        return self.outbox.deliver

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
        self.closing.disconnect(reason)

    # The carrier's

    def makeConnection(self, transport: Any) -> None:
        """
        The carrier is connected.

        @param transport: the carrier.
        """
        carrier: ICarrier = transport
        self.carrier = carrier
        self.outbox = carrier.outbox
        self.address, self.secure, self.fingerprint = carrier.address, carrier.secure, carrier.fingerprint
        self.pipeline = Pipeline(
            self.context.settings.limits.recvq,
            partial(carrier.pause, Reason.BACKLOG),
            partial(carrier.resume, Reason.BACKLOG),
            self._leaveIfServed,
            self._refused,
            self.context.inFlight,
        )
        super().makeConnection(transport)

    def connectionMade(self) -> None:
        """Admit the client, or say why not."""
        self._factory.opened(self)
        carrier = self.carrier
        if self.entrance.admit() and self.entrance.ticket is not None:
            exempt = self.entrance.ticket.exempt
            self.session = self.context.chat.presence.open(self, exempt, address=self.address, secure=self.secure)
            # No person has to think about a handshake.
            deadline = self.deadline if carrier.ready else self.context.settings.limits.registration
            self.silence.expect(carrier.accepted, deadline)
            self.begin()

    def secured(self) -> None:
        """Learn the client's certificate, and give it the rest of its time.  See L{IClient.secured}."""
        self.fingerprint = self.carrier.fingerprint
        if self.session is not None:
            self.session.fingerprint = self.fingerprint
            if not (self.entrance.registered or self.ending):
                self.silence.expect(self.carrier.accepted, self.deadline)

    def inputDone(self) -> None:
        """See L{IClient.inputDone}."""
        self._leaveIfServed()

    def overflowed(self) -> None:
        """See L{IClient.overflowed}."""
        self.closing.tooSlow()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the session, and forget the client."""
        self.pipeline.clear()
        self.closing.lost()
        self.entrance.release()
        self._factory.lost(self)

    def _refused(self, failure: Failure) -> None:
        """Word why a command is refused, unless that is because the client has gone meanwhile."""
        if not failure.check(Gone):
            self.refused(failure)

    def _leaveIfServed(self) -> None:
        if self.carrier.ended and self.carrier.idle and self.pipeline.idle and not self.ending:
            self.closing.leave("connection closed")
