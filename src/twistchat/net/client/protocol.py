"""
The base of client protocols: one client, from its admission to its disconnection, over any carrier.

A protocol executes lines and words its messages: that is its L{Language}.  The base composes the parts that all
protocols need: the carrier, admission, the order of commands, rate limits, timeouts and disconnection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.model.events import Kind
from twistchat.chat.model.sessions import Session
from twistchat.interfaces import IOutlet
from twistchat.interfaces.carrier import ICarrier, IClient
from twistchat.net.client.closing import Closing
from twistchat.net.client.entrance import Entrance
from twistchat.net.client.inbox import Showing
from twistchat.net.client.language import Language
from twistchat.net.client.silence import Silence
from twistchat.net.context import ServerContext
from twistchat.net.input.pace import Gone
from twistchat.net.input.pipeline import Pipeline
from twistchat.net.limits.rates import Rates
from twistchat.net.output.outbox import Outbox
from twistchat.wire.framing import STREAM

if TYPE_CHECKING:
    from twistchat.net.client.factory import ClientFactory


@implementer(IOutlet, IClient)
class ClientProtocol(Protocol, Language):
    """
    The protocol of one client.  A subclass implements its L{Language}.

    @ivar carrier: the carrier, which is also the C{transport}.
    @ivar outbox: the carrier's outbox.
    @ivar entrance: admits the client.
    @ivar pipeline: keeps the client's commands in order.
    @ivar rates: the client's rate limits.
    @ivar silence: the client's timeouts.
    @ivar closing: ends the connection.
    @ivar showing: the texts that waited for its account, and are shown to it; C{None} if there were none.
    @ivar session: the client's session in the chat; C{None} if the client was not admitted.
    @ivar address: the client's IP address, also behind a gateway; C{None} if it has none.
    @ivar secure: whether the connection is encrypted all the way from the client.
    @ivar ending: whether the connection is being closed and further input is ignored.
    @ivar talking: see L{IClient}.
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
        "outbox",
        "pipeline",
        "rates",
        "secure",
        "session",
        "showing",
        "silence",
        "talking",
    )

    transport: Any
    carrier: ICarrier
    outbox: Outbox
    pipeline: Pipeline
    rates: Rates

    def __init__(self, context: ServerContext, factory: ClientFactory) -> None:
        self.context = context
        self._factory = factory
        self.session: Session | None = None
        self.showing: Showing | None = None
        self.address: str | None = None
        self.secure = self.ending = self.talking = False
        self.entrance = Entrance(self)
        self.silence = Silence(self)
        self.closing = Closing(self)

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

        The client receives it as an event, as every member does.  If the journal refuses it, L{Language.refused} tells
        the client.  Until then the text is in flight in the pipeline.

        @raise ChatError: a check fails.
        """
        assert self.session is not None
        self.context.chat.speaking.post(self.session, name, text, self.refused, kind)
        self.talking = True
        self.pipeline.started()

    # IOutlet

    @property
    def deliver(self) -> Callable[[bytes], None]:
        """See L{IOutlet.deliver}.  This is the outbox's own method, to save a call per delivery."""
        return self.outbox.deliver

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
        self.closing.disconnect(reason)

    # Twisted's: the carrier calls these

    def connectionMade(self) -> None:
        """Admit the client and open its session, or tell the client why it is refused."""
        carrier: ICarrier = self.transport
        self.carrier, self.outbox = carrier, carrier.outbox
        self.address, self.secure = carrier.address, carrier.secure
        limits = self.context.settings.limits
        idle = self.closing.leaveIfServed
        self.pipeline = Pipeline(carrier, limits.recvq, idle, self._refused, self.context.inFlight)
        self._factory.opened(self)
        ticket = self.entrance.admit()
        if ticket is not None:
            presence = self.context.chat.presence
            self.session = presence.open(
                self, ticket.exempt, address=self.address, secure=self.secure, door=self._factory.door
            )
            # A TLS handshake needs no person, so the short deadline applies until it is complete.
            deadline = self.deadline(limits).seconds if carrier.ready else limits.registration
            self.silence.expect(carrier.accepted, deadline)
            self.begin()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the session, remove the client from its factory, and log how it went."""
        self.pipeline.clear()
        self.closing.lost()
        why = self.closing.reason or ("connection closed" if reason.check(ConnectionDone) else "connection lost")
        accepted, lines = self.carrier.accepted, self.entrance.lines
        self.context.connections.ended(self._factory.door, self.address, accepted, lines, self.session, why)
        self.entrance.release()
        self._factory.lost(self)

    def _refused(self, failure: Failure) -> None:
        """Tell the client why a command is refused, unless the client has disconnected meanwhile."""
        if not failure.check(Gone):
            self.refused(None, failure)
