"""Keeps the commands of one session in order: each takes effect after the earlier ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeAlias

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twistchat.interfaces.carrier import Reason

Work: TypeAlias = "Callable[[], Deferred[Any] | None]"
"""
Executes a command.  It returns C{None} if the command has taken effect, or a Deferred that fires when it has.  If the
command is refused, it raises an error or the Deferred fails.
"""

Later: TypeAlias = "Callable[[Callable[[], None]], None]"
"""Calls a function once, at a later time."""

MAX_CONCURRENT = 128
"""
The most messages of one session in flight, so that no sender fills the journal's queue.  Messages that are applied in
one turn are sent in one write, so lower values produce smaller writes.
"""

MAX_IN_FLIGHT = 2048
"""The most messages of all sessions in flight: a quarter of the journal's queue."""

MAX_FRESH = 4096
"""
The most fresh messages of all sessions: those that started since their pipelines last requested completion.

A fresh message does not count against L{MAX_IN_FLIGHT} yet, so every session with input starts some messages in a turn.
Both limits together leave room in the journal's queue.
"""

MAX_WAITING = 128
"""The number of waiting commands at which a session's input pauses.  All of them may start in one turn."""

MARK_AFTER = 64
"""The number of fresh messages at which a pipeline requests their completion."""


class Pausable(Protocol):
    """The part of L{ICarrier <twistchat.interfaces.carrier.ICarrier>} that a pipeline uses."""

    def pause(self, reason: Reason) -> None:
        """Stop reading until L{resume} is called with the same reason."""

    def resume(self, reason: Reason) -> None:
        """Remove a reason."""


class InFlight:
    """
    Counts the messages in flight in all pipelines.  When the limit is reached, pipelines take turns.

    @ivar running: the number of messages in flight, without the fresh ones.
    @ivar limit: the limit on C{running}.
    @ivar fresh: the number of messages whose completion has not been requested yet.
    @ivar freshLimit: the limit on C{fresh}.
    @ivar settled: calls a function when all messages proposed so far have been applied or refused.
    """

    __slots__ = ("_later", "_pipelines", "_resuming", "_unmarked", "fresh", "freshLimit", "limit", "running", "settled")

    def __init__(self, settled: Later, later: Later, limit: int = MAX_IN_FLIGHT, freshLimit: int = MAX_FRESH) -> None:
        """
        @param settled: calls a function when all messages proposed so far have been applied or refused; at once if none
            is pending.
        @param later: calls a function at the end of the turn.
        @param limit: see L{MAX_IN_FLIGHT}.
        @param freshLimit: see L{MAX_FRESH}.
        """
        self.settled = settled
        self._later = later
        self.limit = limit
        self.running = self.fresh = 0
        self.freshLimit = freshLimit
        self._unmarked: list[Pipeline] = []
        self._pipelines: deque[Pipeline] = deque()
        self._resuming = False

    @property
    def open(self) -> bool:
        """Whether another message may start."""
        return self.running < self.limit

    def started(self, pipeline: Pipeline) -> None:
        """Call L{Pipeline.mark} at the end of the turn, or earlier if the limit on fresh messages is reached."""
        self._unmarked.append(pipeline)
        if len(self._unmarked) == 1:
            self._later(self.mark)

    def mark(self) -> None:
        """Let each pipeline with fresh messages request their completion."""
        unmarked, self._unmarked = self._unmarked, []
        for pipeline in unmarked:
            pipeline.mark()

    def finished(self, count: int = 1) -> None:
        """Note that messages have been applied or refused, and let the longest-waiting pipelines start others."""
        self.running -= count
        if self._resuming:
            return  # a command completed within the loop below, which continues
        self._resuming = True
        try:
            while self._pipelines and self.open:
                self._pipelines.popleft().proceed()
        finally:
            self._resuming = False

    def queue(self, pipeline: Pipeline) -> None:
        """Add a pipeline to those that wait, in first-come order."""
        self._pipelines.append(pipeline)


