"""Sort more records than fit into memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from twistchat.importing.records import ImportProblem, Reaction, Text

_SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -32768;
    CREATE TABLE record (time INTEGER NOT NULL, reaction INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE TABLE claimed (id TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
"""

_CLAIM = "INSERT INTO claimed VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1 RETURNING times"

_EVERY = 1000
"""The number of records that are stored together, or returned before progress is reported."""


class Sorter:
    """
    Texts and reactions, sorted by time in a temporary database on disk.

    SQLite makes its file in the folder for temporary files (C{SQLITE_TMPDIR}, C{TMPDIR}, or C{/var/tmp}), and removes
    its name at once.  So nobody else can open it, and it is gone when the process ends, in whatever way.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._waiting: list[tuple[int, bool, bytes]] = []
        self._count = 0

    def claim(self, id: str) -> str:
        """
        Make an id unique.

        @return: the id; or, if it was claimed before, the id with a number.
        """
        with _faults():
            ((times,),) = self._database.execute(_CLAIM, (id,)).fetchall()
        return id if times == 1 else f"{id}#{times}"

    def add(self, record: Text | Reaction) -> None:
        """Add a record."""
        self._waiting.append((record.time, isinstance(record, Reaction), msgspec.msgpack.encode(record)))
        self._count += 1
        if len(self._waiting) >= _EVERY:
            self._store()

    def _store(self) -> None:
        """Store the records that wait."""
        with _faults():
            self._database.executemany("INSERT INTO record VALUES (?, ?, ?)", self._waiting)
        self._waiting.clear()

    def records(self, progress: Callable[[float], None]) -> Iterator[Text | Reaction]:
        """
        Return all records by time; those of the same time in the order in which they were added.

        @param progress: called with the part that was returned, from 0 to 1.
        """
        texts, reactions = msgspec.msgpack.Decoder(Text), msgspec.msgpack.Decoder(Reaction)
        self._store()
        with _faults():
            rows = self._database.execute("SELECT reaction, body FROM record ORDER BY time, rowid")
        done = 0
        while True:
            with _faults():
                some = rows.fetchmany(_EVERY)
            if not some:
                return
            for reaction, body in some:
                yield (reactions if reaction else texts).decode(body)
            done += len(some)
            progress(done / self._count)


@contextmanager
def _faults() -> Iterator[None]:
    """Report that the temporary database cannot be written."""
    try:
        yield
    except sqlite3.Error as bad:
        raise ImportProblem(
            f"the texts cannot be sorted in the folder for temporary files ({bad}); "
            "set TMPDIR to a folder with as much free space as the export needs"
        ) from None


@contextmanager
def openSorter() -> Iterator[Sorter]:
    """
    Open a temporary database.

    @raise ImportProblem: it cannot be written.
    """
    with _faults():
        database = sqlite3.connect("", isolation_level=None)
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
    try:
        yield Sorter(database)
    finally:
        database.close()
