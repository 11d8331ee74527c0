"""A clock that runs one turn of the reactor at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.task import Clock


class TurnClock(Clock):
    """
    A clock with which a test runs the turns of a reactor one by one.

    C{Clock.advance} also runs the calls that those it runs schedule without delay.  A reactor runs only the calls that
    are due when the turn begins, and then polls its connections.
    """

    def due(self) -> list[Callable[[], object]]:
        """Remove and return the calls that are due: a reactor would run them in its next turn."""
        now = self.seconds()
        due = [call for call in self.calls if call.getTime() <= now]
        self.calls = [call for call in self.calls if call.getTime() > now]
        for call in due:
            call.called = 1
        return [partial(call.func, *call.args, **call.kw) for call in due]

    def turn(self) -> None:
        """Run the calls that are due, but not those that they schedule."""
        for call in self.due():
            call()
