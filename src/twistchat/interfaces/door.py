"""The door: one way into the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IProtocolFactory
from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twisted.internet.defer import Deferred

    from twistchat.config import Settings
    from twistchat.net.context import ServerContext


class IDoor(Interface):
    """
    One way into the chat.

    The server finds doors with C{twisted.plugin.getPlugins(IDoor)}.  Put an instance that also provides
    C{twisted.plugin.IPlugin} into a module of C{twisted.plugins}.
    """

    name = Attribute("str: the option of C{twistd twistchat} that takes this door's endpoints, C{line} for C{--line}.")
    summary = Attribute("str: one line for C{--help}.")
    settings = Attribute(
        """
        type or None: a frozen dataclass whose fields are the keys of the configuration section named like the door;
        None if the door has no such section.  See L{twistchat.config.keytypes} for the types of keys.  The docstring
        has an C{@ivar} for each key.  Every field has a default.  The class variable C{live}, a tuple of names, lists
        the keys that take effect when the configuration is read again.  Read the section with C{context.settings.of}.
        """
    )
    defaultEndpoints = Attribute("tuple[str, ...]: where it listens if nobody configures it; server endpoint strings.")

    def invitation(host: str, port: int, secure: bool) -> str:
        """
        The command to paste to connect to this door at an address.

        @param secure: whether the endpoint uses TLS.
        """

    def isProxied(settings: Settings) -> bool:
        """
        Whether the settings name a proxy or a gateway in front of this door.  Then other machines reach it, also if it
        listens on loopback only.  The server itself knows of the proxies at C{haproxy:} endpoints.
        """

    def warnings(settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """
        Find settings of this door that do not fit the endpoints at which it listens.

        @return: a sentence for each, which the server logs when it starts.
        """

    def factory(context: ServerContext) -> IDoorFactory:
        """Make the factory of this door's protocols."""


class IDoorFactory(IProtocolFactory):
    """A protocol factory that can be closed in good order."""

    def close(reason: str) -> Deferred[None]:
        """
        Tell every client, send the output that is waiting, and close the connections.

        @return: fires when the last connection is closed.  Clients that do not read cannot delay this.
        """
