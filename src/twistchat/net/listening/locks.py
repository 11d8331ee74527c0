"""
Removes the lock of a UNIX socket that could not be bound.

Twisted makes the lock, a symbolic link PATH.lock to the id of the process, before it binds the socket.  If that fails,
it leaves the lock behind.  The process still runs, so nobody could ever listen at the path again.
"""

from __future__ import annotations

import os
from contextlib import suppress

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IStreamServerEndpoint)
class LockedEndpoint:
    """An endpoint at a UNIX socket with a lock."""

    def __init__(self, endpoint: IStreamServerEndpoint, address: str, process: int) -> None:
        """
        @param endpoint: Twisted's endpoint.
        @param address: the path of the socket.
        @param process: the id of this process.
        """
        self._endpoint = endpoint
        self._lock = f"{address}.lock"
        self._process = str(process)

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """See L{IStreamServerEndpoint}."""
        held = self._isOurs()  # by another endpoint of this process, at the same path
        listening: Deferred[IListeningPort] = self._endpoint.listen(protocolFactory)

        def failed(failure: Failure) -> Failure:
            if not held and self._isOurs():
                with suppress(OSError):
                    os.unlink(self._lock)  # noqa: PTH108  # Twisted's path is a text, which may end with a slash
            return failure

        return listening.addErrback(failed)

    def _isOurs(self) -> bool:
        """Whether this process has the lock."""
        try:
            return os.readlink(self._lock) == self._process  # noqa: PTH115  # as above
        except OSError:
            return False
