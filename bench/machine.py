"""Describe this machine, and divide its processors between the server and the load."""

from __future__ import annotations

import os
import platform
import re
import resource
from pathlib import Path


def requireLinux() -> None:
    """End the process with a message if the system is not Linux."""
    if platform.system() != "Linux":
        raise SystemExit("bench: the benchmarks need /proc and epoll, so they run on Linux only")


def describe() -> dict[str, object]:
    """Describe the machine, for the results."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "model": found[1] if found else platform.machine(),
        "system": f"Linux {platform.release()}",
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def share() -> tuple[set[int], set[int]] | None:
    """
    Choose a processor for the server and another one for the load.

    @return: the processors of the server, and those of the load; C{None} if there is only one processor.
    """
    cores = sorted(os.sched_getaffinity(0))
    return ({cores[1]}, {cores[0]}) if len(cores) > 1 else None


def raiseDescriptors() -> int:
    """Raise the limit on descriptors, for this process and its children, to the maximum.  Return that maximum."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most if most != resource.RLIM_INFINITY else 1 << 20
