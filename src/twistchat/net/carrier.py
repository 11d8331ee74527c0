"""The base of all carriers and of their factories: the input and the output of one connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.interfaces import IAddress, IProtocol, ITransport
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.interfaces.carrier import Ending, ICarrier, IClient, Reason
from twistchat.net.input.intake import BYTES, Intake, Splitter
from twistchat.net.input.telnet import TelnetSplitter
from twistchat.net.listening.hangup import hasHungUp
from twistchat.net.output.outbox import Outbox, outboxFor

if TYPE_CHECKING:
    from twistchat.net.client.factory import ClientFactory
    from twistchat.net.context import ServerContext
    from twistchat.wire.framing import Framing


@implementer(ICarrier, IProtocol)
class Carrier:
    """
    The carrier of one connection.  See L{ICarrier}.  It is the Twisted protocol of the transport below it.

    @cvar framing: how it frames lines.
    @cvar chunk: see L{Source.chunk <twistchat.net.input.intake.Source>}.
    @ivar client: the client protocol that receives its lines.
    @ivar splitter: splits its input into lines.
    @ivar factory: the factory that made it.
    @ivar transport: the transport below it, once the connection is made.
    @ivar stopped: whether it ignores further input.
    """

    __slots__ = (
        "_clock",
        "_context",
        "_intake",
        "accepted",
        "address",
        "client",
        "ended",
        "factory",
        "fingerprint",
        "heard",
        "outbox",
        "ready",
        "secure",
        "splitter",
        "stopped",
        "transport",
    )

    framing: Framing
    chunk: int = BYTES
    bearer: str | None = None
    factory: CarrierFactory
    outbox: Outbox

    def __init__(self, context: ServerContext, client: IClient, splitter: Splitter) -> None:
        self._context = context
        self._clock = context.clock.seconds
        self.client = client
        self.splitter = splitter
        self.transport: Any = None
        self.address: str | None = None
        self.fingerprint: str | None = None
        self.secure = self.ended = self.stopped = False
        self.ready = True
        self.accepted = self.heard = self._clock()
        self._intake = Intake(self, context.shares)

    # ICarrier

    @property
    def paused(self) -> bool:
        """See L{ICarrier}."""
        return self._intake.paused

    @property
    def idle(self) -> bool:
        """See L{ICarrier}."""
        return self._intake.idle

    def pause(self, reason: Reason) -> None:
        """See L{ICarrier.pause}."""
        self._intake.pause(reason)

    def resume(self, reason: Reason) -> None:
        """See L{ICarrier.resume}."""
        self._intake.resume(reason)

    def stop(self) -> None:
        """See L{ICarrier.stop}."""
        self.stopped = True
        self._intake.close()

    def close(self, ending: Ending) -> None:
        """See L{ICarrier.close}."""
        self.outbox.close()

    def abort(self) -> None:
        """See L{ICarrier.abort}."""
        self.transport.abortConnection()

    def hideInput(self, hidden: bool) -> bool:
        """See L{ICarrier.hideInput}.  Most clients cannot be asked."""
        return isinstance(self.splitter, TelnetSplitter) and self.splitter.hideInput(hidden)

    def hasHungUp(self) -> bool:
        """See L{ICarrier.hasHungUp}."""
        return hasHungUp(self.transport)

    # Twisted calls these

    def logPrefix(self) -> str:
        """See C{ILoggingContext.logPrefix}."""
        return type(self.client).__name__

    def makeConnection(self, transport: ITransport) -> None:
        """See C{IProtocol.makeConnection}."""
        self.transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        """Note the peer's address, and connect the client protocol."""
        self.address = getattr(self.transport.getPeer(), "host", None)
        self.connected(self.transport)

    def dataReceived(self, data: bytes) -> None:
        """Pass the next bytes to the intake, which executes this turn's share."""
        self.heard = self._clock()
        if not self.stopped:
            self._intake.feed(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Drop input and output, and tell the client protocol that the connection is lost."""
        self.stop()
        self.outbox.abandon()
        self.client.connectionLost(reason)

    # For subclasses

    def connected(self, below: Any) -> None:
        """
        Make the outbox, and connect the client protocol.

        @param below: the transport that the outbox writes to.
        """
        self.makeOutbox(below)
        self.client.makeConnection(self)

    def makeOutbox(self, below: Any) -> None:
        """
        Make the outbox.

        @param below: the transport that it writes to.
        """
        context = self._context
        self.outbox = outboxFor(below, context.turn, context.settings.limits.sendq, self.client.closing.dropSlowReader)

    def inputEnded(self) -> None:
        """The client has sent all its input."""
        self.ended = True
        if not self.stopped:
            self._intake.end()


class CarrierFactory(ServerFactory):
    """
    The server factory of one door.  For each connection it makes a client protocol and the carrier below it.

    @cvar carrier: the class of its carriers.
    @ivar clients: makes the client protocols.
    """

    noisy = False
    carrier: ClassVar[type[Carrier]]

    def __init__(self, context: ServerContext, clients: ClientFactory, splitter: Callable[[IClient], Splitter]) -> None:
        """
        @param splitter: makes the splitter of one connection.
        """
        self._context = context
        self.clients = clients
        self._splitter = splitter

    def buildProtocol(  # type: ignore[override]  # Twisted wants a Protocol subclass; IProtocol is enough
        self, addr: IAddress | None
    ) -> Carrier | None:
        """See C{IProtocolFactory.buildProtocol}."""
        client = self.clients.buildProtocol(addr)
        if client is None:
            return None
        carrier = self.carrier(self._context, client, self._splitter(client))
        carrier.factory = self
        return carrier
