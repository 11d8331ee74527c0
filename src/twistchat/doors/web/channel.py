"""
HTTP/1.1 within bounds: one request of a connection per turn, with deadlines and small sizes.

C{twisted.web} parses the requests.  By itself it executes all pipelined requests of one read in the same turn, waits
for a slow request without end, and accepts bodies of any size.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import connectionDone
from twisted.internet.tcp import Connection
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.server import Request

from twistchat.doors.web.crowd import Crowded
from twistchat.doors.web.head import FIELDS, HEAD, BadHead, checkHead, endOfHead
from twistchat.net.listening.origin import Proxied, isWithin
from twistchat.wire.sniff import isTlsHello

if TYPE_CHECKING:
    from twistchat.doors.web.site import WebFactory

DEADLINE: Final = 10.0
"""Seconds in which a whole request must arrive.  The first request's time begins when the connection is accepted."""

IDLE: Final = 60.0
"""Seconds for which an open connection may wait for its next request, and a client may take to read an answer."""

LINGER: Final = 2.0
"""
Seconds for which the input of a refused request is dropped before the connection ends.

If a connection with unread input is closed, the client's system may drop the answer (RFC 9112, section 9.6).
"""

DROPPED: Final = 1 << 20
"""The most bytes that are dropped in this time."""


