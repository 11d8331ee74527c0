"""
HTTP/1.1 within bounds: one request of a connection per turn, with deadlines and small sizes.

C{twisted.web} parses the requests.  By itself it executes all pipelined requests of one read in the same turn, waits
for a slow request without end, and accepts bodies of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource
from twisted.web.server import Request

if TYPE_CHECKING:
    from twistchat.doors.web.site import WebFactory

HEADERS: Final = 8 * 1024
"""The most bytes of the headers of a request."""

BODY: Final = 64 * 1024
"""The most bytes of the body of a request."""

DEADLINE: Final = 10.0
"""Seconds in which a whole request must arrive.  The first request's time begins when the connection is accepted."""

IDLE: Final = 60.0
"""Seconds for which an open connection may wait for its next request."""

_END: Final = b"\r\n\r\n"
"""The end of the headers of a request."""


class BoundedChannel(HTTPChannel):
    """
    One HTTP connection.

    After a request, the bytes behind it wait for a later turn, with the transport paused.

    @ivar slot: see L{Watched <twistchat.net.limits.idle.Watched>}.
    @ivar accepted: when the connection was accepted, in seconds on the clock.
    @ivar served: how many requests have been received.
    @ivar busy: whether a request is being answered.
    """

    maxHeaders = 64
    totalHeadersSize = HEADERS
    MAX_LENGTH = HEADERS
    timeOut = None  # the deadlines here are absolute, which those of TimeoutMixin are not
    site: WebFactory
    transport: Any

    def __init__(self) -> None:
        super().__init__()
        self.slot: int | None = None
        self.accepted = 0.0
        self.served = 0
        self._unread = b""
        self.busy = self._scheduled = self._resting = False
        self._bodyLeft = 0
        self._above: IProtocol | None = None

    def connectionMade(self) -> None:
        """Start the deadline of the first request."""
        super().connectionMade()
        self.accepted = self.site.context.clock.seconds()
        self.site.opened(self)
        self._expect(DEADLINE)

    def dataReceived(self, data: bytes) -> None:
        """Parse the next bytes, up to the end of one request."""
        if self._above is not None:
            self._above.dataReceived(data)
            return
        if self._unread or self.busy:
            self._unread += data
            if len(self._unread) > HEADERS:
                self.transport.pauseProducing()
        else:
            self._parse(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the requests, or the protocol that has taken the connection over."""
        self.site.context.idle.forget(self)
        self.site.lost(self)
        self._unread = b""
        if self._above is not None:
            self._above.connectionLost(reason)
        else:
            super().connectionLost(reason)

    def upgrade(self, protocol: IProtocol) -> None:
        """Pass the connection to another protocol, with the bytes that came behind the request."""
        self.site.context.idle.forget(self)
        self.site.lost(self)
        self.transport.unregisterProducer()
        self.requests.clear()
        self._above = protocol
        protocol.makeConnection(self.transport)
        data, self._unread = self._unread, b""
        if data:
            protocol.dataReceived(data)

    def allHeadersReceived(self) -> None:
        """See C{HTTPChannel.allHeadersReceived}."""
        super().allHeadersReceived()
        self._bodyLeft = self.length or 0

    def received(self) -> None:
        """A request has arrived completely.  The next one waits until L{requestDone}."""
        self.served += 1
        self.busy = True
        self.site.context.idle.forget(self)

    def requestDone(self, request: Any) -> None:
        """The answer is written.  Parse the next request in a later turn."""
        super().requestDone(request)
        self.busy = False
        if self.persistent:
            self._resting = True
            self._expect(IDLE)
            self._schedule()

    def timeout(self, now: float) -> None:
        """The request did not arrive in time.  See L{Watched.timeout <twistchat.net.limits.idle.Watched>}."""
        self.transport.abortConnection()

    def refuse(self, status: bytes) -> None:
        """Answer a request that cannot be parsed any further, and close the connection."""
        self._unread, self.busy = b"", True
        self.transport.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.loseConnection()

    def _expect(self, seconds: float) -> None:
        self.site.context.idle.watch(self, self.site.context.clock.seconds() + seconds)

    def _parse(self, data: bytes) -> None:
        """Parse bytes up to the end of the headers, or of the body.  The rest waits."""
        if self._resting:
            self._resting = False
            self._expect(DEADLINE)
        if self._bodyLeft:
            part = data[: self._bodyLeft]
            self._bodyLeft -= len(part)
        else:
            end = data.find(_END)
            part = data if end < 0 else data[: end + len(_END)]
        self._unread = data[len(part) :]
        super().dataReceived(part)
        if self._unread:
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self.callLater(0, self._continue)

    def _continue(self) -> None:
        self._scheduled = False
        if self.busy or self._above is not None:
            return
        data, self._unread = self._unread, b""
        if data:
            self._parse(data)
        if len(self._unread) <= HEADERS and self._above is None:
            self.transport.resumeProducing()


class BoundedRequest(Request):
    """
    A request of limited size.

    @ivar gone: whether the connection is lost, so that nothing can be answered.
    """

    channel: BoundedChannel
    gone = False

    def connectionLost(self, reason: Failure) -> None:
        """See C{twisted.web.http.Request.connectionLost}."""
        self.gone = True
        super().connectionLost(reason)

    def gotLength(self, length: int | None) -> None:
        """
        See C{twisted.web.http.Request.gotLength}.

        No browser sends a body of unknown length.  Without such bodies, the end of a request is never in question.
        """
        if length is None:
            self.channel.refuse(b"411 Length Required")
        elif length > BODY:
            self.channel.refuse(b"413 Content Too Large")
        super().gotLength(0 if length is None else min(length, BODY))

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """See C{twisted.web.http.Request.requestReceived}."""
        self.channel.received()
        super().requestReceived(command, path, version)

    def render(self, resrc: IResource) -> None:
        """See C{twisted.web.server.Request.render}.  Every answer has the same headers."""
        self.responseHeaders.removeHeader("server")
        for name, value in self.channel.site.headers.items():
            self.setHeader(name, value)
        super().render(resrc)
