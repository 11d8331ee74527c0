"""Where a journal stands: what it notes so that no sequence number is given twice, and no time goes back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from zlib import crc32

from twisted.logger import Logger

from twistchat.journal.sqlite.rows import COLUMNS, isIntact

_NOTED = "SELECT CAST(reserved AS INTEGER), CAST(time AS INTEGER), CAST(checksum AS INTEGER) FROM journal"

NOTE = "UPDATE journal SET reserved = ?, time = ?, checksum = ?"
"""Notes a position; see L{note} for the parameters."""

_NEWEST = f"SELECT {COLUMNS} FROM entry ORDER BY sequence DESC LIMIT 100"

SKIP = 1_000_000
"""
How many sequence numbers are skipped if the note is damaged: more than a journal ever reserves at a time.  A damaged
row whose number is further ahead is not believed to have it.
"""

log = Logger()


@dataclass(frozen=True, slots=True)
class Position:
    """
    Where a journal stands.

    @ivar sequence: no higher sequence number was ever given.
    @ivar time: the time given last, as far as it is known.
    """

    sequence: int
    time: int


def note(sequence: int, time: int) -> tuple[int, int, int]:
    """The parameters of L{NOTE}."""
    return sequence, time, crc32(b"%d %d" % (sequence, time))


def noted(connection: sqlite3.Connection) -> Position | None:
    """What was noted; C{None} if it changed on disk.  Before the first note of this version, there is no checksum."""
    sequence, time, checksum = connection.execute(_NOTED).fetchone()
    intact = None not in (sequence, time) and (checksum is None or note(sequence, time)[-1] == checksum)
    return Position(sequence, time) if intact else None


def readPosition(connection: sqlite3.Connection) -> Position:
    """
    Find out where a journal stands, from what was noted and from the newest entry that did not change on disk.

    @raise sqlite3.Error: neither can be read.
    """
    known = noted(connection)
    sequence = time = 0
    damaged: list[int] = []
    try:
        for row in connection.execute(_NEWEST):
            if isIntact(*row):
                sequence, time = row[0], row[1]
                break
            damaged.append(row[0])
    except sqlite3.Error:
        # No number above the one that was noted was ever given.
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
