"""The site of the web door: its paths, and the HTTP connections to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.web.server import Site
from zope.interface import implementer

from twistchat.doors.web.answers import Place, Refused, Root
from twistchat.doors.web.caller import callerOf, checkHost, noteForwarded
from twistchat.doors.web.channel import BoundedChannel, BoundedRequest, errorAnswer
from twistchat.doors.web.crowd import Crowd, Crowded, Turns
from twistchat.doors.web.login import Login
from twistchat.doors.web.oidc.places import Oidc
from twistchat.doors.web.pages import Pages
from twistchat.doors.web.settings import webSettings
from twistchat.doors.web.socket import Socket
from twistchat.doors.web.status import StatusPage
from twistchat.interfaces import IDoorFactory
from twistchat.protocols.irc.factory import IrcFactory

if TYPE_CHECKING:
    from twisted.web.iweb import IAgent

    from twistchat.net.context import ServerContext

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
"""What the page may do (Content Security Policy Level 3)."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""The headers of every answer."""


@implementer(IDoorFactory)
class WebFactory(Site):
    """
    The web door's factory: a site whose C{/socket} leads to IRC.

    @ivar context: the server.
    @ivar headers: the headers of every answer.
    @ivar crowd: the HTTP connections.
    @ivar turns: divides each turn between them.
    """

    noisy = False
    displayTracebacks = False
    protocol = BoundedChannel  # type: ignore[assignment]  # Site's own switches to HTTP/2, which WebSockets cannot use
    headers = HEADERS

    def __init__(self, context: ServerContext, door: str, agent: IAgent | None = None) -> None:
        """
        @param door: the name of the door.
        @param agent: connects to providers of logins; C{None} for one that uses the server's reactor.
        """
        self.context = context
        self.clients = IrcFactory(context, door, lambda: webSettings(context.settings).guests)
        self.crowd, self.turns = Crowd(context), Turns(context)
        pages, socket, login = Pages(), Socket(context, self.clients), Login(context, door)
        oidc, status = Oidc(context, login, agent), StatusPage(context, login, pages)
        places: dict[str, dict[str, Place]] = {
            "/": {"GET": pages.index},
            "/static/…": {"GET": pages.static},
            "/socket": {"GET": socket.open},
            "/login": {"GET": login.offer, "POST": login.enter},
            "/logout": {"POST": login.leave},
            "/oidc/…": {"GET": oidc.answer},
            "/admin": {"GET": status.page},
            "/admin/status": {"GET": status.status},
            "/admin/acts": {"GET": status.acts},
            "/admin/command": {"POST": status.command},
        }
        super().__init__(Root(self._check, places), self._makeRequest, timeout=None, reactor=context.clock)

    def acceptableProtocols(self) -> list[bytes]:
        """See C{IProtocolNegotiationFactory}.  WebSockets need HTTP/1.1."""
        return [b"http/1.1"]

    def startFactory(self) -> None:
        """See C{Factory.startFactory}.  There is no log of requests, and no timer for its dates."""

    def stopFactory(self) -> None:
        """See C{Factory.stopFactory}."""

    def log(self, request: Any) -> None:
        """Log nothing: a request is not worth a line."""

    @property
    def proxies(self) -> tuple[str, ...]:
        """The networks of the proxies in front of this door."""
        return webSettings(self.context.settings).proxies

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close}."""
        for channel in list(self.crowd.open):
            channel.loseConnection()
        return self.clients.close(reason)

    def farewell(self, reason: str) -> bytes:
        """Word why a connection is refused before it has made a request."""
        return errorAnswer(403, reason)

    def _check(self, request: BoundedRequest) -> None:
        """
        Check a request for any path.

        @raise Refused: its host is unknown, or its client has too many requests.
        """
        settings = self.context.settings
        checkHost(request, settings)
        if not request.channel.proxied:
            noteForwarded(request, self.context)
        else:
            try:
                self.crowd.countRequest(request.channel, callerOf(request, settings).address)
            except Crowded as crowded:
                raise Refused(503, str(crowded)) from None

    def _makeRequest(self, channel: Any, queued: object = None) -> BoundedRequest:
        return BoundedRequest(channel, parsePOSTFormSubmission=False)
