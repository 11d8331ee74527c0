"""Reads and searches conversations in the journal's file.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twisted.logger import Logger

from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Around, At, Kept, Point, Span
from twistchat.journal.codec import KINDS
from twistchat.journal.history.memory import nearest
from twistchat.journal.history.renames import Piece, Rename, pieces
from twistchat.journal.history.words import isWord
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import LAST, RowReader, StoredRow, sortEntries
from twistchat.journal.sqlite.rows import COLUMNS

MOVES = 2
"""The first version of the schema in which rooms can be renamed."""

INDEXES = 3
"""The first version of the schema in which texts are indexed later than they are stored."""

_ROWS = """
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)),
        (SELECT json_group_array(json_array(sequence, origin, target)) FROM moving)
"""
"""
The result of a query, as one row, so that the interpreter lock is taken once.  The second column has the renames whose
entries have not been moved yet: entries may be stored under another name.
"""

# The index of conversations gives the sequence numbers, and the rows are checked against their checksums.  The
# LEFT JOIN gives NULL for a row that does not exist, which counts as damaged.
_FROM = f"""
    SELECT {COLUMNS} FROM (
        SELECT sequence FROM entry
        WHERE conversation = ? AND sequence >= ? AND sequence < ?
            AND sequence NOT IN (SELECT value FROM json_each(?))
            AND (? = '[]' OR kind IN (SELECT value FROM json_each(?)))
        ORDER BY sequence {{}} LIMIT ?
    ) LEFT JOIN entry USING (sequence)
"""

_OLDEST = f"{_ROWS} FROM ({_FROM.format('ASC')})"
_NEWEST = f"{_ROWS} FROM ({_FROM.format('DESC')})"

_FOUND = f"""
    SELECT {COLUMNS} FROM {{0}} JOIN entry ON entry.sequence = {{0}}.rowid
    WHERE {{0}} MATCH :words AND {{0}}.rowid >= :start AND {{0}}.rowid < :end
        AND {{0}}.rowid NOT IN (SELECT value FROM json_each(:without))
    ORDER BY {{0}}.rowid DESC LIMIT :limit
"""

_SEARCH = f"{_ROWS} FROM ({_FOUND.format('word')})"
_SEARCH_TAIL = f"{_ROWS} FROM ({_FOUND.format('tail')})"

# The last column says whether there are entries that are not indexed yet.
_SEARCH_ALL = f"""
    {_ROWS}, EXISTS (SELECT 1 FROM entry WHERE sequence > (SELECT indexed FROM journal) AND sequence < :end)
    FROM ({_FOUND.format("word")})
"""

# The word index of entries that are not indexed yet.  It has the tokenizer of the table "word", so both find the same.
_TAIL = """
    CREATE VIRTUAL TABLE temp.tail USING fts5(
        place, text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
    )
"""

_FILL = """
    INSERT INTO temp.tail (rowid, place, text)
    SELECT sequence, place, text FROM utterance
    WHERE conversation IN (SELECT value FROM json_each(:names)) AND kind = 'said'
        AND sequence > (SELECT indexed FROM journal) AND sequence < :end
    UNION ALL
    SELECT sequence, place, text FROM utterance
    WHERE :private AND kind = 'told'
        AND sequence > (SELECT indexed FROM journal) AND sequence < :end
    ORDER BY sequence
