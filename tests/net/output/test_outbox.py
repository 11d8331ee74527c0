"""Tests of L{twistchat.net.output.kinds}: on real sockets, with a reactor that the test plays, and on transports."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from socket import SO_SNDBUF, SOL_SOCKET, socketpair
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor, IWriteDescriptor
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.tcp import Connection
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twistchat.net.output import turn
from twistchat.net.output.kinds import TransportOutbox, outboxFor
from twistchat.net.output.outbox import Outbox, Phase
from twistchat.net.output.turn import Turn

PLENTY = 10**9
"""More than ever waits."""


@implementer(IReactorFDSet)
class PlayedReactor:
    """As much of a reactor as a transport needs, which asks nobody."""

    def __init__(self) -> None:
        self.writers: set[IWriteDescriptor] = set()
        self._calls: list[Callable[[], object]] = []

    def callLater(self, delay: float, call: Callable[..., object], *args: object) -> None:
        """Call something in the next turn: L{nextTurn}."""
        self._calls.append(partial(call, *args))

    def nextTurn(self) -> None:
        """Do what was left for the next turn."""
        calls, self._calls = self._calls, []
        for call in calls:
            call()

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """Remember who wants to write."""
        self.writers.add(writer)

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """Forget who wanted to write."""
        self.writers.discard(writer)

    def addReader(self, reader: IReadDescriptor) -> None:
        """Nothing is read here."""

    removeReader = addReader

    def removeAll(self) -> list[IReadDescriptor | IWriteDescriptor]:
        """Forget everyone."""
        writers, self.writers = self.writers, set()
        return list(writers)

    def getReaders(self) -> list[IReadDescriptor]:
        """Nobody reads."""
        return []

    def getWriters(self) -> list[IWriteDescriptor]:
        """Who wants to write."""
        return list(self.writers)


class Sink(Protocol):
    """
    The protocol whose transport is written to.

    @ivar why: why the connection was lost.
    """

    why: BaseException | None = None
    outbox: Outbox

    def connectionLost(self, reason: Failure | None = None) -> None:
        """As a door's protocol does."""
        assert reason is not None
        self.why = reason.value
        self.outbox.abandon()


class Plumbing:
    """
    An outbox, and both ends of what it writes to.

    @ivar overflows: in which calls it overflowed: C{"turn"}, or what else was being called.
    """

    def __init__(self, limit: int) -> None:
        self.clock = Clock()
        self.turn = Turn(self.clock)
        self.overflows: list[str] = []
        self.doing = ""
        self.limit = limit

    def overflowed(self) -> None:
        """Note when."""
        self.overflows.append(self.doing)

    def endTurn(self) -> None:
        """Come to the end of the turn."""
        self.doing = "turn"
        self.clock.advance(0)
        self.doing = ""


class SocketPlumbing(Plumbing):
    """On a plain TCP transport; its sockets have small buffers, and are read when the test says so."""

    def __init__(self, limit: int = PLENTY) -> None:
        super().__init__(limit)
        near, self.far = socketpair()
        near.setsockopt(SOL_SOCKET, SO_SNDBUF, 1)
        self.far.setblocking(False)
        self.reactor = PlayedReactor()
        self.sink = Sink()
        self.transport: Any = Connection(near, self.sink, self.reactor)
        self.transport.connected = 1
        self.outbox = self.sink.outbox = outboxFor(self.transport, self.turn, limit, self.overflowed)

    def pump(self) -> None:
        """Let the reactor find that the socket can be written to, as long as someone wants to know."""
        if self.transport in self.reactor.writers:
            why = self.transport.doWrite()
            if why is not None:
                self.reactor.writers.discard(self.transport)
                self.transport.connectionLost(Failure(why))

    def read(self, most: int) -> bytes:
        """What has arrived; C{b""} where nothing has, or all has."""
        try:
            return self.far.recv(most)
        except BlockingIOError:
            return b""

    def inTransport(self) -> int:
        """How many bytes the transport holds."""
        return int(len(self.transport.dataBuffer) - self.transport.offset + self.transport._tempDataLen)

    def drain(self) -> bytes:
        """Read until no more comes."""
        received = self.read(65536)
        while True:
            self.pump()
            self.endTurn()
            data = self.read(65536)
            received += data
            if not data and self.transport not in self.reactor.writers:
                return received

    def dispose(self) -> None:
        """Close the sockets."""
        if self.sink.why is None:
            self.transport.connectionLost(Failure(CONNECTION_DONE))
        self.far.close()


