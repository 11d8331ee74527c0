"""Reading the journal's file: a connection of its own, which cannot write.  Everything here blocks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from twisted.logger import Logger

from twistchat.chat.events import Entry
from twistchat.chat.history import Around, At, Point, Span
from twistchat.chat.names import fold
from twistchat.journal.copying import copyTo
from twistchat.journal.encoding import Unreadable, decode
from twistchat.journal.memory import select
from twistchat.journal.stamp import msgid
from twistchat.journal.store import BUSY, faults
from twistchat.journal.words import isWord

LAST = 2**63 - 1
"""A sequence number behind all others."""

_ROWS = "SELECT json_group_array(json_array(sequence, time, kind, body)) FROM"
"""What a reading gives, in one row: so the interpreter lock is taken once, however much is read."""

_FROM = """
    SELECT sequence, time, kind, body FROM entry
    WHERE conversation = ? AND sequence >= ? AND sequence < ?
        AND sequence NOT IN (SELECT value FROM json_each(?))
"""

_OLDEST = f"{_ROWS} ({_FROM} ORDER BY sequence LIMIT ?)"
_NEWEST = f"{_ROWS} ({_FROM} ORDER BY sequence DESC LIMIT ?)"

_SEARCH = f"""{_ROWS} (
    SELECT sequence, time, kind, body FROM word JOIN entry ON entry.sequence = word.rowid
    WHERE word MATCH ? AND word.rowid < ? AND word.rowid NOT IN (SELECT value FROM json_each(?))
    ORDER BY word.rowid DESC LIMIT ?
)"""

_SINCE = "SELECT sequence FROM entry WHERE time >= ? ORDER BY time, sequence LIMIT 1"

_NEWEST_OF_ALL = "SELECT sequence FROM entry INDEXED BY entry_time ORDER BY time DESC, sequence DESC LIMIT 1 OFFSET ?"

log = Logger()


class Reader:
    """
    What a journal's file holds.

    It may be opened beside a running server: the console's way to copy and export what that has.
    """

    def __init__(self, path: Path) -> None:
        """
        @param path: the journal's file.
        @raise Fault: it cannot be opened.
        """
        with faults():
            self._connection = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode=ro",
                uri=True,
                timeout=BUSY,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._connection.execute("PRAGMA cache_size = -16384")
                (self._name,) = self._connection.execute("SELECT name FROM journal").fetchone()
            except BaseException:
                self._connection.close()
                raise
        self._told: set[str] = set()

    def read(self, span: Span | Around, before: int = LAST, without: str = "[]") -> Sequence[Entry]:
        """
        Read a stretch of a conversation.

        @param before: leave out what has this sequence number or a higher one.
        @param without: a JSON array of further sequence numbers to leave out.
        @raise Fault: it cannot be read.
        """
        name, limit = span.conversation, span.limit
        with faults():
            if isinstance(span, Around):
                middle = min(self._start(span.point), before)
                past = self._entries(_NEWEST, (name, 0, middle, without, limit))
                return select([*past, *self._entries(_OLDEST, (name, middle, before, without, limit))], span)
            start = 0 if span.after is None else self._start(_behind(span.after))
            end = before if span.before is None else min(before, self._start(span.before))
            return self._entries(_OLDEST if span.oldest else _NEWEST, (name, start, end, without, limit))

    def search(
        self,
        conversations: Sequence[str],
        words: str,
        limit: int,
        before: int = LAST,
        account: str | None = None,
        without: str = "[]",
    ) -> Sequence[Entry]:
        """
        Find texts.  See L{IJournal.search <twistchat.interfaces.IJournal.search>}.

        @param without: a JSON array of sequence numbers to leave out.
        @raise Fault: it cannot be read.
        """
        wanted = [_quote(word) for word in words.split() if isWord(word)]
        places = [f"r{_hex(name)}" for name in conversations]
        if account is not None:
            places.append(f"p{_hex(fold(account))}")
        if not wanted or not places:
            return []
        query = f"place : ({' OR '.join(places)}) AND text : ({' AND '.join(wanted)})"
        with faults():
            return self._entries(_SEARCH, (query, before, without, limit))

    def since(self, time: int) -> int:
        """The sequence number of the first entry at this time or later; one behind all where there is none."""
        with faults():
            return self._start(At(time))

    def newest(self, count: int) -> int:
        """The sequence number of the first of the newest C{count} entries, or 0 where there are no more than that."""
        with faults():
            row = self._connection.execute(_NEWEST_OF_ALL, (count - 1,)).fetchone()
        return 0 if row is None else int(row[0])

    def copyTo(self, path: Path) -> None:
        """
        Copy the journal, as it is at this moment, to a file of its own.

        @raise Fault: it cannot be read, or the copy cannot be written.
        """
        with faults():
            copyTo(self._connection, path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _start(self, point: Point) -> int:
        """The sequence number of the first entry that is not before a point."""
        if not isinstance(point, At):
            return point
        row = self._connection.execute(_SINCE, (point.time,)).fetchone()
        return LAST if row is None else int(row[0])

    def _entries(self, query: str, parameters: Sequence[object]) -> list[Entry]:
        """The entries of a query, oldest first."""
        (rows,) = self._connection.execute(query, parameters).fetchone()
        entries = [entry for row in json.loads(rows) if (entry := self._entry(*row)) is not None]
        entries.sort(key=lambda entry: entry.sequence)
        return entries

    def _entry(self, sequence: int, time: int, kind: str, body: str) -> Entry | None:
        """Read a row; one that this version cannot read is left out, and logged once a kind."""
        try:
            return Entry(sequence, msgid(self._name, sequence), time, decode(kind, body))
        except Unreadable as e:
            if kind not in self._told:
                self._told.add(kind)
                log.warn("Entry {sequence} of the journal, and perhaps others like it: {why}", sequence=sequence, why=e)
            return None


def _behind(point: Point) -> Point:
    """The point just after those that are equal to one."""
    return At(point.time + 1) if isinstance(point, At) else point + 1


def _quote(word: str) -> str:
    """A word as a string of FTS5's query language (FTS5, section 3.1), whatever is in it."""
    plain = word.replace("\0", " ").replace('"', '""').encode("utf-8", "replace").decode()
    return f'"{plain}"'


def _hex(name: str) -> str:
    return name.encode("utf-8", "surrogatepass").hex()
