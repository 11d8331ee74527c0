"""The connection that reads the journal's file.  It cannot write.  Everything here blocks."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from twisted.logger import Logger

from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import Damaged, Kept
from twistchat.journal.codec import Unreadable, decode
from twistchat.journal.sqlite.constants import readConstants
from twistchat.journal.sqlite.faults import INTERRUPTED, Fault, faults
from twistchat.journal.sqlite.maintenance.copying import copyTo
from twistchat.journal.sqlite.rows import COLUMNS, isIntact, readText
from twistchat.journal.stamp import msgid

BUSY = 2.0
"""The seconds to wait for another process that has locked the file."""

LAST = 2**63 - 1
"""A sequence number after all others."""

CHECKSUMS = 4
"""The first version of the schema in which entries have checksums."""

LATE = 7
"""The first version of the schema with the table C{undecided}."""

SHARES = 8
"""The first version of the schema in which several rooms show the same entry."""

FORGETS = 10
"""The first version of the schema in which the texts of an account are erased."""

ACTS = 12
"""The first version of the schema with an index of the acts of administrators."""

SNAPSHOTS = 14
"""The first version of the schema with a snapshot of the state."""

_PAGE = f"""
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)) FROM (
        SELECT {COLUMNS} FROM entry
        WHERE sequence > ? AND sequence <= ? AND sequence NOT IN (SELECT value FROM json_each(?))
        ORDER BY sequence LIMIT ?
    )
"""

CHANGED = "Entry {sequence} of the journal changed on disk, and is not shown.  twistchat check reads all of the journal"
"""The log message about a damaged row."""

OPERATIONS = 4000
"""The number of operations of SQLite's virtual machine between two looks at the time: about half a millisecond."""

StoredRow: TypeAlias = "list[Any]"
"""The L{COLUMNS} of a row, as they were read."""

log = Logger()


def connect(path: Path) -> sqlite3.Connection:
    """Open a journal's file for reading."""
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro",
        uri=True,
        timeout=BUSY,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = readText
    return connection


class Interrupted(Exception):
    """A statement took too long."""


