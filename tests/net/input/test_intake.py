"""Tests of L{twistchat.net.input.intake}."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twistchat.interfaces.carrier import IClient, Reason
from twistchat.net.input.intake import (
    BYTES,
    FIRST_LINES,
    FIRST_SECONDS,
    FIRST_TIME,
    LINES,
    SECONDS,
    Intake,
    Shares,
    Splitter,
)
from twistchat.testing.turns import TurnClock
from twistchat.wire.lines import Line, LineSplitter


class Transport(StringTransport):
    """
    A transport that can be paused and resumed at any time, as a socket's can.

    @ivar paused: whether it is paused.
    @ivar aborted: whether it was closed.
    """

    paused = aborted = False

    def pauseProducing(self) -> None:
        """Note the pause."""
        self.paused = True

    def resumeProducing(self) -> None:
        """Note the resumption."""
        self.paused = False

    def abortConnection(self) -> None:
        """Close."""
        self.aborted = True


class Taken:
    """
    A source that records its lines.

    @ivar lines: the executed lines.
    @ivar cuts: the number of bytes in each call of C{feed}.
    @ivar done: how often it was told that all of the input is taken.
    @ivar atEnd: called when all of the input is taken.
    @ivar at: called with each line before it is taken; gives how many seconds too early the line comes.
    @ivar talking: see L{IClient}.
    """

    def __init__(self, shares: Shares) -> None:
        self.transport: Any = Transport()
        self.lines: list[Line] = []
        self.cuts: list[int] = []
        self.done = 0
        self.atEnd: Callable[[], None] = lambda: None
        self.talking = False
        self.at: Callable[[Line], float | None] = lambda line: None
        self._splitter = LineSplitter(100)
        self.client = cast(IClient, self)
        self.closing = self
        self.splitter: Splitter = self
        self.chunk = BYTES
        self.intake = Intake(self, shares)

    def feed(self, data: bytes) -> Sequence[Line]:
        """See L{Splitter.feed}."""
        self.cuts.append(len(data))
        return self._splitter.feed(data)

    def finish(self) -> Sequence[Line]:
        """See L{Splitter.finish}."""
        return self._splitter.finish()

    def lineReceived(self, line: Line) -> float:
        """See L{IClient.lineReceived}."""
        wait = self.at(line) or 0.0
        if not wait:
            self.lines.append(line)
        return wait

    def leaveIfServed(self) -> None:
        """See L{IClosing.leaveIfServed}."""
        self.done += 1
        self.atEnd()


def numbered(count: int) -> list[bytes]:
    """Return some distinct lines."""
    return [b"%d" % number for number in range(count)]


def joined(lines: Sequence[bytes]) -> bytes:
    """Return lines with their terminators."""
    return b"".join([line + b"\n" for line in lines])


class IntakeTestCase(SynchronousTestCase):
    """One or several connections, on a fake clock."""

    def setUp(self) -> None:
        """Make a connection."""
        self.clock = TurnClock()
        self.shares = Shares(self.clock)
        self.one = Taken(self.shares)

    def wait(self, seconds: float) -> None:
        """Advance the clock, and run a turn."""
        self.clock.advance(seconds)
        self.clock.turn()


class ShareTests(IntakeTestCase):
    """The share of one turn."""

    def test_few(self) -> None:
        """Input within a share is executed at once, and nothing waits."""
        lines = numbered(LINES)
        self.one.intake.feed(joined(lines))
        self.assertEqual(lines, self.one.lines)
        self.assertEqual(([], False), (self.clock.getDelayedCalls(), self.one.transport.paused))

    def test_lines(self) -> None:
        """Further lines wait for the next turns with the transport paused, and keep their order."""
        lines = numbered(3 * LINES + 1)
        self.one.intake.feed(joined(lines))
        for turn in (1, 2, 3):
            self.assertEqual(lines[: turn * LINES], self.one.lines)
            self.assertTrue(self.one.transport.paused and self.one.intake.paused)
            self.clock.turn()
        self.assertEqual(lines, self.one.lines)
        self.assertFalse(self.one.transport.paused or self.one.intake.paused)
        self.assertTrue(self.one.intake.idle)

    def test_newlines(self) -> None:
        """A read of only line ends takes many short turns."""
        self.one.intake.feed(b"\n" * 65536)
        for turn in range(1, 65536 // LINES):
            self.assertEqual(turn * LINES, len(self.one.lines))
            self.clock.turn()

    def test_bytes(self) -> None:
        """So does a read of many bytes."""
        self.one.intake.feed(b"x" * (3 * BYTES))
        self.assertEqual([BYTES], self.one.cuts)
        self.clock.turn()
        self.clock.turn()
        self.assertEqual(([BYTES] * 3, False), (self.one.cuts, self.one.transport.paused))

    def test_seconds(self) -> None:
        """After the time of a share no further line starts."""
        self.one.at = lambda line: self.clock.advance(SECONDS / 2)
        lines = numbered(5)
        self.one.intake.feed(joined(lines))
        self.assertEqual(lines[:2], self.one.lines)
        self.clock.turn()
        self.assertEqual(lines[:4], self.one.lines)
        self.clock.turn()
        self.assertEqual(lines, self.one.lines)
        self.assertFalse(self.one.transport.paused)

    def test_others(self) -> None:
        """Each connection has one share per turn, however much it sent."""
        others = [Taken(self.shares) for _ in range(3)]
        for taken in others:
            taken.intake.feed(b"\n" * (LINES * 10))
        for turn in range(1, 10):
            self.assertEqual([LINES * turn] * 3, [len(taken.lines) for taken in others])
            self.clock.turn()

    def test_oneShare(self) -> None:
        """A reason that starts and ends between two turns gives no second share."""
        self.one.intake.feed(b"\n" * (LINES * 4))
        for _ in range(3):
            self.one.intake.pause(Reason.BACKLOG)
            self.one.intake.resume(Reason.BACKLOG)
        self.clock.turn()
        self.assertEqual(LINES * 2, len(self.one.lines))

    def test_heldBack(self) -> None:
        """A reason that starts between two turns delays the next share until it ends."""
        self.one.intake.feed(b"\n" * (LINES * 3))
        self.one.intake.pause(Reason.BACKLOG)
        self.clock.turn()
        self.assertEqual(LINES, len(self.one.lines))
        self.one.intake.resume(Reason.BACKLOG)
        self.clock.turn()
        self.assertEqual(LINES * 2, len(self.one.lines))

    def test_idle(self) -> None:
        """It is idle if neither bytes nor lines wait."""
        self.assertTrue(self.one.intake.idle)
        self.one.intake.feed(b"\n" * (LINES + 1))
        self.assertFalse(self.one.intake.idle)
        self.clock.turn()
        self.assertTrue(self.one.intake.idle)
        waits = [1.0]
        self.one.at = lambda line: waits.pop() if waits else 0.0
        self.one.intake.feed(b"early\n")
        self.assertFalse(self.one.intake.idle)
        self.wait(1.0)
        self.assertTrue(self.one.intake.idle)

    def test_fails(self) -> None:
        """A line that fails in a later turn closes only its own connection."""
        other = Taken(self.shares)
        for taken in (self.one, other):
            taken.intake.feed(b"\n" * (LINES + 1))

        def fail(line: Line) -> float:
            raise ValueError("no")

        self.one.at = fail
        self.clock.turn()
        self.assertTrue(self.one.transport.aborted)
        self.assertEqual(LINES + 1, len(other.lines))
        self.assertEqual(1, len(self.flushLoggedErrors(ValueError)))


class FirstLinesTests(IntakeTestCase):
    """What clients send first gets a limited time of each turn, for all of them together."""

    def setUp(self) -> None:
        """Make a client that has sent its first lines, and many others, each of whose lines takes half of the time."""
        super().setUp()
        for _ in range(FIRST_LINES):
            self.one.intake.feed(b"x\n")
        self.clock.turn()
        self.one.lines.clear()
        self.newcomers = [Taken(self.shares) for _ in range(20)]
        for taken in self.newcomers:
            taken.at = lambda line: self.clock.advance(0.6 * FIRST_SECONDS)

    def served(self) -> int:
        """The number of clients whose line was executed."""
        return sum(len(taken.lines) for taken in self.newcomers)

    def feed(self, line: bytes = b"NICK x\n") -> None:
        """Let all clients send a line at once."""
        for taken in self.newcomers:
            taken.intake.feed(line)

    def test_turns(self) -> None:
        """Two of them are served in each turn, in the order in which they came.  None is forgotten."""
        self.feed()
        self.assertEqual(2, self.served())
        self.assertTrue(self.newcomers[-1].transport.paused)
        for turn in range(2, 11):
            self.clock.turn()
            self.assertEqual(2 * turn, self.served())
            self.assertEqual(2 * turn, sum(len(taken.lines) for taken in self.newcomers[: 2 * turn]))
        self.assertFalse(any(taken.transport.paused for taken in self.newcomers))

    def test_others(self) -> None:
        """They do not delay a client that has sent its first lines."""
        self.feed()
        self.one.intake.feed(b"hello\n")
        self.assertEqual([b"hello"], self.one.lines)

    def test_later(self) -> None:
        """A client that has been there for some time does not wait for those who come in, however little it sent."""
        early = Taken(self.shares)
        self.clock.advance(FIRST_TIME)
        self.newcomers = [Taken(self.shares) for _ in range(3)]
        for taken in self.newcomers:
            taken.at = lambda line: self.clock.advance(1.1 * FIRST_SECONDS)
        self.feed()
        early.intake.feed(b"hello\n")
        self.assertEqual(([b"hello"], 1), (early.lines, self.served()))

    def test_talking(self) -> None:
        """Clients that send texts are served in the same turn, however many they are: their texts take no such time."""

        def say(taken: Taken) -> None:
            """Let a client send texts only."""

            def at(line: Line) -> None:
                taken.talking = True
                self.clock.rightNow += 0.6 * FIRST_SECONDS

            taken.at = at

        for taken in self.newcomers:
            say(taken)
        self.feed(b"PRIVMSG #tea :hello\nPRIVMSG #tea :again\n")
        self.assertEqual((20, False), (self.served(), self.shares.crowded))
        self.clock.turn()
        self.assertEqual((40, False), (self.served(), self.shares.crowded))

    def test_talked(self) -> None:
        """A client that has sent a text does not wait for those who come in, however little it sent."""
        early = Taken(self.shares)
        early.talking = True
        self.feed()
        self.assertTrue(self.shares.crowded)
        early.intake.feed(b"hello\n")
        self.assertEqual([b"hello"], early.lines)

    def test_end(self) -> None:
        """The input of one that has ended is executed in its turn."""
        self.feed(b"NICK x")
        for taken in self.newcomers:
            taken.intake.end()
        for _ in range(20):
            self.clock.turn()
        self.assertEqual({1}, {taken.done for taken in self.newcomers})

    def test_ends(self) -> None:
        """Clients that end their input at once share the time too, although they have sent their first lines."""
        self.clock.advance(FIRST_TIME)
        for taken in self.newcomers:
            taken.atEnd = lambda: self.clock.advance(0.6 * FIRST_SECONDS)
            taken.intake.end()
        for turn in range(1, 11):
            self.assertEqual(2 * turn, sum(taken.done for taken in self.newcomers))
            self.clock.turn()
        self.assertEqual({1}, {taken.done for taken in self.newcomers})

    def test_closed(self) -> None:
        """One that leaves while it waits is dropped."""
        self.feed()
        waiting = self.newcomers[-1]
        waiting.intake.close()
        for _ in range(20):
            self.clock.turn()
        self.assertEqual(([], 19), (waiting.lines, self.served()))


class ReasonTests(IntakeTestCase):
    """The reasons for a pause."""

    def test_rate(self) -> None:
        """A line refused by the rate limit is passed again later, and later lines wait."""
        waits = [0.5, 0.25]
        self.one.at = lambda line: waits.pop(0) if line == b"1" and waits else 0.0
        self.one.intake.feed(joined(numbered(3)))
        self.assertEqual(([b"0"], True), (self.one.lines, self.one.transport.paused))
        self.wait(0.5)
        self.assertEqual(([b"0"], True), (self.one.lines, self.one.transport.paused))
        self.wait(0.25)
        self.assertEqual((numbered(3), False), (self.one.lines, self.one.transport.paused))

    def test_twice(self) -> None:
        """A connection that is throttled twice in a row is read again."""
        early = set(numbered(10))

        def once(line: Line) -> float:
            waits = line in early
            early.discard(line)
            return float(waits)

        self.one.at = once
        self.one.intake.feed(joined(numbered(10)))
        for _ in range(10):
            self.wait(1.0)
        self.assertEqual((numbered(10), False), (self.one.lines, self.one.transport.paused))

    def test_several(self) -> None:
        """The transport resumes when no reason remains; a repeated reason counts once."""
        intake, transport = self.one.intake, self.one.transport
        intake.pause(Reason.BACKLOG)
        intake.pause(Reason.BACKLOG)
        intake.pause(Reason.RATE)
        intake.resume(Reason.BACKLOG)
        self.assertTrue(transport.paused)
        intake.resume(Reason.RATE)
        self.assertFalse(transport.paused)
        intake.resume(Reason.RATE)
        self.assertFalse(transport.paused)

    def test_notThere(self) -> None:
        """The end of a reason that was not set does not resume the transport."""
        self.one.transport.pauseProducing()
        self.one.intake.resume(Reason.BACKLOG)
        self.assertTrue(self.one.transport.paused)

    def test_late(self) -> None:
        """Bytes delivered after a pause are kept, and executed when the reason ends."""
        self.one.intake.pause(Reason.BACKLOG)
        self.one.intake.feed(b"late\n")
        self.assertEqual([], self.one.lines)
        self.one.intake.resume(Reason.BACKLOG)
        self.clock.turn()
        self.assertEqual(([b"late"], False), (self.one.lines, self.one.transport.paused))

    def test_within(self) -> None:
        """A reason set by a line delays the next lines until it ends."""
        self.one.at = lambda line: self.one.intake.pause(Reason.BACKLOG) if line == b"1" else None
        self.one.intake.feed(joined(numbered(3)))
        self.assertEqual(numbered(2), self.one.lines)
        self.clock.turn()
        self.assertEqual(numbered(2), self.one.lines)
        self.one.intake.resume(Reason.BACKLOG)
        self.clock.turn()
        self.assertEqual((numbered(3), False), (self.one.lines, self.one.transport.paused))


class EndTests(IntakeTestCase):
    """The end of the input, and of the connection."""

    def test_atOnce(self) -> None:
        """The end of the input is reported at once if nothing waits; the last line needs no terminator."""
        self.one.intake.feed(b"a\nb")
        self.one.intake.end()
        self.assertEqual(([b"a", b"b"], 1), (self.one.lines, self.one.done))

    def test_later(self) -> None:
        """The end is reported after all earlier input, without resuming the transport."""
        lines = numbered(LINES * 2)
        self.one.intake.feed(joined(lines) + b"last")
        self.one.intake.end()
        self.assertEqual((LINES, 0), (len(self.one.lines), self.one.done))
        self.clock.turn()
        self.clock.turn()
        self.assertEqual(([*lines, b"last"], 1), (self.one.lines, self.one.done))
        self.assertTrue(self.one.transport.paused)

    def test_heldBack(self) -> None:
        """An input that ends during a pause is reported when the pause ends."""
        self.one.intake.pause(Reason.BACKLOG)
        self.one.intake.end()
        self.assertEqual(0, self.one.done)
        self.one.intake.resume(Reason.BACKLOG)
        self.clock.turn()
        self.assertEqual(1, self.one.done)

    def test_closedTwice(self) -> None:
        """It may be closed twice, whether or not a line waited for the rate limit."""
        for waited in (False, True):
            taken = Taken(self.shares)
            waits = [1.0]
            taken.at = lambda line, waits=waits: waits.pop() if waits else 0.0  # type: ignore[misc]
            taken.intake.feed(b"a\n")
            if waited:
                self.wait(1.0)
            taken.intake.close()
            taken.intake.close()
            self.assertEqual([], self.clock.getDelayedCalls())

    def test_closedLater(self) -> None:
        """A closed intake does not resume the transport, after its share or after a reason ends."""
        self.one.intake.feed(joined(numbered(LINES + 2)))
        self.one.at = lambda line: self.one.intake.close()
        self.clock.turn()
        self.assertEqual((numbered(LINES + 1), True), (self.one.lines, self.one.transport.paused))
        self.assertTrue(self.one.intake.idle)
        other = Taken(self.shares)
        other.intake.pause(Reason.BACKLOG)
        other.intake.close()
        other.intake.resume(Reason.BACKLOG)
        self.assertTrue(other.transport.paused)

    def test_closed(self) -> None:
        """A closed intake executes nothing more."""
        self.one.at = lambda line: self.one.intake.close() if line == b"1" else None
        self.one.intake.feed(joined(numbered(LINES * 2)))
        self.clock.turn()
        self.assertEqual(numbered(2), self.one.lines)

    def test_closedInBetween(self) -> None:
        """The same holds if it is closed while it waits for its share or the rate limit."""
        self.one.intake.feed(b"\n" * LINES * 2)
        self.one.intake.close()
        other = Taken(self.shares)
        other.at = lambda line: 1.0
        other.intake.feed(b"a\n")
        other.intake.close()
        self.clock.turn()
        self.assertEqual((LINES, 0), (len(self.one.lines), len(other.lines)))
        self.assertEqual([], self.clock.getDelayedCalls())


class AnythingTests(IntakeTestCase):
    """Random input, parts and reasons."""

    @given(st.data())
    def test_all(self, data: st.DataObject) -> None:
        """Each line is executed once and in order, and in the end the transport is not paused."""
        clock = TurnClock()
        taken = Taken(Shares(clock))
        sent = 0

        def at(line: Line) -> float:
            if data.draw(st.integers(0, 9), "reason") == 0:
                taken.intake.pause(Reason.BACKLOG)
            return data.draw(st.sampled_from([0.0] * 9 + [0.5]), "wait")

        taken.at = at
        for step in data.draw(st.lists(st.sampled_from(["few", "turn", "wait", "resume"]), max_size=20), "steps"):
            if step == "few":
                count = data.draw(st.integers(1, 5), "lines")
                taken.intake.feed(b"".join([b"%d\n" % number for number in range(sent, sent + count)]))
                sent += count
            elif step == "turn":
                clock.turn()
            elif step == "wait":
                clock.advance(0.5)
            else:
                taken.intake.resume(Reason.BACKLOG)
        taken.at = lambda line: None
        taken.intake.resume(Reason.BACKLOG)
        clock.pump([0.5] * 4)
        self.assertEqual(numbered(sent), taken.lines)
        self.assertEqual((False, False), (taken.transport.paused, taken.intake.paused))
