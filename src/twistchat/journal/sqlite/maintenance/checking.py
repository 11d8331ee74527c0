"""Checks a journal's file: reads all of it, and compares the checksums."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twistchat.journal.codec import Unreadable, decode
from twistchat.journal.sqlite.constants import readConstants
from twistchat.journal.sqlite.faults import INTERRUPTED, Fault, faults
from twistchat.journal.sqlite.migrate import APPLICATION_ID, JournalUnusable, schema
from twistchat.journal.sqlite.position import readReserved
from twistchat.journal.sqlite.reading import ACTS, CHECKSUMS, LAST, LATE, SHARES, SNAPSHOTS, connect
from twistchat.journal.sqlite.rebuilding import held
from twistchat.journal.sqlite.rows import COLUMNS, isIntact
from twistchat.journal.sqlite.snapshots import readSnapshot

MAX_SHOWN = 20
"""The maximum number of sequence numbers, or of SQLite's findings, to list."""

_ROWS = f"SELECT {COLUMNS} FROM entry NOT INDEXED WHERE sequence > ? ORDER BY sequence LIMIT ?"

# Each page ends with all rows of its last entry.
_SHARED = """
    SELECT roomentry.sequence, CAST(time AS INTEGER), CAST(roomentry.kind AS TEXT),
        CAST(roomentry.conversation AS TEXT), CAST(roomentry.checksum AS INTEGER), CAST(body AS TEXT)
    FROM roomentry LEFT JOIN entry USING (sequence)
    WHERE roomentry.sequence > :after AND roomentry.sequence <= (
        SELECT max(sequence) FROM (SELECT sequence FROM roomentry WHERE sequence > :after ORDER BY sequence LIMIT :page)
    )
    ORDER BY roomentry.sequence
"""

_WRONG_CORRESPONDENTS = """
    WITH private (conversation) AS (
        SELECT DISTINCT conversation FROM entry WHERE conversation > '' AND kind = 'told'
    ),
    expected (account, conversation) AS (
        SELECT substr(conversation, 1, instr(conversation, ' ') - 1), conversation FROM private
        UNION
        SELECT substr(conversation, instr(conversation, ' ') + 1), conversation FROM private
    )
    SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT SELECT * FROM correspondent))
        + (SELECT count(*) FROM (SELECT * FROM correspondent EXCEPT SELECT * FROM expected))
"""

_ACTS = "SELECT count(*) FROM entry INDEXED BY entry_act WHERE kind = 'act'"

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR})


@dataclass(slots=True)
class SequenceNumbers:
    """
    Sequence numbers: the first few, and the number of all.

    @ivar first: the first ones, at most L{MAX_SHOWN}.
    @ivar count: the number of all.
    """

    first: list[int] = field(default_factory=list)
    count: int = 0

    def add(self, sequence: int) -> None:
        """Add one."""
        self.count += 1
        if self.count <= MAX_SHOWN:
            self.first.append(sequence)

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return ", ".join(map(str, self.first)) + (f" and {more:,} more" if more else "")


@dataclass(slots=True)
class Findings:
    """
    The result of a check.

    @ivar entries: the number of good entries.
    @ivar damaged: the entries that changed on disk.
    @ivar unreadable: the entries that did not change, and that this version cannot read.
    @ivar faults: other problems, one line each.
    @ivar summed: whether the entries have checksums.
    @ivar broken: whether the structure of the file is damaged, or something without which a server does not start.
    """

    entries: int = 0
    damaged: SequenceNumbers = field(default_factory=SequenceNumbers)
    unreadable: SequenceNumbers = field(default_factory=SequenceNumbers)
    faults: list[str] = field(default_factory=list)
    summed: bool = True
    broken: bool = False

    @property
    def good(self) -> bool:
        """Whether there are no problems."""
        return not (self.damaged.count or self.unreadable.count or self.faults)


