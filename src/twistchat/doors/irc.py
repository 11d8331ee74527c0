"""The IRC door as a plugin: its name, default endpoints, settings and factory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.interfaces import IDoor

if TYPE_CHECKING:
    from twistchat.config import IrcSettings
    from twistchat.net.context import ServerContext
    from twistchat.net.stream import StreamFactory


@implementer(IPlugin, IDoor)
class IrcDoor:
    """See L{IDoor}.  C{twistd} loads every installed plugin, so this imports the protocol only to make the factory."""

    name = "irc"
    summary = "The IRC door, for every IRC client."
    defaultEndpoints = ("tcp:6667:interface=127.0.0.1",)

    @property
    def settings(self) -> type[IrcSettings]:
        """See L{IDoor}."""
        from twistchat.config import IrcSettings

        return IrcSettings

    def invitation(self, host: str, port: int) -> str:
        """See L{IDoor.invitation}."""
        return f"irssi -c {host} -p {port}"

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}: IRC over streams."""
        from twistchat.net.stream import StreamFactory
        from twistchat.protocols.irc.factory import IrcFactory
        from twistchat.wire.lines import TerminatedLines

        clients = IrcFactory(context)
        return StreamFactory(context, clients, lambda client: TerminatedLines(clients.longestLine))
