"""Finds a short list of steps that breaks the same promise (delta debugging: Zeller and Hildebrandt, 2002)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulation.running import Failure, runSteps
from tests.simulation.steps import Step


def shrink(
    failure: Failure,
    now: Callable[[], float],
    seconds: float,
    run: Callable[[Sequence[Step]], Failure | None] = runSteps,
) -> Failure:
    """
    Leave out steps as long as the same promise is broken.

    @param failure: a failure.
    @param now: returns the time in seconds.
    @param seconds: how long to try.
    @param run: runs steps.
    @return: a failure that breaks the same promise, with as few steps as were found in this time.
    """
    until = now() + seconds
    size = max(1, len(failure.steps) // 2)
    while size >= 1 and now() < until:
        start, smaller = 0, False
        while start < len(failure.steps) and now() < until:
            steps = [*failure.steps[:start], *failure.steps[start + size :]]
            again = run(steps) if steps else None
            if again is not None and again.broken.promise == failure.broken.promise:
                failure, smaller = again, True
            else:
                start += size
        if not smaller or size > 1:
            size //= 2
    return failure
