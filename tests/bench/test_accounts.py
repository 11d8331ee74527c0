"""Many accounts start fast and take little memory.  The tests count calls and bytes, and measure no time."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path
from types import FrameType

from twisted.trial.unittest import SynchronousTestCase

from bench.accounts import fill
from tests.chat.fakes import newState
from tests.journal.disk import temporary
from twistchat.chat.state import State
from twistchat.journal.kinds import sqliteJournal
from twistchat.testing.workers import InlineWorker

FEW, MORE = 50, 250
"""The numbers of accounts that are compared, so that what a start costs without accounts is left out."""

MAX_CALLS = 70
"""The maximum number of calls of Python functions for one account: two entries."""

MAX_BYTES = 1000
"""
The maximum number of bytes for one account, with its hash and its keys: less than 100 MiB for 100,000.  It is about
600; what the runner of the tests traces adds to it.
"""


class AccountTests(SynchronousTestCase):
    """What one more account costs."""

    def start(self, count: int) -> tuple[State, int, int]:
        """Start with so many accounts.  Return the state, and the numbers of calls and of bytes."""
        directory = temporary(self)
        fill(Path(directory, "data"), count)
        state = newState()
        log, _ = sqliteJournal(
            str(Path(directory, "data")), lambda: 1.0, lambda: "bench", lambda: bytes(32), lambda _: InlineWorker()
        )
        calls = 0

        def called(frame: FrameType, event: str, argument: object) -> None:
            nonlocal calls
            calls += event == "call"

        tracemalloc.start()
        before = sys.getprofile()
        sys.setprofile(called)
        try:
            log.open(state.apply)
        finally:
            sys.setprofile(before)
            size, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        self.successResultOf(log.close())
        return state, calls, size

    def test_cost(self) -> None:
        """An account costs at most so many calls and bytes."""
        (few, fewCalls, fewBytes), (more, moreCalls, moreBytes) = self.start(FEW), self.start(MORE)
        self.assertEqual((len(few.accounts), len(more.accounts)), (FEW, MORE))
        calls, size = (moreCalls - fewCalls) / (MORE - FEW), (moreBytes - fewBytes) / (MORE - FEW)
        self.assertLess(calls, MAX_CALLS)
        self.assertLess(size, MAX_BYTES)
        self.assertGreater(size, 300)
