"""Lets searches take turns, so that other reads wait for at most one of them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, fail

from twistchat.chat.errors import Overloaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from twistchat.journal.history.reader import HistoryReader
    from twistchat.journal.history.writing import Read

MOST: Final = 100
"""The maximum number of searches that wait."""


class Turns:
    """
    Runs searches on the reading thread, one after another.

    The next search is submitted when the one before has ended.  So a read that is requested meanwhile comes before it.
    """

    def __init__(self, read: Read, most: int = MOST) -> None:
        """
        @param read: runs work on the reading thread.
        @param most: the maximum number of searches that wait.
        """
        self._read, self._most = read, most
        self._waiting: deque[tuple[Callable[[HistoryReader], Any], Deferred[Any]]] = deque()
        self._running = False

    def search(self, work: Callable[[HistoryReader], Any]) -> Deferred[Any]:
        """
        Run a search.

        @return: fires with its result.  Fails with L{Overloaded} if too many wait.
        """
        return fail(Overloaded("searches")) if len(self._waiting) >= self._most else self._wait(work)

    def last(self, work: Callable[[HistoryReader], Any]) -> Deferred[Any]:
        """Run work behind all searches that were requested before, however many wait."""
        return self._wait(work) if self._running else self._read(work)

    def _wait(self, work: Callable[[HistoryReader], Any]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self._waiting.append((work, done))
        if not self._running:
            self._next()
        return done

    def _next(self) -> None:
        work, done = self._waiting.popleft()
        self._running = True
        self._read(work).addBoth(self._ended, done)

    def _ended(self, result: Any, done: Deferred[Any]) -> None:
        """
        Begin the next search, and report a result.

        @param result: the result, or a C{Failure}.
        """
        self._running = False
        if self._waiting:
            self._next()
        done.callback(result)
