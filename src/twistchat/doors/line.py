"""The line door as a plugin: its name, default endpoints, settings and factory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.interfaces import IDoor

if TYPE_CHECKING:
    from twistchat.config import Settings
    from twistchat.net.context import ServerContext
    from twistchat.net.stream import StreamFactory
    from twistchat.protocols.line.settings import LineSettings


@implementer(IPlugin, IDoor)
class LineDoor:
    """
    See L{IDoor}.  C{twistd} loads every installed plugin, so this class imports the protocol only when it makes the
    factory.
    """

    name = "line"
    summary = "The line door, for nc, telnet and scripts."
    defaultEndpoints = ("tcp:6623:interface=127.0.0.1",)

    @property
    def settings(self) -> type[LineSettings]:
        """See L{IDoor}."""
        from twistchat.protocols.line.settings import LineSettings

        return LineSettings

    def invitation(self, host: str, port: int, secure: bool) -> str:
        """See L{IDoor.invitation}."""
        if not secure:
            return f"nc {host} {port}"
        return f"openssl s_client -quiet -connect {f'[{host}]' if ':' in host else host}:{port}"

    def isProxied(self, settings: Settings) -> bool:
        """See L{IDoor.isProxied}."""
        return False

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}."""
        return ()

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}: the line protocol over streams, with support for telnet clients."""
        from twistchat.net.input.telnet import TelnetSplitter
        from twistchat.net.stream import StreamFactory
        from twistchat.protocols.line.factory import LineFactory

        clients, now = LineFactory(context, self.name), context.clock.seconds
        return StreamFactory(context, clients, lambda client: TelnetSplitter(client, clients.longestLine, now))
