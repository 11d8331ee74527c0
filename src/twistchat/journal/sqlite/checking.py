"""All of a journal's file, read and compared with its checksums, for the administrator."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twistchat.journal.codec import Unreadable, decode
from twistchat.journal.sqlite.constants import readConstants
from twistchat.journal.sqlite.faults import Fault, faults
from twistchat.journal.sqlite.migrate import APPLICATION_ID, JournalUnusable, schema
from twistchat.journal.sqlite.position import noted
from twistchat.journal.sqlite.reading import CHECKSUMS, LAST, connect
from twistchat.journal.sqlite.rebuilding import held
from twistchat.journal.sqlite.rows import COLUMNS, isIntact

PAGE = 500
"""Entries that are read at a time.  A server that runs waits for none of them."""

SHOWN = 20
"""How many sequence numbers, or faults of the file, are told one by one."""

_ROWS = f"SELECT {COLUMNS} FROM entry NOT INDEXED WHERE sequence > ? ORDER BY sequence LIMIT ?"

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR})


@dataclass(slots=True)
class Some:
    """
    Sequence numbers, of which a few are known and the rest counted.

    @ivar first: no more than L{SHOWN}.
    @ivar count: how many there are.
    """

    first: list[int] = field(default_factory=list)
    count: int = 0

    def add(self, sequence: int) -> None:
        """Count one more."""
        self.count += 1
        if self.count <= SHOWN:
            self.first.append(sequence)

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return ", ".join(map(str, self.first)) + (f" and {more:,} more" if more else "")


@dataclass(slots=True)
class Findings:
    """
    What was found in a journal's file.

    @ivar entries: how many entries could be read and are as they were written.
    @ivar damaged: those that changed on disk.
    @ivar unreadable: those that are as they were written, and that this version cannot read.
    @ivar faults: what else is wrong, a line each.
    @ivar summed: whether its entries have checksums.
    """

    entries: int = 0
    damaged: Some = field(default_factory=Some)
    unreadable: Some = field(default_factory=Some)
    faults: list[str] = field(default_factory=list)
    summed: bool = True

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.damaged.count or self.unreadable.count or self.faults)


def check(path: Path, progress: Callable[[float], None]) -> Findings:
    """
    Read all of a journal's file: SQLite's C{quick_check} of its pages, then every entry.

    @param path: the file.
    @param progress: called now and then with the part of the entries that has been read, from 0 to 1.
    @raise JournalUnusable: it is no journal, or one of a newer version.
    @raise Fault: it cannot be opened.
    """
    with faults(), closing(connect(path)) as connection:
        (identity,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if identity != APPLICATION_ID:
            raise JournalUnusable(f"{path} is not a journal of twistchat")
        if version > len(schema()):
            raise JournalUnusable(f"{path} was written by a newer twistchat; check it with that version")
        checking = _Checking(connection, version >= CHECKSUMS)
        progress(0)
        checking.structure()
        checking.entries(progress)
        checking.kept()
        return checking.findings


class _Checking:
    """One check of a file."""

    def __init__(self, connection: sqlite3.Connection, summed: bool) -> None:
        self._connection = connection
        self.findings = Findings(summed=summed)
        if not summed:
            connection.execute("CREATE TEMP VIEW entry AS SELECT *, NULL AS checksum FROM main.entry")

    def structure(self) -> None:
        """Have SQLite look at every page."""
        lines: list[str] = []
        try:
            for (text,) in self._connection.execute(f"PRAGMA main.quick_check({SHOWN})"):
                lines += text.splitlines()
        except sqlite3.DatabaseError as e:
            lines.append(_damage(e))
        self.findings.faults += [
            f"quick_check: {line}" for line in lines if line != "ok" and not line.startswith("***")
        ]

    def entries(self, progress: Callable[[float], None]) -> None:
        """Read every entry."""
        after, last, size = self._bounds()
        first, span = after, max(1, last - after)
        while after < last:
            try:
                rows = self._read(after, size)
            except sqlite3.DatabaseError as e:
                why = _damage(e)
                if size > 1:
                    # Come as near to the damage as possible.
                    size = 1
                    continue
                end = self._beyond(after, last)
                self.findings.faults.append(f"entries from {after + 1} to {end} cannot be read: {why}")
                after, size = end, PAGE
                continue
            if not rows:
                break
            for row in rows:
                self._entry(row)
            after = rows[-1][0]
            progress(min(1.0, (after - first) / span))

    def _bounds(self) -> tuple[int, int, int]:
        """The sequence number before the first, the last, and how many entries to read at a time at first."""
        try:
            first, last = self._connection.execute("SELECT min(sequence), max(sequence) FROM entry").fetchone()
        except sqlite3.DatabaseError as e:
            _damage(e)
            return 0, LAST - 1, PAGE
        return (0, 0, PAGE) if first is None else (first - 1, last, PAGE)

    def _read(self, after: int, count: int) -> Sequence[Sequence[Any]]:
        return self._connection.execute(_ROWS, (after, count)).fetchall()

    def _canRead(self, after: int) -> bool:
        try:
            self._read(after, 1)
        except sqlite3.DatabaseError as e:
            _damage(e)
            return False
        return True

    def _beyond(self, after: int, last: int) -> int:
        """The sequence number up to which damage goes that begins behind another: what is behind can be read again."""
        step = 1
        while after + step < last and not self._canRead(after + step):
            step *= 2
        low, high = after + step // 2, min(after + step, last)
        while high - low > 1:
            middle = (low + high) // 2
            if self._canRead(middle):
                high = middle
            else:
                low = middle
        return high

    def _entry(self, row: Sequence[Any]) -> None:
        """Compare an entry with its checksum, and read it."""
        findings, sequence = self.findings, row[0]
        if findings.summed and not isIntact(*row):
            findings.damaged.add(sequence)
            return
        try:
            decode(row[2], row[5])
        except Unreadable:
            findings.unreadable.add(sequence)
        else:
            findings.entries += 1

    def kept(self) -> None:
        """Compare what the journal has from its beginning, and what it notes of the entries that rooms need."""
        if not self.findings.summed:
            return
        try:
            readConstants(self._connection)
            if noted(self._connection) is None:
                self.findings.faults.append("what was noted of the last sequence number changed on disk")
            lost = [f"{what} (entry {found.sequence})" for found in held(self._connection) for what in found.lost]
        except sqlite3.DatabaseError as e:
            self.findings.faults.append(f"what rooms keep cannot be read: {_damage(e)}")
        except Fault as e:
            self.findings.faults.append(e.detail)
        else:
            self.findings.faults += [f"not in force after the next start: {what}" for what in lost]


def _damage(error: sqlite3.DatabaseError) -> str:
    """
    What SQLite says of damage.

    @raise sqlite3.DatabaseError: it is something else, as where another process has the file locked.
    """
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
        raise error
    return str(error)
