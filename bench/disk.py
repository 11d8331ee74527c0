"""What the disk can do: one fdatasync, and one commit a message."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path


def syncs(folder: Path, seconds: float) -> list[float]:
    """
    Append 4 KiB and fdatasync, again and again.

    @return: how long each fdatasync took, in seconds.
    """
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            os.write(file.fileno(), b"x" * 4096)
            began = time.monotonic()
            os.fdatasync(file.fileno())
            taken.append(time.monotonic() - began)
    return taken


def commits(folder: Path, seconds: float, size: int) -> float:
    """
    Commit one message a transaction to SQLite, in WAL mode with C{synchronous=FULL}, as the journal's settings are.

    @param size: bytes of a message.
    @return: commits a second.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        database = sqlite3.connect(Path(place, "commits"), isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, text TEXT)")
        count, began = 0, time.monotonic()
        while time.monotonic() < began + seconds:
            database.execute("INSERT INTO message (text) VALUES (?)", ("x" * size,))
            count += 1
        database.close()
        return count / (time.monotonic() - began)
