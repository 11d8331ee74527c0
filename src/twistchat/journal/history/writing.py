"""The changes of the history in the journal's file: it moves, indexes and deletes entries.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from twistchat.journal.history.removal.erasing import BUSY, SCANNED, eraseSome, finishErasure, pendingErasures
from twistchat.journal.sqlite.places import SHARED_KINDS, kindsOf, sequences
from twistchat.journal.sqlite.reading import LAST
from twistchat.journal.sqlite.rows import conversationChecksum

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from twistchat.journal.history.reader import HistoryReader
    from twistchat.journal.history.removal.forgetting import ForgetPace
    from twistchat.journal.sqlite.writing.writer import Writer

Write: TypeAlias = "Callable[[Callable[[HistoryWriter], Any]], Deferred[Any]]"
"""Runs work on the writing thread, between two batches."""

Stamped: TypeAlias = tuple[int, int]
"""The time of an entry in milliseconds, and its sequence number: entries in the order of their times."""

Read: TypeAlias = "Callable[[Callable[[HistoryReader], Any]], Deferred[Any]]"
"""Runs work on the reading thread."""

_EXPIRE = """
    DELETE FROM entry WHERE sequence IN (SELECT value FROM json_each(:examined))
        AND sequence NOT IN (SELECT sequence FROM holding) AND kind <> 'act'
"""

_EXPIRE_ACTS = """
    DELETE FROM entry WHERE sequence IN (
        SELECT sequence FROM entry INDEXED BY entry_act
        WHERE kind = 'act' AND time < :before AND sequence <= :last ORDER BY sequence LIMIT :count
    )
"""

# A room may be renamed just now.  Then its entries are stored under one name, and belong to the other.
_EXPIRE_EXCEPT = f"""
    {_EXPIRE} AND (
        (time, sequence) < (:beyondTime, :beyond)
        OR coalesce(ltrim(conversation, '~&@%+'), '') NOT IN (SELECT value FROM json_each(:longer))
            AND sequence NOT IN (
                SELECT sequence FROM belonging WHERE sequence IN (SELECT value FROM json_each(:examined))
                    AND ltrim(conversation, '~&@%+') IN (SELECT value FROM json_each(:longer))
            )
    )
"""

_UNHELD = "sequence < :before AND sequence NOT IN (SELECT sequence FROM holding)"

# Entries that have not been moved to a new name yet are left for the next round.
_UNMOVED = "NOT EXISTS (SELECT 1 FROM moving WHERE origin = :name)"

_OLD = f"""
    WITH RECURSIVE {kindsOf(":name")}
    {sequences(":name", f"{_UNHELD} AND {_UNMOVED}", "ASC", ":count")}
"""

_EXPIRE_IN = f"DELETE FROM entry WHERE sequence IN ({_OLD})"

_OLD_SHARED = f"""
    SELECT conversation, kind, sequence FROM roomentry
    WHERE conversation = :name AND kind IN ({SHARED_KINDS}) AND sequence < :before AND {_UNMOVED} LIMIT :count
"""

# Other rooms may show the entry too, so it is only removed from this room.
_EXPIRE_SHARED = f"DELETE FROM roomentry WHERE (conversation, kind, sequence) IN ({_OLD_SHARED})"

_ANY_OLD = f"SELECT EXISTS ({_OLD}), EXISTS ({_OLD_SHARED})"

# The word index keeps the words of a deleted text until it merges its segments.
_UNMERGED = "UPDATE journal SET unmerged = 1"

# By time, because imported entries are older than others before them.
_STEP = """
    SELECT json_group_array(sequence), max(time) FROM (
        SELECT time, sequence FROM entry INDEXED BY entry_time
        WHERE time >= :time AND (time, sequence) > (:time, :sequence)
            AND time <= :endTime AND (time, sequence) < (:endTime, :end)
        ORDER BY time, sequence LIMIT :count
    )
"""

# The new checksum is the old one, exclusive-or "change": see rows.conversationChecksum.
_MOVE = f"""
    UPDATE entry SET conversation = :target, checksum = (checksum | :change) - (checksum & :change) WHERE sequence IN (
        WITH RECURSIVE {kindsOf(":origin")}
        {sequences(":origin", "sequence < :sequence", "DESC", ":count")}
    )
