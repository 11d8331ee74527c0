"""Shows one line at the terminal that says why a server cannot start."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

from twistchat.services.failure import StartFailure

ExceptHook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]
"""A hook such as C{sys.excepthook}."""


class DaemonTerminal(io.TextIOBase):
    """
    The terminal from which a server was started that then goes into the background.

    The C{twistd} at the terminal waits until the server in the background has started.  If that fails, it writes only
    the first hundred bytes of the exception, as a bytes literal, to C{sys.__stderr__}.  This object replaces that file
    and writes the whole line instead, which the background process sends through a pipe.
    """

    def __init__(self, stderr: TextIO) -> None:
        """
        @param stderr: the file that writes to the terminal.
        """
        super().__init__()
        self._stderr = stderr
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)

    @classmethod
    def install(cls) -> DaemonTerminal:
        """Make a terminal, and replace C{sys.__stderr__} with it."""
        terminal = cls(sys.__stderr__ or sys.stderr)
        standIn: Any = terminal
        sys.__stderr__ = standIn  # type: ignore[misc]  # it is final for those who write to it, as twistd does
        return terminal

    def complain(self, why: str) -> None:
        """Send the reason why the server cannot start.  The background process calls this."""
        os.write(self._writing, f"twistchat: {why}\n".encode("utf-8", "backslashreplace"))

    def write(self, text: str) -> int:
        """Write the reason that L{complain} sent, or C{text} if it sent none."""
        with suppress(BlockingIOError):
            self._stderr.write(os.read(self._reading, 65536).decode())
            self._stderr.flush()
            return len(text)
        self._stderr.write(text)
        self._stderr.flush()
        return len(text)


def startFailureHook(otherwise: ExceptHook) -> ExceptHook:
    """
    Make an C{excepthook} that shows a L{StartFailure} as one line, since the administrator needs no traceback.

    @param otherwise: the hook for all other exceptions.
    """

    def excepthook(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(value, StartFailure):
            print(f"twistchat: {value}", file=sys.stderr)
        else:
            otherwise(kind, value, traceback)

    return excepthook
