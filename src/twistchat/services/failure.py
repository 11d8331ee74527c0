"""
How the server ends if it cannot start: an error, and the exit status of the process.

It is a module of its own because listening, the service, the terminal and the composition root import it.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import Final

FAILED: Final = 1
"""The exit status of a server that cannot start."""


class StartFailure(Exception):
    """The server cannot start.  Its string is one line, which is shown unchanged."""


def exitFailed() -> None:
    """
    Let this process end with status L{FAILED}, once the reactor has stopped.

    Twisted's runners end with status 0 after the reactor has stopped, and they catch C{SystemExit}.  So the interpreter
    sets the status when it exits.
    """
    atexit.register(_exit)


def _exit() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(FAILED)
