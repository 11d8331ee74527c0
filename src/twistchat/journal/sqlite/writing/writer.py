"""The connection that writes the journal's file.  Everything here blocks; one thread at a time uses it."""

from __future__ import annotations

import json
import os
import sqlite3
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final

from twistchat.chat.model.holding import renamedKey
from twistchat.journal.sqlite.constants import Constants, readConstants, writeConstants
from twistchat.journal.sqlite.faults import DAMAGED, Fault, diskFault, fault, faults
from twistchat.journal.sqlite.files import FILE, lock, readKeyFile, retireKeyFile, secure
from twistchat.journal.sqlite.migrate import JournalUnusable, migrate, schema
from twistchat.journal.sqlite.position import RESERVE, Position, readPosition, readReserved, reservation
from twistchat.journal.sqlite.reading import BUSY
from twistchat.journal.sqlite.rebuilding import Held, held
from twistchat.journal.sqlite.rows import readText
from twistchat.journal.sqlite.snapshots import DROP, HAS, readSnapshot, saving
from twistchat.journal.sqlite.writing.accepting import accept
from twistchat.journal.sqlite.writing.sideeffects import FORGET, RENAME

if TYPE_CHECKING:
    from twistchat.chat.model.holding import HoldingChange
    from twistchat.journal.sqlite.rows import Row
    from twistchat.journal.sqlite.writing.sideeffects import Statement

MAX_ROWS = 32_766 // 6
"""The maximum number of rows that one statement can write: SQLite limits its parameters (Limits,
SQLITE_MAX_VARIABLE_NUMBER)."""

SIZES = sorted({min(size, MAX_ROWS) for power in range(13) for size in (1 << power, 3 << power)})
"""
The numbers of rows for which there is a statement that writes a batch.  A batch uses the next larger one.

To prepare a statement takes SQLite half as long as to write the rows, so a batch must find its statement in the cache.
"""

STATEMENTS = 64
"""The number of prepared statements that are cached: more than L{SIZES}.  They take 100 bytes or more per row."""

ROOM: Final = 262_144
"""The bytes of the disk that must be free until a fault counts as over: more than most batches need."""

_SYNCHRONOUS = {"full": "FULL", "relaxed": "NORMAL"}

_CACHE = "PRAGMA cache_size = -16384"

# The rows after the last one of the batch are NULL.
_WRITE = """
    INSERT INTO entry (sequence, time, kind, conversation, checksum, body)
    SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL
"""
_VALUES = "(?,?,?,?,?,?)"
_NO_ROW = (None,) * 6

_OVER = "DELETE FROM holding WHERE conversation = '' AND sequence IN (SELECT value FROM json_each(?))"

_DOUBTFUL = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_IOERR_CLOSE})
"""Errors after which the content of the disk is unknown: the kernel may have dropped what it could not write."""


