"""
Finds a short list of steps that breaks the same promise.

First it leaves out whole clients and whole kinds of steps, and lets everything come to rest early.  Then it leaves out
any steps (delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), and makes
each step plainer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from typing import Final

from tests.simulation.broken import Broken
from tests.simulation.runs.running import Failure, runSteps
from tests.simulation.steps import ALL, Step

EFFORT: Final = 300_000
"""How many steps are run to find a shorter list."""

START: Final = 100
"""How many steps take as long as the start of a new server."""

CARRIAGE: Final = frozenset({"input", "output", "work", "report", "turn", "sleep", "stall", "ping", "carry"})
"""The actions that a step C{settle} does too."""

PAIRS: Final = 24
"""Lists up to this length are also tried without each two steps."""

_PLAINER: Final = (
    (re.compile(r"( word)+"), ""),
    (re.compile(r"^NOTICE "), "PRIVMSG "),
    (re.compile(r"^(web|line) (\S+) "), "irc plain "),
    (re.compile(r"^(\w+) (full|tags) "), r"\1 plain "),
    (re.compile(r"^(PART \S+|QUIT|KICK \S+ \S+) :.*"), r"\1"),
)
"""What is made plainer in the text of a step."""


class _Spent(Exception):
    """The effort is spent."""


def shrink(
    failure: Failure,
    effort: int = EFFORT,
    run: Callable[[Sequence[Step]], Failure | None] = runSteps,
) -> Failure:
    """
    Find a shorter list of steps.  The result depends on the arguments only.

    @param failure: a failure.
    @param effort: how many steps to run at most.
    @param run: runs steps.
    @return: a failure that breaks the same promise, with as few steps as were found.
    """
    shrinking = _Shrinking(failure, effort, run)
    with suppress(_Spent):
        shrinking.finish()
    return shrinking.best


class _Shrinking:
    """
    The search.

    @ivar best: the failure with the best list of steps so far.
    """

    def __init__(self, failure: Failure, effort: int, run: Callable[[Sequence[Step]], Failure | None]) -> None:
        self.best = failure
        self._effort, self._run = effort, run
        self._tried: set[tuple[Step, ...]] = set()

    def finish(self) -> None:
        """
        Try everything, until nothing makes the list better.

        @raise _Spent: the effort is spent.
        """
        self._try(list(self.best.steps))
        passes = (self._withoutClients, self._withoutKinds, self._atRest, self._withoutSteps, self._plainer)
        before = None
        while before != self.best.steps:
            before = self.best.steps
            for one in passes:
                one()
            if before == self.best.steps and len(before) <= PAIRS:
                self._withoutPairs()

    def _try(self, steps: list[Step]) -> bool:
        """Run steps.  If they break the same promise, they are the best so far."""
        tried = tuple(steps)
        if tried in self._tried or not steps:
            return False
        self._tried.add(tried)
        self._effort -= START + len(steps)
        if self._effort < 0:
            raise _Spent
        found = self._run(steps)
        if found is None or _cause(found.broken) != _cause(self.best.broken):
            return False
        self.best = found
        return True

    def _leaveOut(self, groups: list[list[int]]) -> None:
        """
        Leave out groups of steps: many at a time first.

        @param groups: the places of the steps of each group.
        """
        size = len(groups)
        while size >= 1:
            start = len(groups) - size
            while True:
                start = max(start, 0)
                gone = {place for group in groups[start : start + size] for place in group}
                steps = [step for place, step in enumerate(self.best.steps) if place not in gone]
                if gone and self._try(steps):
                    del groups[start : start + size]
                    groups = _without(gone, groups, len(self.best.steps))
                    start = min(start, len(groups))
                if start <= 0:
                    break
                start -= size
            size = min(size - 1, (size + 1) // 2)

    def _withoutClients(self) -> None:
        """Leave out clients, each from its connection to its end."""
        lives: dict[tuple[int, int], list[int]] = {}
        count: dict[int, int] = {}
        for place, step in enumerate(self.best.steps):
            if step.action == "connect":
                count[step.slot] = count.get(step.slot, 0) + 1
            if step.isOfClient:
                lives.setdefault((step.slot, count.get(step.slot, 0)), []).append(place)
        self._leaveOut(list(lives.values()))

    def _withoutKinds(self) -> None:
        """Leave out all steps of an action."""
        kinds: dict[str, list[int]] = {}
        for place, step in enumerate(self.best.steps):
            kinds.setdefault(step.action, []).append(place)
        self._leaveOut(list(kinds.values()))

    def _withoutSteps(self) -> None:
        """Leave out any steps."""
        self._leaveOut([[place] for place in range(len(self.best.steps))])

    def _atRest(self) -> None:
        """Let everything come to rest early: instead of the steps that carry bytes and let threads work."""
        for kept in _tails(len(self.best.steps)):
            steps = list(self.best.steps)
            head, tail = steps[: len(steps) - kept], steps[len(steps) - kept :]
            calm = [step for step in head if step.action not in CARRIAGE | {"settle"}]
            if len(calm) < len(head) - 1 and (self._try([*_restEach(calm), *tail]) or self._try([*calm, *REST, *tail])):
                break
        for size in (8, 6, 4, 3, 2):
            for start in range(len(self.best.steps) - size, -1, -1):
                window = self.best.steps[start : start + size]
                if any(step.action in CARRIAGE for step in window):
                    calm = [step for step in window if step.action not in CARRIAGE]
                    if len(calm) < size - 1:
                        self._try([*self.best.steps[:start], *calm, *REST, *self.best.steps[start + size :]])

    def _plainer(self) -> None:
        """Make each step plainer."""
        for place in range(len(self.best.steps)):
            while place < len(self.best.steps) and any(
                self._try([*self.best.steps[:place], step, *self.best.steps[place + 1 :]])
                for step in _plainerSteps(self.best.steps[place])
            ):
                pass

    def _withoutPairs(self) -> None:
        """Leave out each two steps."""
        for first, second in combinations(range(len(self.best.steps)), 2):
            if second < len(self.best.steps):
                self._try([step for place, step in enumerate(self.best.steps) if place not in (first, second)])


REST: Final = (Step("settle"),)


def _cause(broken: Broken) -> tuple[str, str]:
    """
    Describe the cause of a failure, to compare it with others.

    @return: the promise, and for an exception its first line, with 0 in place of each number.
    """
    isError = broken.promise in ("no exception", "no failure")
    words = broken.seen.strip().splitlines()[0] if isError else ""
    return broken.promise, re.sub(r"\d+", "0", words)


def _without(gone: set[int], groups: list[list[int]], length: int) -> list[list[int]]:
    """
    Renumber the places in groups after steps were removed.

    @param gone: the places of the removed steps.
    @param groups: places of steps, before that.
    @param length: how many steps are left.
    @return: the groups with the new places of the steps that are left.  Empty groups are dropped.
    """
    ordered = sorted(gone)
    moved: dict[int, int] = {}
    passed = 0
    for place in sorted(place for group in groups for place in group):
        while passed < len(ordered) and ordered[passed] < place:
            passed += 1
        moved[place] = place - passed
    left = [[moved[place] for place in group if moved[place] < length] for group in groups]
    return [group for group in left if group]


def _tails(length: int) -> Iterator[int]:
    """How many steps at the end stay as they are: none at first, then more and more."""
    kept = 0
    while kept < length:
        yield kept
        kept = kept * 2 or 1


def _restEach(steps: Sequence[Step]) -> list[Step]:
    """Add a rest wherever another client goes on."""
    rested: list[Step] = []
    for step in steps:
        if rested and (rested[-1].slot, rested[-1].action) != (step.slot, step.action):
            rested += REST
        rested.append(step)
    return [*rested, *REST]


def _plainerSteps(step: Step) -> Iterator[Step]:
    """Forms of a step that are easier to read."""
    if step.action in ("input", "output", "connect") and step.size != ALL:
        yield replace(step, size=ALL)
    if step.action == "sleep" and step.size > 1:
        yield replace(step, size=step.size // 10 or 1)
    if step.action == "reload" and step.text:
        yield replace(step, text="")
    if not step.turn:
        yield replace(step, turn=True)
    if step.action in ("send", "connect"):
        for pattern, plain in _PLAINER:
            if (text := pattern.sub(plain, step.text)) != step.text:
                yield replace(step, text=text)
