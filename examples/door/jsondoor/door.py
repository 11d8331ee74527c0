"""The door as a plugin: its name, its endpoints, its settings and its factory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.config.keytypes import Number, Text
from twistchat.interfaces import IDoor

if TYPE_CHECKING:
    from twistchat.config import Settings
    from twistchat.net.context import ServerContext
    from twistchat.net.stream import StreamFactory


@dataclass(frozen=True, slots=True)
class JsonSettings:
    """
    The section C{[json]} of the configuration.

    @ivar greeting: the text that clients get first.
    @ivar longestLine: the maximum length of a client's line, in bytes.
    """

    live: ClassVar = ("greeting",)

    greeting: Text = "Welcome"
    longestLine: Number = 8192


@implementer(IPlugin, IDoor)
class JsonDoor:
    """See L{IDoor}.  The protocol is imported when the factory is made, because C{twistd} imports every plugin."""

    name = "json"
    summary = "The JSON door, for programs."
    defaultEndpoints = ("tcp:6681:interface=127.0.0.1",)
    settings = JsonSettings

    def invitation(self, host: str, port: int, secure: bool) -> str:
        """See L{IDoor.invitation}."""
        return f"openssl s_client -quiet -connect {host}:{port}" if secure else f"nc {host} {port}"

    def isProxied(self, settings: Settings) -> bool:
        """See L{IDoor.isProxied}."""
        return False

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}.  All endpoints fit."""
        return ()

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}: the JSON protocol over streams, split at line feeds."""
        from jsondoor.protocol import JsonProtocol
        from twistchat.net.client.factory import ClientFactory
        from twistchat.net.stream import StreamFactory
        from twistchat.wire.lines import LineSplitter

        longest = context.settings.of(self.name, JsonSettings).longestLine
        clients = ClientFactory(context, self.name, JsonProtocol)
        return StreamFactory(context, clients, lambda client: LineSplitter(longest))
