"""Prepares the process: makes the data directory, and tunes Python's interpreter for a server."""

from __future__ import annotations

import gc
import os
import pwd
import sys
from pathlib import Path

from twistchat.directories import makeDirectory

SWITCH_INTERVAL = 0.0002
"""
Seconds after which the reactor's thread releases the GIL if another thread waits for it.

The journal's writer needs the GIL twice per batch, for microseconds: at the start, and to report the end.  With
Python's default of 5 ms the writer waits for the reactor instead of working in parallel.
"""

COLLECT = (20_000, 20, 20)
"""
Thresholds of the garbage collector.  Python's defaults are (700, 10, 10).

A message makes a dozen objects that live until it is on disk, and none of them is part of a reference cycle.  A search
for cycles every 700 objects takes a tenth of the CPU time.
"""


def tuneInterpreter() -> None:
    """Apply L{SWITCH_INTERVAL} and L{COLLECT}.  C{bench/README.md} has the measurements."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(*COLLECT)


def freeze() -> None:
    """
    Exclude every object that exists now (modules, classes, tables) from garbage collection.

    About 50,000 such objects live until the process ends.  Scanning them would add 24 ms to every full collection.
    """
    gc.collect()
    gc.freeze()


def makeDataDirectory(path: Path, uid: int | None, gid: int | None) -> None:
    """
    Make the data directory and give it to the user that this process will run as.

    That user may lack the permission to make it.  This does nothing if the directory exists, or if the process does not
    change its user.

    @param uid: the user from C{twistd --uid}.
    @param gid: the group from C{twistd --gid}; with C{None}, the user's own group.
    @raise SystemExit: the directory cannot be made; one line says why.
    """
    if uid is None or os.geteuid() != 0 or path.exists():
        return
    try:
        makeDirectory(path)
        os.chown(path, uid, pwd.getpwuid(uid).pw_gid if gid is None else gid)
    except OSError as e:
        raise SystemExit(f"twistchat: the data directory {path} cannot be made: {e.strerror}") from None
