"""Reads conversations in the journal's file.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twistchat.chat.model.spans import Around, At, Kept, Point, Span, following
from twistchat.journal.codec import KINDS
from twistchat.journal.history.memory import nearest
from twistchat.journal.history.renames import Rename, pieces
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import LAST, RowReader, StoredRow, sortEntries
from twistchat.journal.sqlite.rows import COLUMNS

MOVES = 2
"""The first version of the schema in which rooms can be renamed."""

INDEXES = 3
"""The first version of the schema in which texts are indexed later than they are stored."""

ROWS = """
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)),
        (SELECT json_group_array(json_array(sequence, origin, target)) FROM moving)
"""
"""
The result of a query, as one row, so that the interpreter lock is taken once.  The second column has the renames whose
entries have not been moved yet: entries may be stored under another name.
"""

# The kinds that a conversation has, or those to select.  The index of places gives the entries of one kind in order, so
# each kind is read up to the limit, and the results are merged.  The index skips from one kind to the next.
_KINDS = """
    WITH RECURSIVE present (kind) AS (
        SELECT min(kind) FROM entry WHERE conversation = :name
        UNION ALL
        SELECT (SELECT min(kind) FROM entry WHERE conversation = :name AND kind > present.kind)
        FROM present WHERE present.kind IS NOT NULL
    ),
    wanted (kind) AS (
        SELECT kind FROM present WHERE :kinds = '[]'
        UNION ALL
        SELECT value FROM json_each(:kinds)
    )
"""

# The rows are checked against their checksums.  The LEFT JOIN gives NULL for a row that does not exist, which counts as
# damaged.
_FROM = f"""
    SELECT {COLUMNS} FROM (
        SELECT value AS sequence FROM wanted, json_each((
            SELECT json_group_array(sequence) FROM (
                SELECT sequence FROM entry
                WHERE conversation = :name AND kind = wanted.kind AND sequence >= :start AND sequence < :end
                    AND sequence NOT IN (SELECT value FROM json_each(:without))
                ORDER BY sequence {{0}} LIMIT :limit
            )
        ))
        ORDER BY sequence {{0}} LIMIT :limit
    ) LEFT JOIN entry USING (sequence)
"""

_OLDEST = f"{_KINDS} {ROWS} FROM ({_FROM.format('ASC')})"
_NEWEST = f"{_KINDS} {ROWS} FROM ({_FROM.format('DESC')})"

_SINCE = "SELECT sequence FROM entry WHERE time >= ? ORDER BY time, sequence LIMIT 1"

_NEWEST_OF_ALL = "SELECT sequence FROM entry INDEXED BY entry_time ORDER BY time DESC, sequence DESC LIMIT 1 OFFSET ?"


@dataclass(frozen=True, slots=True)
class _Reading:
    """
    The constant parameters of a read.

    @ivar before: leave out entries with this sequence number or a higher one.
    @ivar without: further sequence numbers to leave out, as a JSON array.
    @ivar kinds: the kinds of entries to select, as a JSON array; all if it is empty.
    """

    conversation: str
    limit: int
    before: int
    without: str
    kinds: str


class HistoryReader:
    """
    Reads conversations.

    @ivar file: reads the rows.
    @ivar version: the version of the schema.
    """

    def __init__(self, file: RowReader) -> None:
        """
        @param file: reads the rows.
        @raise Fault: the file cannot be read.
        """
        self.file = file
        self.version = file.version
        with faults():
            if file.version < MOVES:
                file.execute("CREATE TEMP TABLE moving (sequence, origin, target)")
            if file.version < INDEXES:
                file.execute(f"CREATE TEMP VIEW journal AS SELECT {LAST} AS indexed")

    @classmethod
    def open(cls, path: Path) -> HistoryReader:
        """
        Open a journal's file, which a server may be using.

        @raise Fault: it cannot be opened.
        """
        file = RowReader(path)
        try:
            return cls(file)
        except BaseException:
            file.close()
            raise

    def copyTo(self, path: Path) -> None:
        """See L{RowReader.copyTo}."""
        self.file.copyTo(path)

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def read(self, span: Span | Around, before: int = LAST, without: str = "[]") -> Sequence[Kept]:
        """
        Read a range of a conversation.

        @param before: leave out entries with this sequence number or a higher one.
        @param without: further sequence numbers to leave out, as a JSON array.
        @raise Fault: the file cannot be read.
        """
        kinds = json.dumps(sorted([KINDS[kind] for kind in span.kinds]))
        reading = _Reading(span.conversation, span.limit, before, without, kinds)
        with faults():
            if isinstance(span, Around):
                middle = max(span.first, min(self.start(span.point), before))
                past = self._stretch(_NEWEST, reading, span.first, middle)
                return nearest([*past, *self._stretch(_OLDEST, reading, middle, before)], len(past), span.limit)
            start = max(span.first, 0 if span.after is None else self.start(following(span.after)))
            end = before if span.before is None else min(before, self.start(span.before))
            return self._stretch(_OLDEST if span.oldest else _NEWEST, reading, start, end)

    def since(self, time: int) -> int:
        """The sequence number of the first entry at this time or later; L{LAST} if there is none."""
        with faults():
            return self.start(At(time))

    def newest(self, count: int) -> int:
        """The sequence number of the first of the newest C{count} entries; 0 if there are not more."""
        with faults():
            row = self.file.execute(_NEWEST_OF_ALL, (count - 1,)).fetchone()
        return 0 if row is None else int(row[0])

    def start(self, point: Point) -> int:
        """The sequence number of the first entry that is not before a point."""
        if not isinstance(point, At):
            return point
        row = self.file.execute(_SINCE, (point.time,)).fetchone()
        return LAST if row is None else int(row[0])

    def _stretch(self, query: str, reading: _Reading, start: int, end: int) -> list[Kept]:
        """The entries of a conversation between two sequence numbers (the end is exclusive), oldest first."""
        found, moving = self.rows(query, _parameters(reading, reading.conversation, start, end))
        if not moving:
            return self.file.entries(found, reading.conversation)
        entries: list[Kept] = []
        with self.renames(reading.before, reading.without) as renames:
            for name, first, last in pieces(reading.conversation, renames, LAST):
                part = _parameters(reading, name, max(start, first), min(end, last))
                entries += self.file.entries(self.rows(query, part)[0], name)
        sortEntries(entries)
        return entries[: reading.limit] if query is _OLDEST else entries[-reading.limit :]

    def rows(self, query: str, parameters: Sequence[object] | Mapping[str, object]) -> tuple[list[StoredRow], bool]:
        """The rows of a query, and whether others may be stored under another name, because a room was renamed."""
        rows, moving = self.file.execute(query, parameters).fetchone()
        return json.loads(rows), moving != "[]"

    @contextmanager
    def renames(self, before: int, without: str) -> Iterator[list[Rename]]:
        """
        Let all reads see the same moment.  Changes of temporary tables are rolled back at the end.

        @return: the renames whose entries have not been moved yet, newest first, without those to leave out.
        """
        with self.file.moment():
            yield self.file.execute(
                "SELECT sequence, origin, target FROM moving"
                " WHERE sequence < ? AND sequence NOT IN (SELECT value FROM json_each(?))"
                " ORDER BY sequence DESC",
                (before, without),
            ).fetchall()


def _parameters(reading: _Reading, name: str, start: int, end: int) -> Mapping[str, object]:
    return {
        "name": name,
        "start": start,
        "end": end,
        "without": reading.without,
        "kinds": reading.kinds,
        "limit": reading.limit,
    }
