"""What the canary sent, and what became of it.  Sans-I/O."""

from __future__ import annotations

import re

from bench.traffic import MARK

SAID = re.compile(rb"\%s(\d)\.(\d+)" % MARK)

REFUSED = re.compile(rb"nobody has seen it")
"""
The words with which each door tells a sender that the journal did not store a text.  No other message contains them.
"""

Line = tuple[int, int]
"""A line of the canary: the number of its sender, 0 or 1, and its own number."""


class Ledger:
    """
    The lines of the canary.  Each line contains the number of its sender and its own number.

    A line is open from when it is sent until the other client hears it.  If a connection ends meanwhile, the line is
    cut off: the server may or may not have stored it.  When both clients are back, the server may replay what it
    stored.

    @ivar doubled: how many received lines nobody had sent, or the same connection had received before.
    @ivar cutOff: the lines that were cut off, and that no replay contained.
    """

    def __init__(self) -> None:
        self.doubled = 0
        self.cutOff: set[Line] = set()
        self._open: dict[Line, float] = {}
        self._sent: set[Line] = set()
        self._heard: list[tuple[float, float]] = []
        self._acknowledged: list[Line] = []
        self._seen: tuple[set[Line], set[Line]] = (set(), set())
        self._refused = [0, 0]
        self._counted = 0
        self._contradicted = 0

    def say(self, sender: int, line: int, now: float) -> bytes:
        """
        Record that a line is sent.

        @param sender: the number of the sender, 0 or 1.
        @param line: the number of the line.
        @param now: the time.
        @return: the text of the line.
        """
        self._open[sender, line] = now
        self._sent.add((sender, line))
        return b"%s%d.%d" % (MARK, sender, line)

    def hear(self, client: int, lines: bytes, now: float) -> None:
        """Record the lines that a client received."""
        seen = self._seen[client]
        for found in SAID.finditer(lines):
            line = int(found[1]), int(found[2])
            if line not in self._sent or line in seen:
                self.doubled += 1
                continue
            seen.add(line)
            self.cutOff.discard(line)
            said = self._open.pop(line, None)
            if said is not None:
                self._heard.append((said, now - said))
                self._acknowledged.append(line)
        if refused := len(REFUSED.findall(lines)):
            self._refused[client] += refused
            self._counted += refused

    def cut(self) -> None:
        """Record that the connections have ended.  Lines that are open, and were not refused, are cut off."""
        for sender in (0, 1):
            mine = [line for line in self._open if line[0] == sender]
            self._contradicted += max(0, self._refused[sender] - len(mine))
            # A client learns of refusals in the order of its lines, but not which line each is about.
            self.cutOff.update(mine[min(len(mine), self._refused[sender]) :])
        self._open.clear()
        self._refused = [0, 0]
        self._seen = (set(), set())

    @property
    def missing(self) -> int:
        """How many lines have been neither received nor refused yet."""
        return sum(max(0, sum(line[0] == sender for line in self._open) - self._refused[sender]) for sender in (0, 1))

    @property
    def refused(self) -> int:
        """How many lines the server refused, and told their sender so."""
        return self._counted

    @property
    def contradicted(self) -> int:
        """How many lines the server refused although the other client received them."""
        return self._contradicted + sum(
            max(0, self._refused[sender] - sum(line[0] == sender for line in self._open)) for sender in (0, 1)
        )

    @property
    def acknowledged(self) -> list[Line]:
        """The lines that the other client received while both were connected, so the server has stored them."""
        return list(self._acknowledged)

    def latencies(self, since: float) -> list[float]:
        """Return the delay of each received line that was sent at C{since} or later, in seconds."""
        return [taken for _, taken in self.heard(since)]

    def heard(self, since: float) -> list[tuple[float, float]]:
        """Return when each received line was sent, if that was at C{since} or later, and its delay in seconds."""
        return [(said, taken) for said, taken in self._heard if said >= since]
