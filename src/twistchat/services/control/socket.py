"""The control socket in the data directory."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.logger import Logger

from twistchat.services.control.protocol import ControlFactory
from twistchat.services.control.wire import MAX_PATH, SOCKET

MODE = 0o600
"""The permissions of the socket: only its owner, and root, can connect."""

log = Logger()


class ControlSocket:
    """
    Listens at the control socket.

    The server works without it.  If it cannot listen, the log has a warning.
    """

    def __init__(self, reactor: Any, directory: Path, factory: ControlFactory) -> None:
        """
        @param reactor: listens.
        @param directory: the absolute path of the data directory.
        """
        self._reactor = reactor
        self._factory = factory
        self._port: Any = None
        self.path = directory / SOCKET

    def open(self) -> None:
        """Listen.  Call this after the journal was opened, so that no other server uses the directory."""
        try:
            why = self._obstacle()
            if why is None:
                self._listen()
        except CannotListenError as e:
            why = str(getattr(e.socketError, "strerror", None) or e.socketError)
        except OSError as e:
            why = e.strerror or str(e)
        if why is not None:
            log.warn(
                "Commands cannot reach this server while it runs, because it cannot listen at {path}: {why}",
                path=str(self.path),
                why=why,
            )

    def stop(self) -> Deferred[None]:
        """
        Stop listening, and remove the socket.

        @return: fires when that is done.
        """
        port, self._port = self._port, None
        return maybeDeferred(port.stopListening if port is not None else lambda: None)

    def close(self) -> None:
        """Disconnect all clients."""
        self._factory.close()

    def _listen(self) -> None:
        # The process has one mask of permissions, which its other threads use too.  The journal's files have the same
        # mode as this socket, so the mask does them no harm.
        mask = os.umask(0o777 & ~MODE)
        try:
            self._port = self._reactor.listenUNIX(str(self.path), self._factory, mode=MODE)
        finally:
            os.umask(mask)

    def _obstacle(self) -> str | None:
        """Remove the socket of a server that was killed.  Return why the server cannot listen, or C{None}."""
        length = len(os.fsencode(self.path))
        if length > MAX_PATH:
            return f"the path has {length} bytes, and the system allows {MAX_PATH}; use a shorter data directory"
        try:
            mode = self.path.lstat().st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISSOCK(mode):
            return "it exists and is no socket; move it away"
        if _isAlive(self.path):
            return "another server listens there"
        self.path.unlink()
        return None


def _isAlive(path: Path) -> bool:
    """Whether a process listens at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        return probe.connect_ex(str(path)) not in (errno.ECONNREFUSED, errno.ENOENT)
