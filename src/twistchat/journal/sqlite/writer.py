"""The journal's file, for the one who writes: everything here blocks, and is called by one thread at a time."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twistchat.chat.model.holding import renamedKey
from twistchat.journal.sqlite.constants import Constants, readConstants, writeConstants
from twistchat.journal.sqlite.faults import Fault, fault, faults
from twistchat.journal.sqlite.files import FILE, lock, readKeyFile, retireKeyFile, secure
from twistchat.journal.sqlite.migrate import JournalUnusable, migrate, schema
from twistchat.journal.sqlite.position import NOTE, Position, note, readPosition
from twistchat.journal.sqlite.reading import BUSY
from twistchat.journal.sqlite.rebuilding import RENAME, Held, HeldKeys, held, holdingStatements
from twistchat.journal.sqlite.rows import readText

if TYPE_CHECKING:
    from twistchat.journal.sqlite.rows import Row

MOST_ROWS = 32_766 // 6
"""How many rows one statement can write: SQLite takes so many parameters (Limits, SQLITE_MAX_VARIABLE_NUMBER)."""

STATEMENTS = 32
"""How many statements are kept ready.  A batch of each size is one of its own, of 100 bytes and more a row."""

_SYNCHRONOUS = {"full": "FULL", "relaxed": "NORMAL"}

_WRITE = "INSERT INTO entry (sequence, time, kind, conversation, checksum, body) VALUES "
_VALUES = "(?,?,?,?,?,?)"

_OVER = "DELETE FROM holding WHERE conversation = '' AND sequence IN (SELECT value FROM json_each(?))"

_DOUBTFUL = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_IOERR_CLOSE})
"""Errors after which nobody knows what is on disk: what the kernel could not write, it may have dropped."""


class Writer:
    """
    The connection that writes and checkpoints.

    @ivar path: the journal's file.
    @ivar constants: what it has from its beginning.
    @ivar broken: why nothing can be written any more until a restart, or C{None}.  After a failed fsync nothing is
        built on what that should have put on disk.
    """

    def __init__(self, directory: str, durability: str, name: Callable[[], str], key: Callable[[], bytes]) -> None:
        """
        Open a journal, which begins where there is none, and bring it to this version's schema.

        @param directory: where it is; made where it is not there.
        @param durability: C{"full"} or C{"relaxed"}.
        @param name: makes the name of a new journal, in letters and digits.
        @param key: makes the key of its cloaks.
        @raise JournalUnusable: it cannot be opened; the reason is for the administrator.
        @raise Fault: it cannot be read or written.
        """
        self.path = Path(directory, FILE)
        self.broken: str | None = None
        self._renamed: list[int] = []
        try:
            secure(self.path.parent, os.geteuid())
            oldKey = readKeyFile(self.path.parent)
            self._lock = lock(self.path.parent)
        except OSError as e:
            raise JournalUnusable(f"{e.filename}: {e.strerror}") from e
        try:
            # SQLite gives the files beside this one its mode.
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
        # Checkpoints are steps of their own here: one that fails is to be known.
        execute("PRAGMA wal_autocheckpoint = 0")
        execute("PRAGMA journal_size_limit = 67108864")
        execute("PRAGMA cache_size = -16384")
        execute("PRAGMA recursive_triggers = OFF")
        # What is taken back is not to be found in the file any more.
        execute("PRAGMA secure_delete = ON")

    def position(self) -> Position:
        """Where the journal stands."""
        with faults():
            return readPosition(self._connection)

    def held(self) -> Iterator[Held]:
        """See L{held <twistchat.journal.sqlite.rebuilding.held>}."""
        with faults():
            yield from held(self._connection)

    def unsettled(self) -> int | None:
        """
        The sequence number of the last entry, where that gives a room a new name, and the process that wrote it ended
        before it told the journal what became of it.
        """
        with faults():
            (sequence,) = self._connection.execute("SELECT max(sequence) FROM renaming").fetchone()
        return None if sequence is None else int(sequence)

    def write(self, rows: Sequence[Row], held: HeldKeys | None = None) -> None:
        """
        Put entries on disk, all or none.

        If C{held} is empty, it is one statement, so that the interpreter lock is taken once for the whole transaction.

        @param rows: no more than L{MOST_ROWS}.  A room's new name is the last of them: whether it was given is to be
            told, with L{rename} or L{forget}, before anything else is written.
        @param held: what these entries do to what holds.
        @raise Fault: none was kept.
        """
        if self._renamed:
            self._rename()
        statement, parameters = _WRITE + ",".join([_VALUES] * len(rows)), list(chain.from_iterable(rows))
        if held:
            self._transact((statement, parameters), *holdingStatements(held))
        else:
            self.change(statement, parameters)

    def rename(self, sequence: int) -> None:
        """
        Let a room keep under its new name what it kept under the old.  Where that fails it comes before the next write.

        @param sequence: that of the entry that renamed it, which has been applied.
        """
        self._renamed.append(sequence)
        self._rename()

    def endBans(self, sequences: Sequence[int]) -> None:
        """Hold these entries' bans from the server no more."""
        if sequences:
            self.change(_OVER, (json.dumps(sequences),))

    def reserve(self, sequence: int, time: int) -> None:
        """Note that sequence numbers up to this one, and this time, may have been given."""
        self.change(NOTE, note(sequence, time))

    def forget(self, sequences: str) -> None:
        """
        Take out entries that were stored and could not be applied.

        @param sequences: a JSON array of their sequence numbers.
        """
        self._transact(
            ("DELETE FROM entry WHERE sequence IN (SELECT value FROM json_each(?))", (sequences,)),
            ("DELETE FROM holding WHERE sequence IN (SELECT value FROM json_each(?))", (sequences,)),
        )

    def checkpoint(self, whole: bool = False) -> None:
        """
        Move what is in the log into the database, as far as no reader needs it there.

        @param whole: leave the log empty.  At a start nothing is written behind what another process left there:
            it can be read now, and yet be lost, where that process's fsync failed.
        """
        self.change(f"PRAGMA wal_checkpoint({'TRUNCATE' if whole else 'PASSIVE'})", ())

    def close(self, sequence: int, time: int) -> None:
        """
        Finish: note where the journal stands, empty the log, and let another server in.

        @param sequence: the sequence number given last.
        @param time: the time given last.
        @raise Fault: that is for the next start to do.  It is closed nevertheless.
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

    def _rename(self) -> None:
        """Do what L{rename} has not done yet."""
        while self._renamed:
            sequence = self._renamed[0]
            with faults():
                found = self._connection.execute(
                    "SELECT origin, target FROM renaming WHERE sequence = ?", (sequence,)
                ).fetchone()
            if found is not None:
                parameters = {"sequence": sequence, "origin": found[0], "target": found[1], "key": renamedKey(sequence)}
                self._transact(*[(statement, parameters) for statement in RENAME])
            del self._renamed[0]

    def _transact(self, *statements: tuple[str, Sequence[object] | Mapping[str, object]]) -> None:
        """Carry out statements, each with its parameters, in one transaction."""
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
        """How many rows this connection has changed so far."""
        return self._connection.total_changes

    def change(self, statement: str, parameters: Sequence[object] | Mapping[str, object]) -> int:
        """
        Carry out a statement, and count the rows that it has changed itself.

        @raise Fault: nothing has changed.
        """
        with self._changing():
            cursor = self._connection.execute(statement, parameters)
            cursor.fetchall()
            return cursor.rowcount

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change something, or nothing at all."""
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
