"""Checks each argument of an endpoint description by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path

_INTERFACE = "an interface is an IP address of this machine"


def _number(lowest: int, highest: int, what: str) -> Callable[[str], str | None]:
    """Make a check for whole numbers within a range."""

    def check(value: str) -> str | None:
        fits = value.isascii() and value.isdigit() and len(value) < 10 and lowest <= int(value) <= highest
        return None if fits else f"{what} is a whole number from {lowest} to {highest}"

    return check


def _matching(pattern: str, why: str) -> Callable[[str], str | None]:
    """Make a check for values that match a whole pattern."""
    return lambda value: None if re.fullmatch(pattern, value) else why


def _interface(value: str) -> str | None:
    """Check an interface.  Twisted would look up the name of a host, and all connections would wait for the answer."""
    try:
        ip_address(value)
    except ValueError:
        return _INTERFACE
    return _INTERFACE if re.search(r"\s", value) else None


def _file(value: str) -> str | None:
    try:
        return None if Path(value).is_file() else "there is no such file"
    except OSError as e:
        return f"nobody can tell whether there is such a file: {e.strerror}"


def _certificates(value: str) -> str | None:
    """Check the directory of certificates of a C{tls:} endpoint."""
    directory = Path(value)
    try:
        if not directory.is_dir():
            return "there is no such directory"
        return None if any(directory.rglob("*.pem")) else "there is no .pem file in that directory"
    except OSError as e:
        return f"it cannot be searched: {e.strerror}"


CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "port": _number(0, 65535, "a port"),
    "backlog": _number(1, 65535, "a backlog"),
    "index": _number(0, 65535, "an index"),
    "interface": _interface,
    "mode": _matching("[0-7]{3,4}", "a mode is of three octal digits, as in 660"),
    "lockfile": _matching("[01]", "it is 0 or 1"),
    "address": _matching(r"[^\0]+", "it is the path of a file that is to be made"),
    "domain": _matching("INET6?|UNIX", "a domain is INET, INET6 or UNIX"),
    "name": _matching(".+", "a name is that of a socket of systemd"),
    "path": _certificates,
    "privateKey": _file,
    "certKey": _file,
    "extraCertChain": _file,
    "dhParameters": _file,
}
"""For each argument, a check of its value.  It returns C{None}, or the error as the end of "it is …, and"."""
