"""Tests of L{twistchat.worker}: with a real thread, and a queue for a reactor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twistchat.worker import DirectWorker, ThreadWorker

LONG = 30.0
"""Seconds after which a test that hangs is over."""


class ThreadWorkerTests(SynchronousTestCase):
    """One thread that runs one item of work after the other."""

    def setUp(self) -> None:
        """Start the worker."""
        self.called: SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = SimpleQueue()
        before = set(threading.enumerate())
        self.worker = ThreadWorker("a test's", lambda call, *args: self.called.put((call, args)))
        (self.thread,) = [
            thread for thread in threading.enumerate() if thread.name == "a test's" and thread not in before
        ]
        self.addCleanup(self.end)

    def end(self) -> None:
        """Stop the worker, so that it does not affect other tests."""
        self.worker.stop()
        self.thread.join(LONG)

    def turn(self) -> None:
        """Make the calls that the thread passed to the reactor."""
        call, args = self.called.get(timeout=LONG)
        call(*args)

    def test_order(self) -> None:
        """
        Work runs in order, in one thread with the given name, and the outcomes are reported in the reactor's thread.
        """
        done: list[tuple[int, str]] = []
        for number in range(100):
            self.worker.submit(
                lambda number=number: (number, threading.current_thread().name),  # type: ignore[misc]  # a default
                done.append,  # type: ignore[arg-type]  # no failure comes
            )
        self.assertEqual(done, [])
        for _ in range(100):
            self.turn()
        self.assertEqual(done, [(number, "a test's") for number in range(100)])

    def test_failure(self) -> None:
        """A failure is reported, and the next item runs."""
        outcomes: list[object] = []
        self.worker.submit(lambda: 1 // 0, outcomes.append)
        self.worker.submit(lambda: 1 // 1, outcomes.append)
        self.turn()
        self.turn()
        assert isinstance(outcomes[0], Failure)
        self.assertIsInstance(outcomes[0].value, ZeroDivisionError)
        self.assertEqual(outcomes[1], 1)

    def test_stop(self) -> None:
        """The worker finishes the submitted work before it ends.  Its thread does not keep the process alive."""
        self.assertTrue(self.thread.daemon)
        outcomes: list[object] = []
        self.worker.submit(lambda: "last", outcomes.append)
        self.worker.stop()
        self.turn()
        self.thread.join(LONG)
        self.assertFalse(self.thread.is_alive())
        self.assertEqual(outcomes, ["last"])


class DirectWorkerTests(SynchronousTestCase):
    """A worker without a thread."""

    def test_order(self) -> None:
        """Work runs within the call.  Work that is submitted meanwhile runs after it, within the same call."""
        worker, done = DirectWorker(), list[Any]()

        def first() -> int:
            worker.submit(lambda: 2, done.append)
            done.append("first")
            return 1

        worker.submit(first, done.append)
        self.assertEqual(["first", 1, 2], done)
        worker.stop()

    def test_failure(self) -> None:
        """Work that raises is reported, and the next work runs."""
        worker, done = DirectWorker(), list[Any]()
        worker.submit(lambda: 1 // 0, done.append)
        worker.submit(lambda: 3, done.append)
        self.assertIsInstance(done[0], Failure)
        self.assertEqual(3, done[1])
