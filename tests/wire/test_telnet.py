"""Tests of L{twistchat.wire.telnet}."""

from __future__ import annotations

import re
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.telnet import BINARY, DO, DONT, ECHO, IAC, SB, SE, TIMING_MARK, WILL, WONT, TelnetStripper

COMMANDS = re.compile(
    rb"\xff(?:\xfa(?:[^\xff]|\xff[^\xf0])*(?:\xff\xf0|\xff?\Z)|[\xfb-\xfe](?:.|\Z)|[^\xfa-\xfe]|\Z)", re.DOTALL
)
"""Everything in a whole stream that is telnet's, finished or not (RFC 854, RFC 855)."""

MEANINGFUL = st.sampled_from([IAC, IAC, IAC, SB, SE, WILL, WONT, DO, DONT, BINARY, ECHO, TIMING_MARK, 0x61, 0x0A])


class StripperTests(SynchronousTestCase):
    """The text of a stream."""

    def test_text(self) -> None:
        """A stream without commands is returned as the same object."""
        data = "Grüße\r\n".encode()
        self.assertIs(TelnetStripper().feed(data), data)

    def test_commands(self) -> None:
        """Commands, negotiations and subnegotiations are removed, and nothing else."""
        for data, text in {
            b"a\xff\xf4b": b"ab",
            b"a\xff\xfd\x01b\xff\xfc\x22c": b"abc",
            b"a\xff\xfa\x18\x00xterm\xff\xf0b": b"ab",
            b"a\xff\xfa\x18\xff\xff\xff\xf0b": b"ab",
            b"a\xff\xfa\xf0\xfa\n\xff\xfa\xff\xf0b": b"ab",
            b"a\xff\xffb": b"ab",
            b"\xff\xff\xff\xfb\xffx": b"x",
            b"\xf0\xfa\xfe": b"\xf0\xfa\xfe",
            b"a\xff": b"a",
            b"a\xff\xfaendless\n": b"a",
        }.items():
            with self.subTest(data):
                self.assertEqual(TelnetStripper().feed(data), text)

    @settings(max_examples=300, derandomize=True, deadline=None)
    @given(st.lists(st.lists(MEANINGFUL | st.integers(0, 255), max_size=8).map(bytes), max_size=10))
    def test_anyChunks(self, chunks: list[bytes]) -> None:
        """The text and the answers are the same however the stream is split into chunks."""
        stripper, whole = TelnetStripper(), TelnetStripper()
        text, answers = b"", b""
        for chunk in chunks:
            text += stripper.feed(chunk)
            answers += stripper.takeAnswer()
        stream = b"".join(chunks)
        self.assertEqual(text, COMMANDS.sub(b"", stream))
        self.assertEqual(whole.feed(stream), text)
        self.assertEqual(whole.takeAnswer(), answers)

    def test_linearTime(self) -> None:
        """The time does not grow with the square of the number of requests."""

        def seconds(data: bytes) -> float:
            best = 60.0
            for _ in range(2):
                start = process_time()
                stripper = TelnetStripper()
                stripper.feed(data)
                stripper.takeAnswer()
                best = min(best, process_time() - start)
            return best

        for piece in (b"\xff\xfd\x01", b"a\xff\xf4"):
            self.assertLess(seconds(piece * 160_000), 40 * seconds(piece * 10_000) + 0.01)


class AnswerTests(SynchronousTestCase):
    """The answers."""

    def answer(self, *requests: int) -> tuple[int, ...]:
        """Return the answer to a stream."""
        stripper = TelnetStripper()
        self.assertEqual(stripper.feed(bytes(requests)), b"")
        return tuple(stripper.takeAnswer())

    def test_accepted(self) -> None:
        """Binary transmission and timing marks are accepted, in both directions."""
        for option in (BINARY, TIMING_MARK):
            self.assertEqual(self.answer(IAC, DO, option), (IAC, WILL, option))
            self.assertEqual(self.answer(IAC, WILL, option), (IAC, DO, option))

    def test_refused(self) -> None:
        """Every other option is refused."""
        for option in sorted({*range(256)} - {BINARY, TIMING_MARK}):
            self.assertEqual(self.answer(IAC, DO, option), (IAC, WONT, option))
            self.assertEqual(self.answer(IAC, WILL, option), (IAC, DONT, option))

    def test_silence(self) -> None:
        """
        Commands are not answered, and neither is the end of an option, so that two ends do not answer each other
        forever (RFC 854).
        """
        self.assertEqual(self.answer(IAC, DONT, ECHO, IAC, WONT, BINARY, IAC, 241, IAC, IAC), ())
        self.assertEqual(self.answer(IAC, SB, DO, ECHO, IAC, SE), ())

    def test_taken(self) -> None:
        """Answers come in the order of the requests, once each."""
        stripper = TelnetStripper()
        stripper.feed(bytes([IAC, DO, ECHO, 0x61, IAC, WILL]))
        stripper.feed(bytes([BINARY]))
        self.assertEqual(tuple(stripper.takeAnswer()), (IAC, WONT, ECHO, IAC, DO, BINARY))
        self.assertEqual(stripper.takeAnswer(), b"")


