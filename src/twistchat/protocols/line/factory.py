"""The factory of the line protocol's client protocols, over any carrier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from twistchat.net.client.factory import ClientFactory
from twistchat.protocols.line.protocol import LineProtocol
from twistchat.protocols.line.settings import lineSettings
from twistchat.wire.framing import Framing, framed
from twistchat.wire.plain import Clockface, PlainDialect, Silence, dayNotice

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
    @ivar live: renders deliveries as C{current} and C{other} do, and notes when a day begins; C{None} in the dialects
        for deliveries.
    @ivar framed: the dialects for deliveries, by the framing of the carrier.
    """

    clock: Clockface
    current: IDialect
    other: IDialect
    none: IDialect
    live: tuple[IDialect, IDialect] | None = None
    framed: dict[Framing, Dialects] = field(default_factory=dict)

    @classmethod
    def forZone(cls, zone: tzinfo | None, newDay: Callable[[int], None] = lambda time: None) -> Dialects:
        """
        Make the dialects for replies.

        @param zone: the time zone; C{None} is the machine's own.
        @param newDay: called when the first entry of a day is delivered.  See L{Clockface}.
        """
        clock, live = Clockface(zone), Clockface(zone, newDay)
        current, other = PlainDialect(clock, current=True), PlainDialect(clock, current=False)
        watched = PlainDialect(live, current=True), PlainDialect(live, current=False)
        return cls(clock, current, other, Silence(), watched)

    def over(self, framing: Framing) -> Dialects:
        """Get the dialects for deliveries over a carrier's framing.  All connections with this framing share them."""
        if framing not in self.framed:
            assert self.live is not None
            current, other = (framed(dialect, framing) for dialect in self.live)
            self.framed[framing] = Dialects(self.clock, current, other, self.none)
        return self.framed[framing]


class LineFactory(ClientFactory):
    """Makes the client protocols of the line door."""

    def __init__(self, context: ServerContext, door: str) -> None:
        """
        @param door: the name of the door.
        """
        zone = lineSettings(context.settings).timezone
        self._dialects = dialects = Dialects.forZone(ZoneInfo(zone) if zone else None, self._newDay)
        super().__init__(context, door, lambda context, factory: LineProtocol(context, factory, dialects))

    @property
    def longestLine(self) -> int:
        """The most bytes of a line without its terminator, from a client that connects now."""
        return self._context.settings.limits.message + ROOM_FOR_COMMAND

    def _newDay(self, time: int) -> None:
        """Show the date to every client, before the first line of a day."""
        day = self._dialects.clock.dateOf(time)
        data = dayNotice(day)
        for client in self.connections:
            if isinstance(client, LineProtocol):
                client.showDay(day, data)
