"""A journal's file, copied while it is in use."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


def copyTo(connection: sqlite3.Connection, path: Path) -> None:
    """
    Copy a database as it is at this moment to a file of its own, which is there whole or not at all.

    @param path: the new file; one that is there is replaced.
    """
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        copy = sqlite3.connect(part)
        try:
            connection.backup(copy)
        finally:
            copy.close()
        os.fsync(descriptor)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
