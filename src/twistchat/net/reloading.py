"""
Reads the configuration again: one time after the other, and all of it or nothing.  Then other parts follow its changes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.config import ConfigError

if TYPE_CHECKING:
    from twistchat.config import Reload, Settings

MOST_NAMED: Final = 3
"""The most names in the line about a reload that several asked for."""

log = Logger()


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

    The log has one line about each reload: what has changed, or the mistake, and who asked.

    @ivar waiting: whether a reload waits, so that a further request would change nothing.
    @ivar begins: called before each reload.
    @ivar ended: called after each reload, also if it failed.
    """

    def __init__(self) -> None:
        self.begins: Callable[[], None] = lambda: None
        self.ended: Callable[[], None] = lambda: None
        self._running = False
        self._asked: list[tuple[Deferred[Reload], Callable[[], Awaitable[Reload]], str]] = []

    @property
    def waiting(self) -> bool:
        """Whether a reload waits for the one that runs."""
        return bool(self._asked)

    def request(self, run: Callable[[], Awaitable[Reload]], who: str = "") -> Deferred[Reload]:
        """
        Run a reload, now or after the one that runs.

        @param run: reloads.  Of several that wait, one is called.
        @param who: who asks, for the log; C{""} if nobody knows.
        @return: its result.
        """
        result: Deferred[Reload] = Deferred()
        self._asked.append((result, run, who))
        if not self._running:
            self._start()
        return result

    def _start(self) -> None:
        asked, self._asked = self._asked, []
        self._running = True

        self.begins()

        async def run() -> Reload:
            return await asked[0][1]()

        def finished(outcome: Reload | Failure) -> None:
            self._running = False
            _report(outcome, [who for _, _, who in asked])
            self.ended()
            if self._asked:
                self._start()
            for result, _, _ in asked:
                result.callback(outcome)

        Deferred.fromCoroutine(run()).addBoth(finished)


class SingleRun:
    """
    Runs work that takes several turns, such as following changed settings.  It never runs twice at the same time:
    requests that arrive meanwhile share the next run.
    """

    def __init__(self, run: Callable[[], Coroutine[Deferred[Any], Any, None]]) -> None:
        """
        @param run: does the work, by the settings of that time.  It must not raise.
        """
        self._run = run
        self._running = self._again = False

    def request(self) -> None:
        """Do the work now; or again, when the run that goes on has ended."""
        self._again = True
        if not self._running:
            self._running = True
            Deferred.fromCoroutine(self._repeat())

    async def _repeat(self) -> None:
        while self._again:
            self._again = False
            await self._run()
        self._running = False


def _report(outcome: Reload | Failure, asked: Sequence[str]) -> None:
    """
    Log what a reload has changed, or why it changed nothing, in one line.

    @param asked: who asked for it; C{""} for somebody unknown.
    """
    names = list(dict.fromkeys(name for name in asked if name))
    if len(names) > MOST_NAMED:
        names[MOST_NAMED:] = ["others"]
    who = " and ".join(names)
    end = " (asked by {who})" if who else ""
    if not isinstance(outcome, Failure):
        log.info(
            f"The configuration was read again; {{changes}}{end}",
            who=who or None,
            changes=str(outcome),
            applied=list(outcome.applied),
            deferred=list(outcome.deferred),
        )
    elif outcome.check(ConfigError):
        wording = f"The configuration has a mistake, and nothing was changed: {{mistake}}{end}"
        log.error(wording, who=who or None, mistake=str(outcome.value))
    else:
        log.failure(f"The configuration could not be read again{end}", outcome, who=who or None)
