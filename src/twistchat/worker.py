"""Run blocking work in a thread, in order, and report the results to the reactor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeVar

from twisted.python.failure import Failure

T = TypeVar("T")


class Worker(Protocol):
    """Runs blocking work, one item at a time, in the order of submission."""

    def submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """
        Queue work.

        @param work: the function to run.
        @param done: called in the reactor's thread with C{work}'s result, or with a L{Failure} if it raised.
        """

    def stop(self) -> None:
        """End after all submitted work."""


class ThreadWorker:
    """
    A L{Worker} with one thread.

    The thread is a daemon, so that the process can end even if a disk hangs.
    """

    def __init__(self, name: str, callFromThread: Callable[..., Any]) -> None:
        """
        @param name: the thread's name, for debugging.
        @param callFromThread: the reactor's C{callFromThread}.
        """
        self._callFromThread = callFromThread
        self._work: SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """See L{Worker.submit}."""
        self._work.put((work, done))

    def stop(self) -> None:
        """See L{Worker.stop}.  Returns at once."""
        self._work.put(None)

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            work, done = item
            try:
                outcome = work()
            except Exception:
                outcome = Failure()
            self._callFromThread(done, outcome)


class DirectWorker:
    """A L{Worker} without a thread: it runs its work within the call.  Work that is submitted meanwhile follows."""

    def __init__(self) -> None:
        self._work: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self._running = False

    def submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """See L{Worker.submit}."""
        self._work.append((work, done))
        if self._running:
            return
        self._running = True
        try:
            while self._work:
                work, done = self._work.popleft()
                try:
                    outcome: Any = work()
                except Exception:
                    outcome = Failure()
                done(outcome)
        finally:
            self._running = False

    def stop(self) -> None:
        """See L{Worker.stop}.  Nothing waits here after a call has returned."""
