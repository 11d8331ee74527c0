"""The position of a journal: the last sequence number and time, so that neither repeats nor goes back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from zlib import crc32

from twisted.logger import Logger

from twistchat.journal.sqlite.faults import INTERRUPTED, Fault
from twistchat.journal.sqlite.rows import COLUMNS, isIntact

_RESERVED = "SELECT CAST(reserved AS INTEGER), CAST(time AS INTEGER), CAST(checksum AS INTEGER) FROM journal"

RESERVE = "UPDATE journal SET reserved = ?, time = ?, checksum = ?"
"""Writes a position.  L{reservation} makes the parameters."""

_NEWEST = f"SELECT {COLUMNS} FROM entry ORDER BY sequence DESC LIMIT 100"

SKIP = 1_000_000
"""
The number of sequence numbers to skip if the position is damaged: more than a log ever reserves.  A damaged row with a
number further ahead is ignored.
"""

log = Logger()


@dataclass(frozen=True, slots=True)
class Position:
    """
    A position.

    @ivar sequence: no entry has a higher sequence number.
    @ivar time: the last time that is known, in milliseconds since the epoch.
    """

    sequence: int
    time: int


def reservation(sequence: int, time: int) -> tuple[int, int, int]:
    """The parameters of L{RESERVE}: both numbers and their checksum."""
    return sequence, time, crc32(b"%d %d" % (sequence, time))


def readReserved(connection: sqlite3.Connection) -> Position | None:
    """
    Read the position that L{RESERVE} wrote last.  Versions before 4 wrote no checksum.

    @return: C{None} if it changed on disk.
    @raise Fault: there is none, because the journal was not made completely.
    """
    found = connection.execute(_RESERVED).fetchone()
    if found is None:
        raise Fault(INTERRUPTED, "the journal has no position")
    sequence, time, checksum = found
    intact = None not in (sequence, time) and (checksum is None or reservation(sequence, time)[-1] == checksum)
    return Position(sequence, time) if intact else None


def readPosition(connection: sqlite3.Connection) -> Position:
    """
    Read the position of a journal, from what was reserved and from the newest entry that did not change on disk.

    @raise sqlite3.Error: neither can be read.
    """
    known = readReserved(connection)
    sequence = time = 0
    damaged: list[int] = []
    try:
        for row in connection.execute(_NEWEST):
            if isIntact(*row):
                sequence, time = row[0], row[1]
                break
            damaged.append(row[0])
    except sqlite3.Error:
        # No entry has a number above the reserved one.
        if known is None:
            raise
    if known is None:
        sequence += SKIP
        log.critical(
            "What the journal notes of its last sequence number changed on disk; it goes on behind {sequence}",
            sequence=sequence,
        )
    else:
        sequence, time = max(sequence, known.sequence), max(time, known.time)
    return Position(max([sequence, *(number for number in damaged if number < sequence + SKIP)]), time)
