"""
Tells systemd what the server does: that it has started, reloads, stops, and is alive (C{sd_notify(3)}).

Each message is a datagram of lines C{NAME=value} to the Unix socket that the environment names.  Without systemd,
nothing is sent.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

EXTENSION: Final = 3600.0
"""
The seconds that the server asks for while it opens the journal, which may be large, or of an earlier version.  It
cannot ask again, because opening blocks.
"""

SOONEST: Final = 1.0
"""
The fewest seconds between two signs of life.  With a C{WatchdogSec} below a second, signs of life would cost the server
more than its clients do.
"""

log = Logger()


class Systemd:
    """
    The service manager that started this process, or none.

    @ivar watchdog: the seconds between two signs of life; C{None} if none are wanted.
    """

    def __init__(self, environment: Mapping[str, str], clock: IReactorTime, process: int) -> None:
        """
        @param environment: the variables C{NOTIFY_SOCKET}, C{WATCHDOG_USEC} and C{WATCHDOG_PID}.
        @param clock: the timers, of the clock C{CLOCK_MONOTONIC}.
        @param process: the id of this process.
        """
        self._clock = clock
        self._address = _addressOf(environment.get("NOTIFY_SOCKET", ""))
        self.watchdog = _watchdogOf(environment, process)
        self._timer: IDelayedCall | None = None
        self._failed = False

    def opening(self) -> None:
        """The journal is being opened, which may take longer than C{TimeoutStartSec}."""
        self._notify(f"EXTEND_TIMEOUT_USEC={int(EXTENSION * 1e6)}", "STATUS=Opens the journal")

    def ready(self, status: str) -> None:
        """
        The server has started: the journal is open, and the doors accept connections.  From now on, send signs of life.

        @param status: what C{systemctl status} shows, without line ends.
        """
        self._notify("READY=1", f"STATUS={status}")
        self._beat()

    def reloading(self) -> None:
        """The configuration is read again.  Call L{reloaded} afterwards."""
        self._notify("RELOADING=1", f"MONOTONIC_USEC={int(self._clock.seconds() * 1e6)}")

    def reloaded(self) -> None:
        """The configuration was read again, or had a mistake."""
        self._notify("READY=1")

    def stopping(self) -> None:
        """The server stops.  Send no more signs of life."""
        self._cancel()
        self._notify("STOPPING=1", "STATUS=Closes the journal and all connections")

    def _beat(self) -> None:
        """
        Send a sign of life, twice as often as systemd wants one, and at most once in L{SOONEST} seconds.  A reactor
        that hangs sends none.
        """
        self._cancel()
        if self._address and self.watchdog is not None:
            self._notify("WATCHDOG=1")
            self._timer = self._clock.callLater(max(self.watchdog / 2, SOONEST), self._beat)

    def _cancel(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _notify(self, *lines: str) -> None:
        """Send a message.  The server works if that fails."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto("\n".join(lines).encode(), self._address)
        except OSError as e:
            if not self._failed:
                log.warn("systemd cannot be told what this server does: {why}", why=e.strerror or str(e))
            self._failed = True


def _addressOf(name: str) -> str:
    """The address of a Unix socket; C{""} if there is none.  C{@} is the first byte of an abstract name."""
    if name.startswith("@"):
        return f"\0{name[1:]}"
    return name if name.startswith("/") else ""


def _watchdogOf(environment: Mapping[str, str], process: int) -> float | None:
    """The seconds within which systemd wants a sign of life of this process."""
    wanted, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not wanted.isdecimal() or int(wanted) == 0 or whose not in ("", str(process)):
        return None
    return int(wanted) / 1e6
