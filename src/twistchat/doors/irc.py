"""The IRC door as a plugin: its name, default endpoints, settings and factory."""

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
    from twistchat.protocols.irc.settings import IrcSettings


@implementer(IPlugin, IDoor)
class IrcDoor:
    """
    See L{IDoor}.  C{twistd} loads every installed plugin, so this class imports the protocol only when it makes the
    factory.
    """

    name = "irc"
    summary = "The IRC door, for every IRC client."
    defaultEndpoints = ("tcp:6667:interface=127.0.0.1",)

    @property
    def settings(self) -> type[IrcSettings]:
        """See L{IDoor}."""
        from twistchat.protocols.irc.settings import IrcSettings

        return IrcSettings

    def invitation(self, host: str, port: int, secure: bool) -> str:
        """See L{IDoor.invitation}.  irssi has no option for TLS."""
        return f"in irssi, /connect -tls {host} {port}" if secure else f"irssi -c {host} -p {port}"

    def isProxied(self, settings: Settings) -> bool:
        """See L{IDoor.isProxied}.  A gateway (WEBIRC) lets other machines in, too."""
        return bool(settings.webirc)

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}.  Strict transport security needs an encrypted endpoint."""
        from twistchat.net.listening.endpoints import KINDS, PLAIN
        from twistchat.protocols.irc.settings import ircSettings

        port = ircSettings(settings).stsPort
        if not port or not all(where.startswith(PLAIN) for where in endpoints):
            return ()
        example = KINDS["ssl"].example
        wrong = f"irc.stsPort sends them to port {port}, and the irc door has no encrypted endpoint"
        advice = f"Name one, as in --irc {example}, or leave stsPort out"
        return (f"Clients that follow strict transport security cannot come in: {wrong}.  {advice}",)

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}: IRC over streams."""
        from twistchat.net.stream import StreamFactory
        from twistchat.protocols.irc.factory import IrcFactory
        from twistchat.wire.lines import TerminatedLines

        clients = IrcFactory(context, self.name)
        return StreamFactory(context, clients, lambda client: TerminatedLines(clients.longestLine))
