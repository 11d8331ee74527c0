"""A clock that stops between two turns of a reactor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.task import Clock


class TurnClock(Clock):
    """
    A clock with which a test goes through the turns of a reactor one by one.

    L{advance} makes calls for no delay as long as there are any.  A reactor makes those that were there when a turn
    began, then looks at its connections.
    """

    def due(self) -> list[Callable[[], object]]:
        """Take the calls whose time has come: a reactor would make them in its next turn."""
        now = self.seconds()
        due = [call for call in self.calls if call.getTime() <= now]
        self.calls = [call for call in self.calls if call.getTime() > now]
        for call in due:
            call.called = 1
        return [partial(call.func, *call.args, **call.kw) for call in due]

    def turn(self) -> None:
        """Make the calls whose time has come, and none that they ask for."""
        for call in self.due():
            call()
