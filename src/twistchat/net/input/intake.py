"""
What clients have sent and the server has not obeyed yet.

Each connection has a share of a turn: so many lines, bytes and seconds.  What is left waits here, with the transport
paused, and the connection gets its next share in the next turn, after the reactor has looked at all others.  So no
client can hold up the others, whatever it sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from twistchat.interfaces.carrier import IClient
from twistchat.wire.lines import Overlong

Line: TypeAlias = "bytes | Overlong"

LINES: Final = 128
"""Lines of one connection that are obeyed in one turn."""

BYTES: Final = 16 * 1024
"""Bytes of one connection that are cut into lines in one turn."""

SECONDS: Final = 0.002
"""Seconds after which no other line of a connection is begun in the same turn."""


class Reason(Enum):
    """Why a connection is not read."""

    SHARE = "its input waits for a later turn"
    RATE = "its rate limit"
    BACKLOG = "its commands wait for earlier ones"


ONLY_SHARE: Final = frozenset({Reason.SHARE})
"""The reasons of a connection that waits for its next share and for nothing else."""


class Codec(Protocol):
    """Splits the bytes of one connection into lines."""

    def feed(self, data: bytes) -> Sequence[Line]:
        """
        Take the next bytes.

        @return: the lines that they complete.
        """

    def finish(self) -> Sequence[Line]:
        """
        End the input.

        @return: the last line, where one without a terminator counts as a line.
        """


class Source(Protocol):
    """
    A connection whose input is taken: a carrier.

    @ivar transport: where the bytes come from; an C{IPushProducer}.
    @ivar codec: splits them into lines.
    @ivar client: takes the lines.
    """

    transport: Any
    codec: Codec
    client: IClient


class Shares:
    """
    The connections with input left over from an earlier turn.  Each gets one share a turn.

    @ivar clock: its C{callLater(0, …)} is the next turn, and its seconds bound a share.
    """

    _log = Logger()

    __slots__ = ("_waiting", "clock")

    def __init__(self, clock: IReactorTime) -> None:
        self.clock = clock
        self._waiting: list[Intake] = []

    def queue(self, intake: Intake) -> None:
        """Give a connection its next share in the next turn."""
        if not self._waiting:
            self.clock.callLater(0, self._serve)
        self._waiting.append(intake)

    def _serve(self) -> None:
        waiting, self._waiting = self._waiting, []
        for intake in waiting:
            try:
                intake.proceed()
            except Exception:
                self._log.failure("The input of {source} could not be taken", source=intake.source)
                intake.source.transport.abortConnection()


class Intake:
    """
    The input of one connection: cut into lines, and taken a share at a time.

    The transport is paused while there is a L{Reason}, and no longer.

    @ivar source: whose input it is.
    """

    __slots__ = ("_closed", "_ended", "_lines", "_queued", "_reasons", "_shares", "_timer", "_unread", "source")

    def __init__(self, source: Source, shares: Shares) -> None:
        self.source = source
        self._shares = shares
        self._unread = b""
        self._lines: Sequence[Line] = ()
        self._reasons: frozenset[Reason] = frozenset()
        self._timer: IDelayedCall | None = None
        self._ended = self._queued = self._closed = False

    @property
    def paused(self) -> bool:
        """Whether the connection is not read, for any reason."""
        return bool(self._reasons)

    @property
    def idle(self) -> bool:
        """Whether all that has come has been taken."""
        return not self._lines and not self._unread

    def feed(self, data: bytes) -> None:
        """Take the next bytes, as far as this turn's share goes."""
        self._unread = self._unread + data if self._unread else data
        if self._reasons:
            self.pause(Reason.SHARE)  # a transport may still deliver what it held when it was paused
        else:
            self._work()

    def end(self) -> None:
        """The client sends no more.  L{IClient.inputDone} is called when all that it sent has been taken."""
        self._ended = True
        if self._reasons:
            self.pause(Reason.SHARE)
        else:
            self._work()

    def close(self) -> None:
        """Forget what waits, and take nothing more."""
        self._closed = True
        self._unread, self._lines = b"", ()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def pause(self, reason: Reason) -> None:
        """Do not read the connection until L{resume} is called with the same reason."""
        self.source.transport.pauseProducing()
        self._reasons |= {reason}

    def resume(self, reason: Reason) -> None:
        """A reason is over.  The connection is read again where there is no other."""
        if reason not in self._reasons or self._closed:
            return
        self._reasons -= {reason}
        if not self._reasons:
            self._read()
        elif self._reasons == ONLY_SHARE:
            self._queue()

    def proceed(self) -> None:
        """Take the next share, where nothing else is in the way."""
        self._queued = False
        if self._reasons == ONLY_SHARE:
            self._reasons = frozenset()
            self._work()
            if not self._reasons and not self._closed:
                self._read()

    def _work(self) -> None:
        """Take this turn's share; what is left waits for a later turn."""
        take, seconds = self.source.client.take, self._shares.clock.seconds
        end = seconds() + SECONDS
        lines = self._next()
        for at, line in enumerate(lines):
            wait = take(line)
            if wait:
                self._lines = lines[at:]
                self._timer = self._shares.clock.callLater(wait, self._refilled)
                self.pause(Reason.RATE)
                break
            if self._reasons or self._closed or seconds() >= end:
                self._lines = lines[at + 1 :]
                break
        if self._closed:
            self._lines = ()
        elif self._lines or self._unread:
            self.pause(Reason.SHARE)
            if self._reasons == ONLY_SHARE:
                self._queue()
        elif self._ended:
            self._finish()

    def _next(self) -> Sequence[Line]:
        """The lines of this share."""
        lines, self._lines = self._lines, ()
        if lines or not self._unread:
            return lines
        chunk = self._unread[:BYTES]
        if chunk.count(b"\n") > LINES:
            chunk = chunk[: -len(chunk.split(b"\n", LINES)[-1])]
        self._unread = self._unread[len(chunk) :]
        return self.source.codec.feed(chunk)

    def _finish(self) -> None:
        """All that came has been taken: what is left in the splitter is the last line."""
        self._lines = self.source.codec.finish()
        if self._lines:
            self._work()
        else:
            self.source.client.inputDone()

    def _refilled(self) -> None:
        self._timer = None
        self.resume(Reason.RATE)

    def _queue(self) -> None:
        if not self._queued:
            self._queued = True
            self._shares.queue(self)

    def _read(self) -> None:
        if not self._ended:  # Twisted would report the end of the input once more
            self.source.transport.resumeProducing()
