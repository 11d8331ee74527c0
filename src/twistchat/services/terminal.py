"""Shows, at the terminal, in one line why a server cannot start."""

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
    The terminal at which a server was started that goes into the background.

    twistd waits there until the server has started.  If the server cannot start, twistd writes the first hundred bytes
    of the exception to C{sys.__stderr__}, written as Python writes bytes, because it is sent no more than that.  This
    object replaces that file.  It has a pipe of its own, which carries the whole line.
    """

    def __init__(self, stderr: TextIO) -> None:
        """
        @param stderr: the terminal itself.
        """
        super().__init__()
        self._stderr = stderr
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)

    @classmethod
    def install(cls) -> DaemonTerminal:
        """Put a new one in place of C{sys.__stderr__}."""
        terminal = cls(sys.__stderr__ or sys.stderr)
        standIn: Any = terminal
        sys.__stderr__ = standIn  # type: ignore[misc]  # it is final for those who write to it, as twistd does
        return terminal

    def complain(self, why: str) -> None:
        """Say, in the background, why the server cannot start."""
        os.write(self._writing, f"twistchat: {why}\n".encode("utf-8", "backslashreplace"))

    def write(self, text: str) -> int:
        """Write the complaint; or this text, if there is no complaint."""
        with suppress(BlockingIOError):
            self._stderr.write(os.read(self._reading, 65536).decode())
            self._stderr.flush()
            return len(text)
        self._stderr.write(text)
        self._stderr.flush()
        return len(text)


def explaining(otherwise: ExceptHook) -> ExceptHook:
    """
    Make an C{excepthook} that shows a L{StartFailure} as one line: the administrator can mend it, and we cannot.

    @param otherwise: shows all other exceptions.
    """

    def excepthook(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(value, StartFailure):
            print(f"twistchat: {value}", file=sys.stderr)
        else:
            otherwise(kind, value, traceback)

    return excepthook