"""

# A room may have had the new name before, and show the same entry.
_MOVE_SHARED = f"""
    UPDATE OR REPLACE roomentry
    SET conversation = :target, checksum = (checksum | :change) - (checksum & :change)
    WHERE (conversation, kind, sequence) IN (
        SELECT conversation, kind, sequence FROM roomentry
        WHERE conversation = :origin AND kind IN ({SHARED_KINDS}) AND sequence < :sequence LIMIT :count
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

MERGES = 64
"""The number of merges after which a checkpoint is made."""


class HistoryWriter:
    """Changes the file that the history shares with the log, between two batches."""

    def __init__(self, file: Writer) -> None:
        self._file = file
        self._merges = 0

    def move(self, bound: int, count: int) -> int | None:
        """
        Move a few entries of a renamed room to the new name.

        @param bound: the sequence number of the last rename to take into account.
        @param count: the maximum number of entries to move.
        @return: the number of entries that were moved; C{None} if none are left.
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
        change = conversationChecksum(where["origin"]) ^ conversationChecksum(where["target"])
        moved = self._file.change(_MOVE, where | {"change": change, "count": count})
        if moved < count:
            moved += self._file.change(_MOVE_SHARED, where | {"change": change, "count": count - moved})
        if moved < count:
            self._file.change(_MOVED, where)
        return moved

    def index(self, last: int, count: int, size: int | None = None) -> tuple[int, bool]:
        """
        Index the oldest entries that are not indexed yet.

        This is one statement, so the interpreter lock is taken once for it.

        @param last: the last sequence number to index.
        @param count: the maximum number of entries.
        @param size: the maximum number of characters, except for a single entry; C{None} for no limit.
        @return: the number of entries that were indexed, and whether more may be left up to C{last}.
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

    def expire(
        self,
        after: Stamped,
        before: Stamped,
        count: int,
        longer: Sequence[str] = (),
        beyond: Stamped = (0, 0),
        last: int = LAST,
    ) -> Stamped | None:
        """
        Delete a few old entries, except those that a restart needs, and acts of administrators.

        @param after: examine entries after this one, in the order of their times.
        @param before: examine entries before this one.
        @param count: the maximum number of entries to examine.
        @param longer: the folded names of rooms that keep their entries longer.
        @param beyond: delete the entries of these rooms before this one, too.
        @param last: delete no entries after this sequence number.
        @return: the last entry that was examined; C{None} if none was left.
        """
        where = {"time": after[0], "sequence": after[1], "endTime": before[0], "end": before[1], "count": count}
        text, time = self._file.query(_STEP, where)
        found = json.loads(text)
        if not found:
            return None
        parameters = {
            "examined": json.dumps([sequence for sequence in found if sequence <= last]),
            "longer": json.dumps(longer, ensure_ascii=False),
            "beyondTime": beyond[0],
            "beyond": beyond[1],
        }
        self._file.change(_EXPIRE_EXCEPT if longer else _EXPIRE, parameters)
        return time, found[-1]

    def expireIn(self, due: Sequence[tuple[str, int]], count: int) -> int:
        """
        Delete a few old entries of conversations, except those that a restart needs.

        @param due: the name of each conversation, and the sequence number before which its entries are deleted.
        @param count: the maximum number of entries to delete.
        @return: the number of conversations that have none left.
        """
        for done, (name, before) in enumerate(due):
            parameters = {"name": name, "before": before, "count": count}
            own, shared = self._file.query(_ANY_OLD, parameters)
            if own:
                self._file.change(_UNMERGED, ())
                count -= self._file.change(_EXPIRE_IN, parameters)
            if shared:
                count -= self._file.change(_EXPIRE_SHARED, parameters)
            if count <= 0:
                return done
        return len(due)

    def expireActs(self, before: int, count: int, last: int = LAST) -> bool:
        """
        Delete a few old acts of administrators.

        @param before: delete acts before this time, in milliseconds since the epoch; 0 to delete none.
        @param count: the maximum number of acts to delete.
        @param last: delete no acts after this sequence number.
        @return: whether more may be left.
        """
        parameters = {"before": before, "count": count, "last": last}
        return bool(before) and self._file.change(_EXPIRE_ACTS, parameters) == count

    def forgetTexts(self, pace: ForgetPace) -> tuple[int, float, int] | None:
        """
        Take a step of the oldest erasure of an account's texts: first of the entries, then of the word index, then of
        SQLite's log.

        @return: the sequence number of the entry that asks for the erasure, the part of the work that is done, and the
            number of entries that were changed; C{None} if no erasure is left.
        """
        step = eraseSome(self._file, pace.scan, pace.count)
        if step is None or step.part < 1:
            return step and (step.sequence, step.part * SCANNED, step.changed)
        if self.merge(pace.pages):
            return step.sequence, SCANNED, 0
        return step.sequence, 1.0 if finishErasure(self._file, step.sequence) else BUSY, 0

    def pendingErasures(self) -> dict[int, str]:
        """See L{pendingErasures}."""
        return pendingErasures(self._file)

    def merge(self, pages: int) -> bool:
        """
        Merge some segments of the word index, which removes the words of deleted texts (FTS5, section 6.8, "The
        'merge' Command").

        @param pages: the number of pages to merge, of 4 KiB each.
        @return: whether more is left to do.
        """
        (unmerged,) = self._file.query("SELECT unmerged FROM journal")
        if not unmerged:
            return False
        before = self._file.changes
        if unmerged == 1:
            self._file.change("UPDATE journal SET unmerged = 2", ())
            self._file.change(_MERGE, (-pages,))
        else:
            self._file.change(_MERGE, (pages,))
        self._merges += 1
        over = unmerged == 2 and self._file.changes - before < 2
        if over:
            self._file.change("UPDATE journal SET unmerged = 0 WHERE unmerged = 2", ())
        if over or self._merges % MERGES == 0:
            self._file.checkpoint()
        return not over
