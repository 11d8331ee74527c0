"""The factory of the line protocol's client protocols, over any carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from twistchat.net.client.factory import ClientFactory
from twistchat.protocols.line.protocol import Dialects, LineProtocol
from twistchat.protocols.line.settings import lineSettings

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext

ROOM_FOR_COMMAND: Final = 256
"""Bytes that a line may have beyond the limit on a message, for the command in front of it."""


class LineFactory(ClientFactory):
    """
    Makes the client protocols of a door for people with a terminal.

    @ivar longestLine: how many bytes a client's line may have, its terminator left out.
    """

    def __init__(self, context: ServerContext) -> None:
        zone = lineSettings(context.settings).timezone
        dialects = Dialects.shownIn(ZoneInfo(zone) if zone else None)
        super().__init__(context, lambda context, factory: LineProtocol(context, factory, dialects))
        self.longestLine = context.settings.limits.message + ROOM_FOR_COMMAND