class RowReader:
    """
    The connection that reads.

    The console opens one too, to copy and export the journal of a running server.

    @ivar version: the version of the schema.
    @ivar name: the journal's name.
    @ivar remarks: functions that log findings, oldest first.  Call each in the reactor's thread.
    @ivar damaged: called in the reactor's thread, with a description, for each row that changed on disk; C{None} for
        nobody.
    """

    def __init__(self, path: Path) -> None:
        """
        @param path: the journal's file.
        @raise Fault: it cannot be opened.
        """
        with faults():
            self._connection = connect(path)
            try:
                self.execute("PRAGMA cache_size = -16384")
                named = self.execute("SELECT name FROM journal").fetchone()
                if named is None:
                    raise Fault(INTERRUPTED, "the journal has no name")
                (self.name,) = named
                (self.version,) = self.execute("PRAGMA user_version").fetchone()
                self.execute("PRAGMA temp_store = MEMORY")
                self._checked = self.version >= CHECKSUMS
                if self._checked:
                    constants = readConstants(self._connection)
                    self.name = self.name if constants is None else constants.name
                else:
                    self.execute("CREATE TEMP VIEW entry AS SELECT *, NULL AS checksum FROM main.entry")
            except BaseException:
                self._connection.close()
                raise
        self.remarks: deque[Callable[[], None]] = deque()
        self.damaged: Callable[[str], None] | None = None
        self._remarked: set[str | int] = set()

    def execute(self, statement: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> sqlite3.Cursor:
        """
        Run a statement.  It may change temporary tables only.

        @raise sqlite3.Error: it failed.
        """
        return self._connection.execute(statement, parameters)

    @contextmanager
    def limit(self, over: Callable[[], bool]) -> Iterator[None]:
        """
        Interrupt statements that take too long.  They must raise L{Fault}.

        @param over: whether the time is over.  It is called every L{OPERATIONS} operations of SQLite's virtual machine,
            because each call takes the interpreter lock.
        @raise Interrupted: a statement was interrupted.
        """
        self._connection.set_progress_handler(over, OPERATIONS)
        try:
            yield
        except Fault as e:
            if getattr(e.__cause__, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise Interrupted from e
            raise
        finally:
            self._connection.set_progress_handler(None, OPERATIONS)

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Let all reads see the same moment.  Changes of temporary tables are rolled back at the end."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    def page(self, after: int, last: int, count: int, without: str) -> tuple[list[Entry], int]:
        """
        Read entries of all conversations, oldest first.  Entries that changed on disk are logged and left out.

        @param after: read entries after this sequence number.
        @param last: the last sequence number to read.
        @param count: the maximum number of entries to read.
        @param without: the sequence numbers to leave out, as a JSON array.
        @return: the entries, and the last sequence number that was examined: C{last} if no more entries are left.
        @raise Fault: the file cannot be read.
        """
        with faults():
            (text,) = self.execute(_PAGE, (after, last, without, count)).fetchone()
        rows: list[StoredRow] = json.loads(text)
        found = [self.entry(row, row[3]) for row in rows]
        return [entry for entry in found if isinstance(entry, Entry)], rows[-1][0] if len(rows) == count else last

    def copyTo(self, path: Path, progress: Callable[[float], None] = lambda part: None) -> None:
        """
        Copy the journal to another file, as it is at this moment.

        @param progress: see L{twistchat.journal.sqlite.maintenance.copying.copyTo}.
        @raise Fault: it cannot be read, or the copy cannot be written.
        """
        with faults():
            copyTo(self._connection, path, progress)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def isIntactRow(self, row: StoredRow, conversation: str | None) -> bool:
        """Whether a row is as it was written, and in this conversation.  Before version 4 this is unknown: C{True}."""
        return not self._checked or (row[3] == conversation and isIntact(*row))

    def entries(self, rows: Sequence[StoredRow], conversation: str | None = None) -> list[Kept]:
        """
        Decode rows.

        @param conversation: the conversation that the rows must belong to, because a damaged index may point to other
            rows; C{None} for any.
        @return: the entries, oldest first.
        @raise Fault: a damaged index names a row twice.
        """
        if len({row[0] for row in rows}) < len(rows):
            raise Fault("the journal's file is damaged", "an index names an entry twice")
        found = [self.entry(row, row[3] if conversation is None else conversation) for row in rows]
        entries = [entry for entry in found if entry is not None]
        sortEntries(entries)
        return entries

    def entry(self, row: StoredRow, conversation: str | None) -> Kept | None:
        """Decode a row.  C{None} if this version cannot read it, which is logged once for each kind."""
        sequence, time, kind, _, _, body = row
        if not self.isIntactRow(row, conversation):
            self.remark(sequence, log.critical, CHANGED, sequence=sequence)
            if self.damaged is not None:
                self.remarks.append(partial(self.damaged, f"entry {sequence} changed on disk"))
            return Damaged(sequence)
        try:
            return Entry(sequence, msgid(self.name, sequence), time, decode(kind, body))
        except Unreadable as e:
            self.remark(
                kind,
                log.warn,
                "Entry {sequence} of the journal, and perhaps others like it: {why}",
                sequence=sequence,
                why=e,
            )
            return None

    def remark(self, what: str | int, tell: Callable[..., None], text: str, **fields: object) -> None:
        """
        Log a finding once.

        @param what: the subject: a sequence number, or a kind.
        @param tell: the method of the logger.
        """
        if what not in self._remarked:
            self._remarked.add(what)
            self.remarks.append(partial(tell, text, **fields))


def sortEntries(entries: list[Kept]) -> None:
    """Sort entries by their sequence numbers."""
    entries.sort(key=lambda entry: entry.sequence)
