"""Tests of L{twistchat.wire.telnet}."""

from __future__ import annotations

import re
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.telnet import BINARY, DO, DONT, IAC, SB, SE, TIMING_MARK, WILL, WONT, TelnetStripper

COMMANDS = re.compile(
    rb"\xff(?:\xfa(?:[^\xff]|\xff[^\xf0])*(?:\xff\xf0|\xff?\Z)|[\xfb-\xfe](?:.|\Z)|[^\xfa-\xfe]|\Z)", re.DOTALL
)
"""Everything in a whole stream that is telnet's, finished or not (RFC 854, RFC 855)."""

ECHO = 1

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