def check(path: Path, progress: Callable[[float], None], page: int = 500) -> Findings:
    """
    Check a journal's file: run SQLite's C{quick_check}, then read every entry.

    @param path: the file.
    @param progress: called repeatedly with the fraction of the entries that has been read, from 0 to 1.
    @param page: the number of entries to read at a time.  A running server does not wait for the check.
    @raise JournalUnusable: it is not a journal, or a newer version wrote it.
    @raise Fault: it cannot be opened, or its making was interrupted.
    """
    with faults(), closing(connect(path)) as connection:
        (identity,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if identity != APPLICATION_ID:
            raise JournalUnusable(f"{path} is not a journal of twistchat")
        if version > len(schema()):
            raise JournalUnusable(f"{path} was written by a newer twistchat; check it with that version")
        if version < LATE:
            connection.execute("CREATE TEMP VIEW undecided AS SELECT 0 AS sequence WHERE 0")
        checking = _Checking(connection, version >= CHECKSUMS, page)
        progress(0)
        checking.structure()
        checking.entries(progress)
        if version >= SHARES:
            checking.indexes()
        if version >= ACTS:
            checking.acts()
        if version >= SNAPSHOTS:
            checking.snapshot()
        checking.state()
        return checking.findings


class _Checking:
    """One check of a file."""

    def __init__(self, connection: sqlite3.Connection, summed: bool, page: int) -> None:
        self._connection = connection
        self._page = page
        self._acts = 0
        self.findings = Findings(summed=summed)
        if not summed:
            connection.execute("CREATE TEMP VIEW entry AS SELECT *, NULL AS checksum FROM main.entry")

    def _break(self, why: str) -> None:
        """Note a problem of the structure."""
        self.findings.faults.append(why)
        self.findings.broken = True

    def structure(self) -> None:
        """Let SQLite check every page."""
        lines: list[str] = []
        try:
            for (text,) in self._connection.execute(f"PRAGMA main.quick_check({MAX_SHOWN})"):
                lines += text.splitlines()
        except sqlite3.DatabaseError as e:
            lines.append(_damage(e))
        self.findings.faults += [
            f"quick_check: {line}" for line in lines if line != "ok" and not line.startswith("***")
        ]
        self.findings.broken = bool(self.findings.faults)

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
                    # Read one entry at a time up to the damage.
                    size = 1
                    continue
                end = self._beyond(after, last)
                self._break(f"entries from {after + 1} to {end} cannot be read: {why}")
                after, size = end, self._page
                continue
            if not rows:
                break
            for row in rows:
                self._entry(row)
            after = rows[-1][0]
            progress(min(1.0, (after - first) / span))

    def indexes(self) -> None:
        """Compare the tables of shared entries and of private conversations with the entries."""
        try:
            after, changed = 0, SequenceNumbers()
            while rows := self._connection.execute(_SHARED, {"after": after, "page": self._page}).fetchall():
                for row in rows:
                    if not isIntact(*row) and row[0] not in changed.first:
                        changed.add(row[0])
                after = rows[-1][0]
            if changed.count:
                self.findings.faults.append(f"the list of rooms that show an entry changed on disk: {changed}")
            (wrong,) = self._connection.execute(_WRONG_CORRESPONDENTS).fetchone()
        except sqlite3.DatabaseError as e:
            self._break(f"the lists of conversations cannot be read: {_damage(e)}")
            return
        if wrong:
            self.findings.faults.append(f"the list of private conversations changed on disk ({wrong:,} rows)")

    def acts(self) -> None:
        """Compare the index of the acts of administrators with the entries."""
        try:
            (listed,) = self._connection.execute(_ACTS).fetchone()
        except sqlite3.DatabaseError as e:
            self._break(f"the list of administrators' acts cannot be read: {_damage(e)}")
            return
        if listed != self._acts:
            self.findings.faults.append(
                f"the list of administrators' acts changed on disk: it has {listed:,}, and the journal {self._acts:,}"
            )

    def snapshot(self) -> None:
        """Check the snapshot of a node of a cluster."""
        try:
            readSnapshot(self._connection)
        except sqlite3.DatabaseError as e:
            self._break(f"the snapshot of the state cannot be read: {_damage(e)}")
        except Fault as e:
            self._break(e.detail)

    def _bounds(self) -> tuple[int, int, int]:
        """The sequence number before the first entry, the last one, and the number of entries to read at first."""
        try:
            first, last = self._connection.execute("SELECT min(sequence), max(sequence) FROM entry").fetchone()
        except sqlite3.DatabaseError as e:
            _damage(e)
            return 0, LAST - 1, self._page
        return (0, 0, self._page) if first is None else (first - 1, last, self._page)

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
        """The end of the damage that begins after C{after}: the last sequence number before a readable entry."""
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
        """Check one entry."""
        findings, sequence = self.findings, row[0]
        self._acts += row[2] == "act"
        if findings.summed and not isIntact(*row):
            findings.damaged.add(sequence)
            return
        try:
            decode(row[2], row[5])
        except Unreadable:
            findings.unreadable.add(sequence)
        else:
            findings.entries += 1

    def state(self) -> None:
        """Check the constants, the position, and the entries that a restart needs."""
        if not self.findings.summed:
            return
        try:
            readConstants(self._connection)
            if readReserved(self._connection) is None:
                self.findings.faults.append("what was noted of the last sequence number changed on disk")
            lost = [f"{what} (entry {found.sequence})" for found in held(self._connection) for what in found.lost]
        except sqlite3.DatabaseError as e:
            self._break(f"what rooms keep cannot be read: {_damage(e)}")
        except Fault as e:
            if e.why == INTERRUPTED:
                raise
            self._break(e.detail)
        else:
            self.findings.faults += [f"not in force after the next start: {what}" for what in lost]


def _damage(error: sqlite3.DatabaseError) -> str:
    """
    SQLite's description of damage.

    @raise sqlite3.DatabaseError: the error is not about damage, for example if another process has locked the file.
    """
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
        raise error
    return str(error)
