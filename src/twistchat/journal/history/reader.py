"""Reads conversations in the journal's file.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twistchat.chat.model.events import Quit, SessionEnded
from twistchat.chat.model.spans import Around, At, Damaged, Kept, Point, Span, following, shownIn
from twistchat.journal.codec import KINDS
from twistchat.journal.history.memory import nearest
from twistchat.journal.history.renames import Rename, pieces
from twistchat.journal.history.times import FIRST, GUESS
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.places import SHARED_KINDS, kindsOf, sequences
from twistchat.journal.sqlite.reading import LAST, SHARES, RowReader, StoredRow
from twistchat.journal.sqlite.rows import COLUMNS

MOVES = 2
"""The first version of the schema in which rooms can be renamed."""

INDEXES = 3
"""The first version of the schema in which texts are indexed later than they are stored."""

MOST_RECENT = 64
"""The most results that are kept decoded."""

LONGEST_RECENT = 32_768
"""The most characters of such a result, as SQLite returns it."""

ROWS = """
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)),
        (SELECT json_group_array(json_array(sequence, origin, target)) FROM moving)
"""
"""
The result of a query, as one row, so that the interpreter lock is taken once.  The second column has the renames whose
entries have not been moved yet: entries may be stored under another name.
"""

# Without wanted kinds, all are selected.
_KINDS = f"""
    WITH RECURSIVE {kindsOf(":name")},
    wanted (kind) AS (
        SELECT kind FROM present WHERE :kinds = '[]'
        UNION ALL
        SELECT value FROM json_each(:kinds)
    )
"""

_BETWEEN = "sequence >= :start AND sequence < :end AND sequence NOT IN (SELECT value FROM json_each(:without))"

# The rows are checked against their checksums.  The LEFT JOIN gives NULL for a row that does not exist, which counts as
# damaged.  The second part are entries that several rooms show, each with the room and the checksum that fits it.
_FROM = f"""
    SELECT * FROM (
        SELECT {COLUMNS} FROM ({sequences(":name", _BETWEEN, "{0}", ":limit", "wanted")})
            LEFT JOIN entry USING (sequence)
        UNION ALL
        SELECT sequence, CAST(time AS INTEGER), CAST(entry.kind AS TEXT), CAST(shared.conversation AS TEXT),
            CAST(shared.checksum AS INTEGER), CAST(body AS TEXT)
        FROM (
            SELECT sequence, conversation, checksum FROM roomentry
            WHERE conversation = :name AND kind IN ({SHARED_KINDS})
                AND (:kinds = '[]' OR kind IN (SELECT value FROM json_each(:kinds))) AND {_BETWEEN}
            ORDER BY sequence {{0}} LIMIT :limit
        ) AS shared LEFT JOIN entry USING (sequence)
    )
    ORDER BY sequence {{0}} LIMIT :limit
"""

_OLDEST = f"{_KINDS} {ROWS} FROM ({_FROM.format('ASC')})"
_NEWEST = f"{_KINDS} {ROWS} FROM ({_FROM.format('DESC')})"

_NEWEST_OF_ALL = """
    SELECT time, sequence FROM entry INDEXED BY entry_time ORDER BY time DESC, sequence DESC LIMIT 1 OFFSET ?
