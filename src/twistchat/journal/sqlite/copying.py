"""Copies a journal's file while it is in use."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


def copyTo(connection: sqlite3.Connection, path: Path) -> None:
    """
    Copy a database to a file that only its owner can read.  The file is complete or does not exist, even after a power
    failure.

    @param path: the new file.  An existing file is replaced.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        copy = sqlite3.connect(part)
        try:
            connection.backup(copy)
            # In this mode the copy needs no other file, and can be read on a read-only file system.
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
        os.fsync(descriptor)
        part.replace(path)
        syncDirectory(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def syncDirectory(path: Path) -> None:
    """Sync a directory, so that its file names are on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