class PushTransport(StringTransport):
    """A transport such as TLS: it says when to pause, and goes on when what it held is taken."""

    asked = False
    high = 1000

    def write(self, data: bytes) -> None:
        """Hold, and pause the producer when that is much."""
        super().write(data)
        if self.io.tell() > self.high and not self.asked:
            self.asked = True
            assert self.producer is not None
            self.producer.pauseProducing()

    def take(self) -> bytes:
        """Let go of all that is held."""
        data: bytes = self.value()
        self.clear()
        if self.asked:
            self.asked = False
            if self.producer is not None:
                self.producer.resumeProducing()
        return data


class PushPlumbing(Plumbing):
    """On a transport that is no plain TCP."""

    def __init__(self, limit: int = PLENTY) -> None:
        super().__init__(limit)
        self.transport = PushTransport()
        self.outbox = TransportOutbox(self.transport, self.turn, limit, self.overflowed)

    def pump(self) -> None:
        """Nothing has to be asked."""

    def read(self, most: int) -> bytes:
        """All that the transport holds, however much was asked for."""
        return self.transport.take()

    def inTransport(self) -> int:
        """How many bytes the transport holds."""
        return int(self.transport.io.tell())

    def drain(self) -> bytes:
        """Read until no more comes."""
        received = b""
        while True:
            self.endTurn()
            data = self.transport.take()
            received += data
            if not data:
                return received

    def dispose(self) -> None:
        """Nothing to close."""


def pieces() -> Any:
    """Bytes of which no stretch is like another, of each length that is asked for in turn."""
    numbers = count()
    rest = b""
    size = yield b""
    while True:
        while len(rest) < size:
            rest += b"%x." % next(numbers)
        data, rest = rest[:size], rest[size:]
        size = yield data


