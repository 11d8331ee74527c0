"""Counts what the log stores, once for each batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twistchat.chat.model.events import RoomMessage
from twistchat.interfaces.figures import JournalFigures
from twistchat.journal.proposals import Proposal

if TYPE_CHECKING:
    from twistchat.journal.proposals import Mark
    from twistchat.journal.sqlite.writing.batches import Batch


class Measuring:
    """
    Fills the figures of a log.

    A message costs one comparison here, and only while a batch is being written.  Everything else is done once for each
    batch: its messages are the rows that are nothing else.

    @ivar figures: the figures.
    @ivar seconds: returns seconds on a monotonic clock.  The writing thread calls it too.
    @ivar checkpoints: the number of checkpoints that were begun.
    @ivar since: the time at which the oldest waiting event was queued behind a batch; C{None} if none waits.
    """

    __slots__ = ("checkpoints", "figures", "seconds", "since")

    def __init__(self, figures: JournalFigures, seconds: Callable[[], float]) -> None:
        self.figures = figures
        self.seconds = seconds
        self.checkpoints = 0
        self.since: float | None = None

    def queued(self) -> None:
        """An event waits behind the batch that is being written, and none waited before."""
        self.since = self.seconds()

    def sent(self, more: bool) -> None:
        """
        A batch goes to the disk.

        @param more: whether further events wait.
        """
        now = self.seconds()
        self.figures.queued.observe(0.0 if self.since is None else max(0.0, now - self.since))
        self.since = now if more else None

    def written(self, batch: Batch) -> None:
        """A batch was stored."""
        figures, others = self.figures, batch.others
        figures.bytes += batch.size
        figures.events[RoomMessage.__name__] += len(batch.rows) - len(others)
        for name in others:
            figures.events[name] += 1
        if len(batch.items) > len(batch.rows):
            self.passed([item for item in batch.items if item.row is None])

    def passed(self, items: Iterable[Proposal | Mark]) -> None:
        """Some passing events, and marks between them, are settled without the disk."""
        events = self.figures.events
        for item in items:
            if isinstance(item, Proposal):
                events[type(item.entry.event).__name__] += 1
