"""The stamp that a log puts on an event: the sequence number, the message id and the time."""

from __future__ import annotations

import re
from collections.abc import Callable

from twistchat.chat.model.events import Entry, Event

LOCATED = re.compile("[1-9][0-9]{0,17}")
"""A sequence number in a message id.  It fits into an integer of SQLite."""


class Stamp:
    """
    Stamps events, in order.

    Sequence numbers grow by one.  Times never go back: while the system clock is behind, events get the last time.

    @ivar sequence: the last sequence number.
    @ivar time: the last time, in milliseconds since the epoch.
    """

    __slots__ = ("_now", "_prefix", "sequence", "time")

    def __init__(self, now: Callable[[], float], prefix: str, sequence: int = 0, time: int = 0) -> None:
        """
        @param now: returns the seconds since the epoch.
        @param prefix: letters and digits that distinguish the message ids of different journals.
        @param sequence: the last sequence number that this journal used.
        @param time: the last time that it used.
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
        """The sequence number in a message id of this journal; C{None} for any other text."""
        name, hyphen, digits = text.rpartition("-")
        if name != self._prefix or not hyphen or not LOCATED.fullmatch(digits):
            return None
        return int(digits)


def msgid(prefix: str, sequence: int) -> str:
    """The message id of an entry, from the prefix of its journal and its sequence number."""
    return f"{prefix}-{sequence}"
