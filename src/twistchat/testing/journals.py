"""Make in-memory journals from a class of log and a class of history."""

from __future__ import annotations

from collections.abc import Callable

from twistchat.interfaces import Journal
from twistchat.journal.history.memory import MemoryHistory
from twistchat.journal.memory import MemoryLog
from twistchat.journal.stamp import Stamp


def inMemory(
    log: Callable[[Stamp], MemoryLog] = MemoryLog, history: Callable[[MemoryLog], MemoryHistory] = MemoryHistory
) -> Callable[[Stamp], Journal]:
    """
    Return a factory of in-memory journals, for L{MemoryServer <twistchat.testing.server.MemoryServer>}.

    @param log: the class of its log.
    @param history: the class of its history.
    """

    def make(stamp: Stamp) -> Journal:
        made = log(stamp)
        return Journal(made, history(made))

    return make
