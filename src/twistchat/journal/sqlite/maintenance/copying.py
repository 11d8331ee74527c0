"""Copies a journal's file while it is in use."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from twistchat.directories import syncDirectory

PAGES: Final = 256
"""The number of pages that are copied in one step: 1 MiB."""


def copyTo(
    connection: sqlite3.Connection,
    path: Path,
    progress: Callable[[float], None] = lambda part: None,
    verify: Callable[[Path], None] = lambda part: None,
) -> None:
    """
    Copy a database to a file that only its owner can read.  The file is complete or does not exist, even after a power
    failure.

    The copy has the database as it is at the start.  Other connections may read and write meanwhile.

    @param path: the new file.  An existing file is replaced.
    @param progress: called after each step, with the part that was copied, from 0 to 1.  If it raises an error, the
        copy is abandoned.  It may sleep, to leave the disk to others.
    @param verify: called with the path of the complete copy, before that gets its name.  If it raises an error, no file
        is left.
    """

    def stepped(status: int, remaining: int, total: int) -> None:
        # Otherwise the last sync would write everything at once, and the commits of a server would wait for that.
        os.fdatasync(descriptor)
        progress(1 - remaining / max(1, total))

    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        copy = sqlite3.connect(part)
        try:
            with _moment(connection):
                connection.backup(copy, pages=PAGES, progress=stepped)
            # In this mode the copy needs no other file, and can be read on a read-only file system.
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
        os.fsync(descriptor)
        verify(part)
        part.replace(path)
        syncDirectory(path.parent)
    except BaseException:
        for end in ("", "-journal", "-wal", "-shm"):  # SQLite leaves its files if the disk is full
            part.with_name(f"{part.name}{end}").unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


@contextmanager
def _moment(connection: sqlite3.Connection) -> Iterator[None]:
    """
    Let a connection see the same moment.  Without this, SQLite starts a copy again after each write of another
    connection.  A transaction that the connection is in continues.
    """
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()  # the transaction begins with a read
        yield
    finally:
        connection.rollback()
