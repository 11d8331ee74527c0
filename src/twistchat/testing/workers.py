"""L{Workers <twistchat.worker.Worker>} without threads: the test says when the work is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.python.failure import Failure

T = TypeVar("T")


class HeldWorker:
    """
    A worker that does its work when it is told to.

    @ivar stopped: whether it was told to end.
    """

    def __init__(self) -> None:
        self._work: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self.stopped = False

    def __len__(self) -> int:
        """How many pieces of work wait."""
        return len(self._work)

    def submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """See L{Worker.submit <twistchat.worker.Worker.submit>}."""
        self._work.append((work, done))

    def stop(self) -> None:
        """See L{Worker.stop <twistchat.worker.Worker.stop>}."""
        self.stopped = True

    def step(self) -> None:
        """Do the first piece of work that waits."""
        work, done = self._work.popleft()
        try:
            outcome = work()
        except Exception:
            outcome = Failure()
        done(outcome)

    def run(self) -> None:
        """Do all that waits, and what comes up meanwhile."""
        while self._work:
            self.step()


class InlineWorker(HeldWorker):
    """A worker that does its work at once, within the call; what comes up meanwhile, after it."""

    _running = False

    def submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """See L{Worker.submit <twistchat.worker.Worker.submit>}."""
        super().submit(work, done)
        if not self._running:
            self._running = True
            try:
                self.run()
            finally:
                self._running = False