class SocketTests(SynchronousTestCase):
    """The way past the transport, straight to the socket."""

    def plumb(self, limit: int = PLENTY) -> SocketPlumbing:
        """Plumbing that is taken down after the test."""
        plumbing = SocketPlumbing(limit)
        self.addCleanup(plumbing.dispose)
        return plumbing

    def fill(self, plumbing: SocketPlumbing) -> bytes:
        """Write more than the socket takes, and end the turn: what was written."""
        data = bytes(200_000)
        plumbing.outbox.write(data)
        plumbing.endTurn()
        self.assertIn(plumbing.transport, plumbing.reactor.writers)
        return data

    def test_oneSend(self) -> None:
        """What is written in a turn leaves at its end, in one piece, and the reactor is not asked."""
        plumbing = self.plumb()
        for data in (b"a", b"b", b"c"):
            plumbing.outbox.write(data)
            self.assertEqual(plumbing.read(100), b"")
        plumbing.endTurn()
        self.assertEqual(plumbing.read(100), b"abc")
        self.assertEqual(plumbing.reactor.writers, set())
        self.assertEqual(plumbing.inTransport(), 0)

    def test_muchInOneTurn(self) -> None:
        """Past the limit, what waits leaves within the turn, so that no more than a limit's worth is gathered."""
        plumbing = self.plumb(1000)
        for _ in range(5):
            plumbing.outbox.write(b"x" * 400)
        self.assertEqual(plumbing.read(10_000), b"x" * 1200)
        self.assertEqual(plumbing.outbox.waiting, 800)
        plumbing.endTurn()
        self.assertEqual((plumbing.read(10_000), plumbing.overflows), (b"x" * 800, []))

    def test_muchForOneThatDoesNotRead(self) -> None:
        """A client that is sent much in one turn and does not read is given up, and little was gathered for it."""
        plumbing = self.plumb(10_000)
        for _ in range(10_000):
            plumbing.outbox.write(b"x" * 1000)
            self.assertLess(plumbing.outbox.waiting, 12_000)
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, ["turn"])

    def test_rest(self) -> None:
        """What the socket does not take leaves as it takes more, and what was written meanwhile comes behind it."""
        plumbing = self.plumb()
        data = self.fill(plumbing)
        plumbing.outbox.write(b"behind")
        plumbing.endTurn()
        plumbing.outbox.write(b" it")
        plumbing.endTurn()
        self.assertEqual(plumbing.drain(), data + b"behind it")
        plumbing.outbox.write(b"direct")
        plumbing.endTurn()
        self.assertEqual(plumbing.read(100), b"direct")
        self.assertEqual((plumbing.reactor.writers, plumbing.overflows), (set(), []))

    def test_fullSocket(self) -> None:
        """A socket that takes nothing at all delays everything and loses nothing."""
        plumbing = self.plumb()
        taken = 0
        while True:
            try:
                taken += plumbing.transport.socket.send(bytes(4096))
            except BlockingIOError:
                break
        plumbing.outbox.write(b"waits")
        plumbing.endTurn()
        self.assertEqual(plumbing.drain(), bytes(taken) + b"waits")

    def test_overflow(self) -> None:
        """When more waits than may, nothing is sent any more, and after the turn that is said, once."""
        plumbing = self.plumb(200_000)
        self.fill(plumbing)
        held = plumbing.inTransport()
        for _ in range(3):
            plumbing.doing = "write"
            plumbing.outbox.write(bytes(200_001 - held))
            plumbing.doing = "deliver"
            plumbing.outbox.deliver(bytes(100))
        self.assertEqual(plumbing.overflows, [])
        plumbing.endTurn()
        plumbing.outbox.write(bytes(10**6))
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, ["turn"])
        self.assertEqual(len(plumbing.drain()), 200_000)

    def test_noOverflow(self) -> None:
        """As much as may wait, may wait; and again, when that has left."""
        plumbing = self.plumb(300_000)
        for _ in range(3):
            self.fill(plumbing)
            plumbing.outbox.write(bytes(300_000 - plumbing.inTransport()))
            plumbing.endTurn()
            self.assertEqual(plumbing.overflows, [])
            plumbing.drain()

    def test_sentIsNotCounted(self) -> None:
        """What has left does not count against what is held."""
        plumbing = self.plumb(200_000)
        self.fill(plumbing)
        plumbing.drain()
        plumbing.outbox.holdDeliveries()
        plumbing.outbox.deliver(bytes(200_000))
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, [])

    def test_overflowAtOnce(self) -> None:
        """A single turn may write more than the limit, as far as the socket takes the rest of it."""
        plumbing = self.plumb(1000)
        plumbing.outbox.write(bytes(200_000))
        self.assertEqual(plumbing.overflows, [])
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, ["turn"])

    def test_close(self) -> None:
        """What waits leaves, what is held included, and then the connection is closed; nothing more is taken."""
        plumbing = self.plumb()
        data = self.fill(plumbing)
        plumbing.outbox.holdDeliveries()
        plumbing.outbox.deliver(b"held")
        plumbing.outbox.close()
        plumbing.outbox.close()
        plumbing.outbox.write(b"too late")
        plumbing.outbox.deliver(b"too late")
        plumbing.endTurn()
        self.assertIsNone(plumbing.sink.why)
        self.assertEqual(plumbing.drain(), data + b"held")
        self.assertIs(type(plumbing.sink.why), type(CONNECTION_DONE))

    def test_closeEmpty(self) -> None:
        """With nothing waiting it closes after the turn, when what that turn wrote has left."""
        plumbing = self.plumb()
        plumbing.outbox.write(b"bye")
        plumbing.outbox.close()
        plumbing.pump()
        self.assertIsNone(plumbing.sink.why)
        self.assertEqual(plumbing.drain(), b"bye")
        self.assertIs(type(plumbing.sink.why), type(CONNECTION_DONE))

    def test_closeJustBeforeItIsEmpty(self) -> None:
        """The socket may take the last of it between the call and the end of the turn."""
        plumbing = self.plumb()
        data = self.fill(plumbing)
        received = b""
        while len(received) + plumbing.inTransport() == 0 or plumbing.transport in plumbing.reactor.writers:
            received += plumbing.read(65536)
            if plumbing.outbox.phase is not Phase.CLOSING and plumbing.inTransport() < 10_000:
                plumbing.outbox.write(b"last")
                plumbing.outbox.close()
            plumbing.pump()
        self.assertEqual(received + plumbing.drain(), data + b"last")
        self.assertIs(type(plumbing.sink.why), type(CONNECTION_DONE))

    def test_lost(self) -> None:
        """A connection that is lost takes nothing more, and what waits for it is forgotten."""
        plumbing = self.plumb(200_000)
        self.fill(plumbing)
        plumbing.transport.connectionLost(Failure(CONNECTION_DONE))
        plumbing.outbox.holdDeliveries()
        for _ in range(3):
            plumbing.outbox.write(bytes(200_000))
            plumbing.outbox.deliver(bytes(200_000))
        plumbing.outbox.releaseDeliveries()
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, [])

    def test_brokenPipe(self) -> None:
        """A peer that is gone, before the reactor has found out, does no harm."""
        plumbing = self.plumb()
        plumbing.far.close()
        plumbing.outbox.write(b"x")
        plumbing.endTurn()
        plumbing.outbox.write(b"y")
        plumbing.endTurn()
        self.assertEqual(plumbing.reactor.writers, set())
        self.assertIsNone(plumbing.sink.why)
        plumbing.reactor.nextTurn()
        self.assertIsInstance(plumbing.sink.why, ConnectionAborted)


