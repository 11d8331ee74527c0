"""The line door as a plugin: its name, where it listens, and its factory."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.interfaces import IDoor

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.net.factory import ConnectionFactory


@implementer(IPlugin, IDoor)
class LineDoor:
    """See L{IDoor}.  The door itself is loaded when its factory is made, for C{twistd} loads every plugin there is."""

    name = "line"
    summary = "The line door, for nc, telnet and scripts."
    defaultEndpoints = ("tcp:6623:interface=127.0.0.1",)

    def invitation(self, host: str, port: int) -> str:
        """See L{IDoor.invitation}."""
        return f"nc {host} {port}"

    def factory(self, context: ServerContext) -> ConnectionFactory:
        """See L{IDoor.factory}."""
        from twistchat.net.factory import ConnectionFactory
        from twistchat.protocols.line.protocol import Dialects, LineProtocol

        zone = context.settings.line.timezone
        dialects = Dialects.shownIn(ZoneInfo(zone) if zone else None)
        return ConnectionFactory(context, lambda context, factory: LineProtocol(context, factory, dialects))
