"""Tests of L{twistchat.services.logs.refusals}."""

from __future__ import annotations

import errno
from io import BytesIO
from typing import Any

from twisted.internet.tcp import Port, _accept  # private: what a port does without a descriptor, without its socket
from twisted.logger import LogEvent, Logger, LogLevel
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import LogSettings
from twistchat.services.logs.output import LogOutput
from twistchat.services.logs.refusals import CLOSED, FAILED, PERIOD, FewRefusals


class Reserve:
    """A reserved descriptor."""

    def available(self) -> bool:
        """There is one."""
        return True

    def __enter__(self) -> None:
        """Release it."""

    def __exit__(self, *reason: object) -> None:
        """Reserve it again."""


class Full:
    """A listening socket of a process without descriptors, at which one connection waits."""

    def __init__(self) -> None:
        self.errors = [OSError(errno.EMFILE, ""), None, OSError(errno.EWOULDBLOCK, "")]

    def accept(self) -> tuple[Full, tuple[str, int]]:
        """Accept the connection when the reserved descriptor has been released."""
        if (error := self.errors.pop(0)) is not None:
            raise error
        return self, ("192.0.2.1", 4711)

    def close(self) -> None:
        """Close the connection."""


class RefusalTests(SynchronousTestCase):
    """Lines about connections that the system refuses."""

    def setUp(self) -> None:
        """Collect what is passed on."""
        self.events: list[LogEvent] = []
        collect: Any = self.events.append
        self.observer = FewRefusals(collect)

    def emit(self, time: float, words: str, **values: Any) -> None:
        """Let a port log something."""
        self.observer({"log_time": time, "log_format": words, "log_namespace": "twisted.internet.tcp.Port", **values})

    def test_few(self) -> None:
        """There is a line for the first connection, and one for all others in a minute, without addresses."""
        for second in range(3):
            self.emit(100.0 + second, CLOSED, address=("192.0.2.1", 4711))
        self.emit(100.0 + PERIOD, CLOSED, address=("192.0.2.1", 4711))
        self.assertEqual([1, 3], [event["refused"] for event in self.events])
        self.assertEqual([LogLevel.warn] * 2, [event["log_level"] for event in self.events])
        self.assertFalse(any("address" in event for event in self.events))

    def test_clock(self) -> None:
        """If the clock is set back, the next line does not wait."""
        for time in (100.0, 50.0):
            self.emit(time, FAILED, acceptError="ENFILE")
        self.assertEqual([1, 1], [event["refused"] for event in self.events])

    def test_others(self) -> None:
        """All other events are passed on as they are."""
        self.emit(100.0, "(Port 1 Closed)")
        self.observer({"log_time": 100.0, "log_format": CLOSED, "log_namespace": "another"})
        self.assertEqual(["(Port 1 Closed)", CLOSED], [event["log_format"] for event in self.events])

    def test_twisted(self) -> None:
        """What Twisted's port logs in this case becomes one line of the log."""
        file = BytesIO()
        log = Logger(Port._logger.namespace, observer=LogOutput(LogSettings()).observer(file))  # private: its namespace
        for _ in range(3):
            reserve: Any = Reserve()
            self.assertEqual([], list(_accept(log, range(9), Full(), reserve)))
        (line,) = file.getvalue().decode().splitlines()
        self.assertIn("warn: All descriptors of this process are in use, so new connections are closed: 1 since", line)
