"""
Bounds the lines about connections that the system lets nobody accept, such as when all descriptors are in use.

Twisted's ports log up to three lines for each such connection (C{twisted.internet.tcp}), and anybody can connect.
"""

from __future__ import annotations

from typing import Final

from twisted.logger import ILogObserver, LogEvent, LogLevel
from zope.interface import implementer

PERIOD: Final = 60.0
"""The seconds in which there is at most one line."""

PORTS: Final = "twisted.internet."
"""The beginning of the namespace of Twisted's ports."""

CLOSED: Final = "EMFILE recovery: Closed socket from {address}"
"""What a port logs for each connection that it closes because the process has no descriptor left."""

FAILED: Final = "Could not accept new connection ({acceptError})"
"""What it logs if another error keeps it from accepting."""

SILENT: Final = frozenset(
    {"EMFILE encountered; releasing reserved file descriptor.", "Re-reserving EMFILE recovery file descriptor."}
)
"""What it logs before and after L{CLOSED}."""

WORDS: Final = {
    CLOSED: (
        "All descriptors of this process are in use, so new connections are closed: {refused} since the last such "
        "line.  Raise the limit with ulimit -n, or with LimitNOFILE in a unit of systemd"
    ),
    FAILED: "New connections cannot be accepted ({acceptError}): {refused} since the last such line",
}
"""The lines for administrators."""


@implementer(ILogObserver)
class FewRefusals:
    """Passes events on to another observer, but writes one line in L{PERIOD} about refused connections."""

    def __init__(self, observer: ILogObserver) -> None:
        """
        @param observer: gets the events.
        """
        self._observer = observer
        self._refused = 0
        self._last: float | None = None

    def __call__(self, event: LogEvent) -> None:
        """See L{ILogObserver}."""
        said = event.get("log_format") if str(event.get("log_namespace", "")).startswith(PORTS) else None
        if said in SILENT:
            return
        if said not in WORDS:
            self._observer(event)
            return
        self._refused += 1
        now = float(event["log_time"])
        if self._last is not None and self._last <= now < self._last + PERIOD:
            return
        shown = {key: value for key, value in event.items() if key != "address"}
        shown |= {"log_level": LogLevel.warn, "log_format": WORDS[said], "refused": self._refused}
        self._last, self._refused = now, 0
        self._observer(shown)
