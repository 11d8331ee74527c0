"""Lines out of a stream of bytes: bounded in memory, linear in time, whatever the chunks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Overlong:
    """A line that was not kept, of C{length} bytes without its terminator."""

    length: int


class LineSplitter:
    """
    Cuts a stream at LF, and takes one CR away before it.

    A line over the limit is counted and thrown away as it comes, but for its last byte, which may be a CR; so no more
    than the limit is ever held.  The stream goes on behind it.
    """

    __slots__ = ("_held", "_limit", "_skipped")

    def __init__(self, limit: int) -> None:
        """
        @param limit: how many bytes a line may have, its terminator left out.
        """
        self._limit = limit
        self._held = bytearray()
        self._skipped = 0

    def feed(self, data: bytes) -> list[bytes | Overlong]:
        """
        Take the next bytes of the stream.

        @return: the lines that they complete, in order.
        """
        head, newline, rest = data.partition(b"\n")
        if not newline:
            self._hold(head)
            return []
        lines: list[bytes | Overlong] = [self._complete(head)]
        if rest:
            limit = self._limit
            *whole, tail = rest.split(b"\n")
            for line in whole:
                if line.endswith(b"\r"):
                    line = line[:-1]
                lines.append(line if len(line) <= limit else Overlong(len(line)))
            self._hold(tail)
        return lines

    def finish(self) -> list[bytes | Overlong]:
        """
        End the stream.

        @return: the line that had no end, if there is one.
        """
        line = self._complete(b"")
        return [line] if line else []

    def _hold(self, data: bytes) -> None:
        if self._skipped:
            self._skipped += len(data)
            self._held[:] = data[-1:] or self._held
        else:
            self._held += data
            if len(self._held) > self._limit + 1:
                self._skipped = len(self._held)
                del self._held[:-1]

    def _complete(self, data: bytes) -> bytes | Overlong:
        if self._skipped:
            length = self._skipped + len(data) - (data or self._held).endswith(b"\r")
            self._skipped = 0
            self._held.clear()
            return Overlong(length)
        if self._held:
            data = bytes(self._held) + data
            self._held.clear()
        if data.endswith(b"\r"):
            data = data[:-1]
        return data if len(data) <= self._limit else Overlong(len(data))


class TerminatedLines(LineSplitter):
    """A splitter for protocols in which what has no terminator is no line."""

    __slots__ = ()

    def finish(self) -> list[bytes | Overlong]:
        """See L{LineSplitter.finish}.  There is never one."""
        return []
