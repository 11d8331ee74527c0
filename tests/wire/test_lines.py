"""Tests of L{twistchat.wire.lines}."""

from __future__ import annotations

from time import process_time

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.lines import LineSplitter, Overlong


def whole(stream: bytes, limit: int) -> list[bytes | Overlong]:
    """Return the lines of a whole stream, as L{LineSplitter} documents them."""
    lines = [line.removesuffix(b"\r") for line in stream.split(b"\n")[:-1]]
    return [line if len(line) <= limit else Overlong(len(line)) for line in lines]


class SplitterTests(SynchronousTestCase):
    """The line splitter."""

    def test_lines(self) -> None:
        """A stream is split at LF.  One CR before it does not belong to the line, but any other does."""
        splitter = LineSplitter(10)
        self.assertEqual(splitter.feed(b"one\ntwo\r\n\nthr"), [b"one", b"two", b""])
        self.assertEqual(splitter.feed(b"ee\r"), [])
        self.assertEqual(splitter.feed(b"\n\r\r\na\rb\n"), [b"three", b"\r", b"a\rb"])
        self.assertEqual(splitter.feed(b""), [])

    def test_limit(self) -> None:
        """A line may have as many bytes as the limit, without its terminator."""
        for terminator in (b"\n", b"\r\n"):
            with self.subTest(terminator):
                self.assertEqual(
                    LineSplitter(3).feed(b"abc" + terminator + b"abcd" + terminator + b"ef" + terminator),
                    [b"abc", Overlong(4), b"ef"],
                )

    @settings(max_examples=500, derandomize=True, deadline=None)
    @given(st.lists(st.text("ab\r\n", max_size=6).map(str.encode), max_size=12), st.integers(0, 5))
    @example([b"aaa\r", b"\n"], 1)
    @example([b"aaaa", b"\r", b"\n"], 1)
    @example([b"a", b"\r", b"\n"], 1)
    @example([b"a\r", b"\r\n"], 1)
    @example([b"aaa\r", b"", b"\n"], 1)
    @example([b"aaa\r", b"a\n"], 1)
    def test_anyChunks(self, chunks: list[bytes], limit: int) -> None:
        """The lines are the same however the stream is split into chunks."""
        splitter = LineSplitter(limit)
        lines = [line for chunk in chunks for line in splitter.feed(chunk)]
        self.assertEqual(lines, whole(b"".join(chunks), limit))

    def test_boundedMemory(self) -> None:
        """Of an incomplete line, at most the limit is kept."""
        splitter = LineSplitter(100)
        for _ in range(1000):
            self.assertEqual(splitter.feed(b"x" * 1000), [])
            self.assertLessEqual(len(splitter._partial), 101)  # private: memory is the point
        self.assertEqual(splitter.feed(b"\nnext\n"), [Overlong(1_000_000), b"next"])

    def test_linearTime(self) -> None:
        """The time grows linearly, with lines in one read and with bytes in single reads."""

        def seconds(chunks: list[bytes]) -> float:
            splitter = LineSplitter(10**9)
            start = process_time()
            for chunk in chunks:
                splitter.feed(chunk)
            return process_time() - start

        def least(chunks: list[bytes]) -> float:
            return min(seconds(chunks) for _ in range(3))

        for few, many in (
            ([b"x\n" * 10_000], [b"x\n" * 100_000]),
            ([b"x"] * 10_000, [b"x"] * 100_000),
            ([b"x" * 100_000, b"\n"], [b"x" * 1_000_000, b"\n"]),
        ):
            self.assertLess(least(many), 40 * least(few) + 0.01)
