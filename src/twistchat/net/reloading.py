"""Reads the configuration again: one time after the other, and all of it or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twistchat.config import Reload, Settings


@dataclass(frozen=True, slots=True)
class Change:
    """
    A change that has been checked, and takes effect together with the settings.

    @ivar applied: what changes besides keys of the configuration, for the administrator.
    @ivar complete: called once, in the turn in which the settings have changed.
    """

    applied: tuple[str, ...]
    complete: Callable[[], None]


Prepare: TypeAlias = "Callable[[Settings], Awaitable[Change]]"
"""
Checks whether the server can use changed settings, and prepares for them.

It raises L{ConfigError <twistchat.config.ConfigError>} if the server cannot; then it has changed nothing.
"""


class Reloads:
    """
    Runs reloads one after the other.  All requests that arrive during a reload share the next one.

    @ivar waiting: whether a reload waits, so that a further request would change nothing.
    @ivar begins: called before each reload.
    @ivar ended: called after each reload, also if it failed.
    """

    def __init__(self) -> None:
        self.begins: Callable[[], None] = lambda: None
        self.ended: Callable[[], None] = lambda: None
        self._running = False
        self._asked: list[tuple[Deferred[Reload], Callable[[], Awaitable[Reload]]]] = []

    @property
    def waiting(self) -> bool:
        """Whether a reload waits for the one that runs."""
        return bool(self._asked)

    def request(self, run: Callable[[], Awaitable[Reload]]) -> Deferred[Reload]:
        """
        Run a reload, now or after the one that runs.

        @param run: reloads.  Of several that wait, one is called.
        @return: its result.
        """
        result: Deferred[Reload] = Deferred()
        self._asked.append((result, run))
        if not self._running:
            self._start()
        return result

    def _start(self) -> None:
        asked, self._asked = self._asked, []
        self._running = True

        self.begins()

        async def run() -> Reload:
            return await asked[0][1]()

        def finished(outcome: object) -> None:
            self._running = False
            self.ended()
            if self._asked:
                self._start()
            for result, _ in asked:
                result.callback(outcome)  # type: ignore[arg-type]  # a Failure makes it fail

        Deferred.fromCoroutine(run()).addBoth(finished)
