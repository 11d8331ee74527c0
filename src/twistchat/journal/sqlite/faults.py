"""Faults of the journal's file, worded for users and for the administrator."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

DAMAGED = "the journal's file is damaged"
"""Why a file that SQLite cannot read is not used."""

INTERRUPTED = "something that was written to the journal is incomplete; the next start of the server repairs it"
"""Why a command cannot read a journal whose server lost its power while it made or migrated the journal."""

FULL = "the disk is full"
FAILED = "the disk failed"

_WHYS = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: "another process has the journal locked",
    sqlite3.SQLITE_LOCKED: "another process has the journal locked",
    sqlite3.SQLITE_READONLY: "the journal cannot be written to",
    sqlite3.SQLITE_READONLY_ROLLBACK: INTERRUPTED,
    sqlite3.SQLITE_CANTOPEN: "the journal's files cannot be opened",
    sqlite3.SQLITE_PERM: "the journal's files cannot be opened",
    sqlite3.SQLITE_IOERR: FAILED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


class Fault(Exception):
    """
    The journal's file could not be read or written.

    @ivar why: the reason, for users.  It completes the sentence "that was not taken: …".
    @ivar detail: SQLite's error, for the administrator.
    """

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(why, detail)
        self.why = why
        self.detail = detail


@contextmanager
def faults() -> Iterator[None]:
    """Raise errors of SQLite as L{Fault}."""
    try:
        yield
    except sqlite3.Error as e:
        raise fault(e) from e


def fault(error: sqlite3.Error) -> Fault:
    """Make a L{Fault} from an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", 0)
    why = _WHYS.get(code) or _WHYS.get(code & 0xFF, "the journal failed")
    return Fault(why, f"{error} ({getattr(error, 'sqlite_errorname', type(error).__name__)})")


def diskFault(error: OSError) -> Fault:
    """Make a L{Fault} from an error of a file beside the journal."""
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return Fault(FULL if name in ("ENOSPC", "EDQUOT") else FAILED, f"{error.strerror or error} ({name})")