"""

_SINCE = "SELECT sequence FROM entry WHERE time >= ? ORDER BY time, sequence LIMIT 1"

_NEWEST_OF_ALL = "SELECT sequence FROM entry INDEXED BY entry_time ORDER BY time DESC, sequence DESC LIMIT 1 OFFSET ?"

log = Logger()


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
    Reads and searches conversations.

    @ivar version: the version of the schema.
    """

    def __init__(self, file: RowReader) -> None:
        """
        @param file: reads the rows.
        @raise Fault: the file cannot be read.
        """
        self._file = file
        self.version = file.version
        with faults():
            file.execute(_TAIL)
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
        self._file.copyTo(path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

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
                middle = max(span.first, min(self._start(span.point), before))
                past = self._stretch(_NEWEST, reading, span.first, middle)
                return nearest([*past, *self._stretch(_OLDEST, reading, middle, before)], len(past), span.limit)
            start = max(span.first, 0 if span.after is None else self._start(_after(span.after)))
            end = before if span.before is None else min(before, self._start(span.before))
            return self._stretch(_OLDEST if span.oldest else _NEWEST, reading, start, end)

    def search(
        self,
        conversations: Sequence[str],
        words: str,
        limit: int,
        before: int = LAST,
        account: str | None = None,
        without: str = "[]",
    ) -> Sequence[Kept]:
        """
        Find texts.  See L{IHistory.search <twistchat.interfaces.IHistory.search>}.

        @param without: sequence numbers to leave out, as a JSON array.
        @raise Fault: the file cannot be read.
        """
        wanted = [_quote(word) for word in words.split() if isWord(word)]
        places = [f"r{_hex(name)}" for name in conversations]
        private = [] if account is None else [f"p{_hex(fold(account))}"]
        if not wanted or not (places or private):
            return []

        def query(places: Sequence[str], start: int, end: int) -> dict[str, object]:
            match = f"place : ({' OR '.join(places)}) AND text : ({' AND '.join(wanted)})"
            return {"words": match, "start": start, "end": end, "without": without, "limit": limit}

        everywhere = query(places + private, 0, before)
        stretches = [(name, 0, LAST) for name in conversations]
        with faults():
            rows, moving, more = self._file.execute(_SEARCH_ALL, everywhere).fetchone()
            found: list[StoredRow] = []
            if moving == "[]" and not more:
                found = json.loads(rows)
            else:
                with self._renames(before, without) as renames:
                    stretches = [stretch for name in conversations for stretch in pieces(name, renames, LAST)]
                    queries = [everywhere]
                    if renames:
                        queries = [query([f"r{_hex(name)}"], start, min(end, before)) for name, start, end in stretches]
                        queries += [query(private, 0, before)] if private else []
                    statements = [_SEARCH]
                    if more:
                        names = json.dumps([name for name, _, _ in stretches])
                        self._file.execute(_FILL, {"names": names, "private": bool(private), "end": before})
                        statements.append(_SEARCH_TAIL)
                    for statement in statements:
                        for parameters in queries:
                            found += self._rows(statement, parameters)[0]
        person = None if account is None else fold(account)
        sought = [row for row in found if self._isSought(row, stretches, person)]
        return self._file.entries(sought)[-limit:]

    def since(self, time: int) -> int:
        """The sequence number of the first entry at this time or later; L{LAST} if there is none."""
        with faults():
            return self._start(At(time))

    def newest(self, count: int) -> int:
        """The sequence number of the first of the newest C{count} entries; 0 if there are not more."""
        with faults():
            row = self._file.execute(_NEWEST_OF_ALL, (count - 1,)).fetchone()
        return 0 if row is None else int(row[0])

    def _start(self, point: Point) -> int:
        """The sequence number of the first entry that is not before a point."""
        if not isinstance(point, At):
            return point
        row = self._file.execute(_SINCE, (point.time,)).fetchone()
        return LAST if row is None else int(row[0])

    def _stretch(self, query: str, reading: _Reading, start: int, end: int) -> list[Kept]:
        """The entries of a conversation between two sequence numbers (the end is exclusive), oldest first."""
        found, moving = self._rows(query, _parameters(reading, reading.conversation, start, end))
        if not moving:
            return self._file.entries(found, reading.conversation)
        entries: list[Kept] = []
        with self._renames(reading.before, reading.without) as renames:
            for name, first, last in pieces(reading.conversation, renames, LAST):
                part = _parameters(reading, name, max(start, first), min(end, last))
                entries += self._file.entries(self._rows(query, part)[0], name)
        sortEntries(entries)
        return entries[: reading.limit] if query is _OLDEST else entries[-reading.limit :]

    def _rows(self, query: str, parameters: Sequence[object] | Mapping[str, object]) -> tuple[list[StoredRow], bool]:
        """The rows of a query, and whether others may be stored under another name, because a room was renamed."""
        rows, moving = self._file.execute(query, parameters).fetchone()
        return json.loads(rows), moving != "[]"

    def _isSought(self, row: StoredRow, stretches: Sequence[Piece], person: str | None) -> bool:
        """
        Whether a row that the word index found belongs to one of the conversations to search.  A damaged index may
        point to any row.

        @param stretches: where the rooms to search are stored.
        @param person: the folded account whose private conversations are searched.
        """
        sequence, place = row[0], row[3] or ""
        if " " in place:
            sought = person is not None and person in place.split(" ")
        else:
            sought = any(name == place and start <= sequence < end for name, start, end in stretches)
        # A damaged row may belong to any conversation, so it is shown as damaged.
        if sought or not self._file.isIntactRow(row, row[3]):
            return True
        self._file.remark(
            sequence,
            log.critical,
            "The word index of the journal changed on disk: entry {sequence} was found where it is not."
            "  twistchat check reads all of the journal",
            sequence=sequence,
        )
        return False

    @contextmanager
    def _renames(self, before: int, without: str) -> Iterator[list[Rename]]:
        """
        Let all reads see the same moment.  Changes of temporary tables are rolled back at the end.

        @return: the renames whose entries have not been moved yet, newest first, without those to leave out.
        """
        with self._file.moment():
            yield self._file.execute(
                "SELECT sequence, origin, target FROM moving"
                " WHERE sequence < ? AND sequence NOT IN (SELECT value FROM json_each(?))"
                " ORDER BY sequence DESC",
                (before, without),
            ).fetchall()


def _parameters(reading: _Reading, name: str, start: int, end: int) -> Sequence[object]:
    return (name, start, end, reading.without, reading.kinds, reading.kinds, reading.limit)


def _after(point: Point) -> Point:
    """The next point."""
    return At(point.time + 1) if isinstance(point, At) else point + 1


def _quote(word: str) -> str:
    """Quote a word for FTS5's query language (FTS5, section 3.1)."""
    plain = word.replace("\0", " ").replace('"', '""').encode("utf-8", "replace").decode()
    return f'"{plain}"'


def _hex(name: str) -> str:
    return name.encode("utf-8", "surrogatepass").hex()
