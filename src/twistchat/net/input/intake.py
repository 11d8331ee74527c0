"""
The input of each connection that the server has not executed yet.

Each connection has a share of a turn, limited in lines, bytes and seconds.  The rest of its input waits here with the
transport paused.  The connection gets its next share in the next turn, after the reactor has served the others.  So no
client can delay the others, whatever it sends.

Many clients that come in or leave at once cannot delay the others either: what clients send first, to register, to join
rooms and to read the history, and the end of their input get a limited time of each turn, for all of them together.
What a client sends is not first any more once it has sent a text to a room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from twistchat.interfaces.carrier import IClient, Reason
from twistchat.wire.lines import Line

LINES: Final = 128
"""The most lines of one connection that are executed in one turn."""

BYTES: Final = 16 * 1024
"""The most bytes of one connection that are split into lines in one turn, if splitting them is cheap."""

SECONDS: Final = 0.002
"""Seconds after which no further line of a connection starts in the same turn."""


FIRST_LINES: Final = 40
"""The number of lines of a connection that count as what the client sends first."""

FIRST_TIME: Final = 10.0
"""Seconds after which a connection has no more first lines, unless some wait."""

FIRST_SECONDS: Final = 0.01
"""Seconds of a turn after which no further first line of a client starts."""

NO_REASON: Final[frozenset[Reason]] = frozenset()
"""The reasons of a connection that is read.  All connections share this set, as each empty set takes 216 bytes."""

ONLY_SHARE: Final = frozenset({Reason.SHARE})
"""The reasons of a connection that waits only for its next share."""


class Splitter(Protocol):
    """Splits the bytes of one connection into lines."""

    def feed(self, data: bytes) -> Sequence[Line]:
        """
        Add the next bytes.

        @return: the lines that they complete.
        """

    def finish(self) -> Sequence[Line]:
        """
        End the input.

        @return: the last line, if the splitter accepts one without a terminator.
        """


class Source(Protocol):
    """
    The source of an L{Intake}: a carrier.

    @ivar transport: the C{IPushProducer} that provides the bytes.
    @ivar splitter: splits the bytes into lines.
    @ivar chunk: the most bytes that are split in one turn.
    @ivar client: receives the lines.
    """

    transport: Any
    chunk: int
    splitter: Splitter
    client: IClient


class Shares:
    """
    The connections with unread input from an earlier turn.  Each gets one share per turn.

    @ivar clock: schedules the next turn with C{callLater(0, …)}, and measures the time of a share.
    @ivar crowded: whether the first lines of clients have used up their time in this turn, see L{FIRST_SECONDS}.
    """

    _log = Logger()

    __slots__ = ("_newcomers", "_spent", "_waiting", "clock", "crowded")

    def __init__(self, clock: IReactorTime) -> None:
        self.clock = clock
        self.crowded = False
        self._spent = 0.0
        self._waiting: list[Intake] = []
        self._newcomers: deque[Intake] = deque()

    def queue(self, intake: Intake) -> None:
        """Give a connection its next share in the next turn."""
        if not self._waiting:
            self.clock.callLater(0, self._serve)
        self._waiting.append(intake)

    def queueNewcomer(self, intake: Intake) -> None:
        """Give a connection that sends its first lines its next share in a later turn, in first-come order."""
        self._newcomers.append(intake)
        self._wait()

    def spend(self, seconds: float) -> None:
        """Count the time that first lines of a client took."""
        self._spent += seconds
        if self._spent >= FIRST_SECONDS:
            self._wait()

    def _wait(self) -> None:
        if not self.crowded:
            self.crowded = True
            self.clock.callLater(0, self._serveNewcomers)

    def _serve(self) -> None:
        waiting, self._waiting = self._waiting, []
        for intake in waiting:
            self._proceed(intake)

    def _serveNewcomers(self) -> None:
        self.crowded, self._spent = False, 0.0
        for _ in range(len(self._newcomers)):
            if self.crowded:
                break
            self._proceed(self._newcomers.popleft())
        if self._newcomers:
            self._wait()

    def _proceed(self, intake: Intake) -> None:
        try:
            intake.proceed()
        except Exception:
            self._log.failure("The input of {source} could not be taken", source=intake.source)
            intake.source.transport.abortConnection()


class Intake:
    """
    The input of one connection, split into lines and executed in shares.

    The transport is paused while at least one L{Reason} applies.

    @ivar source: the carrier that provides the input.
    """

    __slots__ = (
        "_closed",
        "_ended",
        "_first",
        "_lines",
        "_queued",
        "_reasons",
        "_shares",
        "_timer",
        "_unread",
        "_until",
        "source",
    )

    def __init__(self, source: Source, shares: Shares) -> None:
        self.source = source
        self._shares = shares
        self._unread = b""
        self._lines: Sequence[Line] = ()
        self._reasons = NO_REASON
        self._timer: IDelayedCall | None = None
        self._ended = self._queued = self._closed = False
        self._first, self._until = FIRST_LINES, shares.clock.seconds() + FIRST_TIME

    @property
    def paused(self) -> bool:
        """Whether the transport is paused for any reason."""
        return bool(self._reasons)

    @property
    def idle(self) -> bool:
        """Whether all received input has been executed."""
        return not self._lines and not self._unread

    def feed(self, data: bytes) -> None:
        """Add the next bytes, and execute lines up to this turn's share."""
        self._unread = self._unread + data if self._unread else data
        if self._reasons:
            self.pause(Reason.SHARE)  # a transport may deliver buffered bytes after it was paused
        else:
            self._work()

    def end(self) -> None:
        """The client has sent all its input.  Call L{IClosing.leaveIfServed} after the last line."""
        self._ended = True
        if self._reasons:
            self.pause(Reason.SHARE)
        else:
            self._work()

    def noteEnd(self) -> None:
        """The bytes that the splitter is reading are the last ones.  Their lines are executed before the end."""
        self._ended = True

    def close(self) -> None:
        """Drop the waiting input, and ignore later input."""
        self._closed = True
        self._unread, self._lines = b"", ()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def pause(self, reason: Reason) -> None:
        """Pause the transport until L{resume} is called with the same reason."""
        self.source.transport.pauseProducing()
        self._reasons |= {reason}

    def resume(self, reason: Reason) -> None:
        """Remove a reason.  The transport resumes if no other reason remains."""
        if reason not in self._reasons or self._closed:
            return
        self._reasons = self._reasons - {reason} or NO_REASON
        if not self._reasons:
            self._read()
        elif self._reasons == ONLY_SHARE:
            self._queue()

    def proceed(self) -> None:
        """Execute the next share, if only L{Reason.SHARE} applies."""
        self._queued = False
        if self._reasons == ONLY_SHARE:
            self._reasons = NO_REASON
            self._work()
            if not self._reasons and not self._closed:
                self._read()

    def _work(self) -> None:
        """
        Execute this turn's share.  The rest waits for a later turn.  If it has first lines, all of it waits until a
        turn has time for them.
        """
        client, shares, seconds = self.source.client, self._shares, self._shares.clock.seconds
        lineReceived, begin = client.lineReceived, seconds()
        if self._first and (begin >= self._until or client.talking):
            self._first = 0
        isFirst = self._first > 0 or self._ended
        if isFirst and shares.crowded:
            self.pause(Reason.SHARE)
            self._queue()
            return
        end = begin + SECONDS
        lines = self._next()
        for at, line in enumerate(lines):
            wait = lineReceived(line)
            if wait:
                self._lines = lines[at:]
                self._timer = self._shares.clock.callLater(wait, self._refilled)
                self.pause(Reason.RATE)
                break
            if self._reasons or self._closed or seconds() >= end:
                self._lines = lines[at + 1 :]
                break
        if client.talking:
            self._first, isFirst = 0, self._ended
        if self._closed:
            self._lines = ()
        elif self._lines or self._unread:
            self.pause(Reason.SHARE)
            if self._reasons == ONLY_SHARE:
                self._queue()
        elif self._ended:
            self._finish()
        if isFirst:
            shares.spend(seconds() - begin)

    def _next(self) -> Sequence[Line]:
        """Return the lines of this share."""
        lines, self._lines = self._lines, ()
        if lines or not self._unread:
            return lines
        chunk = self._unread[: self.source.chunk]
        if chunk.count(b"\n") > LINES:
            chunk = chunk[: -len(chunk.split(b"\n", LINES)[-1])]
        self._unread = self._unread[len(chunk) :]
        lines = self.source.splitter.feed(chunk)
        if self._first:
            self._first = max(0, self._first - len(lines))
        return lines

    def _finish(self) -> None:
        """Execute the last line, which may have no terminator, then report the end of the input."""
        self._lines = self.source.splitter.finish()
        if self._lines:
            self._work()
        else:
            self.source.client.closing.leaveIfServed()

    def _refilled(self) -> None:
        self._timer = None
        self.resume(Reason.RATE)

    def _queue(self) -> None:
        if not self._queued:
            self._queued = True
            if self._first or self._ended:
                self._shares.queueNewcomer(self)
            else:
                self._shares.queue(self)

    def _read(self) -> None:
        if not self._ended:  # Twisted would report the end of the input again
            self.source.transport.resumeProducing()
