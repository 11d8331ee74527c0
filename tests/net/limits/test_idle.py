"""Tests of L{twistchat.net.limits.idle}."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.limits.idle import INTERVAL, MAX_CHECKS, Idle, Reminder


class Sleeper:
    """A watched object that records the times of its timeouts."""

    slot: int | None = None

    def __init__(self, then: Callable[[float], None] = lambda now: None) -> None:
        self.looks: list[float] = []
        self._then = then

    def timeout(self, now: float) -> None:
        """Record the time."""
        self.looks.append(now)
        self._then(now)


class IdleTests(SynchronousTestCase):
    """The times of timeouts."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.idle = Idle(self.clock)

    def pass_(self, seconds: float, step: float = 0.125) -> None:
        """Advance the clock in small steps."""
        self.clock.pump([step] * round(seconds / step))

    def test_inTime(self) -> None:
        """A timeout happens once, never early, and at most one second late."""
        sleepers = {when: Sleeper() for when in (1.0, 1.125, 2.0, 2.5, 90.0, 89.875)}
        for when, sleeper in sleepers.items():
            self.idle.watch(sleeper, when)
        self.pass_(200)
        for when, sleeper in sleepers.items():
            (look,) = sleeper.looks
            self.assertTrue(when <= look < when + INTERVAL, (when, look))
        self.assertEqual([1.0], sleepers[1.0].looks)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_order(self) -> None:
        """Timeouts of one moment come in the same order in each run: the one that was requested last comes first."""
        order: list[int] = []

        def noting(number: int) -> Sleeper:
            return Sleeper(lambda now: order.append(number))

        for number in range(50):
            self.idle.watch(noting(number), 5.0)
        self.pass_(6)
        self.assertEqual(order, list(reversed(range(50))))

    def test_again(self) -> None:
        """C{timeout} may request another timeout."""
        sleeper = Sleeper(lambda now: self.idle.watch(sleeper, now + 10) if now < 30 else None)
        self.idle.watch(sleeper, 10.0)
        self.pass_(100)
        self.assertEqual([10.0, 20.0, 30.0], sleeper.looks)
        self.assertIsNone(sleeper.slot)

    def test_moved(self) -> None:
        """The last request replaces earlier ones, whether it is earlier or later."""
        early, late = Sleeper(), Sleeper()
        self.idle.watch(early, 50.0)
        self.idle.watch(early, 5.0)
        self.idle.watch(late, 5.0)
        self.idle.watch(late, 50.0)
        self.pass_(100)
        self.assertEqual(([5.0], [50.0]), (early.looks, late.looks))

    def test_forgotten(self) -> None:
        """A cancelled request causes no timeout; without requests, no reactor call is scheduled."""
        one, other = Sleeper(), Sleeper()
        self.idle.watch(one, 5.0)
        self.idle.watch(other, 5.0)
        self.idle.forget(one)
        self.idle.forget(one)
        self.assertEqual(1, len(self.clock.getDelayedCalls()))
        self.idle.forget(other)
        self.assertEqual([], self.clock.getDelayedCalls())
        self.pass_(10)
        self.assertEqual(([], []), (one.looks, other.looks))

    def test_forgottenMeanwhile(self) -> None:
        """C{timeout} may cancel other due requests, one or all."""
        sleepers: list[Sleeper] = []

        def forgetAll(now: float) -> None:
            for sleeper in sleepers:
                self.idle.forget(sleeper)

        sleepers += [Sleeper(forgetAll) for _ in range(5)]
        for number, sleeper in enumerate(sleepers):
            self.idle.watch(sleeper, 5.0 + number % 2)
        self.clock.advance(10)
        self.assertEqual(1, sum(len(sleeper.looks) for sleeper in sleepers))
        self.assertEqual([], self.clock.getDelayedCalls())
        self.idle.watch(sleepers[0], 20.0)
        self.pass_(10)
        self.assertEqual(20.0, sleepers[0].looks[-1])

    def test_oneTimer(self) -> None:
        """For any number of requests one reactor call is scheduled, at a time when one is due."""
        for number in range(1000):
            self.idle.watch(Sleeper(), 60.0 + number % 7)
        (call,) = self.clock.getDelayedCalls()
        self.assertEqual(60.0, call.getTime())

    def test_many(self) -> None:
        """If very many timeouts are due, other calls run in between."""
        sleepers = [Sleeper() for _ in range(2 * MAX_CHECKS + 1)]
        for sleeper in sleepers:
            self.idle.watch(sleeper, 5.0)
        seen: list[int] = []

        def note() -> None:
            seen.append(sum(len(sleeper.looks) for sleeper in sleepers))
            if len(seen) < 6:
                self.clock.callLater(0, note)

        self.clock.callLater(5, note)
        self.clock.advance(5)
        self.assertEqual([0, MAX_CHECKS, MAX_CHECKS, 2 * MAX_CHECKS, 2 * MAX_CHECKS, 2 * MAX_CHECKS + 1], seen)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_stall(self) -> None:
        """After a suspension of the process, one turn reads input before timeouts happen."""
        sleeper = Sleeper()
        self.idle.watch(sleeper, 5.0)
        self.clock.rightNow = 100.0
        self.clock.callLater(0, self.idle.watch, sleeper, 190.0)
        self.clock.advance(0)
        self.assertEqual([], sleeper.looks)
        self.pass_(95)
        self.assertEqual([190.0], sleeper.looks)

    def test_failure(self) -> None:
        """A failing C{timeout} is logged, and the others still happen."""

        def fail(now: float) -> None:
            raise ZeroDivisionError

        sleepers = [Sleeper(), Sleeper(fail), Sleeper()]
        for sleeper in sleepers:
            self.idle.watch(sleeper, 5.0)
        self.pass_(10)
        self.assertEqual([[5.0]] * 3, [sleeper.looks for sleeper in sleepers])
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    @given(
        st.lists(
            st.tuples(st.integers(0, 5), st.one_of(st.none(), st.floats(0.01, 20.0)), st.floats(0.0, 8.0)), max_size=40
        )
    )
    def test_always(self, steps: list[tuple[int, float | None, float]]) -> None:
        """For any requests and cancellations, each timeout happens at its time and only then."""
        clock = Clock()
        idle = Idle(clock)
        sleepers = [Sleeper() for _ in range(6)]
        due: dict[int, float] = {}
        for number, delay, wait in steps:
            if delay is None:
                idle.forget(sleepers[number])
                due.pop(number, None)
            else:
                due[number] = clock.seconds() + delay
                idle.watch(sleepers[number], due[number])
            clock.advance(wait)
            for sleeper, looker in enumerate(sleepers):
                if looker.looks:
                    self.assertGreaterEqual(clock.seconds(), due.pop(sleeper))
                    looker.looks.clear()
            late = [when for when in due.values() if clock.seconds() >= when + INTERVAL]
            self.assertEqual([], late)
        self.assertEqual(bool(due), bool(clock.getDelayedCalls()))


class ReminderTests(SynchronousTestCase):
    """L{Reminder}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.calls: list[float] = []
        self.reminder = Reminder(Idle(self.clock), self.clock, lambda: self.calls.append(self.clock.seconds()))

    def pass_(self, seconds: float) -> None:
        """Advance the clock by seconds."""
        self.clock.pump([0.5] * round(seconds / 0.5))

    def test_last(self) -> None:
        """It calls once, at the last requested time."""
        self.pass_(3)
        self.reminder.after(5)
        self.reminder.after(2)
        self.pass_(20)
        self.assertEqual(self.calls, [5.0])
        self.reminder.after(10)
        self.pass_(20)
        self.assertEqual(self.calls, [5.0, 33.0])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_never(self) -> None:
        """It does not call after it was cancelled."""
        self.reminder.after(None)
        self.reminder.after(5)
        self.reminder.after(None)
        self.pass_(20)
        self.assertEqual((self.calls, self.clock.getDelayedCalls()), ([], []))
