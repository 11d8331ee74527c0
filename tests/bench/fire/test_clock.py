"""Jumps of the wall clock below a real server, and how their scenario notices what is wrong."""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.scenarios.clock import ALLOWED, Idle, backwards
from tests.bench.fire.playing import played


class IdleTests(SynchronousTestCase):
    """Connections that say nothing."""

    def test_look(self) -> None:
        """One that was ended, one that received an error, one that was pinged, and two that were left alone."""
        idle = Idle()
        for said in (b"", b":s ERROR :Closing Link\r\n", b"PING :s\r\n", b":s 001 a :Welcome\r\n", None):
            near, far = socket.socketpair()
            self.addCleanup(far.close)
            idle.open.append(near)
            if said is not None:
                far.sendall(said)
            if said == b"":
                far.close()
        idle.look()
        self.assertEqual((idle.ended, idle.pinged, idle.open), (2, 1, []))


class ClockTests(SynchronousTestCase):
    """The scenario."""

    def test_backwards(self) -> None:
        """Equal times are no step back."""
        self.assertEqual(backwards([b"10:01", b"10:01", b"11:00"]), 0)
        self.assertEqual(backwards([b"10:01", b"09:59", b"11:00", b"10:00"]), 2)
        self.assertEqual(backwards([]), 0)

    def test_jumps(self) -> None:
        """Three jumps."""
        outcome = played("clock-jumps", 0.3)
        self.assertEqual([], outcome.seen.missed)
        self.assertEqual((outcome.figures.lost, outcome.figures.refused, outcome.figures.tracebacks), (0, 0, 0))
        self.assertEqual(outcome.seen.figures["jumps"], 3)

    def test_allowed(self) -> None:
        """A rate that stops and one that does not hold are missed marks."""
        self.assertNotIn(4, ALLOWED)
        self.assertNotIn(20, ALLOWED)