class Writer:
    """
    The connection that writes and checkpoints.

    @ivar path: the path of the file.
    @ivar constants: the constants of the journal.
    @ivar broken: the reason why nothing can be written until a restart, or C{None}.  After a failed sync nothing is
        written, because the data before it may be lost.
    @ivar erased: whether SQLite's log may contain the bytes of deleted credentials, see L{scrub}.
    """

    def __init__(self, directory: str, durability: str, name: Callable[[], str], key: Callable[[], bytes]) -> None:
        """
        Open a journal, or create it, and migrate it to this version's schema.

        @param directory: the path of its directory, which is created if it does not exist.
        @param durability: C{"full"} or C{"relaxed"}.
        @param name: returns the name of a new journal: letters and digits.
        @param key: returns the key of the cloaks of a new journal.
        @raise JournalUnusable: it cannot be opened; the message is for the administrator.
        @raise Fault: it cannot be read or written.
        """
        self.path = Path(directory, FILE)
        self.broken: str | None = None
        self.erased = False
        self._outstanding: deque[Callable[[], None]] = deque()
        try:
            secure(self.path.parent, os.geteuid())
            oldKey = readKeyFile(self.path.parent)
            self._lock = lock(self.path.parent)
        except OSError as e:
            raise JournalUnusable(f"{e.filename}: {e.strerror}") from e
        try:
            # SQLite gives its other files the mode of this one.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            with faults():
                connection = sqlite3.connect(
                    self.path,
                    timeout=BUSY,
                    isolation_level=None,
                    check_same_thread=False,
                    cached_statements=STATEMENTS,
                )
        except OSError as e:
            os.close(self._lock)
            raise JournalUnusable(f"{e.filename}: {e.strerror}") from e
        except BaseException:
            os.close(self._lock)
            raise
        self._connection = connection
        try:
            with faults():
                self._prepare(_SYNCHRONOUS[durability], name, lambda: oldKey or key())
        except BaseException:
            self.abandon()
            raise

    def _prepare(self, synchronous: str, name: Callable[[], str], key: Callable[[], bytes]) -> None:
        execute = self._connection.execute
        self._connection.text_factory = readText
        migrate(self._connection, self.path, name, schema())
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        constants = readConstants(self._connection)
        if constants is None:
            (named,) = execute("SELECT name FROM journal").fetchone()
            constants = Constants(named, key())
            writeConstants(self._connection, constants)
        self.constants = constants
        retireKeyFile(self.path.parent, constants.key)
        execute(f"PRAGMA synchronous = {synchronous}")
        # Checkpoints are separate steps, so that a failed one is noticed.
        execute("PRAGMA wal_autocheckpoint = 0")
        execute("PRAGMA journal_size_limit = 67108864")
        execute(_CACHE)
        execute("PRAGMA recursive_triggers = OFF")
        # Overwrite deleted texts in the file.
        execute("PRAGMA secure_delete = ON")

    def position(self) -> Position:
        """The position of the journal."""
        with faults():
            return readPosition(self._connection)

    def stored(self) -> Position:
        """
        The position of the last batch, if each batch wrote it.

        @raise Fault: it changed on disk.
        """
        with faults():
            if readReserved(self._connection) is None:
                raise Fault(DAMAGED, "what it notes of its last entry changed on disk")
            return readPosition(self._connection)

    def undecided(self) -> set[int]:
        """The sequence numbers of the entries whose late changes have not been made."""
        with faults():
            return {sequence for (sequence,) in self._connection.execute("SELECT sequence FROM undecided")}

    def snapshot(self) -> bytes | None:
        """See L{readSnapshot}."""
        with faults():
            return readSnapshot(self._connection)

    def saveSnapshot(self, data: bytes, refused: str) -> None:
        """
        Replace the snapshot.

        @param refused: the sequence numbers of refused entries, as a JSON array.  They are deleted in the same
            transaction, because nobody decides about them after a restart from this snapshot.
        @raise Fault: nothing was changed.
        """
        self._finish()
        self.transact(*[(statement, (refused,)) for statement in FORGET], saving(data))
        # The earlier snapshot may contain credentials that are no longer valid.
        self.erased = True

    @property
    def hasSnapshot(self) -> bool:
        """Whether there is a snapshot."""
        return self.query(HAS) is not None

    def dropSnapshot(self) -> None:
        """Delete the snapshot."""
        self.change(DROP, ())
        self.erased = True

    def held(self) -> Iterator[Held]:
        """See L{held <twistchat.journal.sqlite.rebuilding.held>}."""
        with faults():
            # Each page is read once, so a large cache would only take memory.
            self._connection.execute("PRAGMA cache_size = -1024")
            yield from held(self._connection)
            self._connection.execute(_CACHE)

    def pendingRename(self) -> int | None:
        """
        The sequence number of the last entry, if it renames a room and the previous process ended before it wrote
        whether the rename was applied; otherwise C{None}.
        """
        with faults():
            (sequence,) = self._connection.execute("SELECT max(sequence) FROM renaming").fetchone()
        return None if sequence is None else int(sequence)

    def write(self, rows: Sequence[Row], effects: Sequence[Statement] = ()) -> None:
        """
        Store entries, all or none.

        Without side effects this is one statement, so the interpreter lock is taken once for the whole transaction.

        @param rows: at most L{MAX_ROWS}.  A rename must be the last, and L{rename} or L{forget} must be called for it
            before anything else is written.
        @param effects: the side effects of these entries.
        @raise Fault: no entry was stored.
        """
        self._finish()
        statement, size = _writing(bisect_left(SIZES, len(rows)))
        parameters = [*chain.from_iterable(rows), *_NO_ROW * (size - len(rows))]
        if effects:
            self.transact((statement, parameters), *effects)
        else:
            self.change(statement, parameters)

    def rename(self, sequence: int) -> None:
        """
        Move what a room holds to its new name.  If that fails, it is tried again before the next write.

        @param sequence: the sequence number of the rename, which has been applied.
        """
        self._outstanding.append(partial(self._rename, sequence))
        self._finish()

    def accept(self, changes: Sequence[tuple[int, HoldingChange]]) -> None:
        """
        Make late changes of the register, in one transaction.  If that fails, it is tried again before the next write.

        @param changes: the sequence numbers of entries that have been applied, and their changes, in order.
        """
        self._outstanding.append(partial(self._accept, changes))
        self._finish()

    def endBans(self, sequences: Sequence[int]) -> None:
        """Release the bans from the server that these entries hold."""
        if sequences:
            self.change(_OVER, (json.dumps(sequences),))

    def reserve(self, sequence: int, time: int) -> None:
        """Reserve the sequence numbers up to this one, and write the last time."""
        self.change(RESERVE, reservation(sequence, time))

    def forget(self, sequences: str) -> None:
        """
        Delete entries that were stored and could not be applied.

        @param sequences: their sequence numbers, as a JSON array.
        """
        self.transact(*[(statement, (sequences,)) for statement in FORGET])
        self.erased = True

    def checkRoom(self) -> None:
        """
        Check that the disk has room for L{ROOM} bytes, by writing them to a file without a name.

        A small write to the journal does not show this: it may fit where the next message does not.

        @raise Fault: there is no room.
        """
        try:
            with TemporaryFile(dir=self.path.parent) as file:
                file.write(bytes(ROOM))
        except OSError as e:
            raise diskFault(e) from e

    def hasRoom(self) -> bool:
        """Whether L{checkRoom} finds room."""
        try:
            self.checkRoom()
        except Fault:
            return False
        return True

    def scrub(self) -> bool:
        """
        Remove the bytes of deleted entries from SQLite's log.  In the database itself, SQLite has overwritten them
        (C{PRAGMA secure_delete}).

        @return: whether this was possible.  It is not while another connection reads.
        """
        if not self.erased:
            return True
        with self._changing():
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
        self.erased = bool(busy)
        return not busy

    def checkpoint(self, whole: bool = False) -> None:
        """
        Move the content of SQLite's log into the database, except for what a reader needs in the log.

        @param whole: leave the log empty.  This is done at start, before anything is written: if the previous process
            had a failed sync, its writes can be read, and still be lost later.
        """
        self.change(f"PRAGMA wal_checkpoint({'TRUNCATE' if whole else 'PASSIVE'})", ())

    def close(self, sequence: int, time: int) -> None:
        """
        Write the position, empty SQLite's log, and close the files.

        @param sequence: the last sequence number.
        @param time: the last time.
        @raise Fault: this failed, and the next start does it.  The files are closed nevertheless.
        """
        try:
            if self.broken is None:
                self.reserve(sequence, time)
                self.checkpoint(whole=True)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the files as they are."""
        try:
            self._connection.close()
        finally:
            os.close(self._lock)

    def _finish(self) -> None:
        """Do what L{rename} and L{accept} were called for, in order."""
        while self._outstanding:
            self._outstanding[0]()
            self._outstanding.popleft()

    def _rename(self, sequence: int) -> None:
        with faults():
            found = self._connection.execute(
                "SELECT origin, target FROM renaming WHERE sequence = ?", (sequence,)
            ).fetchone()
        if found is not None:
            parameters = {"sequence": sequence, "origin": found[0], "target": found[1], "key": renamedKey(sequence)}
            self.transact(*[(statement, parameters) for statement in RENAME])

    def _accept(self, changes: Sequence[tuple[int, HoldingChange]]) -> None:
        with self._changing():
            self._connection.execute("BEGIN IMMEDIATE")
            erased = [accept(self._connection, sequence, change) for sequence, change in changes]
            self._connection.execute("COMMIT")
        self.erased = self.erased or any(erased)

    def transact(self, *statements: Statement) -> None:
        """
        Run statements in one transaction.

        @raise Fault: nothing was changed.
        """
        with self._changing():
            self._connection.execute("BEGIN IMMEDIATE")
            for statement, parameters in statements:
                self._connection.execute(statement, parameters)
            self._connection.execute("COMMIT")

    def query(self, statement: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Any:
        """
        The first row of a query; C{None} if there is none.

        @raise Fault: the file cannot be read.
        """
        with faults():
            return self._connection.execute(statement, parameters).fetchone()

    @property
    def changes(self) -> int:
        """The number of rows that this connection has changed so far."""
        return self._connection.total_changes

    def change(self, statement: str, parameters: Sequence[object] | Mapping[str, object]) -> int:
        """
        Run a statement.

        @return: the number of rows that it changed, without those that triggers changed.
        @raise Fault: nothing was changed.
        """
        with self._changing():
            cursor = self._connection.execute(statement, parameters)
            cursor.fetchall()
            return cursor.rowcount

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Roll back a failed transaction, and translate the error."""
        if self.broken is not None:
            raise Fault(self.broken, "an earlier write failed")
        try:
            yield
        except sqlite3.Error as e:
            if self._connection.in_transaction:
                self._connection.rollback()
            failed = fault(e)
            if getattr(e, "sqlite_errorcode", 0) in _DOUBTFUL:
                self.broken = failed.why = "the disk failed, and the server must be restarted"
            raise failed from e


@cache
def _writing(index: int) -> tuple[str, int]:
    """The statement that writes the batches of one of the L{SIZES}, and the size."""
    size = SIZES[index]
    return _WRITE.format(",".join([_VALUES] * size)), size
