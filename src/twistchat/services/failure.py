"""
The error of a failed start.

It has a module of its own because listening, the service and the terminal all import it.
"""

from __future__ import annotations


class StartFailure(Exception):
    """The server cannot start.  Its string is one line, which is shown unchanged."""
