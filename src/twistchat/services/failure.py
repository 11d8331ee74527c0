"""The one error of a start.  It is in a module of its own because listening, the service and the terminal need it."""

from __future__ import annotations


class StartFailure(Exception):
    """The server cannot start.  As a string it is one line, to be shown as it is."""
