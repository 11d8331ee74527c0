"""The IRC door as a plugin: its name, where it listens, and its factory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.interfaces import IDoor

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.net.factory import ConnectionFactory


@implementer(IPlugin, IDoor)
class IrcDoor:
    """See L{IDoor}.  The door itself is loaded when its factory is made, for C{twistd} loads every plugin there is."""

    name = "irc"
    summary = "The IRC door, for every IRC client."
    defaultEndpoints = ("tcp:6667:interface=127.0.0.1",)

    def invitation(self, host: str, port: int) -> str:
        """See L{IDoor.invitation}."""
        return f"irssi -c {host} -p {port}"

    def factory(self, context: ServerContext) -> ConnectionFactory:
        """See L{IDoor.factory}."""
        from twistchat.net.factory import ConnectionFactory
        from twistchat.protocols.irc.changes import Changes
        from twistchat.protocols.irc.protocol import IrcConnection
        from twistchat.protocols.irc.server import IrcServer

        server = IrcServer.of(context)
        factory = ConnectionFactory(context, lambda context, factory: IrcConnection(context, factory, server))
        context.onReload.append(Changes(context, lambda: factory.connections).tell)
        return factory
