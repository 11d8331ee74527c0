"""
The base of client protocols: one client, from its admission to its disconnection, over any carrier.

A protocol executes lines and words its messages.  The base composes the parts that all protocols need: the carrier,
admission, the order of commands, rate limits, timeouts and disconnection.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
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
from twistchat.net.input.intake import Line
from twistchat.net.input.pace import Gone
from twistchat.net.input.pipeline import Pipeline
from twistchat.net.limits.rates import Rates
from twistchat.net.output.outbox import Outbox
from twistchat.wire.framing import STREAM

if TYPE_CHECKING:
    from twistchat.net.client.factory import ClientFactory


@implementer(IOutlet, IClient)
class ClientProtocol(Protocol, ABC):
    """
    The protocol of one client.

    @cvar pings: whether the protocol pings silent clients.  If so, L{idle} is called after C{limits.ping} of silence,
        and a client that does not answer within C{limits.pingTimeout} is disconnected.
    @ivar carrier: the carrier, which is also the C{transport}.
    @ivar outbox: the carrier's outbox.
    @ivar entrance: admits the client.
    @ivar pipeline: keeps the client's commands in order.
    @ivar rates: the client's rate limits.
    @ivar silence: the client's timeouts.
    @ivar closing: ends the connection.
    @ivar session: the client's session in the chat; C{None} if the client was not admitted.
    @ivar address: the client's IP address, also behind a gateway; C{None} if it has none.
    @ivar secure: whether the connection is encrypted all the way from the client.
    @ivar fingerprint: see L{ICarrier}; C{None} behind a gateway.
    @ivar spoken: see L{IClient}.
    @ivar ending: whether the connection is being closed and further input is ignored.
    """

    # Instances of a class share the keys of their dictionaries only up to 30 attributes.  With the attributes of a
    # subclass there would be more, and each instance would need a dictionary of its own, which takes a kilobyte.
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

    # A protocol implements these

    @abstractmethod
    def begin(self) -> None:
        """Greet an admitted client."""

    @abstractmethod
    def lineReceived(self, line: Line) -> float:
        """Execute a line, or return the seconds to wait for the rate limit.  See L{IClient.lineReceived}."""

    @abstractmethod
    def farewell(self, reason: str, fault: bool) -> bytes:
        """
        Word why the connection ends, for its client.

        @param fault: whether the client caused the end.
        """

    @abstractmethod
    def refused(self, failure: Failure) -> None:
        """Tell the client why one of its commands is refused."""

    def postRefused(self, event: Event, failure: Failure) -> None:
        """Tell the client why a text that it posted is refused.  See L{Speaking.post}."""
        self.refused(failure)

    @abstractmethod
    def dialectFor(self, place: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}.  A protocol without labels returns C{data} unchanged."""
        return data

    def moved(self, old: str, entry: Entry, label: str | None) -> None:
        """See L{IOutlet.moved}.  A protocol without a current room does nothing."""

    def rehosted(self, entry: Entry, before: Source) -> None:
        """See L{IOutlet.rehosted}.  A protocol that shows no hosts does nothing."""

    def idle(self) -> None:
        """Ping a silent client.  Any input from it counts as an answer."""

    @property
    def deadline(self) -> float:
        """The seconds that a client has to register, counted from the acceptance of its connection."""
        return self.context.settings.limits.registration

    def whyLate(self) -> str:
        """Word, for the client, that it did not register within L{deadline}."""
        return f"You did not come in within {self.deadline:g} s.  Connect again, and be quicker."

    # A protocol calls these

    @property
    def openSession(self) -> Session:
        """The client's session.  Every client that can give a command has one."""
        assert self.session is not None
        return self.session

    def reply(self, data: bytes) -> None:
        """
        Send lines to this client only, after all earlier events.

        @param data: whole lines, each with its line end.  They are framed here.
        """
        if self.session is not None:
            self.context.chat.state.broadcast.flushTo(self.session)
        framing = self.carrier.framing
        self.outbox.write(data if framing is STREAM else framing.frame(data))

    def post(self, name: str, text: str, kind: Kind = "message") -> None:
        """
        Propose a text in a room.

        The client receives it as an event, as every member does; if the journal refuses it, L{postRefused} tells the
        client.  Until then the text is in flight in the pipeline.

        @raise ChatError: a check fails.
        """
        assert self.session is not None
        self.context.chat.speaking.post(self.session, name, text, self.postRefused, kind)
        self.pipeline.started()

    def turnAway(self, reason: str) -> None:
        """See L{Closing.turnAway}."""
        self.closing.turnAway(reason)

    # IOutlet

    @property
    def deliver(self) -> Callable[[bytes], None]:
        """See L{IOutlet.deliver}.  This is the outbox's own method, to save a call per delivery."""
        return self.outbox.deliver

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
        self.closing.disconnect(reason)

    # IClient: the carrier calls these

    def makeConnection(self, transport: Any) -> None:
        """
        See L{IClient.makeConnection}.

        @param transport: the carrier.
        """
        carrier: ICarrier = transport
        self.carrier = carrier
        self.outbox = carrier.outbox
        self.address, self.secure, self.fingerprint = carrier.address, carrier.secure, carrier.fingerprint
        self.pipeline = Pipeline(
            carrier,
            self.context.settings.limits.recvq,
            self._leaveIfServed,
            self._refused,
            self.context.inFlight,
        )
        super().makeConnection(transport)

    def connectionMade(self) -> None:
        """Admit the client and open its session, or tell the client why it is refused."""
        self._factory.opened(self)
        carrier = self.carrier
        if self.entrance.admit() and self.entrance.ticket is not None:
            exempt = self.entrance.ticket.exempt
            self.session = self.context.chat.presence.open(self, exempt, address=self.address, secure=self.secure)
            # A TLS handshake needs no person, so the short deadline applies until it is complete.
            deadline = self.deadline if carrier.ready else self.context.settings.limits.registration
            self.silence.expect(carrier.accepted, deadline)
            self.begin()

    def secured(self) -> None:
        """Note the client's certificate, and set the full registration deadline.  See L{IClient.secured}."""
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
        self.closing.dropSlowReader()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the session, and remove the client from its factory."""
        self.pipeline.clear()
        self.closing.lost()
        self.entrance.release()
        self._factory.lost(self)

    def _refused(self, failure: Failure) -> None:
        """Tell the client why a command is refused, unless the client has disconnected meanwhile."""
        if not failure.check(Gone):
            self.refused(failure)

    def _leaveIfServed(self) -> None:
        if self.carrier.ended and self.carrier.idle and self.pipeline.idle and not self.ending:
            self.closing.leave("connection closed")
