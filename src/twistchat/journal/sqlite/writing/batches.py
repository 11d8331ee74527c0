"""Batches: the entries that one transaction stores."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twistchat.chat.model.events import RoomMessage
from twistchat.chat.model.holding import HoldingChange
from twistchat.journal.proposals import Mark, Proposal
from twistchat.journal.sqlite.rows import Row
from twistchat.journal.sqlite.writing.sideeffects import SideEffects, Statement


@dataclass(frozen=True, slots=True)
class LogLimits:
    """
    The limits of a log on disk.

    @ivar entries: the maximum number of entries in a batch; at most L{MAX_ROWS
        <twistchat.journal.sqlite.writing.writer.MAX_ROWS>}.
    @ivar size: the maximum number of bytes in a batch, approximately.  A single larger entry is a batch.
    @ivar waiting: the maximum number of durable events that wait for the disk.  The messages of sessions have a lower
        limit, so that there is room for other events.
    @ivar reserved: the number of sequence numbers that are reserved at a time.  After a crash they are not used again.
    @ivar page: the number of stored entries that are read at a time for a follower.
    @ivar settling: the seconds of a turn after which no further entry of a batch is applied.
    """

    entries: int = 2048
    size: int = 1024 * 1024
    waiting: int = 8192
    reserved: int = 100_000
    page: int = 500
    settling: float = 0.02


@dataclass(frozen=True, slots=True)
class Batch:
    """
    A batch.

    @ivar items: the proposals, and the marks between them, in order.
    @ivar rows: the rows of those that are stored.
    @ivar statements: the side effects of these rows.
    @ivar late: the late changes of the register, by the sequence number of the entry.
    @ivar rename: the last proposal, if it renames a room; otherwise C{None}.
    @ivar size: the size of the rows in bytes, approximately.
    @ivar others: the names of the classes of the events in these rows, without L{RoomMessage}.
    """

    items: list[Proposal | Mark]
    rows: list[Row]
    statements: Sequence[Statement]
    late: Mapping[int, HoldingChange]
    rename: Proposal | None
    size: int
    others: Sequence[str]


def takeBatch(queue: deque[Proposal | Mark], limits: LogLimits) -> Batch:
    """
    Remove the next batch from the queue.

    A rename ends its batch, because the next batch depends on whether the rename is applied.
    """
    items: list[Proposal | Mark] = []
    rows: list[Row] = []
    effects: SideEffects | None = None
    rename = None
    others: list[str] = []
    size = 0
    while queue and len(items) < limits.entries:
        item = queue[0]
        row = item.row
        if row is not None:
            length = len(row[-1])
            if rows and size + length > limits.size:
                break
            size += length
            rows.append(row)
        items.append(queue.popleft())
        if isinstance(item, Mark) or row is None or type(item.entry.event) is RoomMessage:
            continue
        others.append(type(item.entry.event).__name__)
        effects = effects or SideEffects()
        if effects.note(item.entry):
            rename = item
            break
    if effects is None:
        return Batch(items, rows, (), {}, None, size, others)
    return Batch(items, rows, effects.statements(), effects.late, rename, size, others)