class PushTests(SynchronousTestCase):
    """The way through a transport that says when to pause."""

    def test_oneWrite(self) -> None:
        """What is written in a turn leaves at its end."""
        plumbing = PushPlumbing()
        plumbing.outbox.write(b"a")
        plumbing.outbox.write(b"b")
        self.assertEqual(plumbing.transport.value(), b"")
        plumbing.endTurn()
        self.assertEqual(plumbing.transport.value(), b"ab")

    def test_pause(self) -> None:
        """A transport that pauses is given nothing until it resumes, then all that waited."""
        plumbing = PushPlumbing()
        plumbing.outbox.write(bytes(1001))
        plumbing.endTurn()
        plumbing.outbox.write(b"waits")
        plumbing.endTurn()
        self.assertEqual(plumbing.inTransport(), 1001)
        self.assertEqual(plumbing.drain(), bytes(1001) + b"waits")

    def test_pausedBefore(self) -> None:
        """A transport that pauses before the end of the turn is given nothing at that end."""
        plumbing = PushPlumbing()
        plumbing.outbox.deliver(b"early")
        plumbing.outbox.pauseProducing()
        plumbing.endTurn()
        self.assertEqual(plumbing.inTransport(), 0)
        plumbing.outbox.resumeProducing()
        self.assertEqual(plumbing.drain(), b"early")

    def test_lateForTheEnd(self) -> None:
        """Nothing comes behind the last words, whether the transport pauses meanwhile or not."""
        for paused in (False, True):
            plumbing = PushPlumbing()
            plumbing.outbox.write(b"last")
            plumbing.endTurn()
            if paused:
                plumbing.outbox.pauseProducing()
            plumbing.outbox.close()
            plumbing.outbox.deliver(b"late")
            if paused:
                plumbing.outbox.resumeProducing()
                plumbing.outbox.deliver(b"later")
            self.assertEqual(plumbing.drain(), b"last")

    def test_overflow(self) -> None:
        """What the transport was given last counts while it pauses."""
        plumbing = PushPlumbing(1500)
        plumbing.outbox.write(bytes(1001))
        plumbing.endTurn()
        plumbing.outbox.write(bytes(499))
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, [])
        plumbing.outbox.write(b"x")
        self.assertEqual(plumbing.overflows, [])
        plumbing.endTurn()
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, ["turn"])

    def test_sentIsNotCounted(self) -> None:
        """What the transport took without a pause does not count against what is held."""
        plumbing = PushPlumbing(1000)
        plumbing.outbox.write(bytes(900))
        plumbing.endTurn()
        plumbing.outbox.holdDeliveries()
        plumbing.outbox.deliver(bytes(900))
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, [])

    def test_close(self) -> None:
        """It is closed when the transport has been given all, and not while it pauses."""
        plumbing = PushPlumbing()
        plumbing.outbox.write(bytes(1001))
        plumbing.endTurn()
        plumbing.outbox.write(b"last")
        plumbing.outbox.close()
        plumbing.endTurn()
        self.assertFalse(plumbing.transport.disconnecting)
        self.assertEqual(plumbing.transport.take(), bytes(1001))
        self.assertTrue(plumbing.transport.disconnecting)
        self.assertEqual(plumbing.transport.value(), b"last")
        self.assertIsNone(plumbing.transport.producer)

    def test_closeBehindMany(self) -> None:
        """What waits leaves before it is closed, though other outboxes were first and it is not its turn yet."""
        self.patch(turn, "MAX_SENDS", 0)
        plumbing = PushPlumbing()
        plumbing.outbox.write(b"bye")
        plumbing.outbox.close()
        plumbing.turn.end()
        self.assertEqual((plumbing.transport.value(), plumbing.transport.disconnecting), (b"bye", True))
        self.patch(turn, "MAX_SENDS", 1)
        plumbing.endTurn()
        self.assertEqual(plumbing.transport.value(), b"bye")

    def test_closeJustBeforeItResumes(self) -> None:
        """A transport that resumes between the call and the end of the turn is closed once."""
        plumbing = PushPlumbing()
        plumbing.outbox.write(bytes(1001))
        plumbing.endTurn()
        plumbing.outbox.close()
        plumbing.transport.take()
        plumbing.endTurn()
        self.assertTrue(plumbing.transport.disconnecting)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_stop(self) -> None:
        """When the connection is gone, the transport is given nothing more."""
        plumbing = PushPlumbing()
        plumbing.outbox.write(b"x")
        plumbing.outbox.stopProducing()
        plumbing.outbox.write(b"y")
        plumbing.endTurn()
        self.assertEqual(plumbing.transport.value(), b"")

    def test_keepsNothing(self) -> None:
        """Once the connection is gone, nothing is kept for it: neither an event nor what was held back."""
        plumbing = PushPlumbing()
        plumbing.outbox.stopProducing()
        plumbing.outbox.deliver(b"x")
        plumbing.endTurn()
        self.assertEqual(0, plumbing.outbox.waiting)
        plumbing.outbox.holdDeliveries()
        plumbing.outbox.releaseDeliveries()
        plumbing.outbox.deliver(b"y")
        plumbing.endTurn()
        self.assertEqual((0, b""), (plumbing.outbox.waiting, plumbing.transport.value()))


