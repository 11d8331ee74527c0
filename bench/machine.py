"""The machine that is measured on: what it is, and how it is shared between a server and its load."""

from __future__ import annotations

import os
import platform
import re
import resource
from pathlib import Path


def requireLinux() -> None:
    """End the process, and say why, where there is no /proc to read and no epoll to wait with."""
    if platform.system() != "Linux":
        raise SystemExit("bench: this reads /proc and waits with epoll; it runs on Linux and nowhere else")


def describe() -> dict[str, object]:
    """What the machine is, for a document."""
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
    Which processor is for the server, and which for the load.

    @return: C{None} where there is only one, for both.
    """
    cores = sorted(os.sched_getaffinity(0))
    return ({cores[1]}, {cores[0]}) if len(cores) > 1 else None


def raiseDescriptors() -> int:
    """Let this process, and those that it starts, have as many descriptors as it may; return how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most if most != resource.RLIM_INFINITY else 1 << 20
