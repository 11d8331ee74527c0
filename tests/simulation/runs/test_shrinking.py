"""Tests for L{tests.simulation.runs.shrinking}."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation.broken import Broken
from tests.simulation.runs.running import Failure
from tests.simulation.runs.shrinking import shrink
from tests.simulation.steps import ALL, Step

Run = Callable[[Sequence[Step]], Failure | None]


def running(fails: Callable[[Sequence[Step]], str], steps: Sequence[Step]) -> Failure | None:
    """
    Run steps without a server.

    @param fails: returns what the steps broke; C{""} for nothing.
    """
    for number in range(1, len(steps) + 1):
        if promise := fails(steps[:number]):
            return Failure(Broken(promise, f"seen after {number}"), steps[:number])
    return None


def shrunk(fails: Callable[[Sequence[Step]], str], steps: Sequence[Step], effort: int = 1_000_000) -> Failure:
    """Shrink steps that break a promise."""
    run = partial(running, fails)
    failure = run(steps)
    assert failure is not None
    return shrink(failure, effort, run)


def noise(count: int) -> list[Step]:
    """Steps of some clients, which do nothing."""
    random = Random(1)
    actions = ("connect", "send", "input", "output", "work", "report", "sleep", "cut")
    texts = ("irc full jo", "t1 word word", "reader")
    return [Step(random.choice(actions), random.randrange(5), 20, random.choice(texts), False) for _ in range(count)]


class ShrinkTests(SynchronousTestCase):
    """Shorter lists of steps."""

    def test_findsTheSteps(self) -> None:
        """Two steps that must come one after the other are all that is left, in their plainest form."""

        def fails(steps: Sequence[Step]) -> str:
            texts = [step.text.partition(" ")[0] for step in steps if step.action == "send" and step.slot == 7]
            return "order" if [text for text in texts if text in ("t8", "t9")] == ["t8", "t9"] else ""

        steps = noise(300)
        steps[50:50] = [Step("send", 7, text="t8 word word", turn=False)]
        steps[250:250] = [Step("send", 7, text="t9 word word", turn=False)]
        failure = shrunk(fails, steps)
        self.assertEqual([Step("send", 7, text="t8"), Step("send", 7, text="t9")], failure.steps)

    def test_keepsThePromise(self) -> None:
        """Shorter steps that break another promise are not taken."""

        def fails(steps: Sequence[Step]) -> str:
            if Step("crash") in steps:
                return "this" if Step("settle") in steps else "another"
            return ""

        failure = shrunk(fails, [Step("settle"), *noise(40), Step("crash")])
        self.assertEqual(([Step("settle"), Step("crash")], "this"), (failure.steps, failure.broken.promise))

    def test_keepsTheException(self) -> None:
        """Exceptions are the same when their words are, apart from numbers."""

        def run(steps: Sequence[Step]) -> Failure | None:
            crashes = [number for number, step in enumerate(steps) if step.action == "crash"]
            if len(crashes) < 2:
                return Failure(Broken("no exception", "KeyError: 'x'"), steps) if crashes else None
            return Failure(Broken("no exception", f"IndexError: {crashes[-1]}"), steps)

        steps = [*noise(20), Step("crash"), *noise(20), Step("crash")]
        failure = run(steps)
        assert failure is not None
        self.assertEqual([Step("crash"), Step("crash")], shrink(failure, 1_000_000, run).steps)

    def test_comesToRest(self) -> None:
        """Many steps that carry bytes are replaced by one that carries all."""

        def fails(steps: Sequence[Step]) -> str:
            carried = sum([10_000 if step.action == "settle" else step.size // ALL for step in steps])
            return "carried" if carried >= 100 else ""

        failure = shrunk(fails, [Step("output", size=ALL) for _ in range(120)])
        self.assertEqual([Step("settle")], failure.steps)

    def test_effort(self) -> None:
        """It ends when the effort is spent, with the best so far, and the same again for the same effort."""
        runs: list[int] = []

        def fails(steps: Sequence[Step]) -> str:
            counts = Counter([step.action for step in steps])
            return "all" if min(counts["sleep"], counts["cut"], counts["work"]) >= 10 else ""

        def run(steps: Sequence[Step]) -> Failure | None:
            runs.append(len(steps))
            return running(fails, steps)

        first = running(fails, noise(400))
        assert first is not None
        best = shrink(first, 1_500, run)
        self.assertLessEqual(sum(runs), 1_500)
        self.assertLess(30, len(best.steps))
        self.assertLess(len(best.steps), len(first.steps))
        self.assertEqual(best.steps, shrink(first, 1_500, run).steps)
        self.assertEqual(30, len(shrink(first, 1_000_000, run).steps))