class HoldTests(SynchronousTestCase):
    """What an audience is told while something is being read that comes first."""

    def test_order(self) -> None:
        """What is held comes behind what was written before the release, and in front of what is written later."""
        plumbing = PushPlumbing()
        outbox = plumbing.outbox
        outbox.deliver(b"1")
        outbox.holdDeliveries()
        outbox.deliver(b"4")
        outbox.write(b"2")
        outbox.holdDeliveries()
        outbox.deliver(b"5")
        plumbing.endTurn()
        self.assertEqual(plumbing.transport.value(), b"12")
        outbox.write(b"3")
        outbox.releaseDeliveries()
        outbox.write(b"6")
        outbox.deliver(b"7")
        outbox.releaseDeliveries()
        plumbing.endTurn()
        self.assertEqual(plumbing.transport.value(), b"1234567")

    def test_counted(self) -> None:
        """What is held counts, so that a reader which holds for ever is bounded too."""
        plumbing = PushPlumbing(100)
        plumbing.outbox.holdDeliveries()
        plumbing.outbox.deliver(bytes(100))
        plumbing.endTurn()
        self.assertEqual(plumbing.overflows, [])
        plumbing.outbox.deliver(b"x")
        self.assertEqual(plumbing.overflows, [])
        plumbing.endTurn()
        plumbing.outbox.releaseDeliveries()
        plumbing.endTurn()
        self.assertEqual((plumbing.overflows, plumbing.transport.value()), (["turn"], b""))

    def test_leaving(self) -> None:
        """What is held does not wait for the reader."""
        plumbing = PushPlumbing()
        plumbing.outbox.write(bytes(30))
        self.assertEqual((plumbing.outbox.waiting, plumbing.outbox.sendable), (30, 30))
        plumbing.outbox.holdDeliveries()
        plumbing.outbox.deliver(bytes(5))
        plumbing.outbox.deliver(bytes(2))
        self.assertEqual((plumbing.outbox.waiting, plumbing.outbox.sendable), (37, 30))
        plumbing.outbox.releaseDeliveries()
        self.assertEqual((plumbing.outbox.waiting, plumbing.outbox.sendable), (37, 37))

    def test_releasedIsNotCounted(self) -> None:
        """What was held counts once."""
        plumbing = PushPlumbing(100)
        for _ in range(5):
            plumbing.outbox.holdDeliveries()
            plumbing.outbox.deliver(bytes(80))
            plumbing.outbox.releaseDeliveries()
            plumbing.endTurn()
        self.assertEqual((plumbing.overflows, plumbing.inTransport()), ([], 400))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "deliver", "deliver", "hold", "release", "turn", "turn", "pump", "read"]),
        st.integers(0, 30_000) | st.integers(0, 200),
    ),
    max_size=50,
)


