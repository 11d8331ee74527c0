"""A thread that does one thing after the other, and tells the reactor."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeVar

from twisted.python.failure import Failure

T = TypeVar("T")


class Worker(Protocol):
    """Does work that may block, one piece after the other, in the order in which it was submitted."""

    def submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """
        Do something elsewhere.

        @param work: does it.
        @param done: called in the reactor's thread with what C{work} returned, or with what it raised.
        """

    def stop(self) -> None:
        """Do what was submitted, and end."""


class ThreadWorker:
    """
    A L{Worker} with one thread.

    The thread is a daemon: where a disk hangs for ever, the process can still end.
    """

    def __init__(self, name: str, callFromThread: Callable[..., Any]) -> None:
        """
        @param name: the thread's name, for those who look at the process.
        @param callFromThread: the reactor's.
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