"""


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

    Many clients that come back at once read the same entries.  So the newest results are kept decoded, and used again
    if SQLite returns the same characters again: most of the time of a read is spent on decoding.

    @ivar file: reads the rows.
    @ivar version: the version of the schema.
    @ivar keeping: whether to keep results.  The caller then calls L{forgetRecent} from time to time.
    """

    def __init__(self, file: RowReader) -> None:
        """
        @param file: reads the rows.
        @raise Fault: the file cannot be read.
        """
        self.file = file
        self.version = file.version
        self.keeping = False
        self._recent: dict[tuple[str, int, str], tuple[str, Sequence[Kept]]] = {}
        with faults():
            if file.version < MOVES:
                file.execute("CREATE TEMP TABLE moving (sequence, origin, target)")
            if file.version < SHARES:
                file.execute("CREATE TEMP TABLE roomentry (conversation, kind, sequence, checksum)")
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

    def copyTo(self, path: Path, progress: Callable[[float], None] = lambda part: None) -> None:
        """See L{RowReader.copyTo}."""
        self.file.copyTo(path, progress)

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
        kinds = json.dumps(sorted([KINDS[SessionEnded if kind is Quit else kind] for kind in span.kinds]))
        reading = _Reading(span.conversation, span.limit, before, without, kinds)
        with faults():
            if isinstance(span, Around):
                middle = max(span.first, min(self.start(span.point, span.conversation, before, without), before))
                past = self._stretch(_NEWEST, reading, span.first, middle)
                return nearest([*past, *self._stretch(_OLDEST, reading, middle, before)], len(past), span.limit)
            start, end = span.first, before
            if span.after is not None:
                start = max(start, self.start(following(span.after), span.conversation, before, without))
            if span.before is not None:
                end = min(end, self.start(span.before, span.conversation, before, without))
            return self._stretch(_OLDEST if span.oldest else _NEWEST, reading, start, end)

    def forgetRecent(self) -> None:
        """Drop the results that are kept.  So what is erased leaves the memory, too."""
        self._recent.clear()

    def newest(self, count: int) -> tuple[int, int]:
        """
        The time and the sequence number of the first of the newest C{count} entries, by time; zeros if there are not
        more.
        """
        with faults():
            row = self.file.execute(_NEWEST_OF_ALL, (count - 1,)).fetchone()
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def start(self, point: Point, conversation: str, before: int = LAST, without: str = "[]") -> int:
        """
        A sequence number that divides the entries of a conversation: those with a lower number are before a point, and
        the others are not.

        @param before: the renames to leave out, see L{renames}.
        @param without: likewise.
        """
        if not isinstance(point, At):
            return point
        where = {"name": conversation, "time": point.time}
        guess, wrong, moving = self.file.execute(GUESS, where).fetchone()
        if not (wrong or moving):
            return int(guess)
        with self.renames(before, without) as renames:
            parts = [
                {"name": name, "time": point.time, "start": start, "end": end}
                for name, start, end in pieces(conversation, renames, LAST)
            ]
            return max([int(self.file.execute(FIRST, part).fetchone()[0]) for part in parts])

    def _stretch(self, query: str, reading: _Reading, start: int, end: int) -> list[Kept]:
        """The entries of a conversation between two sequence numbers (the end is exclusive), oldest first."""
        found, moving = self.found(query, _parameters(reading, reading.conversation, start, end))
        if not moving:
            return self._decoded(found, reading)
        entries: dict[int, Kept] = {}
        with self.renames(reading.before, reading.without) as renames:
            for name, first, last in pieces(reading.conversation, renames, LAST):
                part = _parameters(reading, name, max(start, first), min(end, last))
                stored = self.file.entries(self.rows(query, part)[0], name)
                entries |= {entry.sequence: entry for entry in _shown(stored, reading)}
        kept = [entry for _, entry in sorted(entries.items())]
        return kept[: reading.limit] if query is _OLDEST else kept[-reading.limit :]

    def rows(self, query: str, parameters: Sequence[object] | Mapping[str, object]) -> tuple[list[StoredRow], bool]:
        """The rows of a query, and whether others may be stored under another name, because a room was renamed."""
        rows, moving = self.found(query, parameters)
        return json.loads(rows), moving

    def found(self, query: str, parameters: Sequence[object] | Mapping[str, object]) -> tuple[str, bool]:
        """The result of a query as L{rows} returns it, but with the rows as JSON."""
        found, moving = self.file.execute(query, parameters).fetchone()
        return found, moving != "[]"

    def _decoded(self, found: str, reading: _Reading) -> list[Kept]:
        """
        The entries of rows, as the history of the conversation shows them; those of the same rows as before if they
        are kept.  A result with a damaged row is not kept.
        """
        key, recent = (reading.conversation, reading.limit, reading.kinds), self._recent
        kept = recent.get(key)
        if kept is not None and kept[0] == found:
            return list(kept[1])
        shown = _shown(self.file.entries(json.loads(found), reading.conversation), reading)
        if self.keeping and len(found) <= LONGEST_RECENT and not any(isinstance(item, Damaged) for item in shown):
            if kept is None and len(recent) >= MOST_RECENT:
                del recent[next(iter(recent))]
            recent[key] = found, tuple(shown)
        return shown

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


def _shown(entries: Sequence[Kept], reading: _Reading) -> list[Kept]:
    """The entries as the history of the conversation shows them."""
    return [item if isinstance(item, Damaged) else shownIn(item, reading.conversation) for item in entries]


def _parameters(reading: _Reading, name: str, start: int, end: int) -> Mapping[str, object]:
    return {
        "name": name,
        "start": start,
        "end": end,
        "without": reading.without,
        "kinds": reading.kinds,
        "limit": reading.limit,
    }
