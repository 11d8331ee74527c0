"""What the history changes in the journal's file: it moves, indexes and deletes entries.  Everything here blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from twistchat.journal.sqlite.rows import placed

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from twistchat.journal.history.reader import HistoryReader

Write: TypeAlias = "Callable[[Callable[[HistoryWriter], Any]], Deferred[Any]]"
"""Does something on the writing thread, between two batches."""

Read: TypeAlias = "Callable[[Callable[[HistoryReader], Any]], Deferred[Any]]"
"""Does something on the reading thread."""

_EXPIRE = """
    DELETE FROM entry WHERE sequence > ? AND sequence <= ? AND sequence NOT IN (SELECT sequence FROM holding)
"""

_STEP = "SELECT max(sequence) FROM (SELECT sequence FROM entry WHERE sequence > ? AND sequence < ? LIMIT ?)"

# The checksum is changed by the exclusive-or with "change": see rows.placed.
_MOVE = """
    UPDATE entry SET conversation = :target, checksum = (checksum | :change) - (checksum & :change) WHERE sequence IN (
        SELECT sequence FROM entry WHERE conversation = :origin AND sequence < :sequence
        ORDER BY sequence DESC LIMIT :count
    )
"""

_MOVED = "DELETE FROM moving WHERE sequence = :sequence AND origin = :origin"

_NEXT = """
    SELECT max(sequence), count(*), total(size) FROM (
        SELECT sequence, length(body) AS size FROM entry
        WHERE sequence > (SELECT indexed FROM journal) AND sequence <= :last ORDER BY sequence LIMIT :count
    )
"""

_INDEX = "UPDATE journal SET indexed = ?"

_MERGE = "INSERT INTO word (word, rank) VALUES ('merge', ?)"

PAGES = 32
"""Pages of the word index, of 4 KB each, that are merged at a time."""

MERGES = 64
"""After how many of these the log is moved into the database."""


class Changing(Protocol):
    """What the history asks of the connection that writes."""

    @property
    def changes(self) -> int:
        """How many rows it has changed so far."""

    def query(self, statement: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Any:
        """The first row of a query; C{None} if there is none."""

    def change(self, statement: str, parameters: Sequence[object] | Mapping[str, object]) -> int:
        """Carry out a statement, and count the rows that it has changed itself."""

    def checkpoint(self) -> None:
        """Move what is in SQLite's log into the database."""


class HistoryWriter:
    """Changes of the history's own in the file that it shares with the log, between two batches."""

    def __init__(self, file: Changing) -> None:
        self._file = file
        self._merges = 0

    def move(self, bound: int, count: int) -> int | None:
        """
        Move a few entries of a room that was renamed to where they are read.

        @param bound: those of rooms that were renamed by the entry of this sequence number, or by an earlier one.
        @param count: no more entries than this.
        @return: how many it has moved, or C{None} where there are no more.
        """
        found = self._file.query(
            "SELECT sequence, origin, target FROM moving"
            " WHERE sequence <= ? AND sequence NOT IN (SELECT sequence FROM renaming)"
            " ORDER BY sequence, origin LIMIT 1",
            (bound,),
        )
        if found is None:
            return None
        where = dict(zip(("sequence", "origin", "target"), found, strict=True))
        change = placed(where["origin"]) ^ placed(where["target"])
        moved = self._file.change(_MOVE, where | {"change": change, "count": count})
        if moved < count:
            self._file.change(_MOVED, where)
        return moved

    def index(self, last: int, count: int, size: int | None = None) -> tuple[int, bool]:
        """
        Put the texts of a few entries, those that have waited longest, into the word index.

        The work is one statement, so that the interpreter lock is taken once for it.

        @param last: stay at or before this sequence number.
        @param count: no more entries than this.
        @param size: nor, but for a single one, more than so many characters; C{None} for any size.
        @return: how many it took, and whether others may be left up to C{last}.
        """
        while True:
            found = self._file.query(_NEXT, {"last": last, "count": count})
            end, taken, total = found
            if taken < 2 or size is None or total <= size:
                break
            count = taken // 2
        if taken:
            self._file.change(_INDEX, (end,))
        return taken, taken == count

    def expire(self, after: int, before: int, count: int) -> int | None:
        """
        Take out a few old entries, but for those that hold what a room keeps.

        @param after: begin behind this sequence number.
        @param before: and stay before this one.
        @param count: look at no more entries than this.
        @return: how far it came, or C{None} where nothing was left to look at.
        """
        (end,) = self._file.query(_STEP, (after, before, count))
        if end is not None:
            self._file.change(_EXPIRE, (after, end))
        return None if end is None else int(end)

    def merge(self) -> bool:
        """
        Do a little to rid the word index of what was taken back: merge what it wrote before and since (FTS5, section
        6.8, "The 'merge' Command").

        @return: whether there is more to do.
        """
        (unmerged,) = self._file.query("SELECT unmerged FROM journal")
        if not unmerged:
            return False
        before = self._file.changes
        if unmerged == 1:
            self._file.change("UPDATE journal SET unmerged = 2", ())
            self._file.change(_MERGE, (-PAGES,))
        else:
            self._file.change(_MERGE, (PAGES,))
        self._merges += 1
        over = unmerged == 2 and self._file.changes - before < 2
        if over:
            self._file.change("UPDATE journal SET unmerged = 0 WHERE unmerged = 2", ())
        if over or self._merges % MERGES == 0:
            self._file.checkpoint()
        return not over
