"""The base of all carriers: the input and the output of one connection, and the reasons why it is paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from zope.interface import implementer

from twistchat.interfaces.carrier import ICarrier, IClient
from twistchat.net.input.intake import Codec, Intake, Reason
from twistchat.net.listening.hangup import hasHungUp
from twistchat.net.output.kinds import outboxFor
from twistchat.net.output.outbox import Outbox

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.wire.framing import Framing


@implementer(ICarrier)
class Carrier:
    """
    The carrier of one connection.  See L{ICarrier}.

    @cvar framing: how it frames lines.
    @ivar client: the client protocol that receives its lines.
    @ivar codec: splits its input into lines.
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
        "codec",
        "ended",
        "fingerprint",
        "heard",
        "outbox",
        "ready",
        "secure",
        "stopped",
        "transport",
    )

    framing: ClassVar[Framing]
    outbox: Outbox

    def __init__(self, context: ServerContext, client: IClient, codec: Codec) -> None:
        self._context = context
        self._clock = context.clock.seconds
        self.client = client
        self.codec = codec
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

    def abort(self) -> None:
        """See L{ICarrier.abort}."""
        self.transport.abortConnection()

    def hasHungUp(self) -> bool:
        """See L{ICarrier.hasHungUp}."""
        return hasHungUp(self.transport)

    # For subclasses

    def connected(self, below: Any) -> None:
        """
        Make the outbox, and connect the client protocol.

        @param below: the transport that the outbox writes to.
        """
        context = self._context
        self.outbox = outboxFor(below, context.turn, context.settings.limits.sendq, self._overflowed)
        self.client.makeConnection(self)

    def arrived(self, data: bytes) -> None:
        """Pass the next bytes to the intake, which executes this turn's share."""
        self.heard = self._clock()
        if not self.stopped:
            self._intake.feed(data)

    def inputEnded(self) -> None:
        """The client has sent all its input."""
        self.ended = True
        if not self.stopped:
            self._intake.end()

    def lost(self, reason: Any) -> None:
        """
        Drop input and output, and tell the client protocol that the connection is lost.

        @param reason: the C{Failure} that Twisted reports.
        """
        self.stop()
        self.outbox.abandon()
        self.client.connectionLost(reason)

    def _overflowed(self) -> None:
        self.client.overflowed()
