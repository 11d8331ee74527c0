"""L{Workers <twistchat.worker.Worker>} without threads, for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.python.failure import Failure

T = TypeVar("T")


class HeldWorker:
    """
    A worker that runs its work when the test calls L{step} or L{run}.

    @ivar queue: the queued items: what to run, and the function that gets its outcome.
    @ivar stopped: whether L{stop} was called.
    """

    def __init__(self) -> None:
        self.queue: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self.stopped = False

    def __len__(self) -> int:
        """The number of queued items."""
        return len(self.queue)

    def submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """See L{Worker.submit <twistchat.worker.Worker.submit>}."""
        self.queue.append((work, done))

    def stop(self) -> None:
        """See L{Worker.stop <twistchat.worker.Worker.stop>}."""
        self.stopped = True

    def step(self) -> None:
        """Run the first queued item."""
        work, done = self.queue.popleft()
        try:
            outcome = work()
        except Exception:
            outcome = Failure()
        done(outcome)

    def run(self) -> None:
        """Run all queued items, including those that are submitted meanwhile."""
        while self.queue:
            self.step()


class InlineWorker(HeldWorker):
    """A worker that runs its work at once, within the call.  It queues work that is submitted meanwhile."""

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
