"""The stamp that every journal puts on an event: its place in the order, its id for clients, and its time."""

from __future__ import annotations

import re
from collections.abc import Callable

from twistchat.chat.model.events import Entry, Event

LOCATED = re.compile("[1-9][0-9]{0,17}")
"""A sequence number as L{msgid} writes it; none is as long as what SQLite cannot hold."""


class Stamp:
    """
    Stamps events in the order in which it is given them.

    Sequence numbers grow by one.  Times never go back, whatever the system's clock does: an event that happens while
    the clock is behind the last stamp has the last stamp's time.

    @ivar sequence: the sequence number last given.
    @ivar time: the time last given, in milliseconds since the epoch.
    """

    __slots__ = ("_now", "_prefix", "sequence", "time")

    def __init__(self, now: Callable[[], float], prefix: str, sequence: int = 0, time: int = 0) -> None:
        """
        @param now: the time of day, in seconds since the epoch.
        @param prefix: what tells this journal's ids from those of any other, in letters and digits.
        @param sequence: the last sequence number that this journal gave.
        @param time: the last time that it gave.
        """
        self._now = now
        self._prefix = prefix
        self.sequence = sequence
        self.time = time

    def __call__(self, event: Event) -> Entry:
        """Stamp an event."""
        self.sequence = sequence = self.sequence + 1
        time = int(self._now() * 1000)
        self.time = max(self.time, time)
        return Entry(sequence, msgid(self._prefix, sequence), self.time, event)

    def locate(self, text: str) -> int | None:
        """The sequence number in a message id that is of this journal, or C{None}."""
        name, hyphen, digits = text.rpartition("-")
        if name != self._prefix or not hyphen or not LOCATED.fullmatch(digits):
            return None
        return int(digits)


def msgid(prefix: str, sequence: int) -> str:
    """The message id of an entry, from what tells its journal from others and its sequence number."""
    return f"{prefix}-{sequence}"