class ScheduleTests(SynchronousTestCase):
    """Any schedule."""

    def play(self, plumbing: SocketPlumbing | PushPlumbing, steps: list[tuple[str, int]]) -> tuple[bytes, bytes]:
        """
        Play a schedule, then let everything leave.

        @return: what was to arrive, and what did.
        """
        source = pieces()
        next(source)
        expected, held, received = b"", None, b""
        outbox = plumbing.outbox
        for verb, size in steps:
            plumbing.doing = verb
            if verb == "write":
                data = source.send(size)
                expected += data
                outbox.write(data)
            elif verb == "deliver":
                data = source.send(size)
                if held is None:
                    expected += data
                else:
                    held += data
                outbox.deliver(data)
            elif verb == "hold":
                held = b"" if held is None else held
                outbox.holdDeliveries()
            elif verb == "release":
                expected, held = expected + (held or b""), None
                outbox.releaseDeliveries()
            elif verb == "turn":
                plumbing.endTurn()
                if not plumbing.overflows:
                    waiting = len(expected) + len(held or b"") - len(received)
                    self.assertLessEqual(outbox._size + plumbing.inTransport(), min(waiting, plumbing.limit + 1000))
            elif verb == "pump":
                plumbing.pump()
            else:
                received += plumbing.read(size)
        outbox.close()
        received += plumbing.drain()
        return expected + (held or b""), received

    @settings(max_examples=250)
    @given(STEPS)
    def test_socket(self, steps: list[tuple[str, int]]) -> None:
        """Through a socket with a small buffer all bytes arrive, in order, and then the connection is closed."""
        plumbing = SocketPlumbing()
        try:
            expected, received = self.play(plumbing, steps)
            self.assertEqual(received == expected, True, f"{len(received)} of {len(expected)} bytes")
            self.assertIs(type(plumbing.sink.why), type(CONNECTION_DONE))
            self.assertEqual(plumbing.overflows, [])
        finally:
            plumbing.dispose()

    @settings(max_examples=250)
    @given(STEPS)
    def test_push(self, steps: list[tuple[str, int]]) -> None:
        """So they do through a transport that pauses and resumes."""
        plumbing = PushPlumbing()
        expected, received = self.play(plumbing, steps)
        self.assertEqual(received == expected, True, f"{len(received)} of {len(expected)} bytes")
        self.assertTrue(plumbing.transport.disconnecting)
        self.assertEqual((plumbing.overflows, self.flushLoggedErrors()), ([], []))

    @settings(max_examples=250)
    @given(STEPS, st.sampled_from([100, 10_000, 60_000]), st.booleans())
    def test_bounded(self, steps: list[tuple[str, int]], limit: int, push: bool) -> None:
        """
        With a limit no more than that waits, and an outbox that overflows does so once, at the end of a turn, after
        which the beginning of all has arrived.
        """
        plumbing = PushPlumbing(limit) if push else SocketPlumbing(limit)
        try:
            expected, received = self.play(plumbing, steps)
            self.assertIn(plumbing.overflows, ([], ["turn"]))
            self.assertTrue(expected.startswith(received))
            self.assertTrue(plumbing.overflows or received == expected)
        finally:
            plumbing.dispose()
