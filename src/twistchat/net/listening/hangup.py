"""Detects that a client has hung up while its transport is paused.  Twisted notices only when it reads."""

from __future__ import annotations

import select
from typing import Any, Final

HUNG_UP: Final = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""Poll flags for a closed or broken connection.  Only Linux reports a half-close (C{POLLRDHUP})."""


def hasHungUp(transport: Any) -> bool:
    """
    Return whether the peer of a stream transport has closed or half-closed the connection.

    @param transport: a transport with a file descriptor, or with a C{hasHungUp} method of its own.
    """
    own = getattr(transport, "hasHungUp", None)
    if own is not None:
        return bool(own())
    poll = select.poll()
    poll.register(transport.fileno(), HUNG_UP)
    return bool(poll.poll(0))
