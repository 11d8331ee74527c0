"""The factory of the line protocol's client protocols, over any carrier."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from twistchat.net.client.factory import ClientFactory
from twistchat.protocols.line.protocol import LineProtocol
from twistchat.protocols.line.settings import lineSettings
from twistchat.wire.framing import Framing, framed
from twistchat.wire.plain import Clockface, PlainDialect, Silence

if TYPE_CHECKING:
    from twistchat.interfaces import IDialect
    from twistchat.net.context import ServerContext

ROOM_FOR_COMMAND: Final = 256
"""The bytes that a line may have beyond C{limits.message}, for the command before the message."""


@dataclass(frozen=True, slots=True)
class Dialects:
    """
    The dialects of the line protocol.  All connections of a door share them.

    @ivar clock: formats times.
    @ivar current: renders the events of a listener's current room.
    @ivar other: renders all other events.
    @ivar none: renders nothing, for places that the line protocol does not show.
    @ivar framed: the framed dialects of carriers that send messages, by framing.
    """

    clock: Clockface
    current: IDialect
    other: IDialect
    none: IDialect
    framed: dict[Framing, Dialects] = field(default_factory=dict)

    @classmethod
    def forZone(cls, zone: tzinfo | None) -> Dialects:
        """Make the dialects for a time zone; C{None} is the machine's own."""
        clock = Clockface(zone)
        return cls(clock, PlainDialect(clock, current=True), PlainDialect(clock, current=False), Silence())

    def over(self, framing: Framing) -> Dialects:
        """Get the dialects for a carrier's framing.  All connections with this framing share them."""
        if framing not in self.framed:
            current, other = framed(self.current, framing), framed(self.other, framing)
            self.framed[framing] = Dialects(self.clock, current, other, self.none)
        return self.framed[framing]


class LineFactory(ClientFactory):
    """
    Makes the client protocols of the line door.

    @ivar longestLine: the most bytes of a client's line without its terminator.
    """

    def __init__(self, context: ServerContext) -> None:
        zone = lineSettings(context.settings).timezone
        dialects = Dialects.forZone(ZoneInfo(zone) if zone else None)
        super().__init__(context, lambda context, factory: LineProtocol(context, factory, dialects))
        self.longestLine = context.settings.limits.message + ROOM_FOR_COMMAND
