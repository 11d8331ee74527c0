"""Who uses the console: users of the operating system."""

from __future__ import annotations

import socket
import struct
from pwd import getpwuid
from typing import Any, Final

UNKNOWN: Final = "console"
"""The name of a user whom the system does not tell."""

_CREDENTIALS: Final = struct.Struct("3i")
"""C{struct ucred} of unix(7): the process, its user and its group."""


def peerOf(transport: Any) -> str:
    """
    Find out which user connected to a Unix socket.

    @param transport: the transport of the server's side.
    @return: the name of the user; L{UNKNOWN} where the system does not tell, or if the connection is gone.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    try:
        handle = transport.getHandle()
        if option is None or handle.family != socket.AF_UNIX:
            return UNKNOWN
        _, uid, _ = _CREDENTIALS.unpack(handle.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    except (AttributeError, OSError):
        return UNKNOWN
    return userNamed(uid)


def userNamed(uid: int) -> str:
    """Return the name of a user of the operating system; or the number, if they have no name."""
    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
