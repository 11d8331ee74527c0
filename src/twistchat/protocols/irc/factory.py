"""The factory of IRC's client protocols, over any carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.net.client.factory import ClientFactory
from twistchat.protocols.irc.changes import Changes
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.server import IrcServer

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext


class IrcFactory(ClientFactory):
    """
    Makes the client protocols of an IRC server, and tells its clients what is new when other settings hold.

    @ivar longestLine: how many bytes a client's line may have, its terminator left out.
    """

    def __init__(self, context: ServerContext) -> None:
        server = IrcServer.of(context)
        super().__init__(context, lambda context, factory: IrcConnection(context, factory, server))
        limits = context.settings.limits
        self.longestLine = limits.ircLine + limits.ircTags + 2
        context.onReload.append(Changes(context, lambda: self.connections).tell)
