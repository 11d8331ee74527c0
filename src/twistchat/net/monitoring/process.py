"""What the operating system knows of this process: memory, CPU time, descriptors."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/proc/self/statm")
DESCRIPTORS: Final = Path("/proc/self/fd")
"""Files of Linux (proc(5)).  Other systems have none of them, or others."""

SECOND_FIELD: Final = 1
"""The field of L{MEMORY} with the resident pages."""


def memory(statm: Path = MEMORY) -> int:
    """
    Return the resident memory of this process in bytes; where the system does not tell, the largest that it has had.

    @param statm: the file that Linux tells it in.
    """
    try:
        return int(statm.read_bytes().split()[SECOND_FIELD]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def cpuTime() -> float:
    """Return the CPU time that this process has used, in seconds."""
    used = os.times()
    return used.user + used.system


def descriptors(directory: Path = DESCRIPTORS) -> int:
    """
    Return the number of open descriptors; 0 where the system does not tell.

    Since version 6.2, Linux tells the number as the size of the directory.  Listing it takes milliseconds if there are
    10,000.

    @param directory: the directory that has an entry for each.
    """
    try:
        return directory.stat().st_size or len([*directory.iterdir()])
    except OSError:
        return 0


def mostDescriptors() -> int:
    """Return how many descriptors this process may have."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