class Pipeline:
    """
    Starts the commands of one session in order.

    Several messages may be in flight, up to L{MAX_CONCURRENT} and within the limits of L{InFlight}, since the journal
    keeps their order.  Any other command waits until all earlier commands have taken effect, and later commands wait
    for it.
    """

    __slots__ = (
        "_advancing",
        "_alone",
        "_carrier",
        "_full",
        "_idle",
        "_inFlight",
        "_limit",
        "_queued",
        "_refuse",
        "_running",
        "_size",
        "_unmarked",
        "_waiting",
    )

    def __init__(
        self,
        carrier: Pausable,
        limit: int,
        idle: Callable[[], None],
        refuse: Callable[[Failure], None],
        inFlight: InFlight,
    ) -> None:
        """
        @param carrier: the carrier of the commands, which pauses while too many of them wait.
        @param limit: the maximum size of waiting commands, in bytes.  More of them, or more than L{MAX_WAITING}
            commands, pause the carrier.
        @param idle: called when a deferred command was the last one, and has taken effect.
        @param refuse: called with the failure of a refused command, before the next command starts.
        @param inFlight: the count of messages in flight in all pipelines.
        """
        self._carrier = carrier
        self._limit = limit
        self._idle = idle
        self._refuse = refuse
        self._inFlight = inFlight
        self._running = self._unmarked = 0
        self._advancing = self._alone = self._full = self._queued = False
        self._waiting: deque[tuple[Work, bool, int]] | None = None
        self._size = 0

    @property
    def idle(self) -> bool:
        """Whether every command has taken effect."""
        return not self._running and not self._waiting

    @property
    def open(self) -> bool:
        """Whether a message may start now."""
        return not self._waiting and self._free(True)

    def started(self) -> None:
        """
        Count a message that the caller has proposed itself because the pipeline was L{open} (the fast path).

        The caller reports a refusal.  The message is in flight until the journal has applied or refused it.  The
        pipeline requests completion once for several messages: at the end of the turn, when there are L{MARK_AFTER} of
        them, or when another command has to wait for them.
        """
        self._running += 1
        self._alone = False
        self._unmarked += 1
        inFlight = self._inFlight
        inFlight.fresh += 1
        if self._unmarked == 1:
            inFlight.started(self)
        elif self._unmarked == MARK_AFTER:
            self.mark()
        if inFlight.fresh >= inFlight.freshLimit:
            inFlight.mark()

    def submit(self, work: Work, concurrent: bool, size: int) -> None:
        """
        Execute a command now, or after the commands that it has to wait for.

        @param concurrent: whether it is a message, which may be in flight with other messages.
        @param size: the size of its input in bytes.
        """
        if not concurrent:
            self.mark()
        if not self._waiting and self._free(concurrent):
            self._start(work, concurrent)
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append((work, concurrent, size))
        self._size += size
        self._queueUp()
        if not self._full and self._isFull():
            self._full = True
            self._carrier.pause(Reason.BACKLOG)

    def occupy(self, done: Deferred[Any]) -> None:
        """
        Let the commands that have not started yet wait for work that no command asked for.

        @param done: fires when that work is done.
        """
        self._running += 1
        self._alone = True
        done.addBoth(self._commandApplied)

    def change(self, limit: int) -> None:
        """Replace the limit on the size of waiting commands."""
        self._limit = limit
        if self._isFull() != self._full:
            self._full = not self._full
            if self._full:
                self._carrier.pause(Reason.BACKLOG)
            else:
                self._carrier.resume(Reason.BACKLOG)

    def proceed(self) -> None:
        """Continue after waiting in L{InFlight}."""
        self._queued = False
        self._continue()

    def clear(self) -> None:
        """Drop the waiting commands."""
        self._waiting = None
        self._size = 0

    def _free(self, concurrent: bool) -> bool:
        if not concurrent:
            return not self._running
        inFlight = self._inFlight
        return inFlight.running < inFlight.limit and (
            not self._running or (not self._alone and self._running < MAX_CONCURRENT)
        )

    def _isFull(self) -> bool:
        return self._size > self._limit or (self._waiting is not None and len(self._waiting) > MAX_WAITING)

    def _queueUp(self) -> None:
        """Queue in L{InFlight} if only its limit delays the next command."""
        if self._waiting and not self._queued and self._waiting[0][1] and not self._inFlight.open:
            self._queued = True
            self._inFlight.queue(self)

    def _start(self, work: Work, concurrent: bool) -> None:
        self._running += 1
        self._alone = not concurrent
        try:
            done = work()
        except Exception:
            self._running -= 1
            self._refuse(Failure())
            return
        if done is None:
            self._running -= 1
        else:
            self._await(done, concurrent)

    def _await(self, done: Deferred[Any], concurrent: bool) -> None:
        if done.called and not done.paused:
            self._running -= 1
            if isinstance(done.result, Failure):
                done.addErrback(self._refuse)
        elif concurrent:
            self._inFlight.running += 1
            done.addCallbacks(self._messageApplied, self._messageRefused)
        else:
            done.addCallbacks(self._commandApplied, self._commandRefused)

    def _messageRefused(self, failure: Failure) -> None:
        self._refuse(failure)
        self._messageApplied(None)

    def _messageApplied(self, _: object) -> None:
        self._commandApplied(None)
        self._inFlight.finished()

    def _commandRefused(self, failure: Failure) -> None:
        self._refuse(failure)
        self._commandApplied(None)

    def _commandApplied(self, _: object) -> None:
        self._running -= 1
        self._continue()

    def mark(self) -> None:
        """Request completion of the messages started since the last mark."""
        count, self._unmarked = self._unmarked, 0
        if count:
            self._inFlight.fresh -= count
            self._inFlight.running += count
            self._inFlight.settled(partial(self._marksApplied, count))

    def _marksApplied(self, count: int) -> None:
        """Note that marked messages have been applied or refused."""
        self._running -= count
        self._inFlight.finished(count)
        self._continue()

    def _continue(self) -> None:
        if self._waiting or self._full:
            self._advance()
        if not self._running and not self._waiting:
            self._idle()

    def _advance(self) -> None:
        """Start the waiting commands that may start now."""
        if self._advancing:
            return  # a command completed within the loop below, which continues
        self._advancing = True
        try:
            while self._waiting and self._free(self._waiting[0][1]):
                work, concurrent, size = self._waiting.popleft()
                self._size -= size
                self._start(work, concurrent)
                if not self._waiting or not self._free(self._waiting[0][1]):
                    self.mark()
        finally:
            self._advancing = False
        if not self._waiting:
            self._waiting = None
        if self._full and not self._isFull():
            self._full = False
            self._carrier.resume(Reason.BACKLOG)
        self._queueUp()
