"""A journal's file, copied while it is in use."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


def copyTo(connection: sqlite3.Connection, path: Path) -> None:
    """
    Copy a database as it is at this moment to a file of its own, for its owner alone.  The file is there whole or not
    at all, even if the power fails.

    @param path: the new file; one that is there is replaced.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        copy = sqlite3.connect(part)
        try:
            connection.backup(copy)
            # The copy needs no file beside it, so that it can be read where nothing can be written.
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
    """Have the names in a directory on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