class EchoTests(SynchronousTestCase):
    """Hiding what the user types (RFC 857), without loops (RFC 1143)."""

    def setUp(self) -> None:
        self.stripper = TelnetStripper()

    def hears(self, verb: int) -> tuple[int, ...]:
        """Let the client say something about echoing, and return the answer."""
        self.assertEqual(self.stripper.feed(bytes([IAC, verb, ECHO])), b"")
        return tuple(self.stripper.takeAnswer())

    def hide(self, hidden: bool) -> tuple[int, ...]:
        """Hide the input or show it, and return what is sent."""
        self.stripper.hideInput(hidden)
        return tuple(self.stripper.takeAnswer())

    def test_agreed(self) -> None:
        """The server says that it echoes, and then that it does not; the client's answers need no answer."""
        for _ in range(2):
            self.assertEqual(self.hide(True), (IAC, WILL, ECHO))
            self.assertEqual(self.hears(DO), ())
            self.assertEqual(self.hide(True), ())
            self.assertEqual(self.hide(False), (IAC, WONT, ECHO))
            self.assertEqual(self.hears(DONT), ())
            self.assertEqual(self.hide(False), ())

    def test_refused(self) -> None:
        """A client that refuses shows its input.  It is asked again the next time."""
        self.assertEqual(self.hide(True), (IAC, WILL, ECHO))
        self.assertEqual(self.hears(DONT), ())
        self.assertEqual(self.hide(False), ())
        self.assertEqual(self.hide(True), (IAC, WILL, ECHO))

    def test_late(self) -> None:
        """While a request is not answered, another one waits for the answer."""
        self.hide(True)
        self.assertEqual(self.hide(False), ())
        self.assertEqual(self.hears(DO), (IAC, WONT, ECHO))
        self.assertEqual(self.hide(True), ())
        self.assertEqual(self.hears(DONT), (IAC, WILL, ECHO))
        self.hide(False)
        self.assertEqual(self.hide(True), ())
        self.assertEqual(self.hears(DO), ())
        self.assertEqual(self.hide(False), (IAC, WONT, ECHO))

    def test_lateRefusal(self) -> None:
        """A client that refuses what the server no longer wants is asked nothing more."""
        self.hide(True)
        self.hide(False)
        self.assertEqual(self.hears(DONT), ())
        self.assertEqual(self.hide(False), ())

    def test_unasked(self) -> None:
        """A client that asks the server to echo is refused; one that ends the echo gets its way."""
        self.assertEqual(self.hears(DO), (IAC, WONT, ECHO))
        self.assertEqual(self.hears(DONT), ())
        self.hide(True)
        self.hears(DO)
        self.assertEqual(self.hears(DONT), (IAC, WONT, ECHO))
        self.assertEqual(self.hide(False), ())

    def test_negotiates(self) -> None:
        """Only an option shows that a client speaks telnet."""
        for data in (b"text\n", bytes([IAC, 241]), bytes([IAC, SB, BINARY, IAC, SE]), bytes([IAC, DO])):
            self.stripper.feed(data)
            self.assertFalse(self.stripper.negotiates)
        self.stripper.feed(bytes([BINARY]))
        self.assertTrue(self.stripper.negotiates)

    @settings(max_examples=200, derandomize=True, deadline=None)
    @given(st.lists(st.booleans(), max_size=20), st.data())
    def test_settles(self, wishes: list[bool], data: st.DataObject) -> None:
        """A client that agrees to everything ends as the server last wished, whenever it answers."""
        stripper, shown, last = TelnetStripper(), True, False
        queue: list[int] = []

        def send() -> None:
            sent = stripper.takeAnswer()
            queue.extend(sent[1::3])

        def answer() -> None:
            nonlocal shown
            verb = queue.pop(0)
            if shown == (verb == WILL):
                shown = not shown
                stripper.feed(bytes([IAC, DONT if shown else DO, ECHO]))
                send()

        for last in wishes:
            stripper.hideInput(last)
            send()
            for _ in range(data.draw(st.integers(0, 3))):
                if queue:
                    answer()
        for _ in range(10):
            if queue:
                answer()
        self.assertEqual((shown, queue), (not last, []))
