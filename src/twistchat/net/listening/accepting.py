"""Bounds how many connections a port accepts in one turn of the reactor."""

from __future__ import annotations

from typing import Any, Final

MAX_ACCEPTS: Final = 4
"""
The most connections that a port accepts in one turn.  Each takes up to half a millisecond, and there is a port for
every door.
"""


def acceptFew(port: Any) -> None:
    """
    Let a port accept at most L{MAX_ACCEPTS} connections in one turn.  The others wait in the system's queue.

    Twisted's ports accept up to 100, and 20 more in each turn that reaches the limit.  A burst of connections would
    hold up everybody else.

    @param port: a listening port of Twisted.  Ports of other kinds do not change.
    """
    if not hasattr(port, "numberAccepts"):
        return
    doRead = port.doRead

    def acceptThese() -> object:
        port.numberAccepts = min(port.numberAccepts, MAX_ACCEPTS)
        return doRead()

    port.doRead = acceptThese
