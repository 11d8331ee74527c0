"""Sets up Python's interpreter for a server: how often threads switch, and when garbage is collected."""

from __future__ import annotations

import gc
import sys

SWITCH_INTERVAL = 0.0002
"""
Seconds after which the reactor's thread gives the interpreter to one that waits for it.

The journal's writer wants it twice a batch, for microseconds: to begin, and to say that it is done.  With Python's own
5 ms it stands idle meanwhile, and takes turns with the reactor where it should work beside it.
"""

COLLECT = (20_000, 20, 20)
"""
Thresholds of the garbage collector, instead of Python's (700, 10, 10).

A message makes a dozen objects that live until the disk has it, and none of them is part of a reference cycle.  A
search for cycles every 700 objects takes a tenth of the processor's time.
"""


def tuneInterpreter() -> None:
    """Apply L{SWITCH_INTERVAL} and L{COLLECT}.  C{bench/README.md} says what they bring."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(*COLLECT)


def freeze() -> None:
    """
    Exclude every object that exists now (modules, classes, tables) from garbage collection.

    There are some 50,000 of them, and they stay to the end.  Every full collection would look at them again, for 24 ms.
    """
    gc.collect()
    gc.freeze()
