"""Whether a client has hung up while its connection is not read.  Twisted finds that out only by reading."""

from __future__ import annotations

import select
from typing import Any, Final

HUNG_UP: Final = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""The peer sends no more, or the connection is broken.  Linux tells both; elsewhere only the latter is told."""


def hasHungUp(transport: Any) -> bool:
    """
    Whether the peer of a stream transport has closed it, or sends no more.

    @param transport: of a socket, or one that has C{hasHungUp} itself.
    """
    own = getattr(transport, "hasHungUp", None)
    if own is not None:
        return bool(own())
    poll = select.poll()
    poll.register(transport.fileno(), HUNG_UP)
    return bool(poll.poll(0))
