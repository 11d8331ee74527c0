"""
The HTTP of the metrics endpoint: C{/metrics}, C{/healthz} and C{/readyz}, within bounds.

A connection has one request without a body, and ends after ten seconds.  So whatever a client does, it holds little for
a short time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request

TIMEOUT: Final = 10.0
"""Seconds after which a connection is aborted, whatever it does."""

CONNECTIONS: Final = 16
"""The most connections.  A new one replaces the oldest."""

HEAD: Final = 8192
"""The most bytes of a request."""

QUIET: Final = 60.0
"""Seconds after the log of a failure in which no further failure is logged.  Clients can ask as often as they like."""

METRICS: Final = "/metrics"
HEALTH: Final = "/healthz"
READY: Final = "/readyz"

PLAIN: Final = "text/plain; charset=utf-8"

log = Logger()


class MonitoringChannel(HTTPChannel):
    """One connection, with one request."""

    maxHeaders = 64
    totalHeadersSize = HEAD
    MAX_LENGTH = HEAD
    factory: MonitoringFactory
    transport: Any

    def __init__(self) -> None:
        super().__init__()
        self._deadline: IDelayedCall | None = None
        self._left = HEAD

    def connectionMade(self) -> None:
        """Start the deadline.  If there are too many connections, abort the oldest."""
        super().connectionMade()
        factory = self.factory
        if len(factory.channels) >= CONNECTIONS:
            next(iter(factory.channels)).abort()
        factory.channels[self] = None
        self._deadline = factory.clock.callLater(TIMEOUT, self.abort)

    def dataReceived(self, data: bytes) -> None:
        """Parse the request.  A client that sends more than a request has is gone at once."""
        self._left -= len(data)
        if self._left < 0:
            self.abort()
        else:
            super().dataReceived(data)

    def allHeadersReceived(self) -> None:
        """Refuse a request with a body; otherwise answer it."""
        if self.length == 0:
            super().allHeadersReceived()
            return
        self.transport.write(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.loseConnection()

    def checkPersistence(self, request: Request, version: bytes) -> bool:
        """See C{HTTPChannel.checkPersistence}.  The connection ends after the answer."""
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        return False

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget the connection."""
        self._forget()
        super().connectionLost(reason)

    def abort(self) -> None:
        """End the connection at once."""
        self._forget()
        self.transport.abortConnection()

    def _forget(self) -> None:
        self.factory.channels.pop(self, None)
        deadline, self._deadline = self._deadline, None
        if deadline is not None and deadline.active():
            deadline.cancel()


class MonitoringRequest(Request):
    """A request."""

    channel: MonitoringChannel

    def process(self) -> None:
        """Answer the request."""
        status, body, contentType = self.channel.factory.answer(self)
        headers = {
            "Content-Type": contentType,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        self.setResponseCode(status)
        for name, value in headers.items():
            self.responseHeaders.setRawHeaders(name, [value])
        if status == 405:
            self.responseHeaders.setRawHeaders("Allow", ["GET, HEAD"])
        if self.method != b"HEAD":
            self.write(body)
        self.finish()


class MonitoringFactory(Factory):
    """
    Makes the connections, and answers their requests.

    @ivar clock: times the connections.
    @ivar channels: the open connections, oldest first.
    """

    noisy = False

    def __init__(
        self, clock: IReactorTime, metrics: Callable[[str], tuple[bytes, str]], trouble: Callable[[], str | None]
    ) -> None:
        """
        @param metrics: returns the metrics and their content type, for the header C{Accept} of a request.
        @param trouble: returns why the server accepts no messages; C{None} if it does.
        """
        self.clock = clock
        self.channels: dict[MonitoringChannel, None] = {}
        self._metrics = metrics
        self._trouble = trouble
        self._failed: float | None = None

    def buildProtocol(  # type: ignore[override]  # Twisted wants a protocol that accepts any factory
        self, addr: IAddress | None
    ) -> MonitoringChannel:
        """See C{Factory.buildProtocol}."""
        channel = MonitoringChannel()
        channel.factory = self
        channel.requestFactory = MonitoringRequest
        channel.timeOut = None
        return channel

    def log(self, request: Request) -> None:
        """Write no line about a request: there is one every few seconds."""

    def close(self) -> None:
        """End all connections."""
        for channel in list(self.channels):
            channel.abort()

    def answer(self, request: Request) -> tuple[int, bytes, str]:
        """
        Answer a request.

        @return: the status, the body and its content type.
        """
        path = request.path.decode("ascii", "replace")
        if path not in (METRICS, HEALTH, READY):
            return 404, f"There are {METRICS}, {HEALTH} and {READY}.\n".encode(), PLAIN
        if request.method not in (b"GET", b"HEAD"):
            return 405, b"Only GET and HEAD are possible here.\n", PLAIN
        if path == METRICS:
            return self._answerMetrics(request)
        trouble = self._trouble() if path == READY else None
        return (200, b"ok\n", PLAIN) if trouble is None else (503, f"{trouble}\n".encode(), PLAIN)

    def _answerMetrics(self, request: Request) -> tuple[int, bytes, str]:
        try:
            accept = request.requestHeaders.getRawHeaders(b"Accept", [])
            body, contentType = self._metrics(b",".join(accept).decode("latin-1"))
        except Exception:
            now = self.clock.seconds()
            if self._failed is None or not 0 <= now - self._failed < QUIET:
                self._failed = now
                log.failure("The metrics could not be written.  Further failures within a minute are not logged")
            return 500, b"The server could not write the metrics, and has logged why.\n", PLAIN
        return 200, body, contentType
