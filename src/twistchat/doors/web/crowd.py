"""The HTTP connections of the site: how many there may be, and how much of a turn their requests may take."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from twistchat.chat.phrasing import counted

if TYPE_CHECKING:
    from twistchat.doors.web.channel import BoundedChannel
    from twistchat.net.context import ServerContext

CONNECTIONS: Final = 512
"""The most HTTP connections, without WebSockets.  A new one replaces the oldest that has no request in progress."""

SECONDS: Final = 0.005
"""Seconds of a turn after which no further request of any connection is answered."""


class Crowded(Exception):
    """There are too many connections or requests.  The string says so, for the client."""


class Crowd:
    """
    The open HTTP connections.

    A connection counts for its address, as an IRC connection does.  The connections of a proxy do not; their requests
    count for the addresses that the proxy names, while they are answered.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._counts: Counter[str] = Counter()
        self.open: dict[BoundedChannel, None] = {}

    def enter(self, channel: BoundedChannel, address: str | None) -> None:
        """
        Note a new connection.  If there are too many, abort the oldest that has no request in progress.

        @param address: the client's IP address; C{None} if it is a proxy's or has none.
        @raise Crowded: it cannot be served.
        """
        channel.counted = self._count(address)
        if len(self.open) >= CONNECTIONS:
            oldest = next((other for other in self.open if not other.busy), None)
            if oldest is None:
                raise Crowded("All connections of this server are busy.  Try again in a minute.")
            self.leave(oldest)
            oldest.transport.abortConnection()
        self.open[channel] = None

    def leave(self, channel: BoundedChannel) -> None:
        """Note that a connection is lost, or has become a WebSocket.  A second call does nothing."""
        self.open.pop(channel, None)
        self.uncount(channel)

    def countRequest(self, channel: BoundedChannel, address: str | None) -> None:
        """
        Count a request of a proxy for its client's address, while it is answered.

        @raise Crowded: the address has too many.
        """
        channel.counted = self._count(address)

    def uncount(self, channel: BoundedChannel) -> None:
        """Stop counting a connection or a request."""
        group, channel.counted = channel.counted, None
        if group is not None:
            self._counts[group] -= 1
            if not self._counts[group]:
                del self._counts[group]

    def _count(self, address: str | None) -> str | None:
        group = self._context.admission.groupOf(address)
        if group is None:
            return None
        if self._counts[group] >= self._context.settings.limits.connectionsPerAddress:
            number = counted(self._counts[group], "connection")
            raise Crowded(f"Your address has {number} to this page, and no more can be.")
        self._counts[group] += 1
        return group


class Turns:
    """
    The connections with unread input.  Each has one request answered in a turn, and all of them together take
    L{SECONDS} of it.
    """

    def __init__(self, context: ServerContext) -> None:
        self._clock = context.clock
        self._waiting: deque[BoundedChannel] = deque()
        self._spent = 0.0
        self._scheduled = False

    def take(self, channel: BoundedChannel) -> None:
        """Let a connection proceed: now, if this turn has time for it."""
        if self._waiting or self._spent >= SECONDS:
            self.later(channel)
        else:
            self._proceed(channel)
            self._schedule()

    def later(self, channel: BoundedChannel) -> None:
        """Let a connection proceed in a later turn."""
        if not channel.waiting:
            channel.waiting = True
            self._waiting.append(channel)
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._turn)

    def _turn(self) -> None:
        self._scheduled, self._spent = False, 0.0
        for _ in range(len(self._waiting)):
            if self._spent >= SECONDS:
                break
            channel = self._waiting.popleft()
            channel.waiting = False
            self._proceed(channel)
        if self._waiting:
            self._schedule()

    def _proceed(self, channel: BoundedChannel) -> None:
        begin = self._clock.seconds()
        channel.proceed()
        self._spent += self._clock.seconds() - begin
