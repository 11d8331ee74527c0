"""Split a stream of bytes into lines, in bounded memory and linear time, for any size of chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Overlong:
    """A discarded line of C{length} bytes, without its terminator."""

    length: int


Line: TypeAlias = bytes | Overlong
"""A line without its terminator."""


class LineSplitter:
    """
    Splits a stream at LF and removes one CR before it.

    It discards the bytes of an overlong line as they arrive and only counts them, so it never buffers more than the
    limit.  It keeps the last byte, which may be a CR.  The next line is read as usual.
    """

    __slots__ = ("_limit", "_partial", "_skipped")

    def __init__(self, limit: int) -> None:
        """
        @param limit: the maximum length of a line in bytes, without its terminator.
        """
        self._limit = limit
        self._partial = bytearray()
        self._skipped = 0

    def feed(self, data: bytes) -> list[Line]:
        """
        Read the next bytes of the stream.

        @return: the lines that these bytes complete, in order.
        """
        head, newline, rest = data.partition(b"\n")
        if not newline:
            self._keep(head)
            return []
        lines: list[Line] = [self._complete(head)]
        if rest:
            limit = self._limit
            *whole, tail = rest.split(b"\n")
            for line in whole:
                if line.endswith(b"\r"):
                    line = line[:-1]
                lines.append(line if len(line) <= limit else Overlong(len(line)))
            self._keep(tail)
        return lines

    def finish(self) -> list[Line]:
        """
        End the stream.

        @return: the last line, if it has no terminator.
        """
        line = self._complete(b"")
        return [line] if line else []

    def _keep(self, data: bytes) -> None:
        if self._skipped:
            self._skipped += len(data)
            self._partial[:] = data[-1:] or self._partial
        else:
            self._partial += data
            if len(self._partial) > self._limit + 1:
                self._skipped = len(self._partial)
                del self._partial[:-1]

    def _complete(self, data: bytes) -> Line:
        if self._skipped:
            length = self._skipped + len(data) - (data or self._partial).endswith(b"\r")
            self._skipped = 0
            self._partial.clear()
            return Overlong(length)
        if self._partial:
            data = bytes(self._partial) + data
            self._partial.clear()
        if data.endswith(b"\r"):
            data = data[:-1]
        return data if len(data) <= self._limit else Overlong(len(data))


class TerminatedLines(LineSplitter):
    """A splitter for protocols in which what has no terminator is no line."""

    __slots__ = ()

    def finish(self) -> list[Line]:
        """See L{LineSplitter.finish}.  There is never one."""
        return []
