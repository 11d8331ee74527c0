"""
Measure the disk: one fdatasync, and one commit per message.

C{python -m bench.disk FOLDER SECONDS SIZE} measures both and prints the results as JSON.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.fire.shim.faults import Faults, install


def syncs(folder: Path, seconds: float) -> list[float]:
    """
    Repeatedly append 4 KiB and call fdatasync.

    @return: the duration of each fdatasync, in seconds.
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


@contextmanager
def slowed(folder: Path, delay: float) -> Iterator[list[str]]:
    """
    Delay the syncs of commands in this context.

    @param folder: the folder whose files are affected.
    @param delay: the delay in milliseconds; 0 adds none.
    @return: the prefix of a command that is affected.
    @raise NotBuilt: the preloaded library cannot be built.
    """
    if not delay:
        yield []
        return
    with tempfile.TemporaryDirectory() as place:
        variables = install(Path(place), folder)
        with closing(Faults(Path(place))) as faults:
            faults.delaySyncs(delay / 1000)
            yield ["env", *[f"{name}={value}" for name, value in variables.items()]]


if __name__ == "__main__":
    _folder, _seconds, _size = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"syncs": syncs(_folder, _seconds), "commits": commits(_folder, _seconds, _size)}))
