"""The web door as a plugin: its name, default endpoints, settings and factory."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.interfaces import IDoor

if TYPE_CHECKING:
    from twisted.web.iweb import IAgent

    from twistchat.config import Settings
    from twistchat.doors.web.settings import WebSettings
    from twistchat.doors.web.site import WebFactory
    from twistchat.net.context import ServerContext


@implementer(IPlugin, IDoor)
class WebDoor:
    """
    See L{IDoor}.  C{twistd} loads every installed plugin, so this class imports the protocol only when it makes the
    factory.
    """

    name = "web"
    summary = "The web door, for browsers and IRC clients over WebSockets."
    defaultEndpoints = ("tcp:6680:interface=127.0.0.1",)

    def __init__(self, agent: IAgent | None = None) -> None:
        """
        @param agent: connects to providers of logins; C{None} for one that uses the server's reactor.
        """
        self._agent = agent

    @property
    def settings(self) -> type[WebSettings]:
        """See L{IDoor}."""
        from twistchat.doors.web.settings import WebSettings

        return WebSettings

    def invitation(self, host: str, port: int, secure: bool) -> str:
        """See L{IDoor.invitation}: the URL of the page."""
        return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}/"

    def isProxied(self, settings: Settings) -> bool:
        """
        See L{IDoor.isProxied}.  An https page of another name comes through a proxy, too.  A gateway (WEBIRC) may
        speak IRC here.
        """
        from twistchat.doors.web.settings import webSettings

        web = webSettings(settings)
        isProxied = bool(web.proxies) or any(origin.startswith("https:") for origin in web.origins)
        return isProxied or bool(settings.webirc)

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}: logins with providers need packages that are not always installed."""
        if not settings.oidc or all([find_spec(name) is not None for name in ("treq", "joserfc")]):
            return ()
        return ("[oidc] needs treq and joserfc, which are not installed.  Type pip install 'twistchat[oidc]'",)

    def factory(self, context: ServerContext) -> WebFactory:
        """See L{IDoor.factory}: a web site, with IRC over WebSockets."""
        from twistchat.doors.web.site import WebFactory

        return WebFactory(context, self.name, self._agent)