def errorAnswer(status: int, why: str) -> bytes:
    """Make the answer to a request that cannot be read."""
    body = f"{why}\n".encode()
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\nCache-Control: no-store\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class BoundedChannel(HTTPChannel):
    """
    One HTTP connection.

    After a request, the bytes behind it wait for a later turn, with the transport paused.

    @ivar slot: see L{Watched <twistchat.net.limits.idle.Watched>}.
    @ivar accepted: when the connection was accepted, in seconds on the clock.
    @ivar served: how many requests have been received.
    @ivar hadBody: whether the last request had a body.
    @ivar busy: whether a request is being answered.
    @ivar waiting: whether it waits in L{Turns <twistchat.doors.web.crowd.Turns>}.
    @ivar proxied: whether the connection is one of C{web.proxies}, or comes over a UNIX socket.
    @ivar counted: the address that it counts for, see L{Crowd <twistchat.doors.web.crowd.Crowd>}.
    """

    maxHeaders = FIELDS
    totalHeadersSize = HEAD
    MAX_LENGTH = HEAD
    site: WebFactory
    transport: Any

    def __init__(self) -> None:
        super().__init__()
        self.slot: int | None = None
        self.accepted = 0.0
        self.served = 0
        self.busy = self.waiting = self.proxied = self.hadBody = False
        self.counted: str | None = None
        self._unread = b""
        self._searched = self._bodyLeft = 0
        self._resting = self._full = False
        self._dropLeft: int | None = None
        self._above: IProtocol | None = None

    def connectionMade(self) -> None:
        """Start the deadline of the first request, or refuse the connection."""
        super().connectionMade()
        context, transport = self.site.context, self.transport
        self.accepted = transport.accepted if isinstance(transport, Proxied) else context.clock.seconds()
        peer: str | None = getattr(transport.getPeer(), "host", None)
        self.proxied = peer is None or isWithin(peer, self.site.proxies)
        self._expect(DEADLINE)
        try:
            self.site.crowd.enter(self, None if self.proxied else peer)
        except Crowded as crowded:
            # Without a pause for its input, so that refused connections do not pile up.
            transport.write(errorAnswer(503, str(crowded)))
            self.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Parse the next bytes, up to the end of one request."""
        if self._above is not None:
            self._above.dataReceived(data)
        elif self._dropLeft is not None:
            self._dropLeft -= len(data)
            if self._dropLeft < 0:
                self.transport.abortConnection()
        else:
            self._unread += data
            if not (self.busy or self.waiting):
                self._read()
            if len(self._unread) > HEAD:
                self.transport.pauseProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the requests, or the protocol that has taken the connection over."""
        self._forget()
        self._unread = b""
        if self._above is not None:
            self._above.connectionLost(reason)
        else:
            super().connectionLost(reason)

    def upgrade(self, protocol: IProtocol) -> None:
        """Pass the connection to another protocol, with the bytes that came behind the request."""
        self._forget()
        self.transport.unregisterProducer()
        self.requests.clear()
        self._above = protocol
        protocol.makeConnection(self.transport)
        data, self._unread = self._unread, b""
        if data:
            protocol.dataReceived(data)

    def received(self) -> None:
        """A request has arrived completely.  The next one waits until L{requestDone}."""
        self.served += 1
        self.busy = True
        self.site.context.idle.forget(self)

    def requestDone(self, request: Any) -> None:
        """The answer is written.  Parse the next request in a later turn."""
        super().requestDone(request)
        if self.proxied:
            self.site.crowd.uncount(self)
        self._resting = True
        self._expect(IDLE)
        if self.persistent:
            self.busy = False
            if len(self._unread) > HEAD:
                self.transport.pauseProducing()  # requestDone has resumed it
            if self._unread:
                self.site.turns.later(self)

    def pauseProducing(self) -> None:
        """See C{IPushProducer.pauseProducing}.  No request is answered until the client has read earlier answers."""
        self._full = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """See C{IPushProducer.resumeProducing}."""
        self._full = False
        super().resumeProducing()
        if self._unread:
            self.site.turns.later(self)

    def timeout(self, now: float) -> None:
        """The request did not arrive in time.  See L{Watched.timeout <twistchat.net.limits.idle.Watched>}."""
        self.transport.abortConnection()

    def refuse(self, status: int, why: str) -> None:
        """Answer a request that cannot be parsed any further, drop what follows, and close the connection."""
        self._unread, self._dropLeft = b"", DROPPED
        self._expect(LINGER)
        transport = self.transport
        transport.write(errorAnswer(status, why))
        if isinstance(transport, Connection) and not transport.TLS:
            transport.loseWriteConnection()
        else:
            self.loseConnection()

    def proceed(self) -> None:
        """Answer the next request, if it is complete and the earlier answers have been read."""
        if self.busy or self._full or self._above is not None or not self._unread:
            return
        self._read(mayAnswer=True)
        if len(self._unread) <= HEAD and not self._full and self._above is None:
            self.transport.resumeProducing()

    def _forget(self) -> None:
        self.site.context.idle.forget(self)
        self.site.crowd.leave(self)

    def _expect(self, seconds: float) -> None:
        self.site.context.idle.watch(self, self.site.context.clock.seconds() + seconds)

    def _read(self, mayAnswer: bool = False) -> None:
        """
        Read bytes up to the end of the head, or of the body.  The rest waits.

        @param mayAnswer: whether a complete request may be answered now; if not, L{proceed} is called for it.
        """
        if self._resting:
            self._resting = False
            self._expect(DEADLINE)
        if self._bodyLeft:
            self._readBody(mayAnswer)
            return
        if not (self._searched or self.served) and isTlsHello(self._unread):
            self.refuse(400, "This port is not encrypted, and that is a TLS handshake.")
            return
        unread = self._unread = self._unread.lstrip(b"\r\n")  # RFC 9112, section 2.2
        try:
            end = endOfHead(unread, self._searched)
            if not end:
                self._searched = len(unread)
                return
            if not mayAnswer:
                self.site.turns.take(self)
                return
            head, self._unread, self._searched = unread[:end], unread[end:], 0
            self._bodyLeft = checkHead(head)
            self.hadBody = self._bodyLeft > 0
        except BadHead as bad:
            self.refuse(bad.status, bad.why)
            return
        super().dataReceived(head)
        if self._bodyLeft and self._unread:
            self._readBody(mayAnswer)

    def _readBody(self, mayAnswer: bool) -> None:
        if len(self._unread) >= self._bodyLeft and not mayAnswer:
            self.site.turns.take(self)
            return
        part, self._unread = self._unread[: self._bodyLeft], self._unread[self._bodyLeft :]
        self._bodyLeft -= len(part)
        super().dataReceived(part)


class BoundedRequest(Request):
    """
    A request.

    @ivar gone: whether the connection is lost, so that nothing can be answered.
    """

    channel: BoundedChannel
    gone = False

    def connectionLost(self, reason: Failure) -> None:
        """See C{twisted.web.http.Request.connectionLost}."""
        self.gone = True
        super().connectionLost(reason)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """See C{twisted.web.http.Request.requestReceived}."""
        self.channel.received()
        super().requestReceived(command, path, version)
