"""Tunes Python's interpreter for a server: the interval of thread switches, and garbage collection."""

from __future__ import annotations

import gc
import sys

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
