"""The site of the web door: its paths, and the HTTP connections to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.web.server import Site
from zope.interface import implementer

from twistchat.doors.web.answers import Place, Root
from twistchat.doors.web.caller import checkHost
from twistchat.doors.web.channel import BoundedChannel, BoundedRequest
from twistchat.doors.web.login import Login
from twistchat.doors.web.pages import Pages
from twistchat.doors.web.settings import webSettings
from twistchat.doors.web.socket import Socket
from twistchat.interfaces import IDoorFactory
from twistchat.protocols.irc.factory import IrcFactory

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext

CONNECTIONS: Final = 512
"""The most HTTP connections, without WebSockets.  A new one replaces the oldest that has no request in progress."""

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
    """

    noisy = False
    displayTracebacks = False
    protocol = BoundedChannel  # type: ignore[assignment]  # Site's own switches to HTTP/2, which WebSockets cannot use
    headers = HEADERS

    def __init__(self, context: ServerContext) -> None:
        self.context = context
        self.clients = IrcFactory(context, lambda: webSettings(context.settings).guests)
        self._open: dict[BoundedChannel, None] = {}
        pages, socket, login = Pages(), Socket(context, self.clients), Login(context)
        places: dict[str, dict[str, Place]] = {
            "/": {"GET": pages.index},
            "/static/…": {"GET": pages.static},
            "/socket": {"GET": socket.open},
            "/login": {"GET": login.offer, "POST": login.enter},
            "/logout": {"POST": login.leave},
        }
        root = Root(lambda request: checkHost(request, context.settings), places)
        super().__init__(root, self._makeRequest, reactor=context.clock)

    def acceptableProtocols(self) -> list[bytes]:
        """See C{IProtocolNegotiationFactory}.  WebSockets need HTTP/1.1."""
        return [b"http/1.1"]

    def startFactory(self) -> None:
        """See C{Factory.startFactory}.  There is no log of requests, and no timer for its dates."""

    def stopFactory(self) -> None:
        """See C{Factory.stopFactory}."""

    def log(self, request: Any) -> None:
        """Log nothing: a request is not worth a line."""

    def opened(self, channel: BoundedChannel) -> None:
        """Note a new connection.  If there are too many, abort the oldest that has no request in progress."""
        if len(self._open) >= CONNECTIONS:
            oldest = next((other for other in self._open if not other.busy), None)
            (channel if oldest is None else oldest).transport.abortConnection()
        self._open[channel] = None

    def lost(self, channel: BoundedChannel) -> None:
        """Note that a connection is lost, or has become a WebSocket."""
        self._open.pop(channel, None)

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close}."""
        for channel in list(self._open):
            channel.loseConnection()
        return self.clients.close(reason)

    def farewell(self, reason: str) -> bytes:
        """Word why a connection is refused before it has made a request."""
        body = f"{reason}\n".encode()
        head = f"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _makeRequest(self, channel: Any, queued: object = None) -> BoundedRequest:
        return BoundedRequest(channel, parsePOSTFormSubmission=False)
