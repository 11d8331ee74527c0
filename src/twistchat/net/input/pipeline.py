"""The order of one session's commands: each takes effect after those sent before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

Work: TypeAlias = "Callable[[], Deferred[Any] | None]"
"""
Does a command.  Its Deferred fires when the command has taken effect; C{None} where it has already.  It raises, or its
Deferred fails, where the command is refused.
"""

Later: TypeAlias = "Callable[[Callable[[], None]], None]"
"""Calls what it is given, once, at some later time."""

MOST_CONCURRENT = 128
"""
Messages of one session that may be under way at once, so that no one sender fills the journal's queue.  What is applied
together leaves together: with fewer from each of more senders, each listener is sent smaller parts.
"""

MOST_IN_ALL = 2048
"""Messages of all sessions that may be under way at once: a quarter of what fills the journal's queue."""

MOST_FRESH = 4096
"""
Messages of all sessions that may start before their pipelines ask when they are over.  They count as under way from
then on, so that all who are ready start some together; with L{MOST_IN_ALL} they leave room in the journal's queue.
"""

MOST_WAITING = 128
"""Commands of one session that may wait before no more should come: what waits may all start in one turn."""

MARKED = 64
"""After how many messages that were started by themselves a pipeline asks to be told when they are over."""


class InFlight:
    """
    The messages of all pipelines that are under way.  Where they are many, pipelines take turns.

    @ivar running: how many are under way, but for those of C{fresh}.
    @ivar most: how many may be.
    @ivar fresh: how many have started, and their pipelines have not asked yet when they are over.
    @ivar mostFresh: how many may have.
    @ivar settled: tells when those are over that are under way.
    """

    __slots__ = ("_begun", "_giving", "_later", "_pipelines", "fresh", "most", "mostFresh", "running", "settled")

    def __init__(self, settled: Later, later: Later, most: int = MOST_IN_ALL, mostFresh: int = MOST_FRESH) -> None:
        """
        @param settled: calls what it is given when all messages that were proposed until now have taken effect, or were
            refused; within the call, where they have.
        @param later: calls what it is given at the end of the turn.
        @param most: how many may be under way.
        @param mostFresh: see L{MOST_FRESH}.
        """
        self.settled = settled
        self._later = later
        self.most = most
        self.running = self.fresh = 0
        self.mostFresh = mostFresh
        self._begun: list[Pipeline] = []
        self._pipelines: deque[Pipeline] = deque()
        self._giving = False

    @property
    def open(self) -> bool:
        """Whether one more may start."""
        return self.running < self.most

    def began(self, pipeline: Pipeline) -> None:
        """Call L{Pipeline.mark} at the end of the turn, or when there are too many fresh messages."""
        self._begun.append(pipeline)
        if len(self._begun) == 1:
            self._later(self.mark)

    def mark(self) -> None:
        """Let every pipeline ask when its messages are over."""
        begun, self._begun = self._begun, []
        for pipeline in begun:
            pipeline.mark()

    def give(self, count: int = 1) -> None:
        """So many have taken effect: the pipelines that have waited longest may start others."""
        self.running -= count
        if self._giving:
            return  # what a pipeline has started is over already: the loop below goes on with the next
        self._giving = True
        try:
            while self._pipelines and self.open:
                self._pipelines.popleft().proceed()
        finally:
            self._giving = False

    def queue(self, pipeline: Pipeline) -> None:
        """Let a pipeline proceed when its turn has come."""
        self._pipelines.append(pipeline)


class Pipeline:
    """
    Starts commands in the order in which they came.

    Messages may be under way together, up to L{MOST_CONCURRENT}, and as far as L{InFlight} has room for more: the
    journal keeps them in order.  Any other command starts when all before it have taken effect, and what comes behind
    it waits for it.
    """

    __slots__ = (
        "_advancing",
        "_alone",
        "_begun",
        "_full",
        "_idle",
        "_inFlight",
        "_limit",
        "_pause",
        "_queued",
        "_refuse",
        "_resume",
        "_running",
        "_size",
        "_waiting",
    )

    def __init__(
        self,
        limit: int,
        pause: Callable[[], None],
        resume: Callable[[], None],
        idle: Callable[[], None],
        refuse: Callable[[Failure], None],
        inFlight: InFlight,
    ) -> None:
        """
        @param limit: how many bytes of commands may wait before no more should come.
        @param pause: called when more than that wait, or more than L{MOST_WAITING} commands.
        @param resume: called when that is over.
        @param idle: called when the last command has taken effect, where that took longer than the call.
        @param refuse: called with why a command is refused, before another starts.
        @param inFlight: the messages that are under way in all pipelines.
        """
        self._limit = limit
        self._pause = pause
        self._resume = resume
        self._idle = idle
        self._refuse = refuse
        self._inFlight = inFlight
        self._running = self._begun = 0
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

    def began(self) -> None:
        """
        Take in a message that was proposed by itself, since the pipeline was L{open}; whoever did that says itself
        where it is refused.  It is under way until the journal has settled it, which is asked once for many: at the end
        of the turn, or when there are many, or when something is to wait for them.
        """
        self._running += 1
        self._alone = False
        self._begun += 1
        inFlight = self._inFlight
        inFlight.fresh += 1
        if self._begun == 1:
            inFlight.began(self)
        elif self._begun == MARKED:
            self.mark()
        if inFlight.fresh >= inFlight.mostFresh:
            inFlight.mark()

    def submit(self, work: Work, concurrent: bool, size: int) -> None:
        """
        Do a command, when its time has come.

        @param concurrent: whether it may be under way with others of its kind: a message.
        @param size: how many bytes it came in.
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
            self._pause()

    def proceed(self) -> None:
        """Go on, after waiting in L{InFlight}."""
        self._queued = False
        self._goOn()

    def clear(self) -> None:
        """Forget the commands that wait."""
        self._waiting = None
        self._size = 0

    def _free(self, concurrent: bool) -> bool:
        if not concurrent:
            return not self._running
        inFlight = self._inFlight
        return inFlight.running < inFlight.most and (
            not self._running or (not self._alone and self._running < MOST_CONCURRENT)
        )

    def _isFull(self) -> bool:
        return self._size > self._limit or (self._waiting is not None and len(self._waiting) > MOST_WAITING)

    def _queueUp(self) -> None:
        """Wait for other pipelines, where nothing else is in the way of what comes next."""
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
            done.addCallbacks(self._said, self._unsaid)
        else:
            done.addCallbacks(self._done, self._failed)

    def _unsaid(self, failure: Failure) -> None:
        self._refuse(failure)
        self._said(None)

    def _said(self, _: object) -> None:
        self._done(None)
        self._inFlight.give()

    def _failed(self, failure: Failure) -> None:
        self._refuse(failure)
        self._done(None)

    def _done(self, _: object) -> None:
        self._running -= 1
        self._goOn()

    def mark(self) -> None:
        """Ask to be told when those messages are over that were taken in since the last time."""
        count, self._begun = self._begun, 0
        if count:
            self._inFlight.fresh -= count
            self._inFlight.running += count
            self._inFlight.settled(partial(self._over, count))

    def _over(self, count: int) -> None:
        """Messages of which this was told by L{began} are over."""
        self._running -= count
        self._inFlight.give(count)
        self._goOn()

    def _goOn(self) -> None:
        self._advance()
        if self.idle:
            self._idle()

    def _advance(self) -> None:
        """Start what may start of what waits."""
        if self._advancing:
            return  # what was started is over already: the loop below goes on with the next
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
            self._resume()
        self._queueUp()
